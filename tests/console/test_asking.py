"""Filters, pages, searches, and what means nothing or cannot be had."""

from uuid import uuid4

import pytest

from reconciler.console.app import console_routes
from reconciler.console.desk import WAITING_MAX
from reconciler.store.database import connect
from tests.console.conftest import Browser, Opened, finish
from tests.console.test_orders import fail
from tests.world import World


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/jobs?status=lost", "status: must be one of pending, processing, completed, failed, cancelled"),
        ("/jobs?error_code=NO", "error code: there is no error"),
        ("/jobs?since=soon", "since: must be a number and s, m, h or d"),
        ("/jobs?since=9999999d", "since: must be a number"),
        ("/jobs?user=maria", "user: must be a UUID"),
        ("/jobs?held=yes", "held: must be 1 or left out"),
        ("/jobs?after=99999999999999999999", "after: must be a UUID"),
        ("/jobs?status=%00", "A zero byte stands in it."),
        ("/runs?state=lost", "state: must be one of planned"),
        ("/runs?range=1y", "range: must be one of 2h, 24h, 7d"),
        ("/?range=%3Cb%3E", "range: must be one of"),
    ],
)
def test_what_means_nothing_is_one_clear_refusal(browser: Browser, path: str, told: str) -> None:
    assert told in browser.get(f"/console{path}", 400)


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/none",
        "/jobs/abcdef",
        "/runs/abcdef",
        "/jobs/5b1f6f5e-3f0a-4c8e-9a53-0c2d51a1b9e4",
        "/jobs/a/b/c",
        "/other",
        "/jobs/%2e%2e",
    ],
)
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    browser.get(f"/console{path}", 404)


def test_an_unknown_end_of_a_page_is_an_empty_page(browser: Browser) -> None:
    assert "There is nothing older." in browser.get(f"/console/jobs?after={uuid4()}")


def test_jobs_are_filtered_and_paged(world: World, browser: Browser) -> None:
    jobs = fail(world, 55)
    world.submit()
    world.execute("UPDATE jobs SET created_at = now() - random() * interval '1 hour'")

    first = browser.get("/console/jobs?status=failed")
    more = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = browser.get(more.replace("&amp;", "&"))

    seen = [sum(f'value="{job}"' in page for job in jobs) for page in (first, second)]
    assert seen == [50, 5]
    assert "Newest" in second
    assert 'rel="next"' not in second


def test_a_search_leads_to_the_one_thing_that_is_meant(world: World, browser: Browser) -> None:
    job = finish(world)
    run, number = world.one("SELECT id FROM camber_runs"), world.one("SELECT camber_job_id FROM camber_runs")
    marker = world.one("SELECT marker FROM camber_runs")
    for text, leads in (
        (str(job)[:8], f"jobs/{job}"),
        (str(run), f"runs/{run}"),
        (number, f"runs/{run}"),
        (marker, f"runs/{run}"),
    ):
        answer = browser.client.get("/console/find", params={"q": str(text)}, follow_redirects=False)
        assert answer.headers["location"] == f"/console/{leads}"

    assert "Nothing is called" in browser.get("/console/find?q=ffffffff0000", 404)
    assert "Give an id" in browser.get("/console/find?q=")


def test_an_id_that_begins_several_is_not_one(world: World, browser: Browser) -> None:
    first, second = world.submit(), world.submit()
    world.pretend("UPDATE jobs SET id = CAST('aaaa0000-0000-4000-8000-000000000001' AS uuid) WHERE id = :id", id=first)
    world.pretend("UPDATE jobs SET id = CAST('aaaa0000-0000-4000-8000-000000000002' AS uuid) WHERE id = :id", id=second)

    assert "This is not one job" in browser.get("/console/jobs/aaaa0000", 404)
    assert "More than one thing is called" in browser.get("/console/find?q=aaaa0000")


def test_a_database_that_is_away_is_one_page(opened: Opened) -> None:
    browser = opened()
    object.__setattr__(
        browser.desk,
        "engine",
        connect("postgresql://nobody:secret-word@127.0.0.1:1/none", application_name="test", pool_size=1),
    )
    for path in ("/", "/jobs", f"/jobs/{uuid4()}", "/runs", "/stuck", "/find?q=abcdef"):
        said = browser.get(f"/console{path}", 503)
        assert "The database does not answer" in said
        assert "secret-word" not in said


def test_a_question_that_takes_too_long_is_given_up(world: World, opened: Opened) -> None:
    browser = opened(CONSOLE_READ_SECONDS="0.2")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
        said = browser.get("/console/jobs", 503)

    assert "This took too long" in said


def test_beyond_a_bound_the_next_one_is_told_to_come_again(browser: Browser) -> None:
    class Crowded:
        def statistics(self) -> "Crowded":
            return self

        tasks_waiting = WAITING_MAX

    object.__setattr__(browser.desk, "limiter", Crowded())

    assert "The console is busy" in browser.get("/console/", 503)


def test_the_root_leads_to_the_console(browser: Browser) -> None:
    assert browser.client.get("/", follow_redirects=False).headers["location"] == "/console/"
    assert browser.client.get("/console", follow_redirects=False).headers["location"].endswith("/console/")
    assert len(console_routes(browser.desk)) == 2
    browser.get("/console/static/console.css")
    browser.get("/console/static/../app.py", 404)
    browser.get("/console/static/%2e%2e/app.py", 404)
