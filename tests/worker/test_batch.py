"""Batches with a real store and real children; only recognition is done by a stand-in."""

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyrage
import pytest
from PIL import Image, ImageFilter

from tests.contract.test_payloads import legacy
from tests.worker import orders, pages
from tests.worker.object_store import ObjectStore
from tests.worker.stand_in import CARD, FAULTS, TEXT
from worker.batch import ABANDONED, ANSWERED, TERMINATED, Batch
from worker.contract import Document, Failed, Frame, Options, Stage, Succeeded, decode_frames, payload_json
from worker.processors.picture import Picture
from worker.settings import read_settings
from worker.stop import Termination

ROOT = Path(__file__).parents[2]
STAND_IN = (sys.executable, "-m", "tests.worker.stand_in")


@dataclass
class Ran:
    """What came of a batch."""

    code: int
    lines: list[str]

    @property
    def frames(self) -> list[Frame]:
        return list(decode_frames("\n".join(self.lines)))

    @property
    def codes(self) -> list[str]:
        """The outcome of each document in the run's order: its error code, or `ok`."""
        ordered = sorted(self.frames, key=lambda frame: frame.sequence)
        return [one.outcome.code if isinstance(one.outcome, Failed) else "ok" for one in ordered]


QUICK = {"FETCH_TRIES": "1", "FETCH_SECONDS": "60", "WORKER_PROCESSES": "1"}


