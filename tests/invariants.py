"""What must hold in the database whatever happened, as SQL that finds the rows which break it.

`ALWAYS` holds after every commit, `AT_REST` once nothing is under way. Each invariant is a function that returns the
statement; its docstring is what is said of the rows found.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import Connection, text

Invariant = Callable[[], str]
ALWAYS: list[Invariant] = []
AT_REST: list[Invariant] = []


def _always(invariant: Invariant) -> Invariant:
    ALWAYS.append(invariant)
    return invariant


def _at_rest(invariant: Invariant) -> Invariant:
    AT_REST.append(invariant)
    return invariant


@_always
def counted_attempts_succeeded() -> str:
    """A document counts an attempt that is another job's or did not succeed."""
    return """SELECT d.job_id, a.id, a.state FROM documents d JOIN job_attempts a ON a.id = d.attempt_id
        WHERE a.state <> 'succeeded' OR a.job_id <> d.job_id"""


@_always
def newest_success_counts() -> str:
    """A succeeded attempt is newer than the one that its job counts, or is not counted at all."""
    return """SELECT a.job_id, a.number FROM job_attempts a LEFT JOIN documents d USING (job_id)
        LEFT JOIN job_attempts c ON c.id = d.attempt_id
        WHERE a.state = 'succeeded' AND (c.number IS NULL OR c.number < a.number)"""


@_always
def completed_jobs_have_their_document() -> str:
    """A completed job has no document of its current attempt."""
    return """SELECT j.id FROM jobs j LEFT JOIN documents d ON d.job_id = j.id
        WHERE j.status = 'completed' AND d.attempt_id IS DISTINCT FROM j.current_attempt_id"""


@_always
def processing_jobs_are_carried() -> str:
    """A processing job has no live attempt on a run that is under way."""
    return """SELECT j.id, a.state, r.state FROM jobs j LEFT JOIN job_attempts a ON a.id = j.current_attempt_id
        LEFT JOIN camber_runs r ON r.id = a.run_id
        WHERE j.status = 'processing'
        AND (a.state IS DISTINCT FROM 'assigned' OR coalesce(r.state, 'finished') = 'finished')"""


@_always
def live_attempts_are_current() -> str:
    """A live attempt is not the current one of a processing job."""
    return """SELECT a.job_id, a.number FROM job_attempts a JOIN jobs j ON j.id = a.job_id
        WHERE a.state = 'assigned' AND (j.status <> 'processing' OR j.current_attempt_id <> a.id)"""


@_always
def waiting_runs_are_looked_at() -> str:
    """A run under way has neither a next look, nor a lease, nor a hold with its reason."""
    return """SELECT id, state FROM camber_runs WHERE state <> 'finished' AND next_poll_at IS NULL
        AND lease_until IS NULL AND NOT (state = 'held' AND reason_text IS NOT NULL)"""


@_always
def waiting_jobs_are_tried() -> str:
    """A pending job is due at no time that will come soon, and nobody holds it."""
    return """SELECT id, available_at FROM jobs WHERE status = 'pending' AND held_reason IS NULL
        AND NOT rerun_requested AND NOT cancel_requested AND available_at > now() + interval '1 day'"""


@_always
def events_form_a_path() -> str:
    """A job's history has a gap or does not end in its status."""
    return """SELECT job_id, id, old_status, before FROM (
            SELECT job_id, id, old_status, lag(new_status) OVER w AS before FROM job_events
            WHERE kind IN ('created', 'status', 'forced') WINDOW w AS (PARTITION BY job_id ORDER BY id)) e
        WHERE before IS DISTINCT FROM old_status
        UNION ALL
        SELECT j.id, NULL, j.status, e.new_status FROM jobs j LEFT JOIN LATERAL (
            SELECT new_status FROM job_events WHERE job_id = j.id AND kind IN ('created', 'status', 'forced')
            ORDER BY id DESC LIMIT 1) e ON true
        WHERE e.new_status IS DISTINCT FROM j.status"""


@_always
def events_are_legal() -> str:
    """A job went where no transition leads, and nobody forced it there."""
    return """SELECT e.job_id, e.old_status, e.new_status FROM job_events e
        WHERE e.kind = 'status' AND e.reason IS DISTINCT FROM 'forced by the proof' AND NOT EXISTS (
            SELECT FROM legal_transitions t WHERE t.subject = 'job' AND t.old_state = e.old_status
            AND t.new_state = e.new_status)"""


@_always
def nothing_fell() -> str:
    """A number did not rise, a lease was taken that somebody still held, or a daemon wrote without holding one."""
    return "SELECT subject, id, was, became FROM proof.falls"


@_always
def runs_have_one_owner() -> str:
    """A run owns two Camber jobs, or one that was never written down as seen."""
    return """SELECT run_id, count(*) FROM camber_sightings WHERE role = 'owner' GROUP BY run_id HAVING count(*) > 1
        UNION ALL
        SELECT r.id, r.camber_job_id FROM camber_runs r WHERE r.camber_job_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM camber_sightings s WHERE s.run_id = r.id AND s.camber_job_id = r.camber_job_id)"""


@_always
def verdicts_are_counted() -> str:
    """A run says that more attempts are settled than are."""
    # Attempts go with the jobs that are removed; their run stays for the sake of its cost.
    return """SELECT r.id, r.attempts_settled FROM camber_runs r JOIN job_attempts a ON a.run_id = r.id
        GROUP BY r.id HAVING count(*) = r.attempts_total
        AND r.attempts_settled > count(*) FILTER (WHERE a.state <> 'assigned')"""


