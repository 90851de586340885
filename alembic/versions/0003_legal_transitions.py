"""Illegal moves are refused by the database, whoever makes them.

The rows are those of reconciler/domain/transitions.py at this revision; a test compares the two. They stand in a table
and not in the body of a function, because a table can be read, joined with a history and drawn, and a new transition is
one more row of one more migration. Nothing but a migration writes it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JOB = """
pending planned processing
pending failed failed
pending cancelled cancelled
pending rerun pending
processing succeeded completed
processing failed failed
processing retried pending
processing cancelled cancelled
processing rerun pending
completed rerun pending
failed rerun pending
cancelled rerun pending
"""
RUN = """
planned launch_started launching
planned not_sent finished
planned held held
launching created submitted
launching not_sent finished
launching reply_lost unknown
unknown adopted submitted
unknown proven_absent abandoned
unknown held held
submitted seen_queued queued
submitted seen_running running
submitted seen_over collecting
submitted vanished collecting
submitted given_up abandoned
queued seen_running running
queued seen_over collecting
queued vanished collecting
queued given_up abandoned
running seen_over collecting
running vanished collecting
running given_up abandoned
collecting collected finished
abandoned adopted abandoned
abandoned seen_over finished
abandoned vanished finished
held released unknown
held given_up abandoned
"""
ATTEMPT = """
assigned succeeded succeeded
assigned failed failed
assigned superseded superseded
"""

# A word that no state has is left to the CHECK, which names it. What force_status does is told by a setting that counts
# only while the table's owner acts: nobody else becomes that but inside a SECURITY DEFINER function.
CHECK_MOVE = """
CREATE FUNCTION check_move(subject text, id uuid, old_state text, new_state text, hint text) RETURNS void
LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM legal_transitions t
               WHERE t.subject = check_move.subject AND t.old_state = check_move.old_state
                 AND t.new_state = check_move.new_state)
       OR NOT EXISTS (SELECT FROM legal_transitions t
                      WHERE t.subject = check_move.subject AND check_move.new_state IN (t.old_state, t.new_state))
    THEN
        RETURN;
    END IF;
    RAISE EXCEPTION 'illegal transition: % % cannot go from % to %', subject, id, old_state, new_state
        USING ERRCODE = 'RQ001', HINT = hint;
END $$
"""
CHECK_JOB = """
CREATE FUNCTION check_job_move() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    IF current_setting('app.forced_job', true) = NEW.id::text
       AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
    THEN
        RETURN NEW;
    END IF;
    PERFORM check_move('job', NEW.id, OLD.status, NEW.status,
        'To start it afresh: UPDATE jobs SET rerun_requested = true, request_reason = ''...'' WHERE id = '''
        || NEW.id || '''. To end it: the same with cancel_requested. The daemon carries both out.');
    RETURN NEW;
END $$
"""
CHECK_RUN = """
CREATE FUNCTION check_run_move() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    PERFORM check_move('run', NEW.id, OLD.state, NEW.state,
        'Only the daemon moves runs. A held run may be released (unknown) or given up (abandoned); to try its jobs'
        || ' again: UPDATE jobs SET rerun_requested = true, request_reason = ''...''.');
    RETURN NEW;
END $$
"""
CHECK_ATTEMPT = """
CREATE FUNCTION check_attempt_move() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    PERFORM check_move('attempt', NEW.id, OLD.state, NEW.state,
        'An attempt is settled once. For another one: UPDATE jobs SET rerun_requested = true WHERE id = '''
        || NEW.job_id || '''.');
    RETURN NEW;
END $$
"""
CHECK_BIRTH = """
CREATE FUNCTION check_birth() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'illegal transition: a new % must be %', TG_ARGV[0], TG_ARGV[1]
        USING ERRCODE = 'RQ001', HINT = 'Leave the column out: it has its default, and the daemon moves it on.';
END $$
"""
# Whoever writes under a lower epoch acts on a lease that somebody else has by now.
CHECK_EPOCH = """
CREATE FUNCTION check_epoch() RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the epoch of run % cannot fall from % to %', NEW.id, OLD.epoch, NEW.epoch
        USING ERRCODE = 'RQ001', HINT = 'Leave it, or let it rise: epoch = epoch + 1 fences whoever holds the lease.';
END $$
"""
GUARDED = (
    ("jobs", "job", "status", "pending"),
    ("camber_runs", "run", "state", "planned"),
    ("job_attempts", "attempt", "state", "assigned"),
)


def upgrade() -> None:
    table = op.create_table(
        "legal_transitions",
        sa.Column("subject", sa.Text(), nullable=False, comment="job, run or attempt"),
        sa.Column("old_state", sa.Text(), nullable=False, comment="where it leads from"),
        sa.Column("event", sa.Text(), nullable=False, comment="what happens"),
        sa.Column("new_state", sa.Text(), nullable=False, comment="where it leads to"),
        sa.PrimaryKeyConstraint("subject", "old_state", "event", name=op.f("pk_legal_transitions")),
        comment="THE table: which event leads from which state to which; written by migrations only",
    )
    op.bulk_insert(table, [row for subject in (JOB, RUN, ATTEMPT) for row in _rows(subject)])
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    for function in (CHECK_MOVE, CHECK_JOB, CHECK_RUN, CHECK_ATTEMPT, CHECK_BIRTH, CHECK_EPOCH):
        op.execute(function.replace("{schema}", schema))
    for name, subject, column, first in GUARDED:
        op.execute(
            f"CREATE TRIGGER check_move BEFORE UPDATE ON {name} FOR EACH ROW"
            f" WHEN (NEW.{column} IS DISTINCT FROM OLD.{column}) EXECUTE FUNCTION check_{subject}_move()"
        )
        op.execute(
            f"CREATE TRIGGER check_birth BEFORE INSERT ON {name} FOR EACH ROW"
            f" WHEN (NEW.{column} <> '{first}') EXECUTE FUNCTION check_birth('{subject}', '{first}')"
        )
    op.execute(
        "CREATE TRIGGER check_epoch BEFORE UPDATE OF epoch ON camber_runs FOR EACH ROW"
        " WHEN (NEW.epoch < OLD.epoch) EXECUTE FUNCTION check_epoch()"
    )


def _rows(moves: str) -> list[dict[str, str]]:
    subject = {JOB: "job", RUN: "run", ATTEMPT: "attempt"}[moves]
    names = ("subject", "old_state", "event", "new_state")
    return [dict(zip(names, (subject, *line.split()), strict=True)) for line in moves.split("\n") if line]


def downgrade() -> None:
    op.execute("DROP TRIGGER check_epoch ON camber_runs")
    op.execute("DROP FUNCTION check_epoch()")
    for name, subject, _, _ in GUARDED:
        op.execute(f"DROP TRIGGER check_birth ON {name}")
        op.execute(f"DROP TRIGGER check_move ON {name}")
        op.execute(f"DROP FUNCTION check_{subject}_move()")
    op.execute("DROP FUNCTION check_birth()")
    op.execute("DROP FUNCTION check_move(text, uuid, text, text, text)")
    op.drop_table("legal_transitions")
