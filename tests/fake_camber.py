"""A Camber that does what the test says: a program with the CLI's words, its state in one folder.

Jobs are folders of their own, `jobs/<id>/` with `status`, `log` and `mount_dir`; the test plays the worker by writing
them. `faults.json` names what goes wrong, by command: `exit-1` (done, then failed), `lost` (refused, nothing done),
`garbage`, `capped` (pages of two rows whatever is asked for), `slow` (done at once, told late), `late` (done late),
`bare` (neither folder nor command is shown), `other` (logged in as somebody else).
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

HOME = Path(os.environ.get("CAMBER_FAKE_HOME", os.devnull))
FIRST_ID = 27_650
SLOW_SECONDS = 2.0


def main(words: list[str]) -> int:
    command = " ".join(words[:2]) if words[0] in ("job", "stash") else words[0]
    fault = json.loads((HOME / "faults.json").read_text()).get(command)
    with (HOME / "calls").open("a") as calls:
        calls.write(command + "\n")
    if fault in ("lost", "garbage"):
        sys.stdout.write("API error: code=2, message=Failed\n" if fault == "lost" else "<html>Bad gateway</html>\n")
        return 1
    if fault == "late":
        time.sleep(SLOW_SECONDS)
    COMMANDS[command](words)
    if fault == "slow":
        time.sleep(SLOW_SECONDS)
    if fault == "exit-1":
        sys.stdout.write("API error: code=2, message=Failed to create job\n")
        return 1
    return 0


def me(_words: list[str]) -> None:
    name = "somebody-else" if _goes_wrong("me", "other") else "tester"
    _show({"username": name, "user_id": 7, "email": "tester@example.com", "teams": []})


def create(words: list[str]) -> None:
    number = FIRST_ID + len(list((HOME / "jobs").iterdir()))
    folder = HOME / "jobs" / str(number)
    folder.mkdir()
    (folder / "status").write_text("PENDING")
    (folder / "command").write_text(words[words.index("--cmd") + 1])
    (folder / "mount_dir").write_text(words[words.index("--path") + 1].split("/", 3)[3])
    (folder / "size").write_text(words[words.index("--size") + 1])
    if not _goes_wrong("job create", "exit-1"):
        sys.stdout.write(f"Job created successfully.\nStatus: Submitted\nJob ID: {number}\n")


def get(words: list[str]) -> None:
    folder = HOME / "jobs" / words[2]
    if not folder.is_dir():
        sys.stdout.write("API error: code=404, message=job not found\n")
        raise SystemExit(1)
    _show(_bare(folder) if _goes_wrong("job get", "bare") else _row(folder))


def listing(words: list[str]) -> None:
    page, size = int(words[words.index("--page") + 1]), int(words[words.index("--size") + 1])
    size = min(size, 2) if _goes_wrong("job list", "capped") else size
    row = _bare if _goes_wrong("job list", "bare") else _row
    folders = sorted((HOME / "jobs").iterdir(), key=lambda folder: -int(folder.name))
    _show({"total": len(folders), "jobs": [row(one) for one in folders[(page - 1) * size : page * size]]})


def logs(words: list[str]) -> None:
    log = HOME / "jobs" / words[2] / "log"
    if not log.exists():
        sys.stdout.write("API error: code=15, message=job status is not completed, failed, or running\n")
        raise SystemExit(1)
    sys.stdout.write(log.read_text())


def copy(words: list[str]) -> None:
    source, target = Path(words[-2]), HOME / "stash" / words[-1].removeprefix("stash://")
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def remove(words: list[str]) -> None:
    shutil.rmtree(HOME / "stash" / words[-1].removeprefix("stash://"), ignore_errors=True)


def _row(folder: Path) -> dict[str, object]:
    status, command, mount = ((folder / name).read_text() for name in ("status", "command", "mount_dir"))
    row = {"job_id": int(folder.name), "job_status": status, "command": command, "mount_dir": mount}
    times = folder / "times"
    return row | (json.loads(times.read_text()) if times.exists() else {})


def _bare(folder: Path) -> dict[str, object]:
    return _row(folder) | {"command": None, "mount_dir": None}


def _goes_wrong(command: str, how: str) -> bool:
    return bool(json.loads((HOME / "faults.json").read_text()).get(command) == how)


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
