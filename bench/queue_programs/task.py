"""What a task of a queue does for one job. Standard library only: it runs in the queue's own environment."""

import asyncio
import json
import os
import re
import time
from pathlib import Path

HOME = Path(os.environ["BENCH_CAMBER_HOME"])
POLL_SECONDS = float(os.environ["BENCH_POLL_SECONDS"])
SLOTS = int(os.environ["BENCH_SLOTS"])
DATABASE_URL = os.environ["BENCH_DATABASE_URL"]
DEAD_SECONDS = 15.0
"""After which silence a worker counts as dead: the reconciler's lease in this bench."""
_ID = re.compile(r"Job ID: (\d+)")


async def carry(number: int) -> None:
    """One job, from the run file to its frame; what is done is written down at once."""
    mount = f"bench/{number}/"
    target = f"stash://tester/{mount}"
    await _camber("stash", "cp", "-r", str(HOME / "staged" / str(number)), target)
    said = await _camber("job", "create", "--engine", "base", "--size", "xxsmall", "--path", target, "--cmd", "true")
    found = _ID.search(said)
    assert found, said
    camber_id = found.group(1)
    while (job := json.loads(await _camber("job", "get", camber_id, "--output", "json")))["job_status"] != "COMPLETED":
        await asyncio.sleep(POLL_SECONDS)
    log = await _camber("job", "logs", camber_id)
    assert (HOME / "staged" / str(number) / "job_id").read_text() in log, "the log lacks the frame"
    with (HOME / "done").open("a") as done:
        done.write(json.dumps({"number": number, "at": time.time(), "finished_at": job["finished_at"]}) + "\n")


async def _camber(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(HOME / "camber", *words, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0, words
    return said.decode()
