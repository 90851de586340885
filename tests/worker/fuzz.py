"""Throw damaged documents at the decoder and damaged messages at the parsers, until something unforeseen happens.

    python -m tests.worker.fuzz --seconds 600

Each slice of the time runs in a process of its own, so that a crash in a native library is a finding, not the end.
A finding is kept as a file in the folder that is named, and the exit code is 1.
"""

import argparse
import contextlib
import io
import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image

from tests.worker import pages
from worker.contract import (
    ContractError,
    ErrorCode,
    decode_frames,
    frame_of_result,
    parse_batch,
    parse_payload,
    read_legacy_answer,
)
from worker.faults import DocumentFault
from worker.processors.decode import Bounds, decode
from worker.processors.pdf_file import one_page_pdf
from worker.wire import Incoming, Message, WireError

SLICE_SECONDS = 30.0
CASE_SECONDS = 20
MEMORY_BYTES = 2_000_000_000
BOUNDS = Bounds(pixels_max=4_000_000, side_max=800)
GOLDEN = Path(__file__).parents[1] / "contract" / "golden"
PICTURES = Path(__file__).parent / "pictures"
FORESEEN = {
    ErrorCode.UNSUPPORTED_FORMAT,
    ErrorCode.CORRUPT_IMAGE,
    ErrorCode.IMAGE_TOO_LARGE,
    ErrorCode.ENCRYPTED_PDF,
    ErrorCode.PAYLOAD_INVALID,
}
RUN_ID = "11111111-1111-4111-8111-111111111111"
STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        10**30,
        1.5,
        float("inf"),
        float("nan"),
        "",
        "x" * 10_000,
        "\0",
        "\ud800",
        "{a}",
        "../..",
        "é",
    ),
    *([], {}, [[]], [None] * 2000, {"": ""}, "file:///etc/passwd", "https://127.0.0.1/", "blobs/../../x", "#ffffff"),
)
Check = Callable[[bytes], str]


