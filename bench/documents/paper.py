"""A page that remembers what was written on it, and where."""

from collections.abc import Mapping, Sequence

from PIL import Image

from bench.documents.fonts import font
from bench.documents.plan import DEVANAGARI, Suite
from bench.documents.truth import Line, Polygon, Script, Truth
from reconciler.local.samples.sheet import INK, SCALE, Point, Sheet

_ROW_OVERLAP = 0.5


class Paper(Sheet):
    """A page of `width` x `height` pixels that is written in the fonts of a suite."""

    def __init__(self, width: int, height: int, suite: Suite, paper: str = "#ffffff") -> None:
        super().__init__(width, height, paper)
        self._suite = suite
        self._written: list[tuple[str, Polygon, Script]] = []

    def text(
        self,
        at: Point,
        string: str,
        size: int,
        *,
        weight: int = 400,
        breadth: int = 100,  # noqa: ARG002 - the sheet's; the fonts here have one breadth
        ink: str = INK,
        anchor: str = "ls",
    ) -> None:
        """Write one line in the suite's text font; the anchor is Pillow's, by default the left end of the baseline."""
        self._write(at, string, (self._suite.text, size, weight), ink, anchor)

    def figures(
        self, at: Point, string: str, size: int, *, weight: int = 400, ink: str = INK, anchor: str = "ls"
    ) -> None:
        """Write one line in the suite's font of equal widths."""
        self._write(at, string, (self._suite.mono, size, weight), ink, anchor)

    def hindi(self, at: Point, string: str, size: int, *, weight: int = 400, ink: str = INK) -> None:
        """Write one line in Devanagari; without conjuncts, which the basic layout engine would tear apart."""
        self._write(at, string, (DEVANAGARI, size, weight), ink, "ls", "devanagari")

    def _write(
        self, at: Point, string: str, face: tuple[str, int, int], ink: str, anchor: str, script: Script = "latin"
    ) -> None:
        package, size, weight = face
        chosen = font(package, size * SCALE, weight)
        place = at[0] * SCALE, at[1] * SCALE
        left, top, right, bottom = (edge / SCALE for edge in self._pen.textbbox(place, string, chosen, anchor))
        self._pen.text(place, string, fill=ink, font=chosen, anchor=anchor)
        self._written.append((string, ((left, top), (right, top), (right, bottom), (left, bottom)), script))

    def finished(self, kind: str, fields: Mapping[str, str]) -> tuple[Image.Image, Truth]:
        """The picture of the page, and what stands on it."""
        return self.picture(), Truth(kind=kind, lines=tuple(_in_rows(self._written)), fields=dict(fields))


def _in_rows(written: Sequence[tuple[str, Polygon, Script]]) -> list[Line]:
    """Rows from the top, each from the left; a row holds what overlaps the line before it by half of a height."""
    rows: list[list[tuple[str, Polygon, Script]]] = []
    for one in sorted(written, key=lambda one: (one[1][0][1] + one[1][2][1], one[1][0][0])):
        if rows and _overlap(rows[-1][-1][1], one[1]) >= _ROW_OVERLAP:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [
        Line(text=text, polygon=polygon, row=number, script=script)
        for number, row in enumerate(rows)
        for text, polygon, script in sorted(row, key=lambda one: one[1][0][0])
    ]


def _overlap(one: Polygon, other: Polygon) -> float:
    common = min(one[2][1], other[2][1]) - max(one[0][1], other[0][1])
    return common / max(1e-6, min(one[2][1] - one[0][1], other[2][1] - other[0][1]))
