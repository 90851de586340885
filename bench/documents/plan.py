"""What is measured, fixed before it is measured. Whoever changes this file measures anew."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.documents.degradations import (
    Blur,
    Degradation,
    Dim,
    Faint,
    Glare,
    Jpeg,
    Motion,
    Noise,
    Perspective,
    Scale,
    Skew,
    Turn,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The fonts of one document: its text and its figures. Names of fontpkg packages, see fonts.py."""

    text: str
    mono: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """Which people and pages are drawn: `seed` and the fonts differ between the sets, the degradations do not."""

    name: str
    seed: int
    suites: tuple[Suite, ...]
    documents_per_kind: int


TUNING = PictureSet(
    name="tuning",
    seed=1101,
    suites=(
        Suite(text="fontpkg_ibm_plex_sans", mono="fontpkg_ibm_plex_mono"),
        Suite(text="fontpkg_source_serif_4", mono="fontpkg_source_code_pro"),
    ),
    documents_per_kind=2,
)
HELD_OUT = PictureSet(
    name="held-out",
    seed=70207,
    suites=(
        Suite(text="fontpkg_open_sans", mono="fontpkg_roboto_mono"),
        Suite(text="fontpkg_lora", mono="fontpkg_inconsolata"),
    ),
    documents_per_kind=2,
)
SETS: Mapping[str, PictureSet] = {one.name: one for one in (TUNING, HELD_OUT)}

DEVANAGARI = "fontpkg_noto_sans_devanagari"
"""Of both sets: a script that none of the systems reads, as it stands on real cards."""

CLEAN = "clean"
_PHONE = (Perspective(0.07), Blur(0.9), Dim(0.62), Noise(5), Jpeg(62))
DEGRADATIONS = (
    Degradation(CLEAN),
    Degradation("blur", Blur(1.6)),
    Degradation("strong blur", Blur(2.6)),
    Degradation("motion", Motion(7)),
    Degradation("strong motion", Motion(11)),
    Degradation("noise", Noise(16)),
    Degradation("strong noise", Noise(38)),
    Degradation("dim", Dim(0.25), Noise(3)),
    Degradation("faint", Faint(0.3)),
    Degradation("glare", Glare(0.95)),
    Degradation("JPEG 12", Jpeg(12)),
    Degradation("half size", Scale(0.5)),
    Degradation("skew 5", Skew(5)),
    Degradation("skew 14", Skew(14)),
    Degradation("quarter left", Turn(1)),
    Degradation("half turn", Turn(2)),
    Degradation("quarter right", Turn(3)),
    Degradation("perspective", Perspective(0.09)),
    Degradation("phone", *_PHONE),
    Degradation("phone, turned", *_PHONE, Turn(1)),
    Degradation("phone, upside down", *_PHONE, Skew(4), Turn(2)),
)
"""Each with the strength given here, and what is left open (directions, places) drawn from the document's own seed."""

QUICK = (CLEAN, "blur", "strong motion", "strong noise", "half turn", "quarter left", "phone")
"""What --quick leaves of the degradations; it also draws one document of each kind only."""

POOR = frozenset(("strong blur", "strong motion", "strong noise", "dim", "faint", "half size"))
"""Degradations that a quality score must rank below the clean pages of the same documents."""
BOOTSTRAPS = 2000
BOOTSTRAP_SEED = 5
CERTAINTY = 0.95
