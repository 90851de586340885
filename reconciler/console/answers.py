"""Pages as answers, and what goes wrong as one clear page."""

from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reconciler.console.desk import ROOT, Desk, Refused, Visit
from reconciler.console.door import Session
from reconciler.console.rendering import render
from reconciler.store.database import database_reason

TOOK_TOO_LONG = "57014"
NO_RIGHT = "42501"
OUR_RULES = ("RQ", "23")


def page(desk: Desk, visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """The page of that template for this visit."""
    door = desk.door
    given = values | {
        "visit": visit,
        "installation": desk.installation,
        "form_token": door.form_token(visit.session),
        "wants_token": door.wants_token,
    }
    return HTMLResponse(render(template, **given), status_code=status)


def refusal(refused: Refused, session: Session | None = None) -> Response:
    """A page that says what is wrong, and nothing else."""
    given = {"status": refused.status, "title": refused.title, "text": refused.text, "root": ROOT}
    known = session is not None and session.is_known
    return HTMLResponse(render("refusal", known=known, **given), status_code=refused.status)


def of_database(error: DBAPIError) -> Refused:
    """What a person is told of trouble with the database."""
    state, reason = str(getattr(error.orig, "sqlstate", None) or ""), database_reason(error)
    if state == TOOK_TOO_LONG:
        return Refused(503, "This took too long", "The question was given up: narrow it down, by a time or a status.")
    if state == NO_RIGHT:
        return Refused(403, "The daemon's login may not do it", f"{reason}. See docs/how-to/use-roles.md.")
    if state.startswith(OUR_RULES):
        return Refused(409, "The database refuses it", f"{reason}. Nothing was changed.")
    return Refused(503, "The database does not answer", f"{reason}. What runs at Camber goes on.")


def see(path: str) -> Response:
    """Lead the browser to another page of ours, by GET."""
    return RedirectResponse(path, status_code=303)


def with_session(response: Response, desk: Desk, session: Session, *, is_secure: bool) -> Response:
    """The answer with the visit's cookie."""
    response.set_cookie(
        desk.door.cookie,
        desk.door.sealed(session),
        max_age=desk.door.session_seconds,
        path=ROOT,
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )
    return response
