"""A Camber that does what the test says: a program with the CLI's words, its state in one folder.

Jobs are folders of their own, `jobs/<id>/` with `status`, `log` and `mount_dir`; the test plays the worker by writing
them. `faults.json` names what goes wrong, by command: `exit-1` (done, then failed), `lost` (refused, nothing done),
`garbage`, `capped` (pages of two rows whatever is asked for), `slow` (done at once, told late), `late` (done late),
`bare` (neither folder nor command is shown), `other` (logged in as somebody else), `mangled` (done, then rubbish is
said), `hang` (done, and then nothing ever), `tardy` (done late, and told in time). `how*3` befalls the first three
calls of the command only, `how@3` the third, `how+3` all after it. A folder with a file `gone` in it is not shown.
"""

import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

# Started some hundred thousand times: what only few calls need is imported by them.

HOME = Path(os.environ.get("CAMBER_FAKE_HOME", os.devnull))
FIRST_ID = 27_650
SLOW_SECONDS = 2.0
TARDY_SECONDS = 0.4
HANG_SECONDS = 3600.0


def main(words: list[str]) -> int:
    command = " ".join(words[:2]) if words[0] in ("job", "stash") else words[0]
    with (HOME / "calls").open("a") as calls:
        calls.write(command + "\n")
    fault = _fault(command)
    if fault in ("lost", "garbage"):
        sys.stdout.write("API error: code=2, message=Failed\n" if fault == "lost" else "<html>Bad gateway</html>\n")
        return 1
    if fault in ("late", "tardy"):
        time.sleep(SLOW_SECONDS if fault == "late" else TARDY_SECONDS)
    COMMANDS[command](words)
    if fault == "hang":
        time.sleep(HANG_SECONDS)
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
    number, folder = _new_folder()
    (folder / "status").write_text("PENDING")
    (folder / "command").write_text(words[words.index("--cmd") + 1])
    (folder / "mount_dir").write_text(words[words.index("--path") + 1].split("/", 3)[3])
    (folder / "size").write_text(words[words.index("--size") + 1])
    fault = _fault("job create")
    if fault == "mangled":
        sys.stdout.write("\x00\x1b[2J<html>Job ID\n")
    elif fault not in ("exit-1", "hang"):
        sys.stdout.write(f"Job created successfully.\nStatus: Submitted\nJob ID: {number}\n")


def get(words: list[str]) -> None:
    folder = HOME / "jobs" / words[2]
    if not folder.is_dir() or (folder / "gone").exists():
        sys.stdout.write("API error: code=404, message=job not found\n")
        raise SystemExit(1)
    _show(_bare(folder) if _goes_wrong("job get", "bare") else _row(folder))


def listing(words: list[str]) -> None:
    page, size = int(words[words.index("--page") + 1]), int(words[words.index("--size") + 1])
    size = min(size, 2) if _goes_wrong("job list", "capped") else size
    row = _bare if _goes_wrong("job list", "bare") else _row
    shown = [folder for folder in (HOME / "jobs").iterdir() if not (folder / "gone").exists()]
    folders = sorted(shown, key=lambda folder: -int(folder.name))
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


def test(words: list[str]) -> None:
    if not (HOME / "stash" / words[-1].removeprefix("stash://")).exists():
        raise SystemExit(1)


def remove(words: list[str]) -> None:

    shutil.rmtree(HOME / "stash" / words[-1].removeprefix("stash://"), ignore_errors=True)


def _row(folder: Path) -> dict[str, object]:
    status, command, mount = ((folder / name).read_text() for name in ("status", "command", "mount_dir"))
    row = {"job_id": int(folder.name), "job_status": status, "command": command, "mount_dir": mount}
    times = folder / "times"
    return row | (json.loads(times.read_text()) if times.exists() else {})


def _bare(folder: Path) -> dict[str, object]:
    return _row(folder) | {"command": None, "mount_dir": None}


def _new_folder() -> tuple[int, Path]:
    """The next number is free unless a call at the same time was faster."""
    number = FIRST_ID + len(list((HOME / "jobs").iterdir()))
    while True:
        folder = HOME / "jobs" / str(number)
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        return number, folder


def _goes_wrong(command: str, how: str) -> bool:
    return _fault(command) == how


def _fault(command: str) -> str | None:
    rule = re.fullmatch(r"([^*@+]*)([*@+]?)(\d*)", json.loads((HOME / "faults.json").read_text()).get(command, ""))
    if rule is None:
        raise SystemExit("faults.json names a fault that is none")
    how, kind, number = rule.groups()
    if kind:
        nth = (HOME / "calls").read_text().splitlines().count(command)
        due = {"*": nth <= int(number), "@": nth == int(number), "+": nth > int(number)}[kind]
        how = how if due else ""
    return how or None


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
    "stash test": test,
}

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