def seeds() -> Mapping[str, Sequence[bytes]]:
    """Whole documents and messages, by what they are for."""
    picture = pages.noise(pages.page(160, 120, size=9), 6)
    image = Image.fromarray(picture)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [pages.encoded(picture, kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF")]
    files += [
        pages.encoded(picture, "JPEG", progressive=True, exif=exif),
        *(_saved(image, "TIFF", compression=name) for name in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")),
        *(_saved(image.convert(mode), "PNG") for mode in ("1", "L", "P", "LA", "RGBA", "I;16")),
        _saved(image, "TIFF", save_all=True, append_images=[image.convert("L")]),
        _saved(image.convert("CMYK"), "JPEG"),
        _saved(image, "WEBP", lossless=True),
        one_page_pdf(files[0], 160, 120, 100),
        _blank_pdf(),
        *(path.read_bytes() for path in sorted(PICTURES.glob("corners*.heic"))),
    ]
    messages = [path.read_bytes() for path in sorted(GOLDEN.glob("*/*")) if path.is_file()]
    wire = [Message({"kind": "done", "n": 1}, (b"abc", b"")).encoded() * 2]
    return {"decode": files, "parse": messages, "wire": wire}


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _blank_pdf() -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 300)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def damaged(data: bytes, other: bytes, chance: random.Random) -> bytes:  # noqa: C901 - a list of mishaps is long, not deep
    """The data after one to eight mishaps."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if not out:
            break
        at, length = chance.randrange(len(out)), chance.choice((1, 1, 2, 4, 8, 64))
        match chance.randrange(7):
            case 0:
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                out[at : at + length] = chance.randbytes(length)
            case 2:
                out[at : at + length] = chance.choice((b"\0", b"\xff", b"\x7f", b"9", b"-", b'"', b"{")) * length
            case 3:
                del out[at : at + length]
            case 4:
                out[at:at] = out[max(0, at - length) : at] * chance.choice((1, 3, 200))
            case 5:
                out = out[:at] if chance.random() < 0.3 else out
            case _:
                start = chance.randrange(len(other))
                out[at:at] = other[start : start + chance.choice((4, 100, 2000))]
    return bytes(out)


def misled(data: bytes, chance: random.Random) -> bytes:
    """A JSON message with one value somewhere in it replaced, removed or moved."""
    value = json.loads(data)
    inner = value
    while isinstance(inner, (dict, list)) and inner:
        place = chance.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        if not isinstance(inner[place], (dict, list)) or chance.random() < 0.3:
            inner[place] = chance.choice(STRANGE)
            break
        inner = inner[place]
    return json.dumps(value).encode()


def check_decode(data: bytes) -> str:
    """What decoding comes to: the format, or the code; whatever else is raised is a finding."""
    try:
        page = decode(data, page=1, bounds=BOUNDS)
    except DocumentFault as fault:
        return fault.code if fault.code in FORESEEN else _unforeseen(fault)
    assert page.picture.ndim == 3
    assert max(page.picture.shape) <= BOUNDS.side_max
    return page.format


def _unforeseen(fault: DocumentFault) -> str:
    raise AssertionError(f"no code of decoding: {fault}") from fault


def check_parse(data: bytes) -> str:
    """What parsing comes to: of a payload, a batch, a result, a log."""
    list(decode_frames(data.decode(errors="replace")))
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return "no JSON"
    said = []
    for parse in (parse_payload, parse_batch):
        try:
            parse(value)
            said.append("read")
        except ContractError as error:
            said.append(error.code)
    for reads in (lambda: frame_of_result(data, "output/key", RUN_ID), lambda: read_legacy_answer(data.decode())):
        with contextlib.suppress(ValueError, RecursionError):
            reads()
    return " ".join(said)


def check_wire(data: bytes) -> str:
    """What a line from a child comes to."""
    incoming, count = Incoming(), 0
    try:
        for at in range(0, len(data), 7):
            incoming.feed(data[at : at + 7])
            while incoming.next():
                count += 1
    except WireError:
        return "refused"
    return f"{count} messages"


CHECKS: Mapping[str, Check] = {"decode": check_decode, "parse": check_parse, "wire": check_wire}


def run_slice(seed: int, seconds: float, case: Path) -> Counter[str]:
    """Damage and check until the time is over; the case at hand always stands in the file."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    warnings.simplefilter("ignore")
    chance, came, known = random.Random(seed), Counter[str](), seeds()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        target = chance.choices(list(CHECKS), (6, 3, 1))[0]
        data = _case(target, known[target], chance)
        case.write_bytes(data)
        signal.alarm(CASE_SECONDS)
        came[f"{target}: {CHECKS[target](data)}"] += 1
        signal.alarm(0)
    return came


def _case(target: str, known: Sequence[bytes], chance: random.Random) -> bytes:
    whole = chance.choice(known)
    if target == "parse" and whole.startswith(b"{") and chance.random() < 0.7:
        return misled(misled(whole, chance), chance)
    return damaged(whole, chance.choice(known), chance)


def main() -> int:
    """Run slices until the time is over; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.worker.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first slice; each slice is repeatable by its own")
    parser.add_argument("--case", type=Path, help="run one slice in this process, its cases in this file")
    given = parser.parse_args()
    if given.case:
        print(json.dumps(run_slice(given.seed, given.seconds, given.case)))
        return 0
    return _run_slices(given.seed, given.seconds)


def _run_slices(seed: int, seconds: float) -> int:
    total, findings, until = Counter[str](), 0, time.monotonic() + seconds
    folder = Path(tempfile.mkdtemp(prefix="rythmiq-fuzz-"))
    while (left := until - time.monotonic()) > 0:
        case, length = folder / f"{seed}.case", str(min(SLICE_SECONDS, left))
        command = [sys.executable, "-m", "tests.worker.fuzz", "--seed", str(seed), "--seconds", length]
        done = subprocess.run([*command, "--case", str(case)], capture_output=True, text=True)
        if done.returncode == 0:
            total.update(json.loads(done.stdout))
            case.unlink()
        else:
            findings += 1
            print(f"seed {seed}: exit code {done.returncode}, case kept in {case}\n{done.stderr[-1500:]}", flush=True)
        seed += 1
    for what, count in total.most_common():
        print(f"{count:8}  {what}")
    print(f"{total.total()} cases, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
