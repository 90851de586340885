"""The client against small fakes: what is tried again, what never is, and what is kept of it."""

import hashlib
import json
from pathlib import Path

import pytest

from reconciler.camber import JobRequest, boot_now
from reconciler.camber.process import Ending
from reconciler.domain.observations import (
    Absent,
    Account,
    CamberStatus,
    Created,
    Log,
    NoLog,
    NotSent,
    Page,
    Seen,
    Trouble,
    Unknown,
    Unreachable,
)
from tests.camber.corpus import FOLDER
from tests.camber.desk import KEY, MARKER, NOON, Desk, printing, text_of
from tests.camber.fakes import write_cli


def test_a_created_job_is_created(tmp_path: Path) -> None:
    desk = Desk(tmp_path, printing("create-banner.out"))

    assert desk.create() == Created(27649)
    assert [("job create", "created", True)] == [(call.kind, call.outcome, call.decided) for call in desk.evidence]


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (printing("create-code-2.out", 1), Unknown),
        (printing("create.out", 255), Unknown),
        (printing("create-html.out"), Unknown),
        ("kill -SEGV $$", Unknown),
        ("exit 1", Unknown),
        ("echo 'Error: unknown flag: --engine' >&2; exit 1", NotSent),
        ("echo 'authentication error'", NotSent),
    ],
)
def test_create_is_tried_once_whatever_happens(tmp_path: Path, body: str, outcome: type) -> None:
    desk = Desk(tmp_path, body)

    assert isinstance(desk.create(), outcome)
    assert desk.calls == 1


def test_a_create_that_hangs_is_unknown_even_if_it_printed_an_id(tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"cat '{FOLDER / 'create.out'}'; sleep 300", create=0.5)

    assert isinstance(desk.create(), Unknown)
    assert [(Ending.TIMED_OUT, None)] == [(call.ending, call.exit_code) for call in desk.evidence]


def test_a_create_after_its_deadline_is_not_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path, printing("create.out"))

    assert desk.create(seconds=0) == NotSent(Trouble.TIMEOUT, "not started: the deadline had passed")
    assert desk.calls == 0


def test_a_create_without_a_cli_is_not_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "")
    desk.cli.unlink()
    outcome = desk.create()

    assert isinstance(outcome, NotSent)
    assert outcome.trouble is Trouble.CLI_MISSING


def test_a_cli_whose_interpreter_is_gone_is_not_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "")
    desk.cli.write_text("#!/nowhere/sh\n")

    assert isinstance(desk.create(), NotSent)


def test_a_read_is_tried_again_until_it_is_answered(tmp_path: Path) -> None:
    answer = '{"job_id": 7, "job_status": "RUNNING"}'
    desk = Desk(tmp_path, f"[ $calls = 3 ] && echo '{answer}' && exit; echo 'API error: code=500, message=x'; exit 1")
    outcome = desk.client.get(7)

    assert isinstance(outcome, Seen)
    assert outcome.job.status is CamberStatus.RUNNING
    assert ["unreachable:api_error", "unreachable:api_error", "seen"] == [call.outcome for call in desk.evidence]


def test_a_read_gives_up_within_bounds(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "echo nonsense")

    assert isinstance(desk.client.list_page(1), Unreachable)
    assert desk.calls == 3


@pytest.mark.parametrize(
    "body", [printing("me-not-logged-in-rc0.out"), printing("get-not-found-404.out", 1), "sleep 300"]
)
def test_an_answer_and_a_used_up_limit_are_not_tried_again(tmp_path: Path, body: str) -> None:
    desk = Desk(tmp_path, body, get=0.4)

    assert isinstance(desk.client.get(27649), Absent | Unreachable)
    assert desk.calls == 1


def test_every_read_has_its_outcome(tmp_path: Path) -> None:
    body = f"""case "$1 $2" in
      "version ") cat '{FOLDER / "version.out"}';;
      "me --output") cat '{FOLDER / "me-json.out"}';;
      "job list") cat '{FOLDER / "list-jobs.out"}';;
      "job logs") if [ $3 = 7 ]; then cat '{FOLDER / "logs-wrong-state.out"}'; exit 1; fi; echo a line;;
    esac"""
    client = Desk(tmp_path, body).client
    page = client.list_page(2, 10)

    assert client.version() == "1.0.40 - 2118c7a"
    assert client.me() == Account(username="jo", user_id="812")
    assert isinstance(page, Page)
    assert [12, 11, 7] == [row.camber_job_id for row in page.rows]
    assert client.logs(8) == Log("a line\n")
    assert isinstance(client.logs(7), NoLog)


