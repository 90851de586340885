"""reconciler run-log RUN: what a run printed."""

import sys
from typing import Annotated, Any

import typer

from reconciler.camber import CamberClient
from reconciler.cli.connecting import reading
from reconciler.cli.ids import find_run
from reconciler.cli.operating import Json
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import AWAY, DENIED, NOT_FOUND, refuse, settings_or_refuse
from reconciler.cli.run import camber_binary
from reconciler.domain.observations import NoLog, Unreachable
from reconciler.logs import redact
from reconciler.loop.assembly import camber_config
from reconciler.store.reading import may_read_names_and_texts, read_log_tail


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Its id or the first characters, its marker, or Camber's number.")
    ],
    live: Annotated[bool, typer.Option("--live", help="Ask Camber for the whole log as it stands now.")] = False,
    json: Json = False,
) -> None:
    """Prints the tail that is kept, redacted; with `--live` all that the CLI gives."""
    with reading("run-log") as connection:
        if not may_read_names_and_texts(connection):
            refuse("This login may not do it: what runs print is read by the daemon's login or the owner's.", DENIED)
        kept = read_log_tail(connection, find_run(connection, run))
    text = _ask_camber(kept) if live else kept["log_tail"]
    if json:
        print_json(kept | {"log_tail": text})
    elif text is None:
        refuse(f"Nothing is kept of the log of run {kept['run_id']} ({kept['state']}); try --live.", NOT_FOUND)
    else:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def _ask_camber(kept: dict[str, Any]) -> str:
    if kept["camber_job_id"] is None:
        refuse(f"Run {kept['run_id']} has no Camber job that is known.", NOT_FOUND)
    settings = settings_or_refuse()
    client = CamberClient(camber_config(settings, camber_binary(settings)), lambda _: None)
    outcome = client.logs(kept["camber_job_id"], decides=False)
    if isinstance(outcome, Unreachable):
        refuse(f"Camber did not give the log: {outcome.trouble}: {redact(outcome.reason)}", AWAY)
    if isinstance(outcome, NoLog):
        refuse(f"Camber has no log of job {kept['camber_job_id']}: {redact(outcome.reason)}", NOT_FOUND)
    return redact(outcome.text)
