"""Every metric that a rule or a panel names is one that a scrape shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.health.gauges import described as gauges
from reconciler.metrics import described as counters

DEPLOY = Path(__file__).parents[2] / "deploy"
_NAME = re.compile(r"\breconciler_\w+")
_LABELS = re.compile(r"(reconciler_\w+)\{(\w+)=|by \(([\w, ]+)\) \(+(?:\w+\()*(reconciler_\w+)")


def scraped() -> dict[str, set[str]]:
    """Every name of a sample, with its labels."""
    names: dict[str, set[str]] = {}
    for name, kind, labels, _ in [*gauges(), *counters()]:
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        names |= {f"{name}{suffix}": {*labels, *(("le",) if suffix == "_bucket" else ())} for suffix in suffixes}
    return names


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    panels = json.loads((DEPLOY / "grafana/reconciler.json").read_text())["panels"]
    return [rule["expr"] for rule in rules()] + [target["expr"] for panel in panels for target in panel["targets"]]


def test_every_metric_that_is_named_exists() -> None:
    named = {name for expression in expressions() for name in _NAME.findall(expression)}

    assert named - set(scraped()) == set()
    assert len(named) > 12


def test_every_label_that_is_asked_for_is_one_of_its_metric() -> None:
    known = scraped()
    for expression in expressions():
        for metric, label, grouped, of in _LABELS.findall(expression):
            wanted = {label} if label else {word.strip() for word in grouped.split(",")}
            assert wanted <= known[metric or of], expression


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "action"}