def _variables(**variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | QUICK | variables


def run_batch(
    documents: Sequence[Document],
    termination: Termination | None = None,
    control_url: str | None = None,
    recipients: tuple[str, ...] = (orders.RECIPIENT,),
    child: Sequence[str] = STAND_IN,
    **variables: str,
) -> Ran:
    """Run a batch in this process, its children stand-ins."""
    lines: list[str] = []
    environment = _variables(**variables)
    batch = Batch(read_settings(environment), environment, lines.append, termination or Termination(), child)
    code = batch.run(orders.run_file(documents, control_url=control_url, recipients=recipients))
    return Ran(code, lines)


def _asking(fault: str) -> bytes:
    """A page that asks the stand-in for a fault."""
    picture = pages.page(600, 440, size=16).copy()
    picture[0, 0] = (FAULTS.index(fault), 1, 2)
    return pages.encoded(picture)


def _faulty(store: ObjectStore, *faults: str) -> list[Document]:
    """Documents that ask for faults; "" asks for none."""
    plain = pages.encoded(pages.page(600, 440, size=16))
    return [orders.document(store, _asking(fault) if fault else plain) for fault in faults]


def _documents(store: ObjectStore, count: int) -> list[Document]:
    return _faulty(store, *[""] * count)


def test_every_document_is_answered_and_stored_whole(store: ObjectStore) -> None:
    documents = _documents(store, 2)

    ran = run_batch(documents)

    assert (ANSWERED, ["ok", "ok"]) == (ran.code, ran.codes)
    for sequence, (one, frame) in enumerate(
        zip(documents, sorted(ran.frames, key=lambda one: one.sequence), strict=True)
    ):
        assert one.attempt is not None
        assert (sequence, one.attempt.id, one.attempt.nonce) == (frame.sequence, frame.attempt_id, frame.nonce)
        assert isinstance(frame.outcome, Succeeded)
        for artifact in frame.outcome.artifacts.values():
            data = store.objects[f"/{orders.BUCKET}/{artifact.key}"]
            assert (len(data), hashlib.sha256(data).hexdigest()) == (artifact.size, artifact.sha256)


def test_the_result_object_comes_last_and_tells_of_the_others(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)

    run_batch([one])

    keys = orders.keys_of(one)
    stored = [path.removeprefix(f"/{orders.BUCKET}/") for path in store.order]
    assert [keys[name] for name in ("master", "preview", "portal", "result")] == stored
    result = json.loads(store.objects[f"/{orders.BUCKET}/{keys['result']}"])
    assert TEXT == result["ocr"]["text"]
    assert hashlib.sha256(TEXT.encode()).hexdigest() == result["ocr"]["text_sha256"]
    assert f"{one.payload.job_id}.jpg" == result["portal"]["filename"]
    assert {"master", "preview", "portal"} == set(result["artifacts"])
    assert ("unknown", {}, []) == (result["document_type"]["name"], result["structured"], result["fields"])


def test_the_master_is_the_original_and_only_for_the_recipient(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)

    run_batch([one])

    master = store.objects[f"/{orders.BUCKET}/{orders.keys_of(one)['master']}"]
    original = store.objects[f"/{orders.BUCKET}/{one.payload.raw_path}"]
    assert original not in master
    assert original == pyrage.decrypt(master, [orders.IDENTITY])


def test_the_preview_is_small_and_says_nothing_of_its_origin(store: ObjectStore) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    one = orders.document(store, pages.encoded(pages.page(2400, 1800), "JPEG", exif=exif))

    run_batch([one])

    with Image.open(io.BytesIO(store.objects[f"/{orders.BUCKET}/{orders.keys_of(one)['preview']}"])) as preview:
        assert ((1024, 768), {}) == (preview.size, dict(preview.getexif()))


def test_neither_text_nor_file_names_stand_in_a_frame(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)

    ran = run_batch([one])

    assert not [word for word in (TEXT, "VERMA", "mark sheet", "mark_sheet") if word in ran.lines[0]]


def test_one_bad_document_spoils_no_other(store: ObjectStore) -> None:
    good = _documents(store, 2)
    bad = orders.document(store, b"no picture")

    assert ["ok", "UNSUPPORTED_FORMAT", "ok"] == run_batch([good[0], bad, good[1]]).codes


def test_an_engine_that_fails_is_no_empty_page(store: ObjectStore) -> None:
    ran = run_batch(_faulty(store, "raise", ""))

    assert ["OCR_FAILED", "ok"] == ran.codes
    assert "secret" not in ran.lines[0]


def test_an_engine_that_cannot_start_answers_every_document(store: ObjectStore) -> None:
    ran = run_batch(_documents(store, 3), child=(*STAND_IN, "--broken"), WORKER_PROCESSES="2")

    assert (ANSWERED, ["ENVIRONMENT_FAILED"] * 3) == (ran.code, ran.codes)
    assert "known words" in ran.lines[0]


def test_a_child_that_cannot_even_start_answers_every_document(store: ObjectStore) -> None:
    ran = run_batch(_documents(store, 2), child=("/bin/false",))

    assert (ANSWERED, ["ENVIRONMENT_FAILED"] * 2) == (ran.code, ran.codes)


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("crash", "WORKER_CRASHED", "SIGSEGV"),
        ("leave", "WORKER_CRASHED", "exit code 5"),
        ("killed", "OUT_OF_MEMORY", "the system ended the process"),
        ("swell", "OUT_OF_MEMORY", "above the 400 MB allowed"),
        ("leap", "OUT_OF_MEMORY", "refused"),
        ("hang", "OCR_TIMEOUT", "3 s"),
        ("slow", "OCR_TIMEOUT", "3 s"),
        ("garble", "WORKER_CRASHED", "no known shape"),
    ],
)
@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_a_document_does_to_its_process_costs_it_alone(
    fault: str, code: str, said: str, processes: str, store: ObjectStore
) -> None:
    documents = _faulty(store, "", fault, "", "")
    # Short only where it is waited for: the other documents have it too, on however busy a machine.
    limit = "3" if code == "OCR_TIMEOUT" else "60"

    ran = run_batch(documents, WORKER_PROCESSES=processes, OCR_SECONDS=limit, WORKER_MEMORY_MB="400")

    by_job = {frame.job_id: frame.outcome for frame in ran.frames}
    outcome = by_job.pop(documents[1].payload.job_id)
    assert isinstance(outcome, Failed)
    assert (code, Stage.OCR, True) == (outcome.code, outcome.stage, outcome.retryable)
    assert said in outcome.message
    assert (ANSWERED, 3) == (ran.code, len(by_job))
    assert all(isinstance(one, Succeeded) for one in by_job.values())


