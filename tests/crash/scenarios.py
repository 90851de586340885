"""The stories in which daemons die: between them they pass every point of the registry."""

from tests.crash import acts
from tests.crash.stage import Scenario, Stage

ALONE = {
    "TICK_SECONDS": "30",
    "POLL_MIN_SECONDS": "60",
    "POLL_MAX_SECONDS": "60",
}
"""Nobody looks at anything: a scenario wakes the one duty that it is about."""
SWEPT = {"SWEEP_SECONDS": "1"}
PRUNED = {"PRUNE_SECONDS": "1"}
CALLBACK = {"CALLBACK_SECRET": "a-secret-of-the-callback"}


def _alone(name: str, prelude: str | None = None, **settings: str) -> Scenario:
    """The one duty that is awake finds that nobody tells who is logged in, and then somebody does."""
    return Scenario(
        name=name,
        begin=acts.begin(1) if prelude else lambda _: None,
        prelude=prelude,
        tick=acts.troubled("reads", me="garbage"),
        over=acts.cleared,
        settings=ALONE | settings,
    )


LISTED = (
    Scenario(
        name="plain",
        begin=acts.plain,
        over=acts.plain_over,
        settings=CALLBACK | SWEPT | PRUNED | {"UPLOAD_GRACE_SECONDS": "1"},
    ),
    Scenario(name="late upload", begin=acts.await_upload, tick=acts.late_upload),
    Scenario(name="lost reply", begin=acts.begin(2), faults={"job create": "exit-1*1", "job list": "bare"}),
    Scenario(name="two together", begin=acts.begin_two, tick=acts.two_queue, settings={"BATCH_MAX": "1"}),
    Scenario(name="never created", begin=acts.begin(1), faults={"job create": "lost*1"}),
    Scenario(
        name="held",
        begin=acts.begin(1),
        tick=acts.give_up_held,
        faults={"job create": "lost*1"},
        settings={"RELAUNCH_MAX": "0"},
    ),
    Scenario(name="vanished", begin=acts.begin(1, asleep=True), tick=acts.vanish),
    Scenario(name="overdue", begin=acts.begin(1, asleep=True), tick=acts.overdue, settings={"QUEUE_SECONDS": "2.5"}),
    Scenario(name="requests", begin=acts.begin(2, asleep=True), tick=acts.request),
    Scenario(name="lingers", begin=acts.linger),
    Scenario(name="lingers, its giver died", begin=acts.linger, prelude="dispatch.give.after"),
    Scenario(
        name="duplicate", begin=acts.begin(1), tick=acts.twin, over=acts.twin_over, settings=SWEPT, extra_camber_jobs=1
    ),
    Scenario(name="erased", begin=acts.begin(1), tick=acts.erase, over=acts.erased, settings=PRUNED),
    Scenario(name="taken over", begin=acts.begin(1), prelude="dispatch.plan.after"),
    Scenario(
        name="taken over, reply lost",
        begin=acts.begin(1),
        prelude="dispatch.plan.after",
        faults={"job create": "exit-1*1"},
    ),
    Scenario(
        name="taken over, not sent",
        begin=acts.begin(1),
        prelude="dispatch.plan.after",
        tick=acts.troubled("create", stash_cp="lost"),
    ),
    Scenario(name="taken over in create", begin=acts.begin(1), prelude="dispatch.create.after"),
    Scenario(name="not sent", begin=acts.begin(1), tick=acts.troubled("create", stash_cp="lost"), over=Stage.rest),
    Scenario(
        name="looks fail",
        begin=acts.begin(1),
        tick=acts.troubled("reads", job_get="garbage"),
        over=acts.cleared,
    ),
    Scenario(
        name="logs fail",
        begin=acts.begin(1),
        tick=acts.late_logs,
        over=acts.cleared,
        settings={"LOG_GRACE_SECONDS": "10"},
    ),
    Scenario(
        name="search fails",
        begin=acts.begin(1),
        over=acts.cleared,
        # Whoever dies after the first list and before the plan leaves a world in which nothing can be planned.
        tick=acts.troubled(
            "reads",
            "EXISTS (SELECT FROM camber_runs WHERE state = 'unknown') OR NOT EXISTS (SELECT FROM camber_runs)",
            job_list="garbage+1",
        ),
        faults={"job create": "exit-1*1"},
    ),
    Scenario(name="sweep fails", begin=acts.begin(1), tick=acts.late_list_trouble, over=acts.cleared, settings=SWEPT),
    Scenario(
        name="store away",
        begin=acts.begin(2, asleep=True),
        tick=acts.storage_trouble,
        settings={"POLL_MAX_SECONDS": "1"},
    ),
    _alone("only watch", "watch.claim.after", POLL_MIN_SECONDS="0.4"),
    _alone("only collect", "collect.claim.after", POLL_MIN_SECONDS="0.4"),
    _alone("only repair", "dispatch.plan.after", TICK_SECONDS="0.2", POLL_MIN_SECONDS="0.4"),
    _alone("only sweep", SWEEP_SECONDS="0.2"),
    _alone("only prune", PRUNE_SECONDS="0.2"),
    *(
        Scenario(
            name=f"our fault in {duty}",
            begin=acts.refuse(what, sleeping=duty == "watch", patient=duty == "a look"),
            tick=acts.mend,
            faults=faults,
            settings={"OWN_FAULTS_MAX": "1", "QUEUE_SECONDS": "30"},
            prelude=prelude,
        )
        for duty, what, faults, prelude in (
            ("dispatch", "NEW.state = 'launching'", {}, None),
            ("watch", "NEW.state = 'queued'", {}, None),
            ("a look", "NEW.state = 'running' AND NEW.log_bytes > 0", {}, None),
            ("collect", "NEW.state = 'finished'", {}, None),
            ("repair", "NEW.state = 'submitted'", {"job create": "exit-1*1"}, None),
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
        begin=acts.begin(1),
        first={"DAILY_CREDITS_MAX": "0.000001"},
        enough=lambda stage: stage.trouble("budget"),
    ),
    Scenario(name="outage", begin=acts.begin(1), tick=acts.outage, over=acts.outage_over),
)
