"""What the race comes to, as plain values: by degradation, by group, and against the targets."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench.documents.corpus import PROBE
from bench.documents.marks import Mean, bootstrapped, character_errors, is_read, rank, text_errors
from bench.documents.plan import BOOTSTRAP_SEED, BOOTSTRAPS, CERTAINTY, CLEAN, POOR
from bench.documents.race import Raced, Seen
from bench.documents.systems import OURS, RAPIDOCR, TESSERACT
from bench.documents.truth import Truth
from bench.documents.values import as_given, asked, is_right

GROUPS = (CLEAN, "degraded", "turned")
TIME_RATIO_MAX = 1.2
"""What reading may cost, in RapidOCR's time at equal threads."""
Marks = Mapping[str, Any]


def marked(seen: Seen) -> dict[str, Any]:
    """One answer beside its truth."""
    answer = seen.answer
    truth = as_given(seen.specimen.truth, answer["text"])
    fields = asked(seen.specimen.truth)
    lines = [line.text for line in truth.readable]
    found = answer.get("fields")
    return {
        "document": seen.specimen.document,
        "degradation": seen.specimen.degradation,
        "group": _group(seen.specimen.degradation, truth),
        "characters": sum(len("".join(line.split())) for line in lines),
        "errors": character_errors(lines, answer["texts"]),
        "text_errors": text_errors(truth.text, answer["text"]),
        "values": len(truth.fields),
        "values_read": sum(is_read(value, answer["text"]) for value in truth.fields.values()),
        "fields": len(fields),
        "fields_right": None if found is None else sum(is_right(*one, found) for one in fields.items()),
        "turn": truth.quarter_turns,
        "turned": answer["quarter_turns"],
        "score": answer["score"],
        "seconds": answer["seconds"],
        "cpu_seconds": answer["cpu_seconds"],
    }


def _group(degradation: str, truth: Truth) -> str:
    if degradation in (CLEAN, PROBE):
        return degradation
    return "turned" if truth.quarter_turns else "degraded"


def figures(raced: Raced) -> dict[str, Any]:
    """Everything that the tables tell; the marks of every single picture with it."""
    marks = {name: [marked(one) for one in seen] for name, seen in raced.seen.items()}
    conditions = list(dict.fromkeys(one["degradation"] for one in marks[OURS] if one["degradation"] != PROBE))
    return {
        "systems": {
            name: {"version": raced.versions[name], "peak_bytes": raced.peaks[name]} | _turning(own) | _time(own)
            for name, own in marks.items()
        },
        "declined": dict(raced.declined),
        "conditions": {one: _reading(marks, "degradation", one) for one in conditions},
        "groups": {one: _reading(marks, "group", one) for one in GROUPS},
        "rank": _ranks(marks[OURS], conditions),
        "stages": _stages(raced.seen[OURS]),
        "targets": _targets(marks),
        "pictures": marks,
    }


def _reading(marks: Mapping[str, Sequence[Marks]], key: str, wanted: str) -> dict[str, Any]:
    return {name: _read_well([one for one in own if one[key] == wanted]) for name, own in marks.items()}


def _read_well(marks: Sequence[Marks]) -> dict[str, Any]:
    if not marks:
        return {}
    told = [one for one in marks if one["turned"] is not None]
    fielded = [one for one in marks if one["fields_right"] is not None]
    return {
        "pictures": len(marks),
        "cer": _mean(marks, "errors", "characters"),
        "text_cer": _mean(marks, "text_errors", "characters"),
        "values_read": _mean(marks, "values_read", "values"),
        "fields_right": _mean(fielded, "fields_right", "fields") if fielded else None,
        "turned_right": sum(one["turn"] == one["turned"] for one in told) if told else None,
    }


def _mean(marks: Sequence[Marks], part: str, whole: str) -> dict[str, Any]:
    return _as_json(_over_documents(marks, [one[part] for one in marks], [one[whole] for one in marks]))


def _over_documents(marks: Sequence[Marks], parts: Sequence[float], wholes: Sequence[float]) -> Mean:
    """Drawn again by documents: the pictures of one document are not independent."""
    sums: dict[str, list[float]] = {}
    for one, part, whole in zip(marks, parts, wholes, strict=True):
        both = sums.setdefault(one["document"], [0.0, 0.0])
        both[0] += part
        both[1] += whole
    added, totals = zip(*sums.values(), strict=True)
    return bootstrapped(added, totals, BOOTSTRAPS, BOOTSTRAP_SEED, CERTAINTY)


