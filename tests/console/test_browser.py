"""The console in a real browser: a live job, a rerun, the token, hostile words, a narrow screen, the keyboard alone."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright
from starlette.applications import Starlette

from reconciler.console.app import console_routes
from reconciler.health.port import listen
from reconciler.health.server import Server
from reconciler.loop import collect, dispatch, requests, watch
from tests.console.conftest import TOKEN, desk_for, finish, start
from tests.console.test_disclosure import HOSTILE, rewrite
from tests.console.test_orders import fail
from tests.world import World

SECONDS_MAX = 120
"""A busy machine is slow; every wait ends with what it waits for."""
NARROW_WIDTH = 320
PAGES = ("", "jobs", "runs", "stuck", "find?q=zz")


def chromium() -> str | None:
    """The browser of this machine."""
    given = os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on PATH, and CHROMIUM names none")


@pytest.fixture(scope="module")
def player() -> Iterator[Browser]:
    """One browser for all tests of the module; each test has a profile of its own."""
    expect.set_options(timeout=SECONDS_MAX * 1000)
    with sync_playwright() as playwright:
        # A sandbox needs rights that a container may not give; the pages are our own.
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"], timeout=SECONDS_MAX * 1000
        )
        yield browser
        browser.close()


@contextmanager
def served(world: World, **settings: Any) -> Iterator[str]:
    """The console on a real port, as the daemon serves it."""
    link = listen("127.0.0.1", 0)
    port = link.getsockname()[1]
    desk = desk_for(world, HEALTH_PORT=str(port), **settings)
    server = Server(Starlette(routes=console_routes(desk)), link)
    server.start()
    try:
        yield f"http://localhost:{port}/console/"
    finally:
        server.stop()
        desk.engine.dispose()


@pytest.fixture
def page(player: Browser) -> Iterator[Page]:
    """A page that fails the test if the browser complains of anything."""
    context = player.new_context()
    opened = context.new_page()
    opened.set_default_timeout(SECONDS_MAX * 1000)
    complaints: list[str] = []

    def complain(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    opened.on("dialog", complain)
    yield opened
    context.close()
    assert complaints == []


def test_a_live_job_is_seen_to_finish_without_losing_the_focus(world: World, page: Page) -> None:
    job, daemon = start(world), world.daemon()
    with served(world) as address:
        page.goto(f"{address}jobs/{job}")
        expect(page.locator("#status")).to_have_text("processing")
        page.get_by_label("Reason").fill("half a sentence")
        run = page.locator("#story a[href*='/runs/']").first
        href = run.get_attribute("href")
        run.focus()
        world.work()
        world.step(daemon, watch.run_once, collect.run_once)

        expect(page.locator("#status")).to_have_text("completed")
        expect(page.locator("#ocr")).to_have_text("SPECIMEN")
        assert page.evaluate("document.activeElement.getAttribute('href')") == href
        assert page.get_by_label("Reason").input_value() == "half a sentence"


def test_a_failed_job_is_rerun_from_its_page(world: World, page: Page) -> None:
    (job,) = fail(world)
    with served(world) as address:
        page.goto(f"{address}jobs?status=failed")
        page.get_by_role("link", name=str(job)[:8]).click()
        page.get_by_label("Reason").fill("the scanner is mended")
        page.get_by_label("By").fill("maria")
        page.get_by_role("button", name="Rerun").click()

        expect(page.locator("p.notice")).to_have_text("Rerun: 1 of 1 job.")
        expect(page.locator("#story")).to_contain_text("maria (console)")
        world.step(world.daemon(), requests.run_once, dispatch.run_once)
        expect(page.locator("#status")).to_have_text("processing")


def test_many_are_confirmed_by_the_keyboard_alone(world: World, page: Page) -> None:
    fail(world, 3)
    with served(world) as address:
        page.goto(f"{address}jobs?status=failed")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        _tab_to(page, "aria-label", "Mark all on this page")
        page.keyboard.press("Space")
        _tab_to(page, "value", "rerun")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Rerun 3 jobs?")).to_be_visible()
        expect(page.get_by_role("button", name="Rerun 3 jobs")).to_be_focused()
        page.keyboard.press("Enter")

        expect(page.locator("p.notice")).to_have_text("Rerun: 3 of 3 jobs.")
        assert world.one("SELECT count(*) FROM jobs WHERE rerun_requested") == 3


def _tab_to(page: Page, attribute: str, value: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.getAttribute('{attribute}')") == value:
            return
    raise AssertionError(f"the keyboard does not reach {value}")


def test_without_the_token_it_stays_shut_and_with_it_it_opens(world: World, page: Page) -> None:
    job = finish(world)
    with served(world, CONSOLE_TOKEN=TOKEN) as address:
        page.goto(f"{address}jobs/{job}")
        expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
        assert "SPECIMEN" not in page.content()
        page.get_by_label("Token").fill("a wrong one, but a long one")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("This is not the token.")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_label("Your name").fill("maria")
        page.keyboard.press("Enter")

        expect(page.locator("#ocr")).to_have_text("SPECIMEN")
        assert page.evaluate("document.cookie") == ""
        page.get_by_role("button", name="Leave").click()
        expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()


def test_hostile_names_and_texts_run_nothing(world: World, page: Page) -> None:
    job = finish(world, HOSTILE)
    rewrite(world, job, ocr={"text": HOSTILE})
    with served(world) as address:
        page.goto(f"{address}jobs/{job}")

        expect(page.locator("#ocr")).to_have_text(HOSTILE)
        assert page.evaluate("document.scripts.length") == 1
        assert page.locator("img[src=x]").count() == 0


def test_pictures_come_from_the_store_under_the_pages_policy(world: World, page: Page) -> None:
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00"
    drawn = head + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
    job = finish(world, data=drawn)
    with served(world) as address:
        page.goto(f"{address}jobs/{job}")

        picture = page.get_by_alt_text(f"Input of job {str(job)[:8]}")
        expect(picture).to_have_js_property("naturalWidth", 1)
        assert "X-Amz" not in page.content()


def test_no_page_is_wider_than_a_narrow_screen(world: World, page: Page) -> None:
    job = finish(world, "a-very-long-name-of-a-file-" * 6 + ".png")
    rewrite(world, job, ocr={"text": "word" * 100})
    held = world.submit()
    world.execute("UPDATE jobs SET held_reason = :reason WHERE id = :id", reason="reason" * 40, id=held)
    fail(world, 3)
    run = UUID(str(world.one("SELECT id FROM camber_runs")))
    page.set_viewport_size({"width": NARROW_WIDTH, "height": 640})
    with served(world) as address:
        for path in (*PAGES, f"jobs/{job}", f"runs/{run}", "jobs?status=lost"):
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW_WIDTH, path


def test_a_daemon_that_goes_away_is_told_and_the_page_stays(world: World, page: Page) -> None:
    with served(world) as address:
        page.goto(address)
        expect(page.locator("#live")).to_contain_text("live")

    expect(page.locator("#live")).to_contain_text("no answer: this is old")
    expect(page.get_by_role("heading", name="Open jobs")).to_be_visible()
