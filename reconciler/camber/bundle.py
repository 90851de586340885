"""Build the worker bundle: the worker's code as one archive that has the same bytes wherever it is built."""

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

SHIPPED_SUFFIXES = frozenset([".py", ".lock", ".png"])
LEFT_OUT_FOLDERS = frozenset(["__pycache__", "tests"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The archive, its content hash, and the name it is stored under, which says the hash."""

    name: str
    sha256: str
    size: int
    data: bytes
    files: tuple[str, ...]


def build_bundle(folder: Path) -> Bundle:
    """Pack the worker package that stands in `folder`; inside, all names begin with the folder's own."""
    files = {f"{folder.name}/{path.relative_to(folder).as_posix()}": path for path in _shipped(folder)}
    if f"{folder.name}/__init__.py" not in files:
        raise ValueError(f"not a package: {folder}")
    data = _compressed(_archive({name: files[name].read_bytes() for name in sorted(files)}))
    sha256 = hashlib.sha256(data).hexdigest()
    return Bundle(
        name=f"{folder.name}-{sha256[:16]}.tar.gz", sha256=sha256, size=len(data), data=data, files=tuple(sorted(files))
    )


def _shipped(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix in SHIPPED_SUFFIXES
        and not any(part in LEFT_OUT_FOLDERS or part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _archive(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            # A fresh TarInfo has zero times and owners, no user names, and mode 0644.
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _compressed(data: bytes) -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=9, mtime=0) as archive:
        archive.write(data)
    return stream.getvalue()