def test_the_arguments_are_a_list_and_spelled_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path, 'printf "%s\\0" "$@" >"$0.argv"')
    desk.create()

    assert desk.cli.with_name("camber.argv").read_text().split("\0")[:-1] == [
        *["job", "create", "--engine", "mpi", "--size", "small", "--num-nodes", "1"],
        *["--path", "stash://jo/rythmiq/a1b2", "--cmd", f": {MARKER}; bash run.sh"],
    ]


def test_the_key_is_in_the_environment_and_on_no_command_line(tmp_path: Path) -> None:
    body = """echo "$CAMBER_API_KEY" >"$0.key"; cat /proc/$$/cmdline /proc/$PPID/cmdline >"$0.lines"
      echo "Error: bad key $CAMBER_API_KEY" >&2; exit 1"""
    desk = Desk(tmp_path, body)
    outcome = desk.create()

    assert desk.cli.with_name("camber.key").read_text().strip() == KEY
    assert KEY not in desk.cli.with_name("camber.lines").read_text()
    assert KEY not in repr((outcome, desk.evidence, desk.client))
    assert "bad key [redacted]" in text_of(desk.evidence[0].stderr)


def test_an_unchanged_poll_leaves_a_hash_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path, """echo '{"job_id": 7, "job_status": "RUNNING"}'""")
    desk.client.get(7, known="RUNNING")
    desk.client.get(7, known="PENDING")
    unchanged, changed = desk.evidence

    assert (False, None, None) == (unchanged.decided, unchanged.stdout, unchanged.stderr)
    assert "RUNNING" in text_of(changed.stdout)
    assert changed.stdout_sha256 == unchanged.stdout_sha256


def test_a_page_that_decides_nothing_leaves_a_hash_only_unless_it_failed(tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"[ $calls = 1 ] && {printing('list-jobs.out')}; echo nonsense; exit 1")
    desk.client.list_page(1, decides=False)
    desk.client.list_page(1, decides=False)

    assert [False, True, True, True] == [call.decided for call in desk.evidence]


def test_the_commands_of_other_jobs_are_dropped_from_evidence(tmp_path: Path) -> None:
    rows = [
        {"job_id": 9, "job_status": "RUNNING", "command": f": {MARKER}; echo 'ours \"quoted\"'"},
        {"job_id": 8, "job_status": "RUNNING", "command": 'curl -H "X: hunter2" \\ x'},
    ]
    (tmp_path / "rows.json").write_text(json.dumps({"total": 2, "jobs": rows}, indent=1))
    desk = Desk(tmp_path, f"cat '{tmp_path}/rows.json'")
    page = desk.client.list_page(1)
    kept = json.loads(text_of(desk.evidence[0].stdout))["jobs"]

    assert isinstance(page, Page)
    assert rows[1]["command"] == page.rows[1].command
    assert [rows[0]["command"], "[dropped: not ours]"] == [row["command"] for row in kept]


def test_the_command_on_another_jobs_screen_is_dropped_from_evidence(tmp_path: Path) -> None:
    desk = Desk(tmp_path, printing("get-command-lines.out"))
    outcome = desk.client.get(4553)
    kept = text_of(desk.evidence[0].stdout)

    assert isinstance(outcome, Seen)
    assert "EOF" in (outcome.job.command or "")
    assert "python3 -" not in kept
    assert "Status:              RUNNING" in kept


def test_evidence_is_dated_capped_and_says_what_is_lost(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "yes | head -c 3000000")
    desk.client.logs(7)
    evidence = desk.evidence[0]

    assert NOON == evidence.started_at
    assert evidence.cut
    assert len(text_of(evidence.stdout)) == 1024 * 1024


