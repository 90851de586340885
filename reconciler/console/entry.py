"""Giving the token, and leaving."""

from dataclasses import replace

from starlette.responses import Response

from reconciler.console.answers import page, see, with_session
from reconciler.console.desk import ROOT, Desk, Visit
from reconciler.console.door import clean_name
from reconciler.logs import Event, logger


def show(desk: Desk, visit: Visit) -> Response:
    """The form for the token."""
    if visit.session.is_known:
        return see(_next(visit.asked("next")))
    return page(desk, visit, "enter", next=_next(visit.asked("next")), trouble=None)


def enter(desk: Desk, visit: Visit) -> Response:
    """Let in who has the token."""
    wanted = _next(visit.written("next"))
    if not desk.door.opens(visit.written("token")):
        logger.warning(Event.CONSOLE_REFUSED)
        return page(desk, visit, "enter", status=403, next=wanted, trouble="This is not the token.")
    name = visit.session.name if visit.session.is_named else clean_name(visit.written("name"))
    return with_session(see(wanted), desk, replace(visit.session, name=name), is_secure=visit.is_secure)


def leave(desk: Desk, visit: Visit) -> Response:  # noqa: ARG001 - the signature of all pages
    """Forget the visit."""
    response = see(f"{ROOT}/enter")
    response.delete_cookie(desk.door.cookie, path=ROOT)
    return response


def _next(path: str | None) -> str:
    """A page of the console: an address of elsewhere is not followed."""
    fits = path and path.startswith(f"{ROOT}/") and "\\" not in path and path.isprintable()
    return path if path and fits else f"{ROOT}/"