def test_a_document_has_a_time_limit_of_its_own(store: ObjectStore) -> None:
    ran = run_batch(_faulty(store, "hang", ""), DOCUMENT_SECONDS="6")

    assert ["OCR_TIMEOUT", "ok"] == ran.codes


def test_a_batch_is_shared_among_its_children(store: ObjectStore, tmp_path: Path) -> None:
    """Two documents wait for each other: one child alone would wait until its time is over."""
    ran = run_batch(_faulty(store, "meet", "meet"), WORKER_PROCESSES="2", RUN_FOLDER=str(tmp_path), OCR_SECONDS="100")

    assert ["ok", "ok"] == ran.codes


def test_the_next_is_fetched_and_the_last_stored_while_one_is_computed(store: ObjectStore, tmp_path: Path) -> None:
    """The second document's computing ends only once both have happened: without overlap it would be too late."""
    first, second, third = documents = _faulty(store, "", "await", "")
    store.late_seconds = 0.23
    # Fetches overlap too: without this the second could come in before the first, and wait for it in vain.
    store.faults = {f"GET /{orders.BUCKET}/{second.payload.raw_path}": ["503"]}
    store.touched = {
        f"GET /{orders.BUCKET}/{third.payload.raw_path}": tmp_path / "next-fetched",
        f"PUT /{orders.BUCKET}/{orders.keys_of(first)['result']}": tmp_path / "last-stored",
    }

    ran = run_batch(documents, RUN_FOLDER=str(tmp_path), OCR_SECONDS="100", FETCH_TRIES="2")

    assert ["ok", "ok", "ok"] == ran.codes
    assert f"/{orders.BUCKET}/{orders.keys_of(second)['result']}" in store.objects


def test_what_a_child_prints_is_no_answer(store: ObjectStore) -> None:
    assert ["ok", "ok"] == run_batch(_faulty(store, "babble", "")).codes


def test_a_child_is_started_without_secrets(store: ObjectStore) -> None:
    ran = run_batch(_faulty(store, "secrets"), SPACES_KEY="k", SPACES_SECRET="s")

    assert ["ok"] == ran.codes


def test_no_library_of_a_child_takes_more_threads_than_are_set(store: ObjectStore) -> None:
    assert ["ok"] == run_batch(_faulty(store, "threads"), WORKER_THREADS="3").codes


def test_a_page_without_text_is_delivered_with_a_warning(store: ObjectStore) -> None:
    ran = run_batch(_faulty(store, "blank"))

    outcome = ran.frames[0].outcome
    assert isinstance(outcome, Succeeded)
    assert "NO_TEXT" in {warning.split(":")[0] for warning in outcome.warnings}


@pytest.mark.parametrize("kind", ["photo", "signature"])
def test_nobody_expects_text_of_a_face_or_a_signature(kind: str, store: ObjectStore) -> None:
    one = orders.document(store, _asking("blank"), schema=orders.schema(kind=kind))

    outcome = run_batch([one]).frames[0].outcome

    assert isinstance(outcome, Succeeded)
    assert [] == [warning for warning in outcome.warnings if warning.startswith(("NO_TEXT", "LINES_LEFT_OUT"))]


def test_without_a_recipient_nothing_is_stored_and_nothing_fetched(store: ObjectStore) -> None:
    ran = run_batch(_documents(store, 1), recipients=())

    assert (["RECIPIENT_MISSING"], []) == (ran.codes, store.requests)


def test_grants_past_their_time_are_not_tried(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)
    assert one.grants is not None

    ran = run_batch([replace(one, grants=replace(one.grants, expires_at="2020-01-01T00:00:00Z"))])

    assert (["GRANT_EXPIRED"], []) == (ran.codes, store.requests)


