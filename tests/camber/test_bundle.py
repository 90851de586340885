"""The bundle has the same bytes wherever it is built."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from reconciler.camber import build_bundle


def write_package(folder: Path) -> Path:
    package = folder / "worker"
    for name, content in {
        "__init__.py": "",
        "pipeline.py": "x = 1\n",
        "storage/put.py": "y = 2\n",
        "requirements.lock": "boto3==1\n",
        "assets/check.png": "png",
        "tests/test_x.py": "no",
        "__pycache__/pipeline.cpython-311.pyc": "no",
        "__pycache__/odd.py": "no",
        ".cache/odd.py": "no",
        "Dockerfile": "no",
    }.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return package


def test_only_what_the_worker_needs_is_shipped_in_order(tmp_path: Path) -> None:
    bundle = build_bundle(write_package(tmp_path))
    with tarfile.open(fileobj=io.BytesIO(bundle.data)) as archive:
        entries = archive.getmembers()

    assert tuple(entry.name for entry in entries) == bundle.files
    assert bundle.files == (
        "worker/__init__.py",
        "worker/assets/check.png",
        "worker/pipeline.py",
        "worker/requirements.lock",
        "worker/storage/put.py",
    )
    assert {(0, 0, 0, "", "", 0o644)} == {(e.mtime, e.uid, e.gid, e.uname, e.gname, e.mode) for e in entries}


def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = write_package(tmp_path / "a"), write_package(tmp_path / "b")
    os.utime(second / "pipeline.py", (1, 1))
    (second / "pipeline.py").chmod(0o755)

    assert build_bundle(first) == build_bundle(second)


def test_the_name_and_the_hash_are_the_contents(tmp_path: Path) -> None:
    package = write_package(tmp_path)
    before = build_bundle(package)
    (package / "pipeline.py").write_text("x = 2\n")
    after = build_bundle(package)

    assert hashlib.sha256(before.data).hexdigest() == before.sha256
    assert (f"worker-{before.sha256[:16]}.tar.gz", len(before.data)) == (before.name, before.size)
    assert before.sha256 != after.sha256


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a package"):
        build_bundle(tmp_path)
