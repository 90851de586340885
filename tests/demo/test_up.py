"""`reconciler up` as a newcomer uses it: the console answers, a document is made, Ctrl-C ends it all."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from reconciler.local.samples import generate
from tests.loop.test_daemon import until

pytestmark = pytest.mark.demo
ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("reconciler")
USER = "00000000-0000-4000-8000-000000000001"
START_SECONDS_MAX = 300


@pytest.fixture
def up(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The platform in a folder of its own; only the worker's environment is not made anew."""
    environments = ROOT / ".rythmiq" / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    state = tmp_path / "state"
    state.mkdir()
    (state / "environments").symlink_to(environments)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with (tmp_path / "said").open("w") as said:
        started = subprocess.Popen([PROGRAM, "up", "--folder", state], env=environment, stdout=said, stderr=said)
    yield started
    started.send_signal(signal.SIGINT)
    started.wait(180)


def test_the_whole_tutorial(up: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    said = tmp_path / "said"
    until(lambda: "Ctrl-C" in said.read_text() or up.poll() is not None, START_SECONDS_MAX)
    lines = dict(line.split(maxsplit=1) for line in said.read_text().splitlines() if line)
    with urllib.request.urlopen(lines["console"], timeout=30) as answer:  # noqa: S310 - our own address
        assert "<title>Overview" in answer.read().decode()
    (sample,) = (one.path for one in generate(tmp_path / "samples") if one.path.name == "receipt.jpg")

    _in_a_shell(lines["settings"], "schemas add --shipped --activate")
    submitted = _in_a_shell(lines["settings"], f"submit {sample} --schema college-generic --user {USER} --wait --json")
    assert '"completed"' in submitted
    job = submitted.split('"id": "')[1][:36]
    _in_a_shell(lines["settings"], f"fetch {job} --to {tmp_path}/out --master --identity {tmp_path}/state/identity.age")
    assert (tmp_path / "out" / "receipt.jpg").read_bytes() == sample.read_bytes()

    up.send_signal(signal.SIGINT)
    assert up.wait(180) == 0
    # Of a process that ends at this moment no command line is told.
    told = {one.pid: " ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])}
    assert [] == [pid for pid, line in told.items() if str(tmp_path) in line]


def _in_a_shell(settings: str, words: str) -> str:
    done = subprocess.run(
        ["bash", "-c", f"{settings}; {PROGRAM} {words}"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