def test_the_stop_file_ends_the_run_before_the_next_document(store: ObjectStore, tmp_path: Path) -> None:
    ran = run_batch(_faulty(store, "abandon", *[""] * 5), RUN_FOLDER=str(tmp_path))

    assert ABANDONED == ran.code
    # Fetched side by side, another may have come first.
    assert "ok" == ran.codes[0]
    assert len(ran.codes) <= 2


def test_the_control_url_leaves_attempts_out(store: ObjectStore) -> None:
    documents = _documents(store, 3)
    assert documents[1].attempt is not None
    skip = {"signal": "continue", "skip": [documents[1].attempt.id]}
    store.objects["/control"] = json.dumps(skip).encode()

    ran = run_batch(documents, control_url=store.url("/control"))

    assert (ANSWERED, [0, 2]) == (ran.code, sorted(frame.sequence for frame in ran.frames))
    assert 3 == store.requests.count("GET /control")


@pytest.mark.parametrize("said", [None, b"not json", b'{"signal": "dance"}', b"[]"])
def test_a_stop_channel_that_says_nothing_lets_the_work_go_on(
    said: bytes | None, store: ObjectStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if said is not None:
        store.objects["/control"] = said

    ran = run_batch(_documents(store, 1), control_url=store.url("/control"), RUN_FOLDER=str(tmp_path))

    assert ["ok"] == ran.codes
    assert "control url unreadable" in caplog.text or "nothing that is known" in caplog.text
    assert "Signature" not in caplog.text


def test_sigterm_finishes_the_document_at_hand_and_leaves_the_rest(store: ObjectStore) -> None:
    termination = Termination()
    before = signal.getsignal(signal.SIGTERM)
    termination.listen()
    try:
        ran = run_batch(_faulty(store, "terminate", *[""] * 5), termination)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert TERMINATED == ran.code
    assert "ok" == ran.codes[0]
    assert len(ran.codes) <= 2


LEGACY = {"AGE_RECIPIENTS": orders.RECIPIENT, "SPACES_KEY": "k", "SPACES_SECRET": "s"}


def _legacy(entries: Sequence[object], **variables: str) -> list[dict[str, Any]]:
    lines: list[str] = []
    environment = _variables(**(LEGACY | variables))
    Batch(read_settings(environment), environment, lines.append, Termination(), STAND_IN).legacy(list(entries))
    return [json.loads(line) for line in lines]


def test_without_a_recipient_a_legacy_payload_is_refused_by_name(store: ObjectStore) -> None:
    (answer,) = _legacy([_legacy_entry(store)], AGE_RECIPIENTS="")

    assert ("RECIPIENT_MISSING", []) == (answer["error"]["code"], store.requests)


def test_a_quality_threshold_turns_a_warning_into_a_refusal(store: ObjectStore) -> None:
    blurred = np.asarray(Image.fromarray(pages.page(600, 440, size=16)).filter(ImageFilter.GaussianBlur(12)))
    entries = [
        _legacy_entry(store, blurred) | {"options": {"quality_threshold": threshold}} for threshold in (0.0, 0.95)
    ]

    answers = {answer["job_id"]: answer for answer in _legacy(entries)}

    assert "success" == answers[entries[0]["job_id"]]["status"]
    error = answers[entries[1]["job_id"]]["error"]
    assert ("QUALITY_FAILED", "QUALITY", False) == (error["code"], error["stage"], error["retryable"])


def test_the_whole_payload_of_the_guide_runs(store: ObjectStore) -> None:
    entry = _legacy_entry(store)
    guide = {"schema_id": "schema-1", "options": {"fast_path": True, "quality_threshold": 0.1}}

    (answer,) = _legacy([entry | guide])

    assert "success" == answer["status"]


def _legacy_entry(store: ObjectStore, picture: Picture | None = None) -> dict[str, Any]:
    one = orders.payload(endpoint=store.origin)
    page = pages.page(600, 440, size=16) if picture is None else picture
    store.objects[f"/{orders.BUCKET}/{one.raw_path}"] = pages.encoded(page)
    entry = payload_json(one)
    del entry["options"]
    return entry


def test_a_legacy_payload_is_answered_in_the_legacy_shape(store: ObjectStore) -> None:
    entry = _legacy_entry(store)

    (answer,) = _legacy([entry])

    job_id, user_id = entry["job_id"], entry["user_id"]
    assert ("success", job_id) == (answer["status"], answer["job_id"])
    assert f"master/{user_id}/{job_id}/{job_id}.enc" == answer["artifacts"]["master_path"]
    assert f"output/{user_id}/{job_id}/preview.jpg" == answer["artifacts"]["preview_path"]
    assert {"ocr_confidence", "processing_ms"} == set(answer["metrics"])
    assert (600, 800) == (answer["portal"]["width"], answer["portal"]["height"])
    assert TEXT not in json.dumps(answer)


def test_a_legacy_batch_answers_each_payload_on_its_own(store: ObjectStore) -> None:
    bad = legacy() | {"extra": 1}

    answers = _legacy([bad, _legacy_entry(store), "nonsense"])

    assert ["failed", "failed", "success"] == [one["status"] for one in answers]
    assert "PAYLOAD_INVALID" == answers[0]["error"]["code"]
    assert (bad["job_id"], None) == (answers[0]["job_id"], answers[1]["job_id"])


def test_a_plain_master_is_stored_under_a_name_that_says_so(store: ObjectStore) -> None:
    (answer,) = _legacy([_legacy_entry(store)], AGE_RECIPIENTS="", ALLOW_PLAINTEXT_MASTER="1")

    key = str(answer["artifacts"]["master_path"])
    assert key.endswith(".raw")
    assert [one for one in answer["warnings"] if one.startswith("MASTER_NOT_ENCRYPTED")]


def test_without_credentials_a_legacy_payload_is_denied(store: ObjectStore) -> None:
    (answer,) = _legacy([_legacy_entry(store)], SPACES_KEY="", SPACES_SECRET="")

    assert "ARTIFACT_ACCESS_DENIED" == answer["error"]["code"]


def _started(stdin: bytes, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "worker"]
    root = Path(__file__).parents[2]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=root, env=variables, timeout=60)


