"""What happens in the stories: each act is called at every look, sees how things stand, and does its part once."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from tests.crash.stage import Stage, execute, missing_key, set_faults
from tests.fake_camber import FIRST_ID

Act = Callable[[Stage], object]
TWIN = FIRST_ID + 500
MINUTE = ("2026-01-01T10:00:00Z", "2026-01-01T10:01:00Z")


def begin(count: int = 1, *, asleep: bool = False) -> Act:
    def begin(stage: Stage) -> None:
        stage.memory["jobs"] = [stage.world.submit() for _ in range(count)]
        if asleep:
            stage.node.asleep.add(FIRST_ID)

    return begin


def linger(stage: Stage) -> None:
    """The run stays, is given a second document, and leaves when it is given a third."""
    stage.world.settings |= {"RUN_LINGER_SECONDS": "3600"}
    stage.node.visits = [stage.world.submit, stage.world.submit]
    stage.world.submit()


def plain(stage: Stage) -> None:
    stage.node.spoilt.add("spoilt.png")
    # Its jobs stay until all of their logs was read.
    stage.node.patient = True
    stage.world.settings |= {"CALLBACK_URL": stage.extra["callback_url"]}
    for name in ("a.png", "spoilt.png", "b.png"):
        stage.world.submit(name)
    stage.world.insert(uuid4(), missing_key())


def plain_over(stage: Stage) -> bool:
    return stage.rest() and bool(
        stage.world.one(
            "SELECT NOT EXISTS (SELECT FROM camber_runs WHERE stash_pruned_at IS NULL)"
            " AND NOT EXISTS (SELECT FROM outbox WHERE delivered_at IS NULL)"
        )
    )


def give_up_held(stage: Stage) -> None:
    execute(
        stage,
        "UPDATE camber_runs SET state = 'abandoned', next_poll_at = now(), reason_text = 'given up'"
        " WHERE state = 'held'",
    )


def vanish(stage: Stage) -> None:
    stage.once(
        "gone",
        lambda: (stage.world.camber_job() / "gone").touch(),
        when=stage.world.one("SELECT count(*) FROM camber_runs WHERE camber_job_id IS NOT NULL") > 0,
    )


def wake_when(stage: Stage, reached: object) -> None:
    if reached:
        stage.node.asleep.clear()


def overdue(stage: Stage) -> None:
    if FIRST_ID in stage.world.camber_jobs():
        stage.once("said", lambda: stage.world.say(FIRST_ID, "it will be a long day"))
    wake_when(stage, stage.world.one("SELECT count(*) FROM camber_runs WHERE reason_code = 'given_up'") > 0)


def request(stage: Stage) -> None:
    first, second = stage.memory["jobs"][:2]
    stage.once(
        "flags",
        lambda: (
            execute(stage, "UPDATE jobs SET rerun_requested = true, request_reason = 'proof' WHERE id = :id", id=first),
            execute(
                stage, "UPDATE jobs SET cancel_requested = true, request_reason = 'proof' WHERE id = :id", id=second
            ),
        ),
        when=stage.world.one("SELECT count(*) FROM camber_runs WHERE camber_job_id IS NOT NULL") > 0,
    )
    wake_when(
        stage,
        "flags" in stage.memory
        and not stage.world.one("SELECT count(*) FROM jobs WHERE rerun_requested OR cancel_requested")
        and stage.world.one("SELECT count(*) FROM camber_runs WHERE camber_job_id IS NOT NULL") > 1,
    )


def twin(stage: Stage) -> None:
    stage.once("twin", lambda: stage.world.camber_twin(TWIN), when=shown(stage))
    if "twin" not in stage.memory:
        return
    # Either of them may be the one that the run takes for its own.
    for number in stage.world.camber_jobs():
        over = stage.world.camber_status(number) == "COMPLETED"
        stage.once(f"times {number}", partial(stage.world.camber_times, *MINUTE, number=number), when=over)


def shown(stage: Stage) -> bool:
    return FIRST_ID in stage.world.camber_jobs() and (stage.world.camber_job() / "mount_dir").exists()


def twin_over(stage: Stage) -> bool:
    return stage.rest() and bool(stage.world.one("SELECT credits > 0 FROM camber_sightings WHERE role = 'duplicate'"))


def erase(stage: Stage) -> None:
    """When its document is done, the person wants all of it to be removed."""
    ask = "INSERT INTO erasures (user_id, reason, actor) SELECT user_id, 'asked', 'proof' FROM jobs LIMIT 1"
    stage.once("asked", lambda: execute(stage, ask), when=stage.rest())


def erased(stage: Stage) -> bool:
    return bool(stage.world.one("SELECT bool_and(finished_at IS NOT NULL) FROM erasures"))


def troubled(dependency: str, during: str = "true", **faults: str) -> Act:
    """Calls fail until that is written down and the condition holds; then they work."""

    def tick(stage: Stage) -> None:
        stage.once("set", lambda: set_faults(stage, **faults))
        due = stage.trouble(dependency) and bool(stage.world.one(f"SELECT {during}"))
        stage.once("cleared", lambda: set_faults(stage, **dict.fromkeys(faults, "")), when=due)

    return tick


def cleared(stage: Stage) -> bool:
    return "cleared" in stage.memory and not stage.trouble("reads") and stage.rest()


def late_list_trouble(stage: Stage) -> None:
    """The list fails once all is done and only the sweep reads it."""
    stage.once("set", lambda: set_faults(stage, job_list="garbage"), when=stage.rest())
    stage.once("cleared", lambda: set_faults(stage), when="set" in stage.memory and stage.trouble("reads"))


def storage_trouble(stage: Stage) -> None:
    """The store is away while a request is to be signalled; another request comes when it is back."""
    ask = "UPDATE jobs SET cancel_requested = true, request_reason = 'proof' WHERE id = :id"
    first, second = stage.memory["jobs"]
    submitted = stage.world.one("SELECT count(*) FROM camber_runs WHERE state IN ('submitted', 'queued')") > 0
    stage.once(
        "shut",
        lambda: (stage.extra["store"].cut(), execute(stage, ask, id=first), stage.memory["lives"])[-1],
        when=submitted,
    )
    # Whoever died of it before writing it down leaves nobody who knows of it.
    back = "shut" in stage.memory and (stage.trouble("storage") or stage.memory["lives"] > stage.memory["shut"])
    stage.once("mended", lambda: (stage.extra["store"].mend(), execute(stage, ask, id=second)), when=back)
    wake_when(stage, "mended" in stage.memory and not stage.trouble("storage"))


def late_logs(stage: Stage) -> None:
    """The log cannot be read, then it is empty, then it is there."""
    stage.node.mute = stage.memory.setdefault("mute", True)
    tick = troubled(
        "reads",
        "EXISTS (SELECT FROM camber_runs WHERE state = 'collecting' AND collect_deadline < now() + interval '9 s')",
        job_logs="garbage",
    )
    tick(stage)
    if "cleared" in stage.memory and not stage.trouble("reads"):
        stage.memory["mute"] = stage.node.mute = False


def late_upload(stage: Stage) -> None:
    """The row comes before its document."""
    waits = bool(stage.world.one("SELECT waiting_reason IS NOT NULL FROM jobs"))
    key = stage.memory["key"]
    stage.once("uploaded", lambda: stage.world.objects.put(key, b"picture", "image/png"), when=waits)


def await_upload(stage: Stage) -> None:
    stage.memory["key"] = missing_key()
    stage.world.insert(uuid4(), stage.memory["key"])


def refuse(what: str, *, sleeping: bool = False, patient: bool = False) -> Act:
    """The database refuses a run what is asked for, which is a fault that nobody foresaw."""

    def begin(stage: Stage) -> None:
        execute(
            stage,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;"
            " CREATE TRIGGER refuse BEFORE UPDATE ON camber_runs FOR EACH ROW"
            f" WHEN ({what} AND OLD.state <> 'held') EXECUTE FUNCTION refuse()",
        )
        stage.memory["jobs"] = [stage.world.submit()]
        stage.node.patient = patient
        if sleeping:
            stage.node.asleep.add(FIRST_ID)

    return begin


def mend(stage: Stage) -> None:
    # On a busy machine its deadline may come first.
    held = stage.world.one("SELECT count(*) FROM camber_runs WHERE state IN ('held', 'abandoned')") > 0

    def mend() -> None:
        execute(stage, "DROP TRIGGER refuse ON camber_runs")
        stage.node.asleep.clear()

    stage.once("mended", mend, when=held)
    if "mended" in stage.memory:
        stage.world.release_run()


def outage(stage: Stage) -> None:
    """The database lets nobody in for a moment."""
    name = stage.world.engine.url.database
    up = stage.world.one("SELECT count(*) FROM daemons") > 0
    stage.once(
        "away",
        lambda: execute(
            stage,
            f'ALTER DATABASE "{name}" CONNECTION LIMIT 0',
        ),
        when=up,
    )
    if "away" in stage.memory and "back" not in stage.memory:
        execute(
            stage,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE 'reconciler %'",
        )
        stage.memory["looks"] = stage.memory.get("looks", 0) + 1
        if stage.memory["looks"] > 8:
            execute(stage, f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
            stage.memory["back"] = stage.memory["lives"]


def outage_over(stage: Stage) -> bool:
    """Whoever lives through it writes it down; one that was started later knows nothing of it."""
    noted = bool(stage.world.one("SELECT count(*) FROM breakers WHERE dependency = 'database'"))
    return "back" in stage.memory and stage.rest() and (noted or stage.memory["lives"] > stage.memory["back"])


def looked(stage: Stage, since: str, times: int, *, when: bool) -> bool:
    """Whether the list was read so often since it was `when`."""
    stage.once(since, lambda: stage.world.calls("job list"), when=when)
    return since in stage.memory and stage.world.calls("job list") >= stage.memory[since] + times


def two_queue(stage: Stage) -> None:
    """Both wait in Camber's queue until one read of the list has looked at them together, and again."""
    both = bool(stage.world.one("SELECT count(*) FROM camber_runs WHERE state = 'queued'") > 1)
    wake_when(stage, looked(stage, "both queued", 8, when=both))


def begin_two(stage: Stage) -> None:
    stage.node.asleep |= {FIRST_ID, FIRST_ID + 1}
    for _ in range(2):
        stage.world.submit()
