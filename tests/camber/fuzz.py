"""Throw bytes at every parser for a while: `python -m tests.camber.fuzz --seconds 600`.

Where atheris can be imported, it looks for new paths through the parsers (`--engine mutation` leaves it out); without
it, the transcripts are cut, spliced and flipped. Exit code 0 if nothing was found; else the input lies in the file that
is named. What must hold is `check`: nothing raises, nothing takes long, and nothing is read out of bytes that do not
say it.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.camber.parse.printed import Printed
from reconciler.domain.observations import Account, Created, Log, Page, Seen
from tests.camber.corpus import READERS, read, transcripts

COMMANDS = (*READERS, "job get 4553", "job get 27649")
EXIT_CODES = (0, 0, 0, 1, 2, 255)
BETWEEN_STREAMS = b"\0ERR\0"
SECONDS_MAX = 2.0
INPUT_BYTES_MAX = 20_000
# What the readers give where the CLI says that it did what it was asked, or shows it.
SUCCESSES = ("Seen", "Created", "Account", "Page", "Log", "str", "Done", "Listing", "App", "AppNames", "AppDeleted")


class Found(Exception):
    """The input breaks a promise."""


def check(data: bytes) -> str:
    """Read one input as the client would; return what it was read as, or raise `Found`."""
    command = COMMANDS[data[0] % len(COMMANDS)] if data else COMMANDS[0]
    exit_code = EXIT_CODES[data[1] % len(EXIT_CODES)] if len(data) > 1 else 0
    out, _, err = data[2:].partition(BETWEEN_STREAMS)
    printed = Printed(exit_code=exit_code, stdout=out.decode("utf-8", "replace"), stderr=err.decode("utf-8", "replace"))
    begun = time.process_time()
    outcome = read(command, printed)
    if time.process_time() - begun > SECONDS_MAX:
        raise Found(f"{command} took {time.process_time() - begun:.1f} s")
    name = type(outcome).__name__
    if exit_code and name in SUCCESSES:
        raise Found(f"{command} with exit code {exit_code} was read as {name}")
    if made_up := _made_up(outcome, printed):
        raise Found(f"{command} was read as {made_up}, which nothing says")
    return name


def _made_up(outcome: object, printed: Printed) -> str | None:
    """Return what of the outcome stands nowhere in the output."""
    text = printed.out.lower()
    match outcome:
        case Seen(job):
            words = [str(job.camber_job_id)]
        case Created(camber_job_id):
            words = [str(camber_job_id), "ob"]
        case Account(username=username):
            words = [username]
        case Page(rows=rows):
            words = [str(row.camber_job_id) for row in rows]
        case Log(text=log):
            return None if log in printed.stdout else log
        case _:
            return None
    # Ids may be written with zeros in front, or as JSON escapes, which hold a backslash.
    return next((word for word in words if word.lower() not in text and "\\u" not in text), None)


def seeds() -> list[bytes]:
    """The transcripts, each under every command that has its first word."""
    known = transcripts()
    return [_seed(index, one.exit_code, one.printed) for one in known for index, _ in enumerate(COMMANDS)]


def _seed(command: int, exit_code: int, printed: Printed) -> bytes:
    code = EXIT_CODES.index(exit_code) if exit_code in EXIT_CODES else 3
    return bytes([command, code]) + printed.stdout.encode() + BETWEEN_STREAMS + printed.stderr.encode()


def mutated(random_: random.Random, pieces: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Make a new input of old ones."""
    data = bytearray(random_.choice(pieces))
    for _ in range(random_.randint(1, 6)):
        at = random_.randint(0, len(data))
        match random_.randint(0, 5):
            case 0:
                data[at : at + random_.randint(1, 30)] = b""
            case 1:
                other = random_.choice(pieces)
                start = random_.randint(0, len(other))
                data[at:at] = other[start : start + random_.randint(1, 400)]
            case 2:
                data[at:at] = random_.choice(words)
            case 3 if at < len(data):
                data[at] ^= 1 << random_.randint(0, 7)
            case 4:
                data[at:at] = random_.randbytes(random_.randint(1, 8))
            case _:
                data[at:at] = data[at : at + random_.randint(1, 60)] * random_.randint(1, 40)
    return bytes(data[:INPUT_BYTES_MAX])


def words_of(pieces: Sequence[bytes]) -> list[bytes]:
    """The lines of the transcripts, and what turns one form into another."""
    lines = {line + b"\n" for piece in pieces for line in piece[2:].split(b"\n") if line}
    joints = [
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\r",
        b"\r\n",
        b"\x1b[31m",
        b"\0",
        b"\xff",
        b"[y/N]: ",
        b"-" * 20,
        b"=" * 20,
    ]
    return sorted(lines) + joints * 10


def by_mutation(seconds: float, seed: int) -> int:
    """Mutate until the time is over; return the exit code."""
    random_ = random.Random(seed)
    pieces = seeds()
    words = words_of(pieces)
    read_as: Counter[str] = Counter()
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        data = mutated(random_, pieces, words)
        try:
            read_as[check(data)] += 1
        except Exception as error:  # noqa: BLE001 - that any error stops the fuzzer is its purpose
            file = Path(f"fuzz-{seed}.bin")
            file.write_bytes(data)
            sys.stderr.write(f"{type(error).__name__}: {error}; the input is {file}\n")
            return 1
    sys.stdout.write(f"{read_as.total():,} inputs, seed {seed}, nothing found; read as {dict(read_as.most_common())}\n")
    return 0


def by_atheris(seconds: float, seed: int) -> int:
    """Let libFuzzer look for new paths; it ends the process itself, with its own code."""
    atheris = import_module("atheris")
    atheris.instrument_all()
    with TemporaryDirectory(prefix="camber-fuzz-") as folder:
        for index, piece in enumerate(seeds()):
            (Path(folder) / f"{index:05}").write_bytes(piece[:INPUT_BYTES_MAX])
        bounds = [f"-max_total_time={int(seconds)}", f"-max_len={INPUT_BYTES_MAX}", f"-seed={seed}", "-timeout=10"]
        atheris.Setup([sys.argv[0], *bounds, "-print_final_stats=1", folder], lambda data: check(data) and None)
        atheris.Fuzz()
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz for as long as was asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.camber.fuzz", description="fuzz the parsers of the CLI")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("atheris", "mutation"))
    given = parser.parse_args(arguments)
    engine = given.engine or ("atheris" if find_spec("atheris") else "mutation")
    sys.stdout.write(f"{engine}, {given.seconds:.0f} s, {len(COMMANDS)} commands, {len(seeds())} seeds\n")
    sys.stdout.flush()
    return (by_atheris if engine == "atheris" else by_mutation)(given.seconds, given.seed)


if __name__ == "__main__":
    raise SystemExit(main())
