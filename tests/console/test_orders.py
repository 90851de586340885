"""Rerun, cancel, hold, release, give up: done once, by whom and why, or not at all."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from reconciler.loop import dispatch
from tests.console.conftest import Browser, finish, start
from tests.world import World


def fail(world: World, count: int = 1, code: str = "CORRUPT_IMAGE") -> list[UUID]:
    jobs = [world.submit() for _ in range(count)]
    world.pretend(
        "UPDATE jobs SET status = 'failed', completed_at = now(), current_attempt_id = gen_random_uuid(),"
        " error_details = jsonb_build_object('code', CAST(:code AS text), 'stage', 'DECODE', 'message', 'damaged')"
        " WHERE id = ANY(:ids)",
        code=code,
        ids=jobs,
    )
    return jobs


def said_after(browser: Browser) -> str:
    """The sentence on the page that an order leads to."""
    assert browser.last is not None
    return browser.get(browser.last.headers["location"])


def test_one_job_is_rerun_with_who_and_why(world: World, browser: Browser) -> None:
    (job,) = fail(world)

    browser.order(deed="rerun", id=str(job), reason="the store is back", by="maria", back=f"/console/jobs/{job}")

    said = said_after(browser)
    assert "Rerun: 1 of 1 job." in said
    assert "rerun asked for" in said
    assert "maria (console)" in said
    assert "the store is back" in said
    assert world.one("SELECT rerun_requested FROM jobs")
    assert world.one("SELECT actor FROM job_events WHERE kind = 'rerun_requested'") == "maria (console)"
    assert world.one("SELECT application_name FROM job_events WHERE kind = 'rerun_requested'") == "reconciler console"


def test_the_name_is_remembered_and_may_be_left_out(world: World, browser: Browser) -> None:
    first, second = fail(world, 2)
    browser.order(deed="rerun", id=str(first))
    browser.order(deed="rerun", id=str(second), by="jo")

    actors = world.one("SELECT array_agg(actor ORDER BY id) FROM job_events WHERE kind = 'rerun_requested'")
    assert actors == ["console", "jo (console)"]
    assert "You are jo in the history." in browser.get("/console/")


def test_an_order_is_what_the_daemon_carries_out(world: World, browser: Browser) -> None:
    job = finish(world)
    browser.order(deed="rerun", id=str(job))

    world.step(world.daemon())

    assert world.status(job) == "processing"


def test_many_are_asked_about_first(world: World, browser: Browser) -> None:
    jobs = [str(job) for job in fail(world, 3)]

    asked = browser.order(200, deed="rerun", id=jobs, reason="again", back="/console/jobs?status=failed")

    assert "Rerun 3 jobs?" in asked
    assert not world.one("SELECT bool_or(rerun_requested) FROM jobs")
    assert all(job in asked for job in jobs)
    browser.order(deed="rerun", id=jobs, reason="again", counted="3", back="/console/jobs?status=failed")
    assert "Rerun: 3 of 3 jobs." in said_after(browser)
    assert world.one("SELECT count(*) FROM jobs WHERE rerun_requested") == 3


def test_all_that_fit_a_filter_are_counted_first_and_again_when_there_are_more(world: World, browser: Browser) -> None:
    fail(world, 3)
    fail(world, 2, "ENCRYPTED_PDF")
    wanted: dict[str, Any] = {"deed": "rerun", "everything": "1", "status": "failed", "error_code": "CORRUPT_IMAGE"}

    assert "Rerun 3 jobs?" in browser.order(200, **wanted)
    fail(world, 1)
    asked = browser.order(200, counted="3", **wanted)

    assert "There are more than you have seen before" in asked
    assert world.one("SELECT count(*) FROM jobs WHERE rerun_requested") == 0
    browser.order(counted="4", **wanted)
    assert world.one("SELECT count(*) FROM jobs WHERE rerun_requested") == 4


def test_what_cannot_be_changed_stays_and_is_told(world: World, browser: Browser) -> None:
    done, waiting = finish(world), world.submit()

    browser.order(deed="cancel", id=[str(done), str(waiting)], counted="2")

    assert "Cancel: 1 of 2 jobs. 1 stay as they are." in said_after(browser)
    assert world.status(done) == "completed"


def test_a_job_offers_only_what_can_be_done_with_it(world: World, browser: Browser) -> None:
    done, waiting = finish(world), world.submit()

    assert ["rerun"] == offered(browser, done)
    assert ["rerun", "hold", "release", "cancel"] == offered(browser, waiting)


def offered(browser: Browser, job: UUID) -> list[str]:
    return re.findall(r'name="deed" value="(\w+)"', browser.get(f"/console/jobs/{job}"))


def test_hold_and_release_a_job_and_a_run(world: World, browser: Browser) -> None:
    job = world.submit()
    browser.order(deed="hold", id=str(job), reason="ask the person first")
    assert world.one("SELECT held_reason FROM jobs") == "ask the person first"
    assert "ask the person first" in browser.get("/console/stuck")
    browser.order(deed="release", id=str(job))
    world.step(world.daemon(), dispatch.run_once)
    run = str(world.one("SELECT id FROM camber_runs"))
    browser.order(on="runs", deed="hold", id=run, reason="look at it")
    assert world.one("SELECT state FROM camber_runs") == "held"
    assert "its run is held for an operator: look at it" in browser.get("/console/stuck")
    browser.order(on="runs", deed="give_up", id=run)

    assert world.one("SELECT state FROM camber_runs") == "abandoned"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"deed": "delete", "id": "x"}, "deed: must be one of rerun, cancel, hold, release, give_up"),
        ({"deed": "", "id": "x"}, "deed: must be one of"),
        ({"deed": "rerun"}, "Mark at least one job first."),
        ({"deed": "rerun", "id": "x"}, "id: must be a UUID"),
        ({"deed": "rerun", "id": "' OR true --"}, "id: must be a UUID"),
        ({"deed": "rerun", "on": "runs", "id": "x"}, "Rerun is nothing that can be done to a run."),
        ({"deed": "give_up", "id": "x"}, "Give up is nothing that can be done to a job."),
        ({"deed": "rerun", "everything": "1"}, "Choose a filter first"),
        ({"deed": "rerun", "everything": "1", "status": "lost"}, "status: must be one of"),
        ({"deed": "rerun", "everything": "1", "status": "failed", "counted": "-1"}, "counted: must be a number"),
        ({"deed": "rerun", "everything": "1", "status": "failed", "counted": "9" * 40}, "counted: must be a number"),
        ({"deed": "rerun", "id": "x", "reason": "y" * 501}, "at most 500 characters"),
        ({"deed": "rerun", "id": "x", "reason": "a\0b"}, "A zero byte stands in it."),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:24],
)
def test_an_order_that_means_nothing_is_refused_in_one_line(
    world: World, browser: Browser, form: dict[str, str], told: str
) -> None:
    fail(world)

    assert told in browser.order(400, **form)
    assert world.one("SELECT count(*) FROM jobs WHERE rerun_requested OR cancel_requested") == 0


def test_nobody_is_led_elsewhere_after_an_order(world: World, browser: Browser) -> None:
    for back in ("https://evil.example.com/console/", "//evil.example.com", "/console/\r\nx: y", "javascript:alert(1)"):
        (job,) = fail(world)
        browser.order(deed="rerun", id=str(job), back=back)
        assert browser.last is not None
        assert browser.last.headers["location"].startswith("/console/jobs?said=")


def test_a_sentence_that_is_not_ours_is_not_told(browser: Browser) -> None:
    assert "hello" not in browser.get("/console/?said=hello")


def test_an_unknown_job_is_no_job(browser: Browser) -> None:
    browser.order(deed="rerun", id=str(uuid4()))

    assert "Rerun: 0 of 1 job. 1 stay as they are." in said_after(browser)


def test_too_long_and_strange_forms_are_refused(browser: Browser) -> None:
    assert "This form is too long" in browser.order(413, deed="rerun", id="x" * 300_000)
    assert "more than 1000 fields" in browser.order(400, deed="rerun", id=["x"] * 1001)
    answer = browser.client.post("/console/orders", json={"deed": "rerun"})
    assert answer.status_code == 415


def test_a_run_under_way_is_not_cancelled_but_its_job_is(world: World, browser: Browser) -> None:
    job = start(world)
    browser.order(deed="cancel", id=str(job), reason="the person left")
    world.step(world.daemon())

    assert world.status(job) == "cancelled"
    assert "the person left" in browser.get(f"/console/jobs/{job}")
