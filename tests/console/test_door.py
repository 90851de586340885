"""Who may come in, whose forms are taken, and what every answer forbids."""

import os
from pathlib import Path

import pytest

from reconciler.console.door import Door, clean_name, is_same_origin
from reconciler.settings import SettingsError, load
from tests.console.conftest import OURS, PORT, TOKEN, Browser, Opened, finish
from tests.world import World

PAGES = ("/", "/jobs", "/runs", "/stuck", "/find?q=abcd", "/jobs/abcd", "/runs/abcd", "/jobs/abcd/pictures/input")
FOREIGN = {"origin": "https://elsewhere.example.com", "sec-fetch-site": "cross-site"}


def enter(browser: Browser, name: str = "maria") -> None:
    browser.post("/console/enter", 303, token=TOKEN, name=name, next="/console/")


@pytest.mark.parametrize("path", PAGES)
def test_without_the_token_no_page_is_shown(opened: Opened, path: str) -> None:
    browser = opened(CONSOLE_TOKEN=TOKEN)

    answer = browser.client.get(f"/console{path}", follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/enter?next=%2Fconsole%2F")
    assert answer.text == ""


def test_without_the_token_nothing_is_done(world: World, opened: Opened) -> None:
    browser, job = opened(CONSOLE_TOKEN=TOKEN), world.submit()

    said = browser.post("/console/orders", 403, deed="cancel", id=str(job))

    assert "The token is wanted first" in said
    assert not world.one("SELECT cancel_requested FROM jobs")


def test_with_the_token_one_is_let_in_and_led_on(opened: Opened) -> None:
    browser = opened(CONSOLE_TOKEN=TOKEN)

    browser.post("/console/enter", 303, token=TOKEN, name="maria", next="/console/runs")

    assert browser.last is not None
    assert browser.last.headers["location"] == "/console/runs"
    assert {"HttpOnly", "SameSite=lax", "Path=/console"} <= {
        part.strip() for part in browser.last.headers["set-cookie"].split(";")
    }
    assert TOKEN not in browser.last.headers["set-cookie"]
    assert "You are maria in the history." in browser.get("/console/")


@pytest.mark.parametrize("wrong", ["", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ß" * 30, "\udcff"])
def test_a_wrong_token_opens_nothing(opened: Opened, wrong: str) -> None:
    browser = opened(CONSOLE_TOKEN=TOKEN)

    said = browser.post("/console/enter", 403, token=wrong.encode("utf-8", "replace").decode(), name="maria")

    assert "This is not the token." in said
    assert browser.client.get("/console/", follow_redirects=False).status_code == 303


def test_a_forged_or_foreign_session_opens_nothing(opened: Opened) -> None:
    mine, other = opened(CONSOLE_TOKEN=TOKEN), Door("another-token-of-some-length", "localhost", 9321, None, 60)
    for forged in ("x", "e30.x.y", other.sealed(other.session({}, {}))):
        mine.client.cookies.set(mine.desk.door.cookie, forged, path="/console")
        assert mine.client.get("/console/", follow_redirects=False).status_code == 303


def test_who_leaves_is_asked_for_the_token_again(opened: Opened) -> None:
    browser = opened(CONSOLE_TOKEN=TOKEN)
    enter(browser)
    browser.post("/console/leave", 303, form_token=browser.form_token())

    assert browser.client.get("/console/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("wanted", ["https://evil.example.com/", "//evil.example.com", "/console\\evil", "/other", ""])
def test_after_the_token_nobody_is_led_elsewhere(opened: Opened, wanted: str) -> None:
    browser = opened(CONSOLE_TOKEN=TOKEN)

    browser.post("/console/enter", 303, token=TOKEN, next=wanted)

    assert browser.last is not None
    assert browser.last.headers["location"] == "/console/"


def test_bound_elsewhere_a_token_is_required() -> None:
    given = {
        "DATABASE_URL": "postgresql://u:p@h/d",
        "CAMBER_API_KEY": "k",
        "DO_SPACES_ENDPOINT": "https://objects.example.com",
        "DO_SPACES_REGION": "r",
        "DO_SPACES_BUCKET": "b",
        "DO_SPACES_ACCESS_KEY": "a",
        "DO_SPACES_SECRET_KEY": "s",
    }
    nothing, bound = Path(os.devnull), given | PORT | {"HEALTH_HOST": "0.0.0.0"}  # noqa: S104 - that is the case

    with pytest.raises(SettingsError, match="CONSOLE_TOKEN: must be set where CONSOLE=1 and HEALTH_HOST is not"):
        load(bound, nothing)
    with pytest.raises(SettingsError, match="CONSOLE_TOKEN: must have at least 16 characters"):
        load(bound | {"CONSOLE_TOKEN": "short"}, nothing)
    with pytest.raises(SettingsError, match="CONSOLE: needs HEALTH_PORT"):
        load(given | {"CONSOLE": "1"}, nothing)
    assert load(bound | {"CONSOLE_TOKEN": TOKEN}, nothing).console
    assert load(given | PORT | {"HEALTH_HOST": "::1"}, nothing).console


@pytest.mark.parametrize(
    "host", ["evil.example.com", "evil.example.com:9321", "localhost.evil.example.com", "169.254.1.1", "", "[", "a:b:c"]
)
def test_without_a_token_only_names_of_this_machine_are_answered(browser: Browser, host: str) -> None:
    said = browser.get("/console/", 421, headers={"host": host})

    assert "This is not our name" in said


@pytest.mark.parametrize("host", ["localhost:9321", "127.0.0.1:7", "[::1]:9321", "LOCALHOST"])
def test_names_of_this_machine_are_answered(browser: Browser, host: str) -> None:
    browser.get("/console/", headers={"host": host})


@pytest.mark.parametrize(
    "headers",
    [FOREIGN, {"origin": OURS, "sec-fetch-site": "same-site"}, {"origin": "null"}, {}, {"origin": f"{OURS}0"}],
    ids=["foreign", "another-site", "hidden", "none", "another-port"],
)
def test_a_form_of_elsewhere_is_refused(world: World, browser: Browser, headers: dict[str, str]) -> None:
    job, token = world.submit(), browser.form_token()

    said = browser.post("/console/orders", 403, headers, deed="cancel", id=str(job), form_token=token)

    assert "This form is not ours" in said
    assert not world.one("SELECT bool_or(cancel_requested) FROM jobs")


def test_a_form_without_the_visits_own_token_is_refused(world: World, opened: Opened) -> None:
    browser, other, job = opened(), opened(), world.submit()
    strange = other.form_token()
    browser.form_token()
    for token in ("", "x", strange):
        said = browser.order(403, deed="cancel", id=str(job), form_token=token)
        assert "This form is too old" in said

    assert not world.one("SELECT bool_or(cancel_requested) FROM jobs")


def test_every_answer_forbids_what_is_not_ours(world: World, browser: Browser) -> None:
    job = finish(world)
    endpoint = world.settings["DO_SPACES_ENDPOINT"]
    for path, code in (
        ("/console/", 200),
        (f"/console/jobs/{job}", 200),
        ("/console/none", 404),
        ("/console/jobs/ab", 404),
    ):
        browser.get(path, code)
        assert browser.last is not None
        headers = browser.last.headers
        assert f"img-src 'self' {endpoint}" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert " style=" not in browser.last.text
        assert "<script>" not in browser.last.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("PUT", "/jobs"),
        ("DELETE", "/jobs/abcd"),
        ("GET", "/orders"),
        ("GET", "/leave"),
        ("PATCH", "/enter"),
    ],
)
def test_a_wrong_method_is_refused_on_a_page_of_ours(browser: Browser, method: str, path: str) -> None:
    answer = browser.client.request(method, f"/console{path}")

    assert answer.status_code == 405
    assert "That cannot be done here" in answer.text
    assert answer.headers["allow"]


def test_a_proxy_that_vouches_for_a_name_outranks_what_is_written(world: World, opened: Opened) -> None:
    browser, job = opened(CONSOLE_USER_HEADER="X-Forwarded-User"), world.submit()
    vouched = {"X-Forwarded-User": "jo\u200b@example.com".encode().decode("latin-1")}
    browser.client.headers["X-Forwarded-User"] = "jo@example.com"
    assert vouched

    browser.order(deed="hold", id=str(job), by="somebody else")

    assert world.one("SELECT actor FROM job_events WHERE kind = 'held'") == "jo@example.com (console)"


def test_a_name_is_one_short_line() -> None:
    assert clean_name("  ma\nri\x00a\u202e ") == "maria"
    assert len(clean_name("x" * 1000)) == 100


def test_the_origin_is_compared_whole() -> None:
    assert is_same_origin({"origin": "http://localhost:1", "host": "localhost:1"})
    assert is_same_origin({"origin": "https://Console.example.com", "host": "console.example.com"})
    assert not is_same_origin({"origin": "http://localhost:1", "host": "localhost:2"})
    assert not is_same_origin({"sec-fetch-site": "same-origin", "host": "localhost"})
