"""The queries that a daemon and its operators ask, timed, with what they read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from reconciler.store.database import statement

ROUNDS = 7
LIMIT = 100
"""What a daemon with the default settings asks for."""
OWNER = UUID(int=7)
_WATCHED = ["submitted", "queued", "running", "abandoned"]
_CLAIM = {
    "ahead_seconds": 0.4,
    "states": _WATCHED,
    "backend": "camber",
    "account": "tester",
    "limit": 16,
    "owner": OWNER,
    "lease_seconds": 60,
}
_PACE = {"backend": "camber", "processes": 2, "runs": 40, "age_seconds": 7 * 86400}
QUERIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "is anything due": (statement("look_for_due").text, {"ahead_seconds": 0.4}),
    "claim of jobs": (statement("peek_due_jobs").text, {"limit": LIMIT}),
    "claim of runs to watch": (statement("claim_runs").text, _CLAIM),
    "claim of runs that are over": (
        statement("claim_ended_runs").text,
        {name: _CLAIM[name] for name in ("states", "backend", "account", "owner", "lease_seconds")}
        | {"camber_job_ids": list(range(1, 101))},
    ),
    "slots in use": (statement("count_occupied_slots").text, {"backend": "camber", "account": "tester"}),
    "pace of recent runs": (statement("learn_pace").text, _PACE),
    "one scrape": (statement("measure_queue").text, {"alive_seconds": 60}),
    "job_overview, newest 20": ("SELECT * FROM job_overview ORDER BY created_at DESC LIMIT 20", {}),
    "why_waiting, all": ("SELECT * FROM why_waiting", {}),
    "stuck_jobs": ("SELECT * FROM stuck_jobs", {}),
    "queue_health": ("SELECT * FROM queue_health", {}),
    "run_overview, newest 20": ("SELECT * FROM run_overview ORDER BY created_at DESC LIMIT 20", {}),
    "cost_daily, today": ("SELECT * FROM cost_daily WHERE day >= current_date", {}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one query took: milliseconds of the median try, pages, and the rows of tables that it touched."""

    milliseconds: float
    pages: int
    rows: int
    nodes: tuple[str, ...]


def ask(engine: Engine, names: Sequence[str] = tuple(QUERIES)) -> dict[str, Read]:
    """Each query a few times, warm; nothing is kept of what they write."""
    read = {}
    for name in names:
        sql, values = QUERIES[name]
        plans = []
        for _ in range(ROUNDS):
            with engine.connect() as connection:
                plans.append(_explained(connection, sql, values))
                connection.rollback()
        read[name] = read_plan(plans[-1], median(float(plan["Execution Time"]) for plan in plans))
    return read


def _explained(connection: Connection, sql: str, values: Mapping[str, Any]) -> dict[str, Any]:
    found = connection.scalar(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"), values)
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]
    return plan


def read_plan(explained: Mapping[str, Any], milliseconds: float) -> Read:
    """What EXPLAIN tells, in a few figures."""
    root = explained["Plan"]
    nodes = [node for node in _nodes(root) if "Relation Name" in node]
    touched = sum(_touched(node) for node in nodes)
    scans = dict.fromkeys(f"{node['Node Type']} on {node['Relation Name']}" for node in nodes)
    pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    return Read(milliseconds=milliseconds, pages=pages, rows=touched, nodes=tuple(scans))


def _nodes(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [node] + [one for child in node.get("Plans", []) for one in _nodes(child)]


def _touched(node: Mapping[str, Any]) -> int:
    dropped: int = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + dropped) * node["Actual Loops"])
