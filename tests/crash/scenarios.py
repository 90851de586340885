"""The stories in which daemons die: between them they pass every point of the registry."""

from collections.abc import Callable
from uuid import uuid4

from tests.crash.stage import Scenario, Stage, execute, missing_key, set_faults
from tests.fake_camber import FIRST_ID

TWIN = FIRST_ID + 500
ALONE = {
    "TICK_SECONDS": "30",
    "POLL_MIN_SECONDS": "60",
    "POLL_MAX_SECONDS": "60",
    "SWEEP_SECONDS": "30",
    "PRUNE_SECONDS": "30",
}
"""Nobody looks at anything: a scenario wakes the one duty that it is about."""
Act = Callable[[Stage], object]
RARE = {"SWEEP_SECONDS": "30", "PRUNE_SECONDS": "30"}
CALLBACK = {"CALLBACK_SECRET": "a-secret-of-the-callback"}


def _begin(count: int = 1, *, asleep: bool = False) -> Act:
    def begin(stage: Stage) -> None:
        stage.memory["jobs"] = [stage.world.submit() for _ in range(count)]
        if asleep:
            stage.node.asleep.add(FIRST_ID)

    return begin


def _plain(stage: Stage) -> None:
    stage.node.spoilt.add("spoilt.png")
    # Its first job stays until all of its log was read.
    stage.node.patient.add(FIRST_ID)
    stage.world.settings |= {"CALLBACK_URL": stage.extra["callback_url"]}
    for name in ("a.png", "spoilt.png", "b.png"):
        stage.world.submit(name)
    stage.world.insert(uuid4(), missing_key())


def _plain_over(stage: Stage) -> bool:
    return stage.rest() and bool(
        stage.world.one(
            "SELECT NOT EXISTS (SELECT FROM camber_runs WHERE stash_pruned_at IS NULL)"
            " AND NOT EXISTS (SELECT FROM outbox WHERE delivered_at IS NULL)"
        )
    )


def _give_up_held(stage: Stage) -> None:
    execute(
        stage,
        "UPDATE camber_runs SET state = 'abandoned', next_poll_at = now(), reason_text = 'given up'"
        " WHERE state = 'held'",
    )


def _vanish(stage: Stage) -> None:
    stage.once(
        "gone",
        lambda: (stage.world.camber_job() / "gone").touch(),
        when=stage.world.one("SELECT count(*) FROM camber_runs WHERE camber_job_id IS NOT NULL") > 0,
    )


def _wake_when(stage: Stage, reached: object) -> None:
    if reached:
        stage.node.asleep.clear()


def _overdue(stage: Stage) -> None:
    if FIRST_ID in stage.world.camber_jobs():
        stage.once("said", lambda: stage.world.say(FIRST_ID, "it will be a long day"))
    _wake_when(stage, stage.world.one("SELECT count(*) FROM camber_runs WHERE state = 'abandoned'") > 0)


def _request(stage: Stage) -> None:
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
    _wake_when(
        stage,
        "flags" in stage.memory
        and not stage.world.one("SELECT count(*) FROM jobs WHERE rerun_requested OR cancel_requested")
        and stage.world.one("SELECT count(*) FROM camber_runs WHERE camber_job_id IS NOT NULL") > 1,
    )


def _twin(stage: Stage) -> None:
    stage.once("twin", lambda: stage.world.camber_twin(TWIN), when=_shown(stage))


def _shown(stage: Stage) -> bool:
    return FIRST_ID in stage.world.camber_jobs() and (stage.world.camber_job() / "mount_dir").exists()


def _twin_over(stage: Stage) -> bool:
    return stage.rest() and bool(
        stage.world.one("SELECT camber_status = 'COMPLETED' FROM camber_sightings WHERE role = 'duplicate'")
    )


def _troubled(dependency: str, during: str = "true", **faults: str) -> Act:
    """Calls fail until that is written down and the condition holds; then they work."""

    def tick(stage: Stage) -> None:
        stage.once("set", lambda: set_faults(stage, **faults))
        due = stage.trouble(dependency) and bool(stage.world.one(f"SELECT {during}"))
        stage.once("cleared", lambda: set_faults(stage, **dict.fromkeys(faults, "")), when=due)

    return tick


def _cleared(stage: Stage) -> bool:
    return "cleared" in stage.memory and not stage.trouble("reads") and stage.rest()