@_at_rest
def jobs_ended() -> str:
    """A job neither ended nor is held with its reason."""
    return (
        "SELECT id, status, waiting_reason FROM jobs WHERE status IN ('pending', 'processing') AND held_reason IS NULL"
    )


@_at_rest
def runs_ended() -> str:
    """A run neither ended nor is held with its reason."""
    return "SELECT id, state, reason_text FROM camber_runs WHERE state NOT IN ('finished', 'held')"


@_at_rest
def requests_were_carried_out() -> str:
    """A flag is still set."""
    return "SELECT id FROM jobs WHERE rerun_requested OR cancel_requested"


@_at_rest
def no_attempt_lives() -> str:
    """An attempt is still live, and its job is not held with its run."""
    return """SELECT a.job_id, a.number FROM job_attempts a JOIN camber_runs r ON r.id = a.run_id
        WHERE a.state = 'assigned' AND r.state <> 'held'"""


WATCH = """
CREATE SCHEMA proof;
CREATE TABLE proof.falls (subject text, id uuid, was bigint, became bigint);
CREATE FUNCTION proof.is_daemon() RETURNS boolean LANGUAGE sql STABLE AS
    'SELECT NOT rolsuper FROM pg_roles WHERE rolname = session_user';
CREATE FUNCTION proof.watch_epoch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO proof.falls SELECT 'epoch', NEW.id, OLD.epoch, NEW.epoch WHERE NEW.epoch < OLD.epoch
        OR (NEW.lease_owner IS NOT NULL AND NEW.lease_owner IS DISTINCT FROM OLD.lease_owner AND NEW.epoch = OLD.epoch);
    INSERT INTO proof.falls SELECT 'lease', NEW.id, OLD.epoch, NEW.epoch WHERE NEW.epoch > OLD.epoch
        AND NEW.lease_owner IS NOT NULL AND OLD.lease_owner IS NOT NULL AND OLD.lease_until > now();
    INSERT INTO proof.falls SELECT 'move', NEW.id, OLD.epoch, NEW.epoch WHERE proof.is_daemon()
        AND NEW.state <> OLD.state AND (OLD.lease_owner IS NULL OR OLD.lease_until <= now());
    RETURN NULL;
END $$;
CREATE FUNCTION proof.watch_number() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO proof.falls SELECT 'number', NEW.job_id, max(number), NEW.number FROM public.job_attempts
    WHERE job_id = NEW.job_id AND id <> NEW.id HAVING max(number) >= NEW.number;
    RETURN NULL;
END $$;
CREATE FUNCTION proof.watch_verdict() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO proof.falls SELECT 'verdict', NEW.id, r.epoch, r.epoch FROM public.camber_runs r
    WHERE r.id = NEW.run_id AND proof.is_daemon() AND NEW.state IN ('succeeded', 'failed') AND OLD.state = 'assigned'
        AND (r.lease_owner IS NULL OR r.lease_until <= now());
    RETURN NULL;
END $$;
CREATE TRIGGER proof_verdict AFTER UPDATE ON job_attempts FOR EACH ROW EXECUTE FUNCTION proof.watch_verdict();
CREATE TRIGGER proof_epoch AFTER UPDATE ON camber_runs FOR EACH ROW EXECUTE FUNCTION proof.watch_epoch();
CREATE TRIGGER proof_number AFTER INSERT ON job_attempts FOR EACH ROW EXECUTE FUNCTION proof.watch_number();
"""
"""Only what watches every write can say that a number never fell. The watch writes into a schema of its own."""


def watch(connection: Connection) -> None:
    """Begin to watch; to be called once a database, before the first run."""
    connection.execute(text(WATCH))


def broken(connection: Connection, invariants: Collection[Invariant]) -> list[str]:
    """What does not hold, one line a row. All are asked in one statement, of one moment."""
    told = {invariant.__name__: invariant.__doc__ for invariant in invariants}
    asked = (f"SELECT '{one.__name__}', CAST(found AS text) FROM ({one()}) AS found" for one in invariants)  # noqa: S608 - statements that stand above
    rows = connection.execute(text(" UNION ALL ".join(asked)))
    return [f"{told[name]} [{name}] {found}" for name, found in rows]


def beside(connection: Connection, remote: Collection[tuple[int, str]]) -> list[str]:
    """What does not agree with the Camber jobs that are there, each given with the text that shows its marker."""
    return unrecorded(connection, remote) + misjudged(connection, remote)


def unrecorded(connection: Connection, remote: Iterable[tuple[int, str]]) -> list[str]:
    """The Camber jobs that are neither an owner nor a known duplicate."""
    known: dict[int, Any] = dict(connection.execute(text("SELECT camber_job_id, run_id FROM camber_sightings")).all())
    markers: dict[Any, str] = dict(connection.execute(text("SELECT id, marker FROM camber_runs")).all())
    return [
        f"Camber job {number} belongs to no run. [unrecorded]"
        for number, shown in remote
        if number not in known or markers[known[number]] not in shown
    ]


GIVEN_UP = """SELECT r.marker FROM camber_runs r WHERE EXISTS (
        SELECT FROM job_attempts a WHERE a.run_id = r.id AND a.error ->> 'code' = 'LAUNCH_UNKNOWN')
    OR EXISTS (SELECT FROM camber_sightings s WHERE s.run_id = r.id AND s.camber_status = 'VANISHED')"""


def misjudged(connection: Connection, remote: Iterable[tuple[int, str]]) -> list[str]:
    """The Camber jobs that were taken for lost or gone: their documents were sent again."""
    given_up = set(connection.scalars(text(GIVEN_UP)))
    return [
        f"Camber job {number} is there, and was given up. [misjudged]"
        for number, shown in remote
        if any(marker in shown for marker in given_up)
    ]
