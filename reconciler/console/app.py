"""The routes of the console, and how a request is let in, answered or refused."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from urllib.parse import parse_qs, quote

from anyio import to_thread
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from reconciler.console import entry, job, jobs, orders, overview, run, runs, stuck
from reconciler.console.answers import of_database, refusal, with_session
from reconciler.console.desk import ROOT, WAITING_MAX, Desk, Refused, Visit
from reconciler.console.door import Session, is_same_origin
from reconciler.console.rendering import STATIC
from reconciler.console.shield import Shield, shield_headers
from reconciler.objects.errors import ObjectsError

FORM_BYTES_MAX = 256 * 1024
FORM_FIELDS_MAX = 1000
FORM_TYPE = "application/x-www-form-urlencoded"
Act = Callable[[Desk, Visit], Response]

PAGES: Mapping[str, Act] = {
    "/": overview.show,
    "/jobs": jobs.show,
    "/jobs/{job}": job.show,
    "/jobs/{job}/pictures/{picture}": job.picture,
    "/runs": runs.show,
    "/runs/{run}": run.show,
    "/stuck": stuck.show,
    "/find": jobs.find,
}
DEEDS: Mapping[str, Act] = {"/orders": orders.act, "/leave": entry.leave}


def console_routes(desk: Desk) -> list[BaseRoute]:
    """Everything below /console, and the way there."""
    routes: list[BaseRoute] = [Route(path, _guarded(desk, act)) for path, act in PAGES.items()]
    routes += [Route(path, _guarded(desk, act), methods=["POST"]) for path, act in DEEDS.items()]
    routes.append(Route("/enter", _open(desk), methods=["GET", "POST"]))
    # They hold nothing but colours, and who is asked for the token needs them too.
    routes.append(Mount("/static", StaticFiles(directory=STATIC)))
    pages = Starlette(
        routes=routes,
        middleware=[Middleware(Shield, headers=shield_headers(desk.picture_origin))],
        exception_handlers={HTTPException: _not_served, Exception: _failed},
    )
    return [Route("/", _lead_here), Mount(ROOT, pages)]


def _lead_here(request: Request) -> Response:  # noqa: ARG001 - the route's signature
    return RedirectResponse(f"{ROOT}/")


def _guarded(desk: Desk, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """A page for those who are let in."""

    async def endpoint(request: Request) -> Response:
        session = desk.door.session(request.cookies, request.headers)
        try:
            _check_name(desk, request)
            if not session.is_known:
                return _to_the_door(request)
            visit = await _visit(desk, request, session)
            _check_form(desk, request, visit)
            return _remembered(desk, visit, await _in_pool(desk, act, visit))
        except Refused as refused:
            return refusal(refused, session)

    return endpoint


def _open(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    """The page where the token is given."""

    async def endpoint(request: Request) -> Response:
        session = desk.door.session(request.cookies, request.headers)
        try:
            _check_name(desk, request)
            visit = await _visit(desk, request, session)
            if request.method != "POST":
                return entry.show(desk, visit)
            if not is_same_origin(request.headers):
                raise Refused(403, "This form is not ours", "It was sent from a page of elsewhere.")
            return entry.enter(desk, visit)
        except Refused as refused:
            return refusal(refused, session)

    return endpoint


def _check_name(desk: Desk, request: Request) -> None:
    if not desk.door.is_ours(request.headers.get("host", "")):
        text = "Without a token the console answers to this machine's own names only, such as localhost."
        raise Refused(421, "This is not our name", text)


def _to_the_door(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        raise Refused(403, "The token is wanted first", "Nothing was done: open the console, and give the token.")
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{ROOT}/enter?next={quote(asked, safe='')}", status_code=303)


def _check_form(desk: Desk, request: Request, visit: Visit) -> None:
    if request.method != "POST":
        return
    if not is_same_origin(request.headers):
        raise Refused(403, "This form is not ours", "It was sent from a page of elsewhere. Nothing was done.")
    if not desk.door.is_own_form(visit.session, visit.written("form_token")):
        text = "It was made for another visit, or before the daemon started. Nothing was done: load the page again."
        raise Refused(403, "This form is too old", text)


async def _visit(desk: Desk, request: Request, session: Session) -> Visit:
    form = await _form(request) if request.method == "POST" else {}
    params, words = dict(request.query_params), {name: str(value) for name, value in request.path_params.items()}
    texts = [*params.values(), *words.values(), *(text for values in form.values() for text in values)]
    if any("\0" in text for text in texts):
        raise Refused(400, "This cannot be read", "A zero byte stands in it.")
    said = desk.door.own_words(params.get("said", ""))
    return Visit(
        path=request.url.path,
        params=params,
        words=words,
        form=form,
        session=session,
        is_secure=request.url.scheme == "https",
        said=said,
    )


async def _form(request: Request) -> Mapping[str, Sequence[str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise Refused(415, "This is no form", f"It must be {FORM_TYPE}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise Refused(413, "This form is too long", f"At most {FORM_BYTES_MAX // 1024} KB are read.")
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        raise Refused(400, "This form cannot be read", f"It has more than {FORM_FIELDS_MAX} fields.") from None


async def _in_pool(desk: Desk, act: Act, visit: Visit) -> Response:
    """Make the page on one of a few threads: a heavy one must not keep the probes waiting."""
    if desk.limiter.statistics().tasks_waiting >= WAITING_MAX:
        raise Refused(503, "The console is busy", "Too many pages are asked for at a time: try again in a moment.")
    return await to_thread.run_sync(partial(_made, desk, act, visit), limiter=desk.limiter)


def _made(desk: Desk, act: Act, visit: Visit) -> Response:
    try:
        return act(desk, visit)
    except DBAPIError as error:
        raise of_database(error) from None
    except SQLAlchemyError:
        # No connection of the pool came free in time.
        raise Refused(503, "The database does not answer", "Every connection is busy: try again in a moment.") from None
    except ObjectsError as error:
        raise Refused(502, "The object store does not answer", f"{error}.") from None


def _remembered(desk: Desk, visit: Visit, response: Response) -> Response:
    """Where no token is wanted the visit begins with the first page."""
    if not visit.session.is_new or desk.door.cookie in response.headers.get("set-cookie", ""):
        return response
    return with_session(response, desk, visit.session, is_secure=visit.is_secure)


def _not_served(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the handler's signature
    status = error.status_code if isinstance(error, HTTPException) else 500
    told = {
        404: Refused(404, "There is no such page", "The address may be mistyped, or of another version."),
        405: Refused(405, "That cannot be done here", "This address does not take such requests."),
    }
    answer = refusal(told.get(status, Refused(status, "This was not understood")))
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


def _failed(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the handler's signature
    return refusal(Refused(500, "The console failed", "It is a fault of the console: the daemon's log has the cause."))