def _late_list_trouble(stage: Stage) -> None:
    """The list fails once all is done and only the sweep reads it."""
    stage.once("set", lambda: set_faults(stage, job_list="garbage"), when=stage.rest())
    stage.once("cleared", lambda: set_faults(stage), when="set" in stage.memory and stage.trouble("reads"))


def _storage_trouble(stage: Stage) -> None:
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
    _wake_when(stage, "mended" in stage.memory and not stage.trouble("storage"))


def _late_logs(stage: Stage) -> None:
    """The log cannot be read, then it is empty, then it is there."""
    stage.node.mute = stage.memory.setdefault("mute", True)
    tick = _troubled(
        "reads",
        "EXISTS (SELECT FROM camber_runs WHERE state = 'collecting' AND collect_deadline < now() + interval '9 s')",
        job_logs="garbage",
    )
    tick(stage)
    if "cleared" in stage.memory and not stage.trouble("reads"):
        stage.memory["mute"] = stage.node.mute = False


def _late_upload(stage: Stage) -> None:
    """The row comes before its document."""
    waits = bool(stage.world.one("SELECT waiting_reason IS NOT NULL FROM jobs"))
    key = stage.memory["key"]
    stage.once("uploaded", lambda: stage.world.objects.put(key, b"picture", "image/png"), when=waits)


def _await_upload(stage: Stage) -> None:
    stage.memory["key"] = missing_key()
    stage.world.insert(uuid4(), stage.memory["key"])


def _refuse(state: str, *, sleeping: bool = False) -> Act:
    """The database refuses that a run enters the state, which is a fault that nobody foresaw."""

    def begin(stage: Stage) -> None:
        execute(
            stage,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;"
            " CREATE TRIGGER refuse BEFORE UPDATE OF state ON camber_runs FOR EACH ROW"
            f" WHEN (NEW.state = '{state}' AND OLD.state <> 'held') EXECUTE FUNCTION refuse()",
        )
        stage.memory["jobs"] = [stage.world.submit()]
        if sleeping:
            stage.node.asleep.add(FIRST_ID)

    return begin


def _mend(stage: Stage) -> None:
    held = stage.world.one("SELECT count(*) FROM camber_runs WHERE state = 'held'") > 0

    def mend() -> None:
        execute(stage, "DROP TRIGGER refuse ON camber_runs")
        stage.node.asleep.clear()

    stage.once("mended", mend, when=held)
    if "mended" in stage.memory:
        stage.world.release_run()


def _outage(stage: Stage) -> None:
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


def _outage_over(stage: Stage) -> bool:
    """Whoever lives through it writes it down; one that was started later knows nothing of it."""
    noted = bool(stage.world.one("SELECT count(*) FROM breakers WHERE dependency = 'database'"))
    return "back" in stage.memory and stage.rest() and (noted or stage.memory["lives"] > stage.memory["back"])


def _looked(stage: Stage, since: str, times: int, *, when: bool) -> bool:
    """Whether the list was read so often since it was `when`."""
    stage.once(since, lambda: stage.world.calls("job list"), when=when)
    return since in stage.memory and stage.world.calls("job list") >= stage.memory[since] + times


def _two_queue(stage: Stage) -> None:
    """Both wait in Camber's queue until one read of the list has looked at them together, and again."""
    both = bool(stage.world.one("SELECT count(*) FROM camber_runs WHERE state = 'queued'") > 1)
    _wake_when(stage, _looked(stage, "both queued", 8, when=both))


def _begin_two(stage: Stage) -> None:
    stage.node.asleep |= {FIRST_ID, FIRST_ID + 1}
    for _ in range(2):
        stage.world.submit()


def _alone(name: str, prelude: str | None = None, **settings: str) -> Scenario:
    """The one duty that is awake finds that nobody tells who is logged in, and then somebody does."""
    return Scenario(
        name=name,
        begin=_begin(1) if prelude else lambda _: None,
        prelude=prelude,
        tick=_troubled("reads", me="garbage"),
        over=_cleared,
        settings=ALONE | settings,
    )


