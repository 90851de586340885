"""`me` and `version`."""

import re

from reconciler.camber.parse.faults import explain
from reconciler.camber.parse.printed import Printed
from reconciler.camber.parse.structured import Object, as_object, find_json, first_text, payload_of
from reconciler.domain.observations import Account, Unreachable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_USERNAME = re.compile(r"^Username:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_USER_ID = re.compile(r"^User ID:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_VERSION = re.compile(r"^Camber (v?[0-9]+\.[0-9]+\.[0-9]+[^\n]{0,60})$", re.MULTILINE)


def read_me(printed: Printed) -> Account | Unreachable:
    """Read `me`, old screen, new screen or JSON."""
    account = (_from_json(printed.out) or _from_screen(printed.out)) if printed.succeeded else None
    return account or explain(printed)


def read_version(printed: Printed) -> str | Unreachable:
    """Read `version`: `1.0.40 - 2118c7a`."""
    match = _VERSION.search(printed.out) if printed.succeeded else None
    return match[1].strip() if match else explain(printed)


def _from_json(text: str) -> Account | None:
    fields = as_object(payload_of(find_json(text)))
    if fields is None:
        return None
    user = as_object(fields.get("user"))
    name = first_text(fields, "username", "user_name") or (first_text(user, "username", "user_name") if user else None)
    return Account(username=name, user_id=_user_id(fields)) if name and _NAME.fullmatch(name) else None


def _user_id(fields: Object) -> str | None:
    number = fields.get("user_id")
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else first_text(fields, "user_id")


def _from_screen(text: str) -> Account | None:
    name, user_id = _USERNAME.search(text), _USER_ID.search(text)
    if not name or not _NAME.fullmatch(name[1]):
        return None
    return Account(username=name[1], user_id=user_id[1] if user_id else None)
