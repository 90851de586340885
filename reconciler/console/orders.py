"""Rerun, cancel, hold, release, give up: the statements that the commands use too, with who and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from reconciler.console.answers import page, see, with_session
from reconciler.console.asking import FILTER_FIELDS, filter_of, uuid_or_refuse
from reconciler.console.desk import ROOT, Desk, Refused, Visit
from reconciler.console.door import Session, clean_name
from reconciler.domain.filters import Filter
from reconciler.logs import Event, logger
from reconciler.store import operating
from reconciler.store.operating import Deed

CHOSEN_MAX = 10_000
"""More than so many are a matter for the command, which says what it would do first."""
SHOWN_MAX = 20
REASON_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What can be asked for: the statement behind it, and what it means."""

    on_jobs: Deed | None
    on_runs: Deed | None
    name: str
    meaning: str
    reason: str


VERBS = {
    "rerun": Verb(
        on_jobs=Deed.RERUN_JOBS,
        on_runs=None,
        name="Rerun",
        meaning="They start afresh, whatever became of them. A document is kept until a new one takes its place.",
        reason="asked for in the console",
    ),
    "cancel": Verb(
        on_jobs=Deed.CANCEL_JOBS,
        on_runs=None,
        name="Cancel",
        meaning="Their results are ignored. What runs at Camber already is paid all the same.",
        reason="asked for in the console",
    ),
    "hold": Verb(
        on_jobs=Deed.HOLD_JOBS,
        on_runs=Deed.HOLD_RUNS,
        name="Hold",
        meaning="They are left alone until somebody releases them.",
        reason="held in the console",
    ),
    "release": Verb(
        on_jobs=Deed.RELEASE_JOBS,
        on_runs=Deed.RELEASE_RUNS,
        name="Release",
        meaning="What is held goes on, with fresh budgets.",
        reason="released in the console",
    ),
    "give_up": Verb(
        on_jobs=None,
        on_runs=Deed.GIVE_UP_RUNS,
        name="Give up",
        meaning="Held runs are fenced, and their jobs are tried in another run.",
        reason="given up in the console",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a form asks for."""

    verb: str
    deed: Deed
    noun: str
    ids: Sequence[UUID]
    chosen: Filter | None
    """The filter, where everything is meant that it fits."""
    reason: str
    counted: int | None
    """How many the person has seen and confirmed, None before."""
    back: str


def act(desk: Desk, visit: Visit) -> Response:
    """Carry the order out, after a page that asks where more than one thing is meant."""
    order, session = _order(visit), _named(visit)
    if order.counted is None and (order.chosen is not None or len(order.ids) != 1):
        return _ask(desk, visit, order, _targets(desk, order))
    with desk.engine.begin() as connection:
        meant = _meant(connection, order)
        changed = None if _has_grown(order, meant) else _carried_out(connection, order, meant, session)
    if changed is None:
        return _ask(desk, visit, order, meant, grown=True)
    logger.bind(deed=order.verb, changed=len(changed), actor=session.actor).info(Event.CONSOLE_ORDERED)
    response = see(_told(desk, order, len(meant), len(changed)))
    return response if session == visit.session else with_session(response, desk, session, is_secure=visit.is_secure)


def _order(visit: Visit) -> Order:
    verb = VERBS.get(visit.written("deed"))
    if verb is None:
        raise Refused(400, "Nothing was done", f"deed: must be one of {', '.join(VERBS)}")
    noun = "run" if visit.written("on") == "runs" else "job"
    deed = verb.on_runs if noun == "run" else verb.on_jobs
    if deed is None:
        raise Refused(400, "Nothing was done", f"{verb.name} is nothing that can be done to a {noun}.")
    reason = visit.written("reason") or verb.reason
    if len(reason) > REASON_CHARACTERS_MAX:
        raise Refused(400, "Nothing was done", f"The reason must have at most {REASON_CHARACTERS_MAX} characters.")
    chosen = _chosen(visit) if visit.written("everything") else None
    ids = [uuid_or_refuse(text, "id") for text in dict.fromkeys(visit.form.get("id", ()))]
    if chosen is None and not ids:
        raise Refused(400, "Nothing was chosen", f"Mark at least one {noun} first. Nothing was done.")
    return Order(
        verb=visit.written("deed"),
        deed=deed,
        noun=noun,
        ids=ids,
        chosen=chosen,
        reason=reason,
        counted=_count(visit.written("counted")),
        back=_back(visit.written("back")),
    )


def _chosen(visit: Visit) -> Filter:
    chosen = filter_of({name: visit.written(name) or None for name in FILTER_FIELDS})
    if chosen.empty or visit.written("on") == "runs":
        raise Refused(400, "Nothing was chosen", "Choose a filter first: nothing is done to all jobs at once.")
    return chosen


def _count(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(CHOSEN_MAX))):
        raise Refused(400, "Nothing was done", "counted: must be a number")
    return int(text)


def _back(path: str) -> str:
    return path if path.startswith(f"{ROOT}/") and path.isprintable() and "\\" not in path else f"{ROOT}/jobs"


def _named(visit: Visit) -> Session:
    """The visit with the name that the form gives, unless somebody else vouches for another one."""
    if visit.session.is_named or "by" not in visit.form:
        return visit.session
    return replace(visit.session, name=clean_name(visit.written("by")))


def _targets(desk: Desk, order: Order) -> list[UUID]:
    with desk.looking() as connection:
        return _meant(connection, order)


def _meant(connection: Connection, order: Order) -> list[UUID]:
    """What the order is about at this moment."""
    if order.chosen is None:
        return list(order.ids)
    found = operating.select_jobs(connection, order.chosen, CHOSEN_MAX + 1)
    if len(found) > CHOSEN_MAX:
        text = f"More than {CHOSEN_MAX:,} jobs fit: use the command `reconciler {order.verb}`. Nothing was done."
        raise Refused(400, "These are too many for a page", text)
    if not found:
        raise Refused(404, "No job fits the filter", "It may have changed meanwhile. Nothing was done.")
    return found


def _has_grown(order: Order, meant: Sequence[UUID]) -> bool:
    """Whether more would be done than the person has agreed to."""
    return order.counted is not None and len(meant) > order.counted


def _carried_out(connection: Connection, order: Order, meant: Sequence[UUID], session: Session) -> list[UUID]:
    return operating.carry_out(connection, order.deed, meant, session.actor, order.reason)


def _ask(desk: Desk, visit: Visit, order: Order, meant: Sequence[UUID], *, grown: bool = False) -> Response:
    given: dict[str, Any] = {"order": order, "verb": VERBS[order.verb], "count": len(meant), "grown": grown}
    filters = {name: visit.written(name) for name in FILTER_FIELDS} if order.chosen else {}
    return page(desk, visit, "confirm", shown=meant[:SHOWN_MAX], filters=filters, **given)


def _told(desk: Desk, order: Order, meant: int, changed: int) -> str:
    """Where to go on, with a sentence of what was done."""
    left = meant - changed
    same = f" {left:,} stay as they are." if left else ""
    nouns = order.noun if meant == 1 else f"{order.noun}s"
    text = f"{VERBS[order.verb].name}: {changed:,} of {meant:,} {nouns}.{same}"
    path, _, query = order.back.partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("said="))
    return f"{path}?{kept}{'&' if kept else ''}said={desk.door.signed_words(text)}"
