import ast
import io
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.worker import launching, orders
from tests.worker.object_store import ObjectStore

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
SPEAKING = "import os, sys; print('worker', os.environ['RUN_FOLDER'], len(sys.stdin.read()) > 9)\nraise SystemExit(7)\n"


def _tar(files: Mapping[str, str], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as packed:  # type: ignore[call-overload]  # the mode is a plain text
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            packed.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


ENVIRONMENT = {"site-packages/brought.py": "HERE = 1\n", "models/m/inference.yml": "{}"}


def _launch(store: ObjectStore, program: str = SPEAKING, mode: str = "w:gz", **environment: Any) -> dict[str, Any]:
    """A launch of a bundle that is one small program, in an environment that has one small module."""
    bundle = _tar({"worker/__init__.py": "", "worker/__main__.py": program, "elsewhere/x.py": ""}, "w:gz")
    archive = _tar(ENVIRONMENT, mode)
    made = launching.announced(store, "/stash/e.tar", archive) | {"kind": "archive", "python": MINOR}
    announced = launching.announced(store, "/stash/b.tar.gz", bundle)
    return {"bundle": announced, "environment": made | environment, "engine": "onnx", "processes": 2, "threads": 1}


def _started(tmp_path: Path, launch: dict[str, Any] | None) -> launching.Started:
    launching.stage(tmp_path / "run", launch, orders.run_file([]))
    return launching.start(tmp_path / "run")


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_the_worker_runs_on_the_run_file_and_its_exit_code_is_returned(
    mode: str, store: ObjectStore, tmp_path: Path
) -> None:
    started = _started(tmp_path, _launch(store, "import brought\n" + SPEAKING, mode))

    first, second = started.stdout.splitlines()
    assert first.startswith('RYTHMIQ-BOOTSTRAP 1 ready {"seconds": {"run_file": ')
    assert f"worker {tmp_path / 'run'} True" == second
    assert 7 == started.code
    assert [] == list(started.temporary.iterdir())


def test_an_abandoned_run_starts_nothing(store: ObjectStore, tmp_path: Path) -> None:
    launching.stage(tmp_path / "run", _launch(store), None)
    (tmp_path / "run" / "control.json").write_text('{"signal": "abandon", "skip": []}')

    started = launching.start(tmp_path / "run")

    assert (0, "", []) == (started.code, started.stdout, store.requests)


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"bundle": {"sha256": "0" * 64}}, "bundle"),
        ({"bundle": {"size": 5}}, "bundle"),
        ({"bundle": {"url": "file:///etc/hostname"}}, "bundle"),
        ({"environment": {"sha256": "0" * 64}}, "environment"),
        ({"environment": {"python": "2.7"}}, "environment"),
        ({"environment": {"kind": "guess"}}, "run_file"),
        ({"engine": "guess"}, "run_file"),
    ],
)
def test_a_step_that_fails_is_named_and_nothing_is_left(
    change: dict[str, Any], step: str, store: ObjectStore, tmp_path: Path
) -> None:
    launch = _launch(store)
    for name, value in change.items():
        launch[name] = launch[name] | value if isinstance(value, dict) else value

    started = _started(tmp_path, launch)

    assert (70, f"RYTHMIQ-BOOTSTRAP 1 failed {step}\n") == (started.code, started.stdout)
    assert "Signature" not in started.stderr
    assert [] == list(started.temporary.iterdir())


def test_a_missing_launch_file_fails_the_first_step(tmp_path: Path) -> None:
    assert (70, "RYTHMIQ-BOOTSTRAP 1 failed run_file\n") == (
        (started := _started(tmp_path, None)).code,
        started.stdout,
    )


def test_a_link_past_its_time_is_told_without_its_signature(store: ObjectStore, tmp_path: Path) -> None:
    launch = _launch(store)
    launch["bundle"]["url"] = store.url("/stash/b.tar.gz", signature="expired")

    started = _started(tmp_path, launch)

    assert "/stash/b.tar.gz cannot be fetched: 403" in started.stderr
    assert "Signature" not in started.stderr
    assert 1 == len(store.requests)


