"""A Camber that costs almost nothing: every job queues and runs for a given time, and its worker refuses the document.

Run as a program by the daemon under test. Its jobs are files: one written by `create`, read by everything else. A
refusal is a verdict like any other, and leaves the object store out of the figures.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

HOME = Path(os.environ.get("BENCH_CAMBER_HOME", os.devnull))
FIRST_ID = 27_650
TRIES = 100_000


def main(words: list[str]) -> int:
    command = " ".join(words[:2]) if words[0] in ("job", "stash") else words[0]
    with (HOME / "calls").open("a") as calls:
        calls.write(command + "\n")
    COMMANDS[command](words)
    return 0


def me(_words: list[str]) -> None:
    _show({"username": "tester", "user_id": 7, "email": "tester@example.com", "teams": []})


def create(words: list[str]) -> None:
    mount = words[words.index("--path") + 1].split("/", 3)[3]
    job = {"created": time.time(), "command": words[words.index("--cmd") + 1], "mount_dir": mount, "log": _log(mount)}
    at = FIRST_ID + len(list((HOME / "jobs").iterdir()))
    for number in range(at, at + TRIES):
        try:
            with (HOME / "jobs" / str(number)).open("x") as file:
                json.dump(job, file)
        except FileExistsError:
            continue
        sys.stdout.write(f"Job created successfully.\nStatus: Submitted\nJob ID: {number}\n")
        return


def _log(mount: str) -> str:
    """What its worker will have said: a refusal of each document."""
    sys.path.insert(0, os.environ["BENCH_CAMBER_CODE"])
    from worker.contract import ErrorCode, Failed, Frame, RunFile, Stage, encode_frame, parse_batch

    run = parse_batch(json.loads((HOME / "stash" / "tester" / mount / "run.json").read_text()))
    assert isinstance(run, RunFile)
    refused = Failed(code=ErrorCode.CORRUPT_IMAGE, stage=Stage.DECODE, message="bench", retryable=False)
    frames = [
        Frame(
            run_id=run.run_id,
            sequence=at,
            job_id=one.payload.job_id,
            attempt_id=one.attempt.id,
            nonce=one.attempt.nonce,
            outcome=refused,
        )
        for at, one in enumerate(run.documents)
        if one.attempt
    ]
    return "".join(encode_frame(frame) + "\n" for frame in frames)


def get(words: list[str]) -> None:
    _show(_row(HOME / "jobs" / words[2]))


def listing(words: list[str]) -> None:
    page, size = int(words[words.index("--page") + 1]), int(words[words.index("--size") + 1])
    files = sorted((HOME / "jobs").iterdir(), key=lambda file: -int(file.name))
    _show({"total": len(files), "jobs": [_row(one) for one in files[(page - 1) * size : page * size]]})


def logs(words: list[str]) -> None:
    file = HOME / "jobs" / words[2]
    if _row(file)["job_status"] == "COMPLETED":
        sys.stdout.write(json.loads(file.read_text())["log"])


def copy(words: list[str]) -> None:
    import shutil

    source, target = Path(words[-2]), HOME / "stash" / words[-1].removeprefix("stash://")
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def remove(_words: list[str]) -> None:
    """Nothing is pruned while it is measured."""


def _row(file: Path) -> dict[str, object]:
    job = json.loads(file.read_text())
    started = job["created"] + float(os.environ["BENCH_QUEUE_SECONDS"])
    # Steps of the golden ratio fall evenly, however many there are.
    spread = float(os.environ["BENCH_SPREAD_SECONDS"]) * (int(file.name) * 0.618034 % 1)
    ended, now = started + float(os.environ["BENCH_RUN_SECONDS"]) + spread, time.time()
    status = "COMPLETED" if now >= ended else "RUNNING" if now >= started else "PENDING"
    row = {"job_id": int(file.name), "job_status": status, "command": job["command"], "mount_dir": job["mount_dir"]}
    times = {"created_at": _told(job["created"])}
    times |= {"started_at": _told(started)} if now >= started else {}
    return row | times | ({"finished_at": _told(ended)} if now >= ended else {})


def _told(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _show(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


COMMANDS = {
    "me": me,
    "job create": create,
    "job get": get,
    "job list": listing,
    "job logs": logs,
    "stash cp": copy,
    "stash rm": remove,
}

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
