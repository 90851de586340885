"""Batches with a real store and everything but recognition, which a stand-in does."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from PIL import Image

from tests.contract.test_payloads import legacy
from tests.worker import orders, pages
from tests.worker.object_store import ObjectStore
from worker.batch import ABANDONED, ANSWERED, TERMINATED, Batch
from worker.contract import Document, Failed, Frame, Succeeded, decode_frames, payload_json
from worker.processors.ocr import Line
from worker.processors.paddle import EngineError
from worker.processors.picture import Picture
from worker.settings import Credentials, Settings, read_settings
from worker.stop import Termination
from worker.tools import Tools

TEXT = "ASHA VERMA"


@dataclass
class StandIn:
    """An engine that reads the same line on every picture, and a model that finds every picture upright."""

    on_read: Callable[[], None] = field(default=lambda: None)

    def read(self, picture: Picture) -> Sequence[Line]:
        self.on_read()
        return [Line(TEXT, 0.97, ((10, 10), (200, 10), (200, 40), (10, 40)))]

    def probabilities(self, picture: Picture) -> Sequence[float]:
        return (0.97, 0.01, 0.01, 0.01)


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
        """The outcome of each frame: its error code, or `ok`."""
        return [one.outcome.code if isinstance(one.outcome, Failed) else "ok" for one in self.frames]


def _settings(**changes: object) -> Settings:
    quick = {"FETCH_TRIES": "1", "FETCH_SECONDS": "3"}
    return replace(read_settings(quick), **changes)  # type: ignore[arg-type]  # fields as the tests name them


def _run(
    documents: Sequence[Document],
    stand_in: StandIn | None = None,
    termination: Termination | None = None,
    control_url: str | None = None,
    recipients: tuple[str, ...] = (orders.RECIPIENT,),
    **settings: object,
) -> Ran:
    lines: list[str] = []
    engine = stand_in or StandIn()
    batch = Batch(_settings(**settings), lambda: Tools(engine, engine), lines.append, termination or Termination())
    code = batch.run(orders.run_file(documents, control_url=control_url, recipients=recipients))
    return Ran(code, lines)


def _documents(store: ObjectStore, count: int) -> list[Document]:
    data = pages.encoded(pages.page(600, 440, size=16))
    return [orders.document(store, data) for _ in range(count)]


def test_every_document_is_answered_and_stored_whole(store: ObjectStore) -> None:
    documents = _documents(store, 2)

    ran = _run(documents)

    assert (ANSWERED, ["ok", "ok"]) == (ran.code, ran.codes)
    for sequence, (one, frame) in enumerate(zip(documents, ran.frames, strict=True)):
        assert one.attempt is not None
        assert (sequence, one.attempt.id, one.attempt.nonce) == (frame.sequence, frame.attempt_id, frame.nonce)
        assert isinstance(frame.outcome, Succeeded)
        for artifact in frame.outcome.artifacts.values():
            data = store.objects[f"/{orders.BUCKET}/{artifact.key}"]
            assert (len(data), hashlib.sha256(data).hexdigest()) == (artifact.size, artifact.sha256)


def test_the_result_object_comes_last_and_tells_of_the_others(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)

    _run([one])

    keys = orders.keys_of(one)
    stored = [path.removeprefix(f"/{orders.BUCKET}/") for path in store.order]
    assert [keys[name] for name in ("master", "preview", "portal", "result")] == stored
    result = json.loads(store.objects[f"/{orders.BUCKET}/{keys['result']}"])
    assert TEXT == result["ocr"]["text"]
    assert hashlib.sha256(TEXT.encode()).hexdigest() == result["ocr"]["text_sha256"]
    assert f"{one.payload.job_id}.jpg" == result["portal"]["filename"]
    assert {"master", "preview", "portal"} == set(result["artifacts"])
    assert "fields" not in result


def test_the_master_is_the_original_and_only_for_the_recipient(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)

    _run([one])

    master = store.objects[f"/{orders.BUCKET}/{orders.keys_of(one)['master']}"]
    original = store.objects[f"/{orders.BUCKET}/{one.payload.raw_path}"]
    assert original not in master
    assert original == pyrage.decrypt(master, [orders.IDENTITY])


def test_the_preview_is_small_and_says_nothing_of_its_origin(store: ObjectStore) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    one = orders.document(store, pages.encoded(pages.page(2400, 1800), "JPEG", exif=exif))

    _run([one])

    with Image.open(io.BytesIO(store.objects[f"/{orders.BUCKET}/{orders.keys_of(one)['preview']}"])) as preview:
        assert ((1024, 768), {}) == (preview.size, dict(preview.getexif()))


def test_neither_text_nor_file_names_stand_in_a_frame(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)

    ran = _run([one])

    assert not [word for word in (TEXT, "VERMA", "mark sheet", "mark_sheet") if word in ran.lines[0]]


def test_one_bad_document_spoils_no_other(store: ObjectStore) -> None:
    good = _documents(store, 2)
    bad = orders.document(store, b"no picture")

    assert ["ok", "UNSUPPORTED_FORMAT", "ok"] == _run([good[0], bad, good[1]]).codes


def test_an_engine_that_fails_is_no_empty_page(store: ObjectStore) -> None:
    def fail() -> None:
        raise NotImplementedError("secret text")

    ran = _run(_documents(store, 1), StandIn(fail))

    assert ["OCR_FAILED"] == ran.codes
    assert "secret" not in ran.lines[0]


def test_an_engine_that_cannot_start_answers_every_document(store: ObjectStore) -> None:
    def broken() -> Tools:
        raise EngineError("self-check: 5 of 5 known words were not read")

    lines: list[str] = []
    code = Batch(_settings(), broken, lines.append, Termination()).run(orders.run_file(_documents(store, 2)))

    assert (ANSWERED, ["ENVIRONMENT_FAILED"] * 2) == (code, Ran(code, lines).codes)
    assert "known words" in lines[0]


def test_recognition_has_a_time_limit(store: ObjectStore) -> None:
    def stuck() -> None:
        signal.pause()
        sum(range(1000))

    assert ["OCR_TIMEOUT"] == _run(_documents(store, 1), StandIn(stuck), ocr_seconds=0.2).codes


def test_a_page_without_text_is_delivered_with_a_warning(store: ObjectStore) -> None:
    class Blank(StandIn):
        def read(self, picture: Picture) -> Sequence[Line]:
            return []

    ran = _run([orders.document(store, pages.encoded(pages.page() * 0 + 255))], Blank())

    outcome = ran.frames[0].outcome
    assert isinstance(outcome, Succeeded)
    assert {"NO_TEXT", "BLANK"} <= {warning.split(":")[0] for warning in outcome.warnings}


def test_without_a_recipient_nothing_is_stored_and_nothing_fetched(store: ObjectStore) -> None:
    ran = _run(_documents(store, 1), recipients=())

    assert (["RECIPIENT_MISSING"], []) == (ran.codes, store.requests)


def test_grants_past_their_time_are_not_tried(store: ObjectStore) -> None:
    (one,) = _documents(store, 1)
    assert one.grants is not None

    ran = _run([replace(one, grants=replace(one.grants, expires_at="2020-01-01T00:00:00Z"))])

    assert (["GRANT_EXPIRED"], []) == (ran.codes, store.requests)


def test_the_stop_file_ends_the_run_before_the_next_document(store: ObjectStore, tmp_path: Path) -> None:
    def abandon() -> None:
        (tmp_path / "control.json").write_text('{"signal": "abandon"}')

    ran = _run(_documents(store, 3), StandIn(abandon), run_folder=tmp_path)

    assert (ABANDONED, ["ok"]) == (ran.code, ran.codes)


def test_the_control_url_leaves_attempts_out(store: ObjectStore) -> None:
    documents = _documents(store, 3)
    assert documents[1].attempt is not None
    skip = {"signal": "continue", "skip": [documents[1].attempt.id]}
    store.objects["/control"] = json.dumps(skip).encode()

    ran = _run(documents, control_url=store.url("/control"))

    assert (ANSWERED, [0, 2]) == (ran.code, [frame.sequence for frame in ran.frames])
    assert 3 == store.requests.count("GET /control")


@pytest.mark.parametrize("said", [None, b"not json", b'{"signal": "dance"}', b"[]"])
def test_a_stop_channel_that_says_nothing_lets_the_work_go_on(
    said: bytes | None, store: ObjectStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if said is not None:
        store.objects["/control"] = said

    ran = _run(_documents(store, 1), control_url=store.url("/control"), run_folder=tmp_path)

    assert ["ok"] == ran.codes
    assert "control url unreadable" in caplog.text or "nothing that is known" in caplog.text
    assert "Signature" not in caplog.text


def test_sigterm_finishes_the_document_at_hand_and_leaves_the_rest(store: ObjectStore) -> None:
    termination = Termination()
    before = signal.getsignal(signal.SIGTERM)
    termination.listen()
    try:
        ran = _run(_documents(store, 3), StandIn(lambda: os.kill(os.getpid(), signal.SIGTERM)), termination)
    finally:
        signal.signal(signal.SIGTERM, before)

    assert (TERMINATED, ["ok"]) == (ran.code, ran.codes)


def _legacy(store: ObjectStore, entries: list[object], **settings: object) -> list[dict[str, Any]]:
    lines: list[str] = []
    asked = {"recipients": (orders.RECIPIENT,), "credentials": Credentials(key="k", secret="s")} | settings
    Batch(_settings(**asked), lambda: Tools(StandIn(), StandIn()), lines.append, Termination()).legacy(entries)
    return [json.loads(line) for line in lines]


def _legacy_entry(store: ObjectStore) -> dict[str, object]:
    one = orders.payload(endpoint=store.origin)
    store.objects[f"/{orders.BUCKET}/{one.raw_path}"] = pages.encoded(pages.page(600, 440, size=16))
    entry = payload_json(one)
    del entry["options"]
    return entry


def test_a_legacy_payload_is_answered_in_the_legacy_shape(store: ObjectStore) -> None:
    entry = _legacy_entry(store)

    (answer,) = _legacy(store, [entry])

    job_id, user_id = entry["job_id"], entry["user_id"]
    assert ("success", job_id) == (answer["status"], answer["job_id"])
    assert f"master/{user_id}/{job_id}/{job_id}.enc" == answer["artifacts"]["master_path"]
    assert f"output/{user_id}/{job_id}/preview.jpg" == answer["artifacts"]["preview_path"]
    assert {"ocr_confidence", "processing_ms"} == set(answer["metrics"])
    assert (600, 800) == (answer["portal"]["width"], answer["portal"]["height"])
    assert TEXT not in json.dumps(answer)


def test_a_legacy_batch_answers_each_payload_on_its_own(store: ObjectStore) -> None:
    bad = legacy() | {"extra": 1}

    answers = _legacy(store, [bad, _legacy_entry(store), "nonsense"])

    assert ["failed", "success", "failed"] == [one["status"] for one in answers]
    assert "PAYLOAD_INVALID" == answers[0]["error"]["code"]
    assert (bad["job_id"], None) == (answers[0]["job_id"], answers[2]["job_id"])


def test_a_plain_master_is_stored_under_a_name_that_says_so(store: ObjectStore) -> None:
    (answer,) = _legacy(store, [_legacy_entry(store)], recipients=(), allow_plaintext_master=True)

    key = str(answer["artifacts"]["master_path"])
    assert key.endswith(".raw")
    assert [one for one in answer["warnings"] if one.startswith("MASTER_NOT_ENCRYPTED")]


def test_without_credentials_a_legacy_payload_is_denied(store: ObjectStore) -> None:
    (answer,) = _legacy(store, [_legacy_entry(store)], credentials=None)

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
