"""What strangers wrote does nothing, and what must not be seen is not there."""

import json
import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from reconciler.console.discretion import conceal, discreet, masked
from reconciler.logs import set_up
from reconciler.loop import collect, dispatch, watch
from tests.console.conftest import Browser, Opened, finish
from tests.fake_camber import FIRST_ID
from tests.world import World

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>javascript:alert(3)"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&#34;&#39;&gt;javascript:alert(3)"


def rewrite(world: World, job: UUID, **result: Any) -> None:
    """Put other words into what was read of the document."""
    world.execute(
        "UPDATE documents SET canonical_output = canonical_output || CAST(:more AS jsonb) WHERE job_id = :id",
        more=json.dumps(result),
        id=job,
    )


def every_page(world: World, browser: Browser, job: UUID) -> dict[str, str]:
    run = world.one("SELECT run_id FROM job_attempts WHERE job_id = :id ORDER BY number DESC LIMIT 1", id=job)
    paths = ["/", "/jobs", "/runs", "/stuck", f"/jobs/{job}", f"/runs/{run}", "/find?q=zz"]
    return {path: browser.client.get(f"/console{path}").text for path in paths}


def test_names_texts_and_reasons_of_strangers_are_inert(world: World, browser: Browser) -> None:
    job = finish(world, HOSTILE)
    field = {"name": HOSTILE, "value": [{HOSTILE: HOSTILE}], "confidence": 1, "rule": HOSTILE, "passed": False}
    rewrite(world, job, ocr={"text": HOSTILE}, fields=[field], document_type={"name": HOSTILE}, warnings=[HOSTILE])
    held = world.submit(HOSTILE)
    world.execute("UPDATE jobs SET held_reason = :reason WHERE id = :id", reason=HOSTILE, id=held)
    world.pretend("UPDATE camber_runs SET log_tail = :tail, reason_text = :tail, camber_status = :tail", tail=HOSTILE)
    world.execute(
        "INSERT INTO breakers (dependency, state, reason, opened_at, retry_at)"
        " VALUES (:what, 'open', :what, now(), now())",
        what=HOSTILE,
    )
    world.execute(
        "INSERT INTO daemons (id, host, pid, version) VALUES (gen_random_uuid(), :host, 1, :host)", host=HOSTILE
    )

    pages = every_page(world, browser, job) | {"held": browser.get(f"/console/jobs/{held}")}

    assert ESCAPED in pages[f"/jobs/{job}"]
    assert ESCAPED in pages["held"]
    assert all("<script>alert" not in page and "<img src=x" not in page for page in pages.values())
    assert all('href="javascript:' not in page for page in pages.values())


def test_a_query_and_a_path_of_strangers_are_inert(browser: Browser) -> None:
    for path in (
        f"/find?q={HOSTILE}",
        f"/jobs?status={HOSTILE}",
        f"/jobs?schema={HOSTILE}",
        f"/jobs/{HOSTILE}",
        f"/runs?state={HOSTILE}",
    ):
        said = browser.client.get(f"/console{path}").text
        assert "<script>alert" not in said
        assert "<img src=x" not in said


def test_no_page_shows_a_secret_a_key_or_a_path(world: World, opened: Opened) -> None:
    planted = "s3cr3t-planted-value"
    set_up("ERROR", "json", [planted])
    browser = opened()
    daemon, job = world.daemon(), world.submit("mine.png")
    world.step(daemon, dispatch.run_once)
    keys = [artifact.key for artifact in world.finish().outcome.artifacts.values()]  # type: ignore[union-attr]  # it succeeded
    raw = str(world.one("SELECT raw_path FROM jobs"))
    link = f"https://objects.example.com/bucket/{keys[0]}?X-Amz-Signature=abcdef0123&X-Amz-Credential=planted"
    world.say(FIRST_ID, f"fetched {raw} by {link} with api_key={planted} as {planted}", f"wrote {keys[1]}")
    world.work()
    world.step(daemon, watch.run_once, collect.run_once)
    world.execute("UPDATE jobs SET held_reason = :text WHERE id = :id", text=f"see {raw}, {keys[0]}", id=world.submit())
    stash = str(world.one("SELECT stash_path FROM camber_runs"))

    pages = every_page(world, browser, job)
    hidden = [planted, raw, stash, "X-Amz-", *keys, world.settings["DO_SPACES_SECRET_KEY"]]
    hidden += [world.settings["CAMBER_API_KEY"], world.settings["DO_SPACES_BUCKET"] + "/"]
    found = {(path, word) for path, page in pages.items() for word in hidden if word in page}
    assert found == set()
    assert "a-planted" not in "".join(pages.values())
    assert "SPECIMEN" in pages[f"/jobs/{job}"]


