"""reconciler prune: one pass of the duty, by hand."""

from collections.abc import Mapping
from typing import Annotated

import typer

from reconciler.cli.connecting import reading, writing
from reconciler.cli.operating import Json
from reconciler.cli.printing import console, print_json
from reconciler.cli.refusal import database_or_refuse, refuse_other_schema, settings_or_refuse
from reconciler.cli.run import camber_binary
from reconciler.logs import set_up
from reconciler.loop.assembly import assemble
from reconciler.loop.context import Counts
from reconciler.loop.prune import count_old, run_once
from reconciler.settings import Settings
from reconciler.store.standing import current

KINDS = ("folders", "logs", "evidence", "messages", "events", "objects", "jobs")


def command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is old enough, and do nothing.")] = False,
    json: Json = False,
) -> None:
    """A daemon does this by itself; a pass takes some of each kind. Needs the daemon's rights."""
    settings = settings_or_refuse()
    if dry_run:
        with reading("prune") as connection:
            counts = count_old(connection, settings)
    else:
        counts = _prune(settings)
    told = {kind: counts.get(kind, 0) for kind in KINDS}
    if json:
        print_json({"dry_run": dry_run, **told})
    else:
        _tell(told, dry_run=dry_run)


def _prune(settings: Settings) -> Counts:
    set_up(settings.log_level, settings.log_format)
    _check(settings)
    context = assemble(settings, camber_binary(settings))
    try:
        with database_or_refuse():
            return run_once(context)
    finally:
        context.pool.shutdown()
        context.engine.dispose()


def _check(settings: Settings) -> None:
    """Refuse before the CLI is called for it: who may not see what is old may not remove it."""
    with writing("prune") as engine:
        refuse_other_schema(current(engine))
        with engine.connect() as connection:
            count_old(connection, settings)


def _tell(counts: Mapping[str, int], *, dry_run: bool) -> None:
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    console().print(f"{'Old enough' if dry_run else 'Removed'}: {listed}.", soft_wrap=True)
