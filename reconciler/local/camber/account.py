"""`camber me|team|engine|version`: who the key belongs to, and what it may use."""

import zlib

from reconciler.local.camber import pace
from reconciler.local.camber.commands import ENGINES
from reconciler.local.camber.screens import answer_json, go_json, panel, rows
from reconciler.local.camber.service import Call, Reply

_TITLE = "User Information"


def me(call: Call) -> Reply:
    """Show the account of this call."""
    username = call.account
    pace.take(pace.of(call.config).me)
    email, user_id = f"{username}@example.com", zlib.crc32(username.encode()) % 10_000
    if call.given.text("output") == "json":
        shown = {"user_id": user_id, "username": username, "email": email, "teams": []}
        return Reply(answer_json(shown, call.config))
    if call.config.me_form == "new":
        return Reply(_new_form(username, email, user_id))
    return Reply(panel(_TITLE, [("Email", email), ("Username", username), ("Stash", _stash(username))]))


def version(call: Call) -> Reply:
    """Show what the tool claims to be; no key is needed."""
    return Reply(f"Camber {call.config.version} - {call.config.commit}\n".encode())


def engines(call: Call) -> Reply:
    """Show the engines that `job create` knows. No screen of it was ever captured."""
    _ = call.account
    pace.take(pace.of(call.config).me)
    if call.given.text("output") == "json":
        return Reply(go_json([{"name": name} for name in ENGINES]))
    return Reply(b"".join(rows([("Name", name)]) for name in ENGINES))


def teams(call: Call) -> Reply:
    """Show the teams of this account: none. Its JSON is the same array as in `me`."""
    _ = call.account
    pace.take(pace.of(call.config).me)
    return Reply(go_json([]) if call.given.text("output") == "json" else b"")


def _new_form(username: str, email: str, user_id: int) -> bytes:
    head = panel(_TITLE, [("Email", email), ("Username", username), ("User ID", str(user_id))])
    teams = panel("Teams Information", [("Teams", "N/A")])
    return head + teams + rows([("Stash", _stash(username))])


def _stash(username: str) -> str:
    return f"stash://{username}/"
