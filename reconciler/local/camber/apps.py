"""`camber app create|delete|describe|list|run`: commands with blanks in them, kept under a name for everybody."""

import json
import re
import time
from pathlib import Path
from typing import Any

from reconciler.local.camber import app_screens, job_screens, pace
from reconciler.local.camber.errors import ApiError, CommandError
from reconciler.local.camber.jobs import launch
from reconciler.local.camber.ledger import App, Ledger, Order
from reconciler.local.camber.screens import answer_json, go_json
from reconciler.local.camber.service import Call, Reply
from reconciler.local.camber.stash_paths import locate_any, require

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
# The node knows it; the service leaves it alone.
_OF_THE_NODE = frozenset({"JOB_ID"})
_DEFAULT_SIZE = "xxsmall"


def create(call: Call) -> Reply:
    """Keep an app under its name."""
    account = call.account
    definition = _definition(call)
    pace.take(pace.of(call.config).create)
    _validate(definition)
    app = App(definition["name"], account, json.dumps(definition), time.time())
    with Ledger(call.home) as ledger:
        known = ledger.get_app(app.name)
        if known is not None and known.account != account:
            raise ApiError(403, "You are not the owner of this app")
        if known is not None and not call.config.app_overwrite:
            raise ApiError(2, "Failed to create app")
        ledger.put_app(app)
    if call.given.text("output") == "json":
        return Reply(go_json(app_screens.as_mapping(app)))
    return Reply(app_screens.created(app))


def delete(call: Call) -> Reply:
    """Remove an app of this account. A missing one is an error of the service, and told twice."""
    account, (name,) = call.account, call.given.arguments
    pace.take(pace.of(call.config).list)
    with Ledger(call.home) as ledger:
        is_gone = ledger.delete_app(account, name)
    if not is_gone:
        error = ApiError(500, "Failed to delete app")
        error.repeats = 2
        raise error
    return Reply(f"App {name} deleted successfully\n".encode())


def describe(call: Call) -> Reply:
    """Show one app."""
    app = _find(call)
    pace.take(pace.of(call.config).get)
    if call.given.text("output") == "json":
        return Reply(go_json(app_screens.as_mapping(app)))
    return Reply(app_screens.information(app))


def list_all(call: Call) -> Reply:
    """Show all apps at once; there are no pages."""
    _ = call.account
    pace.take(pace.of(call.config).list)
    with Ledger(call.home) as ledger:
        apps = ledger.apps()
    if call.given.text("output") == "json":
        return Reply(go_json([app_screens.as_mapping(app) for app in apps]))
    return Reply(app_screens.listing(apps))


def run(call: Call) -> Reply:
    """Run an app's command, filled in, as a job in the root of the stash."""
    app, given = _find(call), call.given
    size = (given.text("node-size") or _DEFAULT_SIZE).lower()
    nodes = given.number("num-nodes") if given.has("num-nodes") else 1
    definition = json.loads(app.definition)
    order = Order(
        account=call.account,
        command=_filled(definition, _inputs(call)).encode(),
        engine=str(definition.get("engineType", "MPI")).lower(),
        node_size=size,
        with_gpu=given.is_true("with-gpu"),
        num_nodes=nodes,
        mount_dir="",
    )
    job_id = launch(call, order)
    if given.text("output") == "json":
        return Reply(answer_json(job_screens.created_mapping(job_id, call.config), call.config))
    return Reply(job_screens.created(job_id, call.config))


def _definition(call: Call) -> dict[str, Any]:
    text = call.given.text("file")
    file: Path = require(locate_any(call.home, call.account, text)).path
    try:
        definition = json.loads(file.read_bytes())
    except ValueError as error:
        raise CommandError(f"failed to parse {text}: {error}") from error
    if not isinstance(definition, dict):
        raise CommandError(f"failed to parse {text}: not an object")
    return definition


def _validate(definition: dict[str, Any]) -> None:
    # The title is said to be optional, and without one the service refuses.
    texts = [definition.get(key) for key in ("name", "title", "command")]
    if not all(isinstance(text, str) and text for text in texts) or not _NAME.fullmatch(definition["name"]):
        raise ApiError(1, "Validation failed")


def _find(call: Call) -> App:
    _, (name,) = call.account, call.given.arguments
    with Ledger(call.home) as ledger:
        app = ledger.get_app(name)
    if app is None:
        raise ApiError(10, "App not found")
    return app


def _inputs(call: Call) -> dict[str, str]:
    inputs = {}
    for pair in call.given.texts("input"):
        key, has_value, value = pair.partition("=")
        if not key or not has_value:
            raise CommandError(f"invalid input format: {pair}. Expected key=value")
        inputs[key] = value
    return inputs


def _filled(definition: dict[str, Any], inputs: dict[str, str]) -> str:
    """The command as bash gets it: whatever looks like a variable and is no input is gone by then."""
    spec = [one for one in definition.get("spec") or [] if isinstance(one, dict)]
    defaults = {str(one.get("name")): str(one.get("defaultValue") or "") for one in spec}
    known = {**defaults, **inputs}

    def value(found: "re.Match[str]") -> str:
        name = found[1] or found[2]
        return found[0] if name in _OF_THE_NODE else known.get(name, "")

    return _VARIABLE.sub(value, str(definition["command"]))
