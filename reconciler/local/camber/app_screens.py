"""How apps are shown."""

import json
from typing import Any

from reconciler.local.camber.ledger import App
from reconciler.local.camber.screens import heading, rows, timestamp

_ABSENT = "N/A"
_LISTED = (("Name", "name"), ("Title", "title"), ("Description", "description"))
_NAME_COLUMNS = 10


def created(app: App) -> bytes:
    """What `app create` shows."""
    return b"\nApp created successfully\n" + information(app)


def information(app: App) -> bytes:
    """One app: unlike a job's, its header is followed by an empty line."""
    header, footer = heading("Application Information")
    definition = json.loads(app.definition)
    fields = rows(
        [
            ("Name", _text(definition, "name")),
            ("Title", _text(definition, "title")),
            ("Engine Type", _text(definition, "engineType")),
            ("Description", _text(definition, "description")),
            ("Job Config", _nested(definition.get("jobConfig"))),
            ("Command", _text(definition, "command")),
            ("Version", _text(definition, "version")),
            ("Created At", timestamp(app.created_at)),
            ("Author", app.account),
            ("Tags", _words(definition.get("tags"))),
            ("Upstream Apps", _words(definition.get("upstreamApps"))),
            ("Downstream Apps", _words(definition.get("downstreamApps"))),
        ]
    )
    return f"\n{header}\n\n".encode() + fields + f"\n{footer}\n\n".encode()


def listing(apps: list[App]) -> bytes:
    """All apps: a few lines each, an empty line between."""
    return b"\n".join(_block(json.loads(app.definition)) for app in apps)


def as_mapping(app: App) -> dict[str, Any]:
    """An app as JSON shows it."""
    return {**json.loads(app.definition), "author": app.account, "createdAt": timestamp(app.created_at)}


def _block(definition: dict[str, Any]) -> bytes:
    lines = [f"{label:<{_NAME_COLUMNS}}: {_text(definition, key)}\n" for label, key in _LISTED]
    return "".join(lines).encode()


def _text(definition: dict[str, Any], key: str) -> str:
    value = definition.get(key)
    return _ABSENT if value in (None, "") else str(value)


def _nested(config: object) -> str:
    """One indented line an entry, below the label."""
    if not isinstance(config, list) or not config:
        return _ABSENT
    lines = [f"  {one.get('label', one.get('name', ''))}: {one.get('defaultValue', '')}" for one in config]
    return "\n" + "\n".join(lines)


def _words(value: object) -> str:
    if not isinstance(value, list) or not value:
        return _ABSENT
    return ", ".join(str(one.get("name", one)) if isinstance(one, dict) else str(one) for one in value)
