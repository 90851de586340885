"""reconciler doctor: look whether this installation is fit to work."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from reconciler.camber import CamberClient, CamberError
from reconciler.cli.checkup import camber, shipment, storage
from reconciler.cli.checkup.finding import Finding, Verdict, failed
from reconciler.cli.checkup.launch import check_launch
from reconciler.cli.checkup.transcripts import Recorder
from reconciler.cli.connecting import engine_or_refuse
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import ENDED_BADLY, refuse, settings_or_refuse
from reconciler.cli.run import camber_binary
from reconciler.domain.observations import Account
from reconciler.loop.assembly import camber_config, object_store
from reconciler.settings import Settings
from reconciler.store.database import connect

COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "red", Verdict.SKIPPED: "dim"}


def command(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    launch: Annotated[bool, typer.Option("--launch", help="Run one tiny Camber job too, which costs credits.")] = False,
    save_transcripts: Annotated[
        Path | None, typer.Option(help="Keep the CLI's answers in this folder, redacted.", show_default=False)
    ] = None,
) -> None:
    """Exit code 0 if nothing failed, 1 if anything did, 2 if the settings cannot be used."""
    settings = settings_or_refuse()
    engine_or_refuse("doctor").dispose()
    recorder = Recorder(f"rq-{settings.service_env}-")
    client = CamberClient(camber_config(settings, camber_binary(settings)), recorder.record)
    findings = list(_examine(settings, client, with_launch=launch))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        Console().print(_table(findings))
    if save_transcripts:
        _save(recorder, client, save_transcripts)
    bad = [finding.check for finding in findings if finding.verdict is Verdict.FAILED]
    if bad:
        refuse(f"Failed: {', '.join(bad)}.", ENDED_BADLY)


def _examine(settings: Settings, client: CamberClient, *, with_launch: bool) -> Iterator[Finding]:
    """Every check, one after the other; what one finds hides nothing of the others."""
    yield from _of_camber(settings, client, with_launch=with_launch)
    yield from _of_storage(settings)
    yield storage.check_recipients(settings)
    yield shipment.check_bundle()
    yield shipment.check_models()


def _of_camber(settings: Settings, client: CamberClient, *, with_launch: bool) -> Iterator[Finding]:
    yield camber.check_cli(camber_binary(settings))
    yield camber.check_version(client)
    account = client.me()
    yield camber.check_account(account)
    yield camber.check_stash(client, account, settings.stash_prefix)
    if with_launch:
        try:
            yield from check_launch(client, account, settings)
        except CamberError as error:
            yield failed("launch", str(error), "see the check of the stash")
    page = client.list_page(1, camber.LIST_PAGE_ROWS)
    yield camber.check_list(page, client)
    yield camber.check_echo(page)
    yield camber.check_unknown_job(client)
    yield storage.check_camber_clock(camber.newest_created(page))


def _of_storage(settings: Settings) -> Iterator[Finding]:
    engine = connect(settings.database_url.get_secret_value(), application_name="reconciler doctor", pool_size=1)
    yield storage.check_database(engine)
    yield storage.check_clock(engine)
    engine.dispose()
    objects = object_store(settings)
    yield storage.check_objects(objects)
    yield storage.check_links(objects)
    yield shipment.check_environment(settings, objects)


def _save(recorder: Recorder, client: CamberClient, folder: Path) -> None:
    account = client.me()
    try:
        count = recorder.save(folder, account if isinstance(account, Account) else None)
    except (OSError, ValueError) as error:
        reason = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        refuse(f"The transcripts could not be kept: {reason}", ENDED_BADLY)
    Console(stderr=True).print(f"{count} transcripts in {folder}: read them before you share them", soft_wrap=True)


def _table(findings: Sequence[Finding]) -> Table:
    # What to do must be there whole, on a narrow screen too.
    columns = [Column(head, overflow="fold") for head in ("check", "", "seen", "what to do")]
    table = Table(*columns, title="Checks of this installation")
    for finding in findings:
        verdict = f"[{COLOURS[finding.verdict]}]{finding.verdict}[/]"
        table.add_row(escape(finding.check), verdict, escape(finding.seen), escape(finding.fix))
    return table
