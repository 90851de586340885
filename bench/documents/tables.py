"""The figures as tables: for the terminal, and as Markdown for the documentation."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from bench.documents.systems import OURS

Figures = Mapping[str, Any]


def rich_tables(figures: Figures) -> RenderableType:
    """All tables, one under the other."""
    parts = [_rich(title, rows) for title, rows in _tables(figures)]
    return Group(*parts, *(f"not measured: {name}: {why}" for name, why in figures["declined"].items()))


def markdown(figures: Figures) -> str:
    """The same in Markdown, under headings of the third level."""
    parts = [f"### {title}\n\n{_markdown(rows)}" for title, rows in _tables(figures)]
    left_out = [f"Not measured: {name}, because {why}." for name, why in figures["declined"].items()]
    return "\n\n".join([*parts, *left_out])


def summary(figures: Figures) -> str:
    """The table of the groups alone, in Markdown."""
    return _markdown(_by_system(figures))


def _tables(figures: Figures) -> list[tuple[str, list[Sequence[str]]]]:
    return [
        ("Characters wrong, by degradation", _errors(figures)),
        ("Values read letter by letter, by degradation", _values(figures)),
        ("The systems", _by_system(figures)),
        ("Quality score: how likely the better page scores higher", _ranks(figures)),
        ("Targets", _targets(figures)),
    ]


def _errors(figures: Figures) -> list[Sequence[str]]:
    systems = list(figures["systems"])
    rows: list[Sequence[str]] = [("", *(f"{name}, %" for name in systems))]
    for condition, cells in (figures["conditions"] | _titled(figures["groups"])).items():
        rows.append((condition, *(_percent(cells[name].get("cer")) for name in systems)))
    return rows


def _titled(groups: Figures) -> dict[str, Any]:
    return {f"all {name}": cells for name, cells in groups.items()}


def _values(figures: Figures) -> list[Sequence[str]]:
    systems = list(figures["systems"])
    with_fields = any(cells[OURS].get("fields_right") for cells in figures["groups"].values())
    head = ["", *(f"{name}, %" for name in systems), *(["fields right, %"] if with_fields else [])]
    rows: list[Sequence[str]] = [head]
    for condition, cells in (figures["conditions"] | _titled(figures["groups"])).items():
        row = [condition, *(_percent(cells[name].get("values_read"), digits=1) for name in systems)]
        rows.append(row + ([_percent(cells[OURS].get("fields_right"), digits=1)] if with_fields else []))
    return rows


def _by_system(figures: Figures) -> list[Sequence[str]]:
    head = ("", "clean, %", "degraded, %", "turned, %", "turned right", "phantom turns", "CPU s a page", "peak MB")
    rows: list[Sequence[str]] = [head]
    for name, own in figures["systems"].items():
        groups = [_percent(cells[name].get("cer")) for cells in figures["groups"].values()]
        has_turns = own["turns"] > 0
        right = f"{own['turns_right']} of {own['turns']}" if has_turns else "does not say"
        phantoms = f"{own['phantom_turns']} of {own['upright']}" if has_turns else ""
        cost = (f"{own['cpu_seconds']:.2f}", f"{own['peak_bytes'] / 1e6:.0f}")
        rows.append((name, *groups, right, phantoms, *cost))
    return rows


def _ranks(figures: Figures) -> list[Sequence[str]]:
    return [("", "AUC"), *((name, f"{value:.3f}") for name, value in figures["rank"].items())]


def _targets(figures: Figures) -> list[Sequence[str]]:
    told = [(one["target"], "yes" if one["holds"] else "NO", _figure(one["figure"])) for one in figures["targets"]]
    return [("", "holds", "measured"), *told]


def _figure(figure: object) -> str:
    match figure:
        case {"value": float(value), "interval": [float(low), float(high)]}:
            return f"{value * 100:+.2f} points ({low * 100:+.2f} to {high * 100:+.2f})"
        case {"turns": turns, "turns_right": right, "upright": upright, "phantom_turns": phantoms}:
            return f"{right} of {turns} turned back, {phantoms} of {upright} turned for nothing"
        case float(ratio):
            return f"{ratio:.2f} x"
        case _:
            return str(figure)


def _percent(mean: Mapping[str, Any] | None, digits: int = 2) -> str:
    if not mean:
        return ""
    low, high = mean["interval"]
    return f"{mean['value'] * 100:.{digits}f} ({low * 100:.{digits}f}-{high * 100:.{digits}f})"


def _rich(title: str, rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*rows[0], title=title)
    for row in rows[1:]:
        table.add_row(*row)
    return table


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join((head, "| " + " | ".join("---" for _ in rows[0]) + " |", *body))