def test_texts_and_file_names_stand_on_the_jobs_own_page_only(world: World, browser: Browser) -> None:
    job = finish(world, "her-private-name.png")

    pages = every_page(world, browser, job)

    shown = {path for path, page in pages.items() if "SPECIMEN" in page or "her-private-name" in page}
    assert shown == {f"/jobs/{job}"}


def test_an_aadhaar_number_stays_masked_and_one_in_a_file_name_is(world: World, browser: Browser) -> None:
    job = finish(world, "aadhaar 2345 6789 0123.png")
    rewrite(world, job, ocr={"text": "No. XXXX XXXX 0123"})

    said = browser.get(f"/console/jobs/{job}")

    assert "No. XXXX XXXX 0123" in said
    assert "aadhaar XXXX XXXX 0123.png" in said
    # Not within an id or a hash, in which any four digits may stand.
    assert not re.search(r"\b(?:2345)?6789", said)


@pytest.mark.parametrize(
    ("text_", "shown"),
    [
        ("output/u/j/a1-n-portal.jpg is there", "…/a1-n-portal.jpg is there"),
        ('{"key":"master/u/j/a1-n-j.enc"}', '{"key":"…/a1-n-j.enc"}'),
        ("stash://tester/rythmiq/run-1/run.json", "…/run.json"),
        ("s3://bucket/key", "…/key"),
        ("see blobs/0b9e1a3c-5d27-4f60-8a41-2c7d9e5f1a20, please", "see …/, please"),
        ("0b9e1a3c-5d27-4f60-8a41-2c7d9e5f1a20 alone", "0b9e1a3c-5d27-4f60-8a41-2c7d9e5f1a20 alone"),
        ("/opt/a/b/c.py", "…/c.py"),
        ("https://objects.example.com/b/k", "…/k"),
        ("image/png and 3 of 4, and/or", "image/png and 3 of 4, and/or"),
        ("password=hunter22", "password=[redacted]"),
        (
            "`reconciler fetch 91560fd9-c3fc-40b3-8e86-cb54e7e765b5 --to FOLDER`",
            "`reconciler fetch 91560fd9-c3fc-40b3-8e86-cb54e7e765b5 --to FOLDER`",
        ),
    ],
)
def test_a_text_loses_paths_and_secrets(text_: str, shown: str) -> None:
    assert discreet(text_) == shown


def test_known_keys_go_wherever_they_stand_however_deep() -> None:
    value = {"a": ["see blobs/4711", {"b": ("blobs/4711.", 3, None)}], "n": "blobs"}

    assert conceal(value, ["blobs/4711", "blobs"]) == {"a": ["see …/", {"b": ["…/.", 3, None]}], "n": "blobs"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("234567890123.pdf", "XXXXXXXX0123.pdf"),
        ("2345-6789-0123", "XXXX-XXXX-0123"),
        ("scan_2345_6789_0123_front.jpg", "scan_XXXX_XXXX_0123_front.jpg"),
        ("IMG_20240105_123456.jpg", "IMG_20240105_123456.jpg"),
        ("12345678901234567.png", "12345678901234567.png"),
    ],
)
def test_a_number_in_a_name_is_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_pictures_are_reached_by_links_of_a_moment_only(world: World, browser: Browser) -> None:
    job = finish(world, data=b"the very picture")
    page = browser.get(f"/console/jobs/{job}")
    for name in ("input", "preview", "portal"):
        assert f'src="/console/jobs/{job}/pictures/{name}"' in page
        answer = browser.client.get(f"/console/jobs/{job}/pictures/{name}", follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(world.settings["DO_SPACES_ENDPOINT"] + "/")
        assert "X-Amz-Expires=60" in answer.headers["location"]
    for name in ("master", "result", "nothing"):
        browser.get(f"/console/jobs/{job}/pictures/{name}", 404)
    browser.get(f"/console/jobs/{world.submit()}/pictures/preview", 404)


def test_what_a_browser_does_not_draw_is_told_of(world: World, browser: Browser) -> None:
    job = finish(world)
    world.pretend("UPDATE jobs SET mime_type = 'application/pdf'")

    said = browser.get(f"/console/jobs/{job}")

    assert "A browser does not draw application/pdf." in said
    assert f"/console/jobs/{job}/pictures/input" not in said


def test_the_evidence_of_a_disputed_verdict_is_on_the_page(world: World, browser: Browser) -> None:
    job = finish(world)

    said = browser.get(f"/console/jobs/{job}")

    with world.engine.connect() as connection:
        kinds = connection.execute(
            text("SELECT DISTINCT kind FROM cli_calls WHERE decided AND run_id IS NOT NULL")
        ).scalars()
        assert {kind for kind in kinds if kind not in said} == set()
    assert f"Job ID: {FIRST_ID}" in said or str(FIRST_ID) in said
