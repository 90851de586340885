"""reconciler worker: what ships to Camber, its copy on the stash, and the environment that runs unpack."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reconciler.camber import Bundle, CamberError
from reconciler.camber.client import CamberClient
from reconciler.camber.publish import publish
from reconciler.cli.operating import Json
from reconciler.cli.printing import print_json
from reconciler.cli.refusal import AWAY, WRONG_USE, refuse, settings_or_refuse
from reconciler.cli.run import camber_binary
from reconciler.domain.observations import Unreachable
from reconciler.local.environments import STATE, BuildFailed, archive, publish_archive
from reconciler.loop.assembly import camber_config, object_store, worker_bundle
from reconciler.objects.errors import ObjectsError


class Action(StrEnum):
    """What to do with the bundle."""

    BUNDLE = "bundle"
    PUBLISH = "publish"
    ARCHIVE = "archive"


def command(
    action: Annotated[
        Action,
        typer.Argument(
            help="`bundle` shows its files and hash; `publish` puts it on the stash, once; `archive` builds the"
            " environment of runs, puts it into the bucket, once, and prints RUN_ARCHIVE_KEY.",
        ),
    ],
    folder: Annotated[Path, typer.Option(help="Where `archive` keeps what it builds.")] = STATE / "environments",
    json: Json = False,
) -> None:
    """The worker's code is one archive with the same bytes wherever it is built, named by its hash."""
    bundle = worker_bundle()
    match action:
        case Action.BUNDLE:
            _show(bundle, json=json)
        case Action.PUBLISH:
            _publish(bundle, json=json)
        case Action.ARCHIVE:
            _archive(folder, json=json)


def _show(bundle: Bundle, *, json: bool) -> None:
    if json:
        print_json({"name": bundle.name, "bytes": bundle.size, "sha256": bundle.sha256, "files": bundle.files})
        return
    table = Table("file", title=f"{bundle.name}, {bundle.size:,} bytes")
    for name in bundle.files:
        table.add_row(name)
    console = Console()
    console.print(table)
    console.print(f"sha256 {bundle.sha256}", soft_wrap=True)


def _publish(bundle: Bundle, *, json: bool) -> None:
    settings = settings_or_refuse()
    client = CamberClient(camber_config(settings, camber_binary(settings)), lambda _: None)
    account = client.me()
    if isinstance(account, Unreachable):
        refuse(f"Camber did not say whose stash it is: {account.trouble}: {account.reason}", AWAY)
    try:
        published = publish(client, bundle, f"stash://{account.username}/{settings.stash_prefix}/bundles")
    except CamberError as error:
        refuse(f"The bundle is not on the stash: {error}", AWAY)
    if json:
        told = {"stash_path": published.stash_path, "uploaded": published.uploaded, "sha256": bundle.sha256}
        print_json(told)
        return
    said = "published" if published.uploaded else "was there already"
    Console().print(f"{published.stash_path} {said}; sha256 {bundle.sha256}", soft_wrap=True)


def _archive(folder: Path, *, json: bool) -> None:
    settings = settings_or_refuse()
    screen = Console(stderr=True)
    try:
        with screen.status("worker environment") as status:
            file = archive(settings.ocr_engine, folder, lambda line: status.update(escape(line)))
            status.update("uploading")
            key = publish_archive(object_store(settings), settings.ocr_engine, file)
    except BuildFailed as error:
        refuse(str(error), AWAY)
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}", WRONG_USE)
    except ObjectsError as error:
        refuse(f"The store did not take the archive: {error}", AWAY)
    if json:
        print_json({"run_archive_key": key})
    else:
        sys.stdout.write(f"{key}\n")
