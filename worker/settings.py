"""The worker's settings: one frozen value, read from an explicit mapping."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from worker.contract import USER_PATHS, Stage, check_patterns
from worker.seal import parse_recipients

Engine = Literal["onnx", "paddle"]
T = TypeVar("T")


SECRETS = ("SPACES_KEY", "SPACES_SECRET", "DO_SPACES_ACCESS_KEY", "DO_SPACES_SECRET_KEY")
"""What the processes that open documents are started without."""


class SettingsError(ValueError):
    """Settings that cannot be used: one line for each, with the name of the variable and what it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The key pair of an S3 store. Never printed."""

    key: str
    secret: str

    def __repr__(self) -> str:
        return "Credentials(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a worker is told by its environment."""

    engine: Engine
    """`OCR_ENGINE`: onnx (PaddleOCR on ONNX Runtime) or paddle (PaddleOCR on PaddlePaddle)."""
    models_dir: Path
    """`WORKER_MODELS_DIR`: holds one folder per model; see models.py. Nothing is ever downloaded."""
    processes: int = 2
    """`WORKER_PROCESSES`: children that a batch is shared among, each with models of its own: some 0.5 GB each.
    Set, not counted: inside a container `nproc` shows the host."""
    threads: int = 1
    """`WORKER_THREADS`: of recognition, in each process. Two processes of one thread do more than one of two."""
    memory_mb_max: int = 1200
    """`WORKER_MEMORY_MB`: a process that holds more is ended, and its document fails alone. Reading an A4 page takes
    0.5 GB, decoding a JPEG of 100 million pixels 0.6 GB, a PNG of as many 0.9 GB."""
    document_seconds: float = 300.0
    """`DOCUMENT_SECONDS`: from handing a document to a process until it is answered; above, the process is ended."""
    start_seconds: float = 180.0
    """`START_SECONDS`: for a process to load its models and read the known page. It takes 2 to 4 s."""
    ahead_bytes: int = 64 * 1024 * 1024
    """`AHEAD_BYTES`: no further document is fetched while more than this is held in memory for those under way."""
    run_folder: Path | None = None
    """`RUN_FOLDER`: where the stop signal's file may appear; none for legacy payloads."""
    run_began: float | None = None
    """`RUN_BEGAN`: when the run's command began, in seconds of the machine's monotonic clock: a run that lingers leaves
    before its time is up."""
    input_bytes_max: int = 50 * 1024 * 1024
    """`INPUT_BYTES_MAX`: larger documents are refused while they are fetched; they are held in memory whole."""
    pixels_max: int = 100_000_000
    """`PIXELS_MAX`: larger pictures are refused by their header. 100 million take about 0.5 GB to decode."""
    fetch_seconds: float = 120.0
    """`FETCH_SECONDS`: for one try at reading or writing one object, from connecting to its last byte."""
    fetch_tries: int = 4
    """`FETCH_TRIES`: tries at one object when the store fails in a way that may pass."""
    decode_seconds: float = 60.0
    """`DECODE_SECONDS`: for decoding one document. A page of 12 million pixels takes 0.3 s."""
    ocr_seconds: float = 120.0
    """`OCR_SECONDS`: for reading one document. A full page takes 1 to 3 s."""
    stage_seconds: float = 60.0
    """`STAGE_SECONDS`: for each of the other stages of computing. None takes a second."""
    fields_seconds: float = 10.0
    """`FIELDS_SECONDS`: for finding one document's fields, which takes a few ms. Then it is delivered without them."""
    recipients: tuple[str, ...] = ()
    """`AGE_RECIPIENTS`: age public keys, by commas or blanks, for the masters of legacy payloads."""
    allow_plaintext_master: bool = False
    """`ALLOW_PLAINTEXT_MASTER`: 1 stores a legacy payload's master unencrypted where no recipient is given."""
    credentials: Credentials | None = None
    """`SPACES_KEY`, `SPACES_SECRET` (or `DO_SPACES_ACCESS_KEY`, `DO_SPACES_SECRET_KEY`): for legacy payloads."""
    raw_paths: tuple[str, ...] = USER_PATHS
    """`RAW_PATH_PATTERNS`: one of which a `raw_path` must match whole, see worker.contract.paths;
    `{user_id}` stands for the payload's user."""

    @property
    def limits(self) -> Mapping[Stage, float]:
        """Seconds for each stage that a child computes."""
        others = (Stage.QUALITY, Stage.ORIENT, Stage.FIELDS, Stage.PORTAL)
        # What was enhanced may be read again.
        own = {Stage.DECODE: self.decode_seconds, Stage.OCR: self.ocr_seconds, Stage.ENHANCE: self.ocr_seconds}
        return own | dict.fromkeys(others, self.stage_seconds)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment`; raises SettingsError naming every variable that is wrong."""
    read = _Reader(environment)
    settings = Settings(
        engine=read.one("OCR_ENGINE", _engine, "onnx"),
        models_dir=read.one("WORKER_MODELS_DIR", Path, Path("models")),
        processes=read.one("WORKER_PROCESSES", _whole(1, 64), 2),
        threads=read.one("WORKER_THREADS", _whole(1, 64), 1),
        memory_mb_max=read.one("WORKER_MEMORY_MB", _whole(100, 1_000_000), 1200),
        document_seconds=read.one("DOCUMENT_SECONDS", _seconds, 300.0),
        start_seconds=read.one("START_SECONDS", _seconds, 180.0),
        ahead_bytes=read.one("AHEAD_BYTES", _whole(1, 2**40), 64 * 1024 * 1024),
        run_folder=read.one("RUN_FOLDER", Path, None),
        run_began=read.one("RUN_BEGAN", _moment, None),
        input_bytes_max=read.one("INPUT_BYTES_MAX", _whole(1, 2**31), 50 * 1024 * 1024),
        pixels_max=read.one("PIXELS_MAX", _whole(1, 10**9), 100_000_000),
        fetch_seconds=read.one("FETCH_SECONDS", _seconds, 120.0),
        fetch_tries=read.one("FETCH_TRIES", _whole(1, 10), 4),
        decode_seconds=read.one("DECODE_SECONDS", _seconds, 60.0),
        ocr_seconds=read.one("OCR_SECONDS", _seconds, 120.0),
        stage_seconds=read.one("STAGE_SECONDS", _seconds, 60.0),
        fields_seconds=read.one("FIELDS_SECONDS", _seconds, 10.0),
        recipients=read.one("AGE_RECIPIENTS", _recipients, ()),
        allow_plaintext_master=read.one("ALLOW_PLAINTEXT_MASTER", _switch, False),
        credentials=_credentials(read),
        raw_paths=read.one("RAW_PATH_PATTERNS", _patterns, USER_PATHS),
    )
    if read.wrong:
        raise SettingsError("\n".join(read.wrong))
    return settings


class _Reader:
    """Reads variables one by one and keeps the complaints; an empty variable is an absent one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.wrong: list[str] = []

    def text(self, *names: str) -> str:
        return next((value for name in names if (value := self._environment.get(name, "").strip())), "")

    def one(self, name: str, parse: Callable[[str], T], default: T) -> T:
        if not (text := self.text(name)):
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.wrong.append(f"{name}: {error}")
            return default


def _engine(text: str) -> Engine:
    match text:
        case "onnx" | "paddle":
            return text
        case _:
            raise ValueError("must be onnx or paddle")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", text) or not 0 < float(text) <= 3600:
        raise ValueError("must be seconds, above 0 and at most 3600")
    return float(text)


def _moment(text: str) -> float:
    if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text):
        raise ValueError("must be seconds of the monotonic clock")
    return float(text)


def _switch(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("must be 0 or 1")
    return text == "1"


def _recipients(text: str) -> tuple[str, ...]:
    names = tuple(re.split(r"[,\s]+", text))
    parse_recipients(names)
    return names


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(re.split(r"[,\s]+", text))
    check_patterns(patterns)
    return patterns


def _credentials(read: _Reader) -> Credentials | None:
    key = read.text("SPACES_KEY", "DO_SPACES_ACCESS_KEY")
    secret = read.text("SPACES_SECRET", "DO_SPACES_SECRET_KEY")
    if bool(key) != bool(secret):
        read.wrong.append("SPACES_KEY, SPACES_SECRET: give both or neither")
    return Credentials(key=key, secret=secret) if key and secret else None
