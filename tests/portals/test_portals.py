"""The portals that ship are read strictly, and are those of the table."""

from datetime import date

import pytest

from reconciler.portals import parse_portal, shipped_portals
from worker.contract import ContractError, parse_schema

TABLE = {
    "aadhaar-update": (200, 230, 200, 20, 100),
    "aadhaar-update-large": (350, 450, 300, 20, 200),
    "college-generic": (400, 500, 200, 5, 200),
    "college-generic-small": (150, 200, 150, 5, 50),
    "default": (600, 800, 300, None, 200),
    "jee-main-2026-photo": (350, 450, 300, 10, 150),
    "jee-main-2026-photo-small": (150, 200, 200, 10, 80),
    "jee-main-2026-signature": (350, 150, 300, 10, 100),
    "neet-ug-2026-photo": (200, 230, 200, 10, 100),
    "neet-ug-2026-signature": (350, 150, 300, 4, 30),
    "passport-seva-photo": (413, 531, 300, 20, 300),
}
"""Width and height in pixels, dpi, KB from and to."""
WHOLE = """
name = "one"
version = 2
title = "One"
accepts = ["jpeg", "png"]
[source]
title = "A table"
portal_url = "https://objects.example.com/"
date = 2026-11-22
note = "As it was then."
[definition]
target_width = 200
target_height = 230
target_dpi = 200
max_kb = 100
filename_pattern = "{job_id}"
output_format = "jpeg"
quality = 85
"""


def test_the_portals_are_those_of_the_table() -> None:
    shipped = {
        portal.name: (
            portal.schema.target_width,
            portal.schema.target_height,
            portal.schema.target_dpi,
            portal.schema.min_kb,
            portal.schema.max_kb,
        )
        for portal in shipped_portals()
    }

    assert shipped == TABLE


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_shipped_definition_is_what_the_worker_reads(name: str) -> None:
    portal = next(one for one in shipped_portals() if one.name == name)

    assert parse_schema(portal.definition) == portal.schema
    assert portal.source_date >= date(2026, 1, 1)
    assert portal.source
    assert "white" == portal.schema.background
    assert "pad" == portal.schema.fit


def test_a_whole_file_is_read_whole() -> None:
    portal = parse_portal(WHOLE, "one.toml")

    assert ("one", 2, ("jpeg", "png"), date(2026, 11, 22)) == (
        portal.name,
        portal.version,
        portal.accepts,
        portal.source_date,
    )
    assert "https://objects.example.com/" == portal.portal_url


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('name = "one"', "", "one.toml.name"),
        ("version = 2", "version = 0", "one.toml.version"),
        ("max_kb = 100", "max_kilobytes = 100", "one.toml.definition.max_kb"),
        ("quality = 85", "quality = 85\ndpi = 3", "one.toml.definition.dpi"),
        ("date = 2026-11-22", 'date = "yesterday"', "one.toml.source.date"),
        ("date = 2026-11-22", "date = 2026-11-22T00:00:00", "one.toml.source.date"),
        ("https://", "ftp://", "one.toml.source.portal_url"),
        ('accepts = ["jpeg", "png"]', 'accepts = ["png"]', "one.toml.accepts"),
        ('accepts = ["jpeg", "png"]', 'accepts = ["jpeg", "bmp"]', "one.toml.accepts"),
        ('title = "One"', 'title = "One"\nauthor = "x"', "one.toml.author"),
        ('title = "A table"', 'title = "A table"\nauthor = "x"', "one.toml.source.author"),
        ("[definition]", "[definition", "one.toml"),
    ],
    ids=lambda value: value.replace("\n", " ")[:30],
)
def test_a_wrong_file_names_the_field(old: str, new: str, field: str) -> None:
    with pytest.raises(ContractError) as fault:
        parse_portal(WHOLE.replace(old, new, 1), "one.toml")

    assert field == fault.value.field