@pytest.mark.parametrize(
    ("stdin", "code"),
    [(b"", "PAYLOAD_MISSING"), (b" \n", "PAYLOAD_MISSING"), (b"{", "PAYLOAD_INVALID"), (b"[1]", "PAYLOAD_INVALID")],
)
def test_what_is_no_payload_is_answered_with_one_line(stdin: bytes, code: str) -> None:
    done = _started(stdin)

    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert ("failed", None, code, 0) == (answer["status"], answer["job_id"], answer["error"]["code"], done.returncode)


@pytest.mark.parametrize("folder", ["worker", "app"])
def test_the_guides_start_command_works_from_the_folder_alone(folder: str, tmp_path: Path) -> None:
    """As in an image: nothing but the worker's own files, in a folder of any name, and `python worker.py` in it."""
    shutil.copytree(ROOT / "worker", tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "worker.py"]
    variables = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}

    refused = subprocess.run(command, input=b"{}", capture_output=True, cwd=tmp_path / folder, env=variables)
    entry = json.dumps(legacy()).encode()
    # No models lie here, so that a child can be seen to start, and to say what is missing.
    started = subprocess.run(
        [*command, "child"], stdin=subprocess.DEVNULL, capture_output=True, cwd=tmp_path / folder, env=variables
    )
    answered = subprocess.run(command, input=entry, capture_output=True, cwd=tmp_path / folder, env=variables)

    assert "PAYLOAD_INVALID" == json.loads(refused.stdout)["error"]["code"]
    assert b"No module named" not in started.stderr
    assert "RECIPIENT_MISSING" == json.loads(answered.stdout)["error"]["code"]


