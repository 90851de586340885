"""Puts the figures into the documentation, between the markers that stand there for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from bench.documents.tables import markdown, summary

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "how-well-it-reads.md"
PICTURE = PAGE.with_suffix(".jpg")
README = ROOT / "README.md"
BEGIN, END = "<!-- bench-documents:begin -->", "<!-- bench-documents:end -->"


def tell(figures: Mapping[str, Any], contact_sheet: Path) -> None:
    """Write the whole on its page, with the contact sheet as its picture, and the summary into the README."""
    with Image.open(contact_sheet) as picture:
        picture.convert("RGB").save(PICTURE, quality=80, optimize=True)
    for path, text in ((PAGE, f"{_head(figures)}\n\n{markdown(figures)}"), (README, summary(figures))):
        path.write_text(placed(path.read_text("utf-8"), text), "utf-8")


def placed(page: str, text: str) -> str:
    """The page with the text between its markers; raises ValueError where it has none."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


def _head(figures: Mapping[str, Any]) -> str:
    """What was measured, in a sentence."""
    pictures = len(next(iter(figures["pictures"].values())))
    versions = ", ".join(one["version"] for one in figures["systems"].values() if one["version"] != "worker")
    return (
        f"Measured on the {figures['set']} set: {figures['documents']} documents, {pictures} pictures, "
        f"{figures['threads']} thread a system, beside {versions}. In brackets the interval in which the mean lies "
        "with 95 % certainty, drawn again by documents."
    )