def _as_json(mean: Mean) -> dict[str, Any]:
    return {"value": mean.value, "interval": list(mean.interval)}


def _turning(marks: Sequence[Marks]) -> dict[str, Any]:
    """How often a turned picture was turned back, and how often one was turned that stood upright."""
    told = [one for one in marks if one["turned"] is not None]
    turned = [one for one in told if one["turn"]]
    upright = [one for one in told if not one["turn"]]
    return {
        "turns": len(turned),
        "turns_right": sum(one["turn"] == one["turned"] for one in turned),
        "upright": len(upright),
        "phantom_turns": sum(one["turned"] != 0 for one in upright),
    }


def _time(marks: Sequence[Marks]) -> dict[str, float]:
    pages = [one for one in marks if one["degradation"] != PROBE]
    return {name: sum(one[name] for one in pages) / len(pages) for name in ("seconds", "cpu_seconds")}


def _ranks(marks: Sequence[Marks], conditions: Sequence[str]) -> dict[str, float]:
    """How likely the quality score puts a clean page above one so degraded; the good include turned ones."""
    scores = {one: [m["score"] for m in marks if m["degradation"] == one] for one in conditions}
    ranks = {f"{CLEAN} above {one}": rank(scores[CLEAN], scores[one]) for one in conditions if one != CLEAN}
    poor = [score for one in conditions if one in POOR for score in scores[one]]
    good = [one["score"] for one in marks if one["group"] == CLEAN]
    readable = [one["score"] for one in marks if one["characters"] and one["errors"] <= 0.02 * one["characters"]]
    unreadable = [one["score"] for one in marks if one["characters"] and one["errors"] > 0.02 * one["characters"]]
    told = ranks | {"clean above poor": rank(good, poor), "readable above unreadable": rank(readable, unreadable)}
    return {name: value for name, value in told.items() if not math.isnan(value)}


def _stages(seen: Sequence[Seen]) -> dict[str, float]:
    """Mean seconds of the worker's stages over the pages."""
    pages = [one.answer["stages"] for one in seen if one.specimen.degradation != PROBE]
    names = dict.fromkeys(name for stages in pages for name in stages)
    return {name: sum(stages.get(name, 0.0) for stages in pages) / len(pages) for name in names}


def _targets(marks: Mapping[str, Sequence[Marks]]) -> list[dict[str, Any]]:
    """The promises and whether they hold, for the rivals that were measured."""
    ours = marks[OURS]
    rivals = [one for one in (RAPIDOCR, TESSERACT) if one in marks]
    told = [_against(group, rival, ours, marks[rival]) for rival in rivals for group in GROUPS]
    turning = _turning(ours)
    told.append(_target("turned pages turned back", turning["turns_right"] == turning["turns"], turning))
    told.append(_target("no phantom turn", turning["phantom_turns"] == 0, turning))
    if RAPIDOCR in marks:
        ratio = _time(ours)["cpu_seconds"] / _time(marks[RAPIDOCR])["cpu_seconds"]
        told.append(_target(f"reading takes at most {TIME_RATIO_MAX} x RapidOCR", ratio <= TIME_RATIO_MAX, ratio))
    return told


def _against(group: str, rival: str, ours: Sequence[Marks], theirs: Sequence[Marks]) -> dict[str, Any]:
    """The difference of the error rates, ours less theirs, over the same pictures."""
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if one["group"] == group]
    both = [one for one, _ in pairs]
    less = [one["errors"] - other["errors"] for one, other in pairs]
    mean = _over_documents(both, less, [one["characters"] for one in both])
    # Clean pages must not surely be worse; the others must surely be better.
    if group == CLEAN:
        return _target(f"{group}: not worse than {rival}", mean.interval[0] <= 0, _as_json(mean))
    return _target(f"{group}: fewer errors than {rival}", mean.interval[1] < 0, _as_json(mean))


def _target(name: str, holds: bool, figure: object) -> dict[str, Any]:  # noqa: FBT001 - it is the verdict
    return {"target": name, "holds": bool(holds), "figure": figure}
