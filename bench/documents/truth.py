"""What really stands on a picture; written when it was drawn, so nobody had to type it off."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Point = tuple[float, float]
Polygon = tuple[Point, Point, Point, Point]
Script = Literal["latin", "devanagari"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One piece of text as it was drawn: its corners in pixels, clockwise from its own top left, and its row."""

    text: str
    polygon: Polygon
    row: int
    script: Script = "latin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One document: lines in reading order, fields by name, and how many quarters counter-clockwise make it upright."""

    kind: str
    lines: tuple[Line, ...]
    fields: Mapping[str, str]
    quarter_turns: int = 0

    @property
    def text(self) -> str:
        """The text that can be read, a row to a line, one blank between what stands in one row."""
        rows: dict[int, list[str]] = {}
        for line in self.readable:
            rows.setdefault(line.row, []).append(line.text)
        return "\n".join(" ".join(texts) for texts in rows.values())

    @property
    def readable(self) -> tuple[Line, ...]:
        """The lines in a script that the systems are meant to read."""
        return tuple(line for line in self.lines if line.script == "latin")


def write(truth: Truth, path: Path) -> None:
    """Write as JSON."""
    body = asdict(truth) | {"fields": dict(truth.fields), "text": truth.text}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", "utf-8")


def read(path: Path) -> Truth:
    """Read what `write` wrote."""
    body = json.loads(path.read_text("utf-8"))
    lines = tuple(
        Line(text=one["text"], polygon=_polygon(one["polygon"]), row=one["row"], script=one["script"])
        for one in body["lines"]
    )
    return Truth(kind=body["kind"], lines=lines, fields=body["fields"], quarter_turns=body["quarter_turns"])


def _polygon(corners: list[list[float]]) -> Polygon:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d