def test_settings_that_cannot_be_used_end_the_worker_with_their_names() -> None:
    done = _started(b"{}", OCR_ENGINE="x", WORKER_THREADS="y")

    assert (2, b"") == (done.returncode, done.stdout)
    assert b"OCR_ENGINE" in done.stderr
    assert b"WORKER_THREADS" in done.stderr


def test_what_libraries_print_does_not_reach_stdout() -> None:
    script = (
        "import os; from worker.channel import Channel; c = Channel(); "
        "print('noise'); os.system('echo noise'); os.write(1, b'noise'); c.emit('answer')"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=Path(__file__).parents[2], check=True, timeout=60
    )

    assert b"answer\n" == done.stdout
    assert 3 == done.stderr.count(b"noise")


def _result(store: ObjectStore, one: Document) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.objects[f"/{orders.BUCKET}/{orders.keys_of(one)['result']}"])
    return found


def test_fields_stand_in_the_result_object_with_what_speaks_for_them(store: ObjectStore) -> None:
    (one,) = _faulty(store, "card")

    run_batch([one])

    result = _result(store, one)
    assert "aadhaar" == result["document_type"]["name"]
    assert {"XXXX XXXX 2346", "Imara Velstrand", "1991-08-09", "female"} == set(result["structured"].values())
    assert result["structured"].keys() == result["confidence"].keys()
    (number,) = [field for field in result["fields"] if field["name"] == "aadhaar_number"]
    assert ("verhoeff", True, [4]) == (number["rule"], number["passed"], number["lines"])
    assert CARD[4][-4:] == result["ocr"]["lines"][4]["text"][-4:]
    assert 4 == result["ocr"]["lines"][4]["id"]
    assert "fields" in result["timings"]


def test_what_was_read_stands_in_no_frame_and_no_log_and_aadhaar_numbers_nowhere(
    store: ObjectStore, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    (one,) = _faulty(store, "card")
    caplog.set_level(0)

    ran = run_batch([one])

    told = "\n".join((*ran.lines, caplog.text, *capfd.readouterr()))
    assert ["ok"] == ran.codes
    assert [] == [word for word in (*CARD[1:], "1991-08-09", "XXXX XXXX", "2346") if word in told]
    everything = told.encode() + b"".join(data for path, data in store.objects.items() if "output/" in path)
    assert [] == [number for number in (b"2341 2341", b"23412341") if number in everything]


@pytest.mark.parametrize("asked", [None, "receipt"])
def test_a_document_whose_fields_take_too_long_is_delivered_without_them_but_masked(
    store: ObjectStore, asked: str | None
) -> None:
    one = orders.document(store, _asking("cards"), options=Options(document_type=asked))

    ran = run_batch([one], FIELDS_SECONDS="0.001")

    result = _result(store, one)
    assert ["ok"] == ran.codes
    assert "FIELDS_FAILED: the fields could not be found" in result["warnings"]
    assert "structured" not in result
    assert "2341 2341" not in result["ocr"]["text"]


@pytest.mark.parametrize("kind", ["photo", "signature"])
def test_fields_are_not_looked_for_on_photos_and_signatures(store: ObjectStore, kind: str) -> None:
    one = orders.document(store, _asking("card"), schema=orders.schema(kind=kind))

    run_batch([one])

    assert "structured" not in _result(store, one)
    assert not [warning for warning in _result(store, one)["warnings"] if warning.startswith("FIELDS")]


def test_fields_that_a_portal_wants_and_that_are_not_there_are_named(store: ObjectStore) -> None:
    one = orders.document(store, _asking("card"), schema=orders.schema(fields=("name", "pan_number")))

    (frame,) = run_batch([one]).frames

    assert ["name"] == list(_result(store, one)["structured"])
    assert isinstance(frame.outcome, Succeeded)
    assert "FIELDS_MISSING: pan_number" in frame.outcome.warnings
