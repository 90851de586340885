"""The queue's figures as Prometheus gauges, read when somebody scrapes."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from reconciler.health.vitals import Answer, Vitals
from reconciler.store.measuring import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gauge:
    name: str
    help: str
    label: str | None
    ages: bool = False
    """Whether it shows the age of the oldest instead of the count."""


GAUGES: dict[str, tuple[_Gauge, ...]] = {
    "jobs": (
        _Gauge(name="reconciler_jobs", help="Jobs that live, by state", label="state"),
        _Gauge(name="reconciler_job_oldest_seconds", help="Age of the oldest of them", label="state", ages=True),
    ),
    "runs": (
        _Gauge(name="reconciler_runs", help="Runs that are not finished, by state", label="state"),
        _Gauge(name="reconciler_run_oldest_seconds", help="Age of the oldest of them", label="state", ages=True),
    ),
    "breakers": (
        _Gauge(name="reconciler_breaker_open", help="1 while a dependency is left alone", label="dependency"),
        _Gauge(name="reconciler_breaker_open_seconds", help="For how long", label="dependency", ages=True),
    ),
    "daemons": (_Gauge(name="reconciler_daemons", help="Daemons that gave a sign of life lately", label=None),),
    "credits": (
        _Gauge(
            name="reconciler_credits_today",
            help="Credits of runs that ended today, UTC, and of duplicates first seen today",
            label=None,
        ),
    ),
    "duplicates": (
        _Gauge(name="reconciler_duplicates_today", help="Duplicate Camber jobs first seen today, UTC", label=None),
    ),
}
ALIVE = _Gauge(name="reconciler_alive", help="1 while no duty of the scraped daemon is wedged", label=None)
DATABASE_UP = _Gauge(name="reconciler_database_up", help="1 while the database answers", label=None)
OVERDUE = _Gauge(name="reconciler_overdue_seconds", help="How long the longest overdue row waits", label=None)


def described() -> list[tuple[str, str, tuple[str, ...], str]]:
    """Name, kind, labels and meaning of each gauge."""
    every = [ALIVE, DATABASE_UP, OVERDUE, *(gauge for gauges in GAUGES.values() for gauge in gauges)]
    return [(gauge.name, "gauge", (gauge.label,) if gauge.label else (), gauge.help) for gauge in every]


class QueueGauges(Collector):
    """Asks the vitals at each scrape; while the database is away its gauges are absent, not zero."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def describe(self) -> list[Metric]:
        """Nothing is read when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield today's figures."""
        answer = self._vitals.answer()
        yield _single(ALIVE, self._vitals.alive().alive)
        yield _single(DATABASE_UP, answer.failure is None)
        if answer.failure is None:
            yield _single(OVERDUE, answer.overdue_seconds or 0.0)
            yield from _families(answer)


def _single(gauge: _Gauge, value: float) -> Metric:
    return GaugeMetricFamily(gauge.name, gauge.help, value=value)


def _families(answer: Answer) -> Iterator[Metric]:
    for name, gauges in GAUGES.items():
        rows = [row for row in answer.figures if row.figure == name]
        yield from (_family(gauge, rows) for gauge in gauges)


def _family(gauge: _Gauge, rows: list[Figure]) -> Metric:
    family = GaugeMetricFamily(gauge.name, gauge.help, labels=[gauge.label] if gauge.label else [])
    for row in rows:
        value = row.oldest_seconds if gauge.ages else row.total
        if value is not None:
            family.add_metric([row.label] if gauge.label else [], value)
    return family