def test_a_call_that_decided_keeps_both_streams_whole(tmp_path: Path) -> None:
    """Half a megabyte on either, more than a pipe holds, in an order that blocks whoever reads one first."""
    desk = Desk(tmp_path, "seq -f 'err %.0f' 60000 >&2; seq -f 'out %.0f' 60000")
    desk.client.logs(7)
    evidence = desk.evidence[0]
    out, err = text_of(evidence.stdout), text_of(evidence.stderr)

    assert (evidence.decided, evidence.cut) == (True, False)
    assert out == "".join(f"out {number}\n" for number in range(1, 60001))
    assert err == "".join(f"err {number}\n" for number in range(1, 60001))
    assert evidence.stdout_sha256 == hashlib.sha256(out.encode()).hexdigest()


def test_what_opens_a_door_is_taken_out_of_both_streams_and_the_arguments(tmp_path: Path) -> None:
    link = "https://store.example/key?X-Amz-Credential=AKIAABCDEFGHIJKLMNOP&X-Amz-Signature=0123abcd"
    desk = Desk(tmp_path, f"echo '{link}'; echo 'SPACES_SECRET=abcdefghijklmnop0123 {link}' >&2; exit 1")
    request = JobRequest(command=f": {MARKER}; curl '{link}'", stash_path="stash://jo/x", node_size="SMALL")
    outcome = desk.client.create(request, boot_deadline=boot_now() + 30)
    evidence = desk.evidence[0]
    kept = (text_of(evidence.stdout), text_of(evidence.stderr), repr(evidence.argv), repr(outcome))

    assert ["https://store.example/key?[redacted]" in text for text in kept[:3]] == [True] * 3
    assert not [text for text in kept for secret in ("0123abcd", "AKIA", "abcdefghijklmnop0123") if secret in text]


def test_evidence_of_exactly_the_cap_is_whole_and_one_byte_more_is_cut(tmp_path: Path) -> None:
    cap = 1024 * 1024
    for size in (cap, cap + 1):
        desk = Desk(tmp_path / str(size), f"head -c {size} /dev/zero | tr '\\0' x >&2; echo line")
        desk.client.logs(7)
        evidence = desk.evidence[0]

        assert (len(text_of(evidence.stderr)), evidence.cut) == (cap, size > cap)
        assert text_of(evidence.stdout) == "line\n"


def test_a_request_that_cannot_be_an_argument_is_a_bug() -> None:
    with pytest.raises(ValueError, match="zero byte"):
        JobRequest(command="a\0b", stash_path="stash://jo/x", node_size="SMALL")
    with pytest.raises(ValueError, match="fits one argument"):
        JobRequest(command="ä" * 66_000, stash_path="stash://jo/x", node_size="SMALL")
    with pytest.raises(ValueError, match="stash path"):
        JobRequest(command="true", stash_path="/jo/x", node_size="SMALL")


def test_evidence_names_the_cli_that_answered_until_it_is_replaced(tmp_path: Path) -> None:
    answers = f"""case $1 in version) echo 'Camber 1.0.40 - 2118c7a';; *) {printing("me-json.out")};; esac"""
    desk = Desk(tmp_path, answers)
    desk.client.list_page(1, decides=False)
    desk.client.me()
    desk.client.me()
    write_cli(tmp_path, f"# a newer one\n{answers.replace('1.0.40', '1.0.41')}")
    desk.client.list_page(1, decides=False)
    desk.client.me()
    told = [(call.kind, call.cli_version) for call in desk.evidence if call.kind != "job list"]

    old, new = "1.0.40 - 2118c7a", "1.0.41 - 2118c7a"
    assert told == [("version", old), ("me", old), ("me", old), ("version", new), ("me", new)]
    assert {None} == {call.cli_version for call in desk.evidence if call.kind == "job list"}


def test_a_cli_that_will_not_tell_its_version_is_asked_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"[ $1 = version ] && exit 1; {printing('me-json.out')}")
    accounts = [desk.client.me(), desk.client.me()]

    assert all(isinstance(account, Account) for account in accounts)
    assert ["version", "me", "me"] == [call.kind for call in desk.evidence]


def test_a_usage_error_is_not_asked_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "echo 'Error: unknown flag: --page' >&2; exit 1")
    outcome = desk.client.list_page(1)

    assert isinstance(outcome, Unreachable)
    assert (Trouble.USAGE, 1) == (outcome.trouble, desk.calls)
