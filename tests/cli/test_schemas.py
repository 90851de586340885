"""schemas list, show, add and activate: versions that are never changed, read strictly, with their source and date."""

import json
from pathlib import Path

import pytest

from reconciler.portals import shipped_portals
from tests.cli.conftest import Call
from tests.world import World

PORTAL = """
name = "exam-photo"
version = 1
title = "Exam photo"
accepts = ["jpeg"]
[source]
title = "The exam's notice"
date = 2026-11-01
note = "Page 3."
[definition]
target_width = 300
target_height = 400
target_dpi = 200
max_kb = 50
filename_pattern = "{job_id}"
output_format = "jpeg"
quality = 85
"""


@pytest.fixture
def portal(tmp_path: Path) -> Path:
    """A portal's file."""
    file = tmp_path / "exam-photo.toml"
    file.write_text(PORTAL)
    return file


def test_a_file_is_added_shown_activated_and_twice_is_once(world: World, call: Call, portal: Path) -> None:
    assert "exam-photo v1 added" in call("schemas", "add", portal).output
    assert "was there already" in call("schemas", "add", portal).output
    assert world.one("SELECT active FROM portal_schemas") is False

    assert "exam-photo v1 is active" in call("schemas", "activate", "exam-photo").output
    assert "was active already" in call("schemas", "activate", "exam-photo", 1).output
    shown = call("schemas", "show", "exam-photo").output
    (listed,) = json.loads(call("schemas", "list", "--json").output)

    assert all(word in shown for word in ("v1, active", "The exam's notice, 2026-11-01", '"target_width": 300'))
    assert (listed["name"], listed["active"], listed["source_date"]) == ("exam-photo", True, "2026-11-01")


def test_a_version_is_never_changed_and_a_new_one_takes_its_place(world: World, call: Call, portal: Path) -> None:
    call("schemas", "add", portal, "--activate")
    portal.write_text(PORTAL.replace("max_kb = 50", "max_kb = 60"))
    assert "a version is never changed. Nothing was added." in call("schemas", "add", portal, code=5).stderr

    portal.write_text(PORTAL.replace("max_kb = 50", "max_kb = 60").replace("version = 1", "version = 2"))
    call("schemas", "add", portal, "--activate")

    assert world.one("SELECT string_agg(version || ':' || active, ' ' ORDER BY version) FROM portal_schemas") == (
        "1:false 2:true"
    )
    assert world.one("SELECT definition ->> 'max_kb' FROM portal_schemas WHERE version = 1") == "50"


def test_json_is_read_as_strictly(world: World, call: Call, tmp_path: Path) -> None:
    portal = shipped_portals()[0]
    body = {"name": "as-json", "version": 3, "title": "T", "accepts": list(portal.accepts)}
    body |= {"source": {"title": "T", "date": "2026-11-01", "note": "N"}, "definition": dict(portal.definition)}
    file = tmp_path / "as-json.json"
    file.write_text(json.dumps(body))
    call("schemas", "add", file)
    assert str(world.one("SELECT source_date FROM portal_schemas WHERE version = 3")) == "2026-11-01"

    file.write_text(json.dumps(body | {"source": {"title": "T", "date": "soon", "note": "N"}}))
    assert "date: must be a date" in call("schemas", "add", file, code=2).stderr


def test_all_that_ship_are_added_at_once(world: World, call: Call) -> None:
    call("schemas", "add", "--shipped", "--activate")

    assert world.one("SELECT count(*) FROM portal_schemas WHERE active AND source_date IS NOT NULL") == len(
        shipped_portals()
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("date = 2026-11-01", "", "source.date"),
        ('title = "The exam\'s notice"', "", "source.title"),
        ("max_kb = 50", "max_kb = 0", "definition.max_kb"),
        ("max_kb = 50", "max_kb = 50\nmax_mb = 1", "max_mb"),
        ("version = 1", "version = 'one'", "version"),
        ("[source]", "[source", "must be TOML"),
    ],
    ids=["no date", "no source", "bad figure", "unknown field", "bad version", "no TOML"],
)
def test_a_bad_file_is_refused_by_its_field_and_none_of_the_others_is_added(
    world: World, call: Call, portal: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(PORTAL.replace(old, new))

    refused = call("schemas", "add", portal, bad, code=2).stderr

    assert said in refused
    assert "Nothing was added." in refused
    assert world.one("SELECT count(*) FROM portal_schemas") == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add",), 2),
        (("add", "gone.toml"), 2),
        (("add", "gone.txt"), 2),
        (("show", "nobody"), 3),
        (("activate", "nobody"), 3),
    ],
    ids=["nothing named", "no such file", "no such form", "show unknown", "activate unknown"],
)
def test_what_is_not_there_is_refused(call: Call, words: tuple[str, ...], code: int) -> None:
    assert "Traceback" not in call("schemas", *words, code=code).stderr