LISTED = (
    Scenario(name="plain", begin=_plain, over=_plain_over, settings=CALLBACK | {"UPLOAD_GRACE_SECONDS": "1"}),
    Scenario(name="late upload", begin=_await_upload, tick=_late_upload),
    Scenario(name="lost reply", begin=_begin(2), faults={"job create": "exit-1*1", "job list": "bare"}),
    Scenario(name="two together", begin=_begin_two, tick=_two_queue, settings={"BATCH_MAX": "1"} | RARE),
    Scenario(name="never created", begin=_begin(1), faults={"job create": "lost*1"}, settings=RARE),
    Scenario(
        name="held",
        begin=_begin(1),
        tick=_give_up_held,
        faults={"job create": "lost*1"},
        settings={"RELAUNCH_MAX": "0"},
    ),
    Scenario(name="vanished", begin=_begin(1, asleep=True), tick=_vanish),
    Scenario(name="overdue", begin=_begin(1, asleep=True), tick=_overdue, settings={"QUEUE_SECONDS": "2.5"}),
    Scenario(name="requests", begin=_begin(2, asleep=True), tick=_request),
    Scenario(name="duplicate", begin=_begin(1), tick=_twin, over=_twin_over, extra_camber_jobs=1),
    Scenario(name="taken over", begin=_begin(1), prelude="dispatch.plan.after"),
    Scenario(
        name="taken over, reply lost", begin=_begin(1), prelude="dispatch.plan.after", faults={"job create": "exit-1*1"}
    ),
    Scenario(
        name="taken over, not sent",
        begin=_begin(1),
        prelude="dispatch.plan.after",
        tick=_troubled("create", stash_cp="lost"),
    ),
    Scenario(name="taken over in create", begin=_begin(1), prelude="dispatch.create.after"),
    Scenario(name="not sent", begin=_begin(1), tick=_troubled("create", stash_cp="lost"), over=Stage.rest),
    Scenario(
        name="looks fail",
        begin=_begin(1),
        tick=_troubled("reads", job_get="garbage"),
        over=_cleared,
        settings=RARE,
    ),
    Scenario(
        name="logs fail",
        begin=_begin(1),
        tick=_late_logs,
        over=_cleared,
        settings=RARE | {"LOG_GRACE_SECONDS": "10"},
    ),
    Scenario(
        name="search fails",
        begin=_begin(1),
        over=_cleared,
        tick=_troubled("reads", "EXISTS (SELECT FROM camber_runs WHERE state = 'unknown')", job_list="garbage+1"),
        faults={"job create": "exit-1*1"},
        settings=RARE,
    ),
    Scenario(name="sweep fails", begin=_begin(1), tick=_late_list_trouble, over=_cleared),
    Scenario(
        name="store away",
        begin=_begin(2, asleep=True),
        tick=_storage_trouble,
        settings=RARE | {"POLL_MAX_SECONDS": "1"},
    ),
    _alone("only watch", "watch.claim.after", POLL_MIN_SECONDS="0.4"),
    _alone("only collect", "collect.claim.after", POLL_MIN_SECONDS="0.4"),
    _alone("only repair", "dispatch.plan.after", TICK_SECONDS="0.2", POLL_MIN_SECONDS="0.4"),
    _alone("only sweep", SWEEP_SECONDS="0.2"),
    _alone("only prune", PRUNE_SECONDS="0.2"),
    *(
        Scenario(
            name=f"our fault in {duty}",
            begin=_refuse(state, sleeping=duty == "watch"),
            tick=_mend,
            faults=faults,
            settings={"OWN_FAULTS_MAX": "1", "QUEUE_SECONDS": "6"},
            prelude=prelude,
        )
        for duty, state, faults, prelude in (
            ("dispatch", "launching", {}, None),
            ("watch", "queued", {}, None),
            ("collect", "finished", {}, None),
            ("repair", "submitted", {"job create": "exit-1*1"}, None),
        )
    ),
    Scenario(
        name="no recipient",
        begin=lambda _: None,
        first={"AGE_RECIPIENTS": ""},
        enough=lambda stage: stage.trouble("recipients"),
        over=lambda stage: stage.rest() and not stage.trouble("recipients"),
    ),
    Scenario(
        name="nothing left to spend",
        begin=_begin(1),
        first={"DAILY_CREDITS_MAX": "0.000001"},
        enough=lambda stage: stage.trouble("budget"),
    ),
    Scenario(name="outage", begin=_begin(1), tick=_outage, over=_outage_over),
)
