"""A run that stays after its batch: a real store, real children, recognition by a stand-in."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyrage
import pytest

from tests.worker import orders, pages
from tests.worker.object_store import ObjectStore
from tests.worker.stand_in import FAULTS
from tests.worker.test_batch import QUICK, ROOT, STAND_IN
from worker.batch import ANSWERED, Batch
from worker.contract import (
    ContractError,
    Document,
    Failed,
    Frame,
    Inbox,
    Linger,
    RunFile,
    decode_frames,
    decode_leaving,
    inbox_json,
    run_json,
)
from worker.linger import Stay
from worker.settings import read_settings
from worker.stop import Termination
from worker.storage.http import pool

FOR_EVER = 3600.0
SOON = 0.3


@dataclass
class Stayed:
    """A run being played, and what came of it; `then` happens after each frame, with the number of frames so far."""

    store: ObjectStore
    then: Callable[[int], None] = lambda _: None
    lines: list[str] = field(default_factory=list)
    termination: Termination = field(default_factory=Termination)
    code: int | None = None

    @property
    def frames(self) -> list[Frame]:
        return list(decode_frames("\n".join(self.lines)))

    @property
    def taken(self) -> int | None:
        return decode_leaving(self.lines[-1], orders.RUN_ID)

    def play(
        self,
        documents: Sequence[Document],
        *,
        idle: float = SOON,
        take: float = FOR_EVER,
        child: Sequence[str] = STAND_IN,
        **variables: str,
    ) -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | QUICK | variables
        linger = Linger(idle_seconds=idle, take_seconds=take, inbox_url=inbox_url(self.store, 1))
        run = orders.run_file(documents, linger=linger, control_url=self.store.url("/control"))
        batch = Batch(read_settings(environment), environment, self._emit, self.termination, child)
        self.code = batch.run(run)

    def _emit(self, line: str) -> None:
        self.lines.append(line)
        if list(decode_frames(line)):
            self.then(len(self.frames))


def inbox_url(store: ObjectStore, number: int) -> str:
    return store.url(f"/{orders.BUCKET}/inbox/{number}.json")


def inbox(store: ObjectStore, number: int, *documents: Document) -> Inbox:
    """What a run is given with its object of that number."""
    return Inbox(
        run_id=orders.RUN_ID,
        number=number,
        documents=documents,
        recipients=(orders.RECIPIENT,),
        next_url=inbox_url(store, number + 1),
    )


def give(store: ObjectStore, given: Inbox, number: int | None = None) -> None:
    """Put an inbox object, where its number says or elsewhere."""
    store.objects[f"/{orders.BUCKET}/inbox/{number or given.number}.json"] = json.dumps(inbox_json(given)).encode()


def page(store: ObjectStore, fault: str = "") -> Document:
    picture = pages.page(600, 440, size=16).copy()
    if fault:
        picture[0, 0] = (FAULTS.index(fault), 1, 2)
    return orders.document(store, pages.encoded(picture))


def attempts(documents: Sequence[Document]) -> list[str]:
    return [one.attempt.id for one in documents if one.attempt]


def test_it_answers_what_it_is_given_with_the_same_child_and_says_how_much_it_took(
    store: ObjectStore, tmp_path: Path
) -> None:
    """Each document comes when the one before it is answered, so each begins the idle time anew."""
    documents = [page(store, "mark") for _ in range(3)]
    stayed = Stayed(
        store, lambda done: give(store, inbox(store, done, *documents[done : done + 1])) if done < 3 else None
    )

    stayed.play(documents[:1], idle=2.5, RUN_FOLDER=str(tmp_path))

    assert (ANSWERED, 2) == (stayed.code, stayed.taken)
    assert list(enumerate(attempts(documents))) == [(one.sequence, one.attempt_id) for one in stayed.frames]
    assert 1 == len(list(tmp_path.glob("here-*")))


def test_masters_go_to_the_recipients_of_the_day(store: ObjectStore) -> None:
    newer, (first, second) = pyrage.x25519.Identity.generate(), [page(store), page(store)]
    give(store, replace(inbox(store, 1, second), recipients=(str(newer.to_public()),)))

    Stayed(store).play([first])

    master = store.objects[f"/{orders.BUCKET}/{orders.keys_of(second)['master']}"]
    assert store.objects[f"/{orders.BUCKET}/{second.payload.raw_path}"] == pyrage.decrypt(master, [newer])


def test_what_comes_too_near_to_the_end_of_its_time_is_left(store: ObjectStore) -> None:
    first, second = page(store), page(store)
    give(store, inbox(store, 1, second))
    stayed = Stayed(store)

    stayed.play([first], idle=FOR_EVER, take=100, RUN_BEGAN=f"{max(0.0, time.monotonic() - 100):.3f}")

    assert (ANSWERED, 0, attempts([first])) == (stayed.code, stayed.taken, [one.attempt_id for one in stayed.frames])


@pytest.mark.parametrize("channel", ["signal", "file", "object"])
def test_it_leaves_when_it_is_told_to(channel: str, store: ObjectStore, tmp_path: Path) -> None:
    """It would stay for an hour otherwise."""
    stayed = Stayed(store)

    def tell(_frames: int) -> None:
        if channel == "signal":
            stayed.termination.is_asked = True
        elif channel == "file":
            (tmp_path / "control.json").write_text('{"signal": "abandon"}')
        else:
            store.objects["/control"] = b'{"signal": "abandon"}'

    stayed.then = tell
    stayed.play([page(store)], idle=FOR_EVER, RUN_FOLDER=str(tmp_path))

    assert (ANSWERED, 0) == (stayed.code, stayed.taken)


def test_an_attempt_that_was_fenced_meanwhile_is_left_out(store: ObjectStore) -> None:
    first, second, third = documents = [page(store) for _ in range(3)]
    store.objects["/control"] = json.dumps({"signal": "continue", "skip": attempts([second])}).encode()
    give(store, inbox(store, 1, second, third))
    stayed = Stayed(store)

    stayed.play([first])

    assert (1, attempts([first, third])) == (stayed.taken, [one.attempt_id for one in stayed.frames])
    assert f"GET /{orders.BUCKET}/{documents[1].payload.raw_path}" not in store.requests


def test_where_nobody_can_work_nobody_stays(store: ObjectStore) -> None:
    stayed = Stayed(store)

    stayed.play([page(store)], idle=FOR_EVER, child=("/bin/false",))

    (frame,) = stayed.frames
    assert isinstance(frame.outcome, Failed)
    assert ("ENVIRONMENT_FAILED", 0) == (frame.outcome.code, stayed.taken)


def _run(store: ObjectStore, url: str) -> tuple[RunFile, Linger]:
    linger = Linger(idle_seconds=10, take_seconds=100, inbox_url=url)
    return orders.run_file([orders.document(store, None)], linger=linger), linger


def test_it_stays_while_it_has_work_and_for_its_idle_time_until_it_takes_no_more(store: ObjectStore) -> None:
    now = [1000.0]
    stay = Stay(*_run(store, inbox_url(store, 1)), 990.0, pool(), lambda: now[0])

    assert [True, True, False] == [stay.lasts(idle) for idle in (0.0, 9.9, 10.0)]
    now[0] = 1089.9
    assert stay.lasts(0.0)
    now[0] = 1090.0
    assert not stay.lasts(0.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"run_id": "99999999-9999-4999-8999-999999999999"}, "another run's"),
        ({"number": 2}, "out of its turn"),
        ({"next_url": "http://elsewhere.example/2.json"}, "must be of the origin"),
    ],
)
def test_an_object_that_is_not_its_next_one_is_not_taken(
    changes: dict[str, Any], said: str, store: ObjectStore, caplog: pytest.LogCaptureFixture
) -> None:
    stay = Stay(*_run(store, inbox_url(store, 1)), None, pool())
    give(store, replace(inbox(store, 1, orders.document(store, None)), **changes), 1)

    with caplog.at_level(logging.WARNING, "worker.linger"):
        looks = [stay.look(), stay.look()]

    assert ([None, None], 0) == (looks, stay.taken)
    assert 1 == len(caplog.messages)
    assert said in caplog.messages[0]


@pytest.mark.parametrize("fault", ["403", "404", "503", "reset"])
def test_an_object_that_cannot_be_read_now_is_read_later(fault: str, store: ObjectStore) -> None:
    stay = Stay(*_run(store, inbox_url(store, 1)), None, pool())
    give(store, inbox(store, 1, orders.document(store, None)))
    store.faults = {f"GET /{orders.BUCKET}/inbox/1.json": [fault]}

    assert stay.look() is None
    assert stay.look() is not None
    assert 1 == stay.taken


def test_a_run_file_with_a_foreign_inbox_is_refused_whole(store: ObjectStore) -> None:
    run, linger = _run(store, "http://elsewhere.example/1.json")
    with pytest.raises(ContractError, match=r"linger\.inbox_url: must be of the origin"):
        Stay(run, linger, None, pool())

    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "worker"]
    ended = subprocess.run(command, input=json.dumps(run_json(run)), text=True, env=environment, capture_output=True)

    assert 2 == ended.returncode
    assert "linger.inbox_url" in ended.stdout
