"""reconciler erase USER: have all of one person's data removed; the daemon does it, this asks for it and watches."""

import sys
import time
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from reconciler.cli.connecting import writing
from reconciler.cli.operating import REASON_CHARACTERS_MAX, Actor, DryRun, Json, Yes, actor_or_refuse
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import ENDED_BADLY, NOT_FOUND, WRONG_USE, refuse
from reconciler.store.erasing import Person, ask, look_at_person

LOOK_SECONDS = 2.0


def command(
    user: Annotated[str, typer.Argument(metavar="USER", help="The person's UUID.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept as the proof of what was done.")] = "",
    actor: Actor = None,
    dry_run: DryRun = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until nothing of the person is left.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Ask for it, or tell how far it is. What is under way is given up; uploads, objects, rows and history go."""
    user_id, reason = _uuid(user), reason.strip()
    if len(reason) > REASON_CHARACTERS_MAX:
        refuse(f"--reason must have 1 to {REASON_CHARACTERS_MAX} characters", WRONG_USE)
    who = actor_or_refuse(actor)
    with writing("erase") as engine:
        person = _look(engine, user_id)
        if not (dry_run or person.is_asked_for):
            person = _ask(engine, user_id, person, reason, who, yes=yes)
        try:
            while wait and not dry_run and person.is_asked_for:
                time.sleep(LOOK_SECONDS)
                person = _look_again(engine, user_id) or person
        except KeyboardInterrupt:
            sys.stderr.write("stopped waiting: the daemon goes on\n")
    _tell(user_id, person, json=json)
    if wait and person.is_asked_for:
        raise typer.Exit(ENDED_BADLY)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        refuse(f"USER must be a UUID, not {text!r}", WRONG_USE)


def _look(engine: Engine, user_id: UUID) -> Person:
    with engine.connect() as connection:
        return look_at_person(connection, user_id)


def _look_again(engine: Engine, user_id: UUID) -> Person | None:
    """A database that goes away meanwhile is waited for."""
    try:
        return _look(engine, user_id)
    except OperationalError:
        return None


def _ask(engine: Engine, user_id: UUID, person: Person, reason: str, actor: str, *, yes: bool) -> Person:
    if not person.jobs:
        refuse(f"There is no job of {user_id}.{_earlier(person)}", NOT_FOUND)
    if not reason:
        refuse("Say why, with --reason: it is kept as the proof of what was done.", WRONG_USE)
    told = f"all that is known of {user_id}: {person.jobs} jobs, {person.under_way} of them under way"
    if not yes and not sys.stdin.isatty():
        refuse(f"This would remove {told}: say --yes to do it, or --dry-run to look.", WRONG_USE)
    if not yes and not typer.confirm(f"Remove {told}? There is no way back.", err=True):
        refuse("Nothing was done.", WRONG_USE)
    with engine.begin() as connection:
        ask(connection, user_id, reason, actor)
        return look_at_person(connection, user_id)


def _earlier(person: Person) -> str:
    return f" {person.jobs_removed} jobs were removed by {person.finished_at:%F %R}." if person.finished_at else ""


def _tell(user_id: UUID, person: Person, *, json: bool) -> None:
    if json:
        print_json({"user_id": user_id} | asdict(person))
        return
    left = f"{person.jobs} jobs are there, {person.under_way} under way, {person.on_hold} kept by a hold"
    if person.is_asked_for:
        sys.stdout.write(f"Asked for at {person.asked_at:%F %R}: {person.jobs_removed} removed so far; {left}.\n")
    else:
        sys.stdout.write(f"{left[0].upper()}{left[1:]}.{_earlier(person)}\n")
