"""Who the CLI is logged in as. Asked once a process, since the stash is named after it."""

from reconciler.domain.observations import Account, Unreachable
from reconciler.loop.breakers import close, trip
from reconciler.loop.context import Context


def account_name(context: Context) -> str | None:
    """The account's user name; None, with the breaker open, while Camber does not tell."""
    known = context.known.get("account")
    if known:
        return known
    match context.client.me():
        case Account(username=username):
            context.known["account"] = username
            close(context, "camber")
            return username
        case Unreachable(trouble, reason):
            trip(context, "camber", f"{trouble}: {reason}")
            return None