@pytest.mark.parametrize("path", ["/stash/b.tar.gz", "/stash/e.tar"])
@pytest.mark.parametrize("stumble", ["500", "reset", "short"])
def test_a_store_that_stumbles_is_asked_again(path: str, stumble: str, store: ObjectStore, tmp_path: Path) -> None:
    store.faults[f"GET {path}"] = [stumble]

    assert 7 == _started(tmp_path, _launch(store, "import brought\n" + SPEAKING)).code
    assert 2 == store.requests.count(f"GET {path}")


def test_an_environment_that_climbs_out_of_its_folder_brings_nothing_there(store: ObjectStore, tmp_path: Path) -> None:
    climbing = _tar(ENVIRONMENT | {"site-packages/../../../../../evil.py": "x"}, "w:gz")
    launch = _launch(store)
    launch["environment"] |= launching.announced(store, "/stash/e.tar", climbing)

    started = _started(tmp_path, launch)

    assert "RYTHMIQ-BOOTSTRAP 1 failed environment\n" == started.stdout
    assert [] == [*tmp_path.rglob("evil.py")]


def test_an_environment_that_is_no_archive_fails_its_step(store: ObjectStore, tmp_path: Path) -> None:
    launch = _launch(store)
    launch["environment"] |= launching.announced(store, "/stash/e.tar", b"\x1f\x8b" + b"nothing" * 400_000)

    started = _started(tmp_path, launch)

    assert (70, "RYTHMIQ-BOOTSTRAP 1 failed environment\n") == (started.code, started.stdout)
    assert [] == list(started.temporary.iterdir())


def test_an_archive_that_climbs_out_of_its_folder_is_refused(store: ObjectStore, tmp_path: Path) -> None:
    launch = _launch(store)
    launch["bundle"] = launching.announced(store, "/stash/evil", _tar({"worker/../../evil.py": "x"}, "w:gz"))

    started = _started(tmp_path, launch)

    assert "RYTHMIQ-BOOTSTRAP 1 failed bundle\n" == started.stdout
    assert not (started.temporary / "evil.py").exists()


STUMBLING_UV = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
[ $(wc -l < "$(dirname "$0")/calls") -ge {fails_before} ]
"""
LAYING_OUT = "import pathlib, sys\npathlib.Path(sys.argv[sys.argv.index('--to') + 1]).mkdir()\n"


@pytest.mark.parametrize(("fails_before", "code"), [(1, 7), (2, 7), (3, 70)])
def test_an_install_that_stumbles_is_tried_once_more(
    fails_before: int, code: int, store: ObjectStore, tmp_path: Path
) -> None:
    uv = tmp_path / "uv"
    uv.write_text(STUMBLING_UV.format(fails_before=fails_before))
    uv.chmod(0o755)
    launch = _launch(store)
    bundle = _tar({"worker/__init__.py": "", "worker/__main__.py": SPEAKING, "worker/models.py": LAYING_OUT}, "w:gz")
    launch |= {"bundle": launching.announced(store, "/stash/b.tar.gz", bundle), "environment": {"kind": "install"}}
    launching.stage(tmp_path / "run", launch, orders.run_file([]))

    started = launching.start(tmp_path / "run", {"UV": str(uv)})

    assert code == started.code, started.stderr
    assert ("failed environment" in started.stdout) is (code == 70)
    assert [] == list(started.temporary.iterdir())


def test_sigterm_is_passed_on_and_the_folder_still_goes(store: ObjectStore, tmp_path: Path) -> None:
    program = (
        "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        "print('listening', flush=True)\nsignal.pause()\n"
    )
    launching.stage(tmp_path / "run", _launch(store, program), orders.run_file([]))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    variables = {"PATH": os.environ["PATH"], "TMPDIR": str(temporary)}
    command = [getattr(sys, "_base_executable", sys.executable), "bootstrap.py"]
    with subprocess.Popen(command, cwd=tmp_path / "run", env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "listening\n":
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=30)

    assert (9, []) == (code, list(temporary.iterdir()))


@pytest.mark.parametrize("name", ["bootstrap.py", "models.py"])
def test_it_stands_on_the_standard_library_alone(name: str) -> None:
    tree = ast.parse((launching.WORKER / name).read_text())
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    } | {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert imported <= set(sys.stdlib_module_names)
