"""The worker's settings: one frozen value, read from an explicit mapping."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from worker.contract import USER_PATHS, check_patterns
from worker.seal import parse_recipients

Engine = Literal["onnx", "paddle"]
T = TypeVar("T")


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
    threads: int = 2
    """`WORKER_THREADS`: of recognition. Set, not counted: inside a container `nproc` shows the host."""
    run_folder: Path | None = None
    """`RUN_FOLDER`: where the stop signal's file may appear; none for legacy payloads."""
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
    recipients: tuple[str, ...] = ()
    """`AGE_RECIPIENTS`: age public keys, by commas or blanks, for the masters of legacy payloads."""
    allow_plaintext_master: bool = False
    """`ALLOW_PLAINTEXT_MASTER`: 1 stores a legacy payload's master unencrypted where no recipient is given."""
    credentials: Credentials | None = None
    """`SPACES_KEY`, `SPACES_SECRET` (or `DO_SPACES_ACCESS_KEY`, `DO_SPACES_SECRET_KEY`): for legacy payloads."""
    raw_paths: tuple[str, ...] = USER_PATHS
    """`RAW_PATH_PATTERNS`: one of which a `raw_path` must match whole, see worker.contract.paths;
    `{user_id}` stands for the payload's user."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings from `environment`; raises SettingsError naming every variable that is wrong."""
    read = _Reader(environment)
    settings = Settings(
        engine=read.one("OCR_ENGINE", _engine, "onnx"),
        models_dir=read.one("WORKER_MODELS_DIR", Path, Path("models")),
        threads=read.one("WORKER_THREADS", _whole(1, 64), 2),
        run_folder=read.one("RUN_FOLDER", Path, None),
        input_bytes_max=read.one("INPUT_BYTES_MAX", _whole(1, 2**31), 50 * 1024 * 1024),
        pixels_max=read.one("PIXELS_MAX", _whole(1, 10**9), 100_000_000),
        fetch_seconds=read.one("FETCH_SECONDS", _seconds, 120.0),
        fetch_tries=read.one("FETCH_TRIES", _whole(1, 10), 4),
        decode_seconds=read.one("DECODE_SECONDS", _seconds, 60.0),
        ocr_seconds=read.one("OCR_SECONDS", _seconds, 120.0),
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
