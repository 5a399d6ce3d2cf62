"""The app: one table of routes with who may open each, and the one way that a request takes.

Every request goes through :func:`_answer`: who is it, may this role open this route, is the form's
token right; only then does the page's function run, in a thread of its own, with an :class:`Ask`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from casewise.errors import CasewiseError
from casewise.review.web.guard import COOKIE, Headers, Session, Sessions, TooLargeError, Tries, same

if TYPE_CHECKING:
    from casewise.protocol.model import Study
    from casewise.review.store import Account, Store

HERE = Path(__file__).parent
COORDINATOR: Final = "coordinator"
ABSTRACTOR: Final = "abstractor"
ADJUDICATOR: Final = "adjudicator"
READER: Final = "reader"
ALL = frozenset({COORDINATOR, ABSTRACTOR, ADJUDICATOR, READER})
ANYBODY: frozenset[str] = frozenset({"anybody"})
# What stands in the bar on top, in this order, for the roles that may open it.
BAR = (
    ("/worklist", "Worklist"),
    ("/adjudicate", "Adjudication"),
    ("/agreement", "Agreement"),
    ("/quality", "Quality"),
    ("/accounts", "Accounts"),
    ("/charts", "Charts"),
    ("/form", "Form"),
    ("/log", "Log"),
    ("/lock", "Lock"),
)
log = logging.getLogger("casewise.review")


class RefusedError(Exception):
    """What was asked cannot be done; ``status`` and a sentence for the person who asked."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass
class Office:
    """What every page needs: the store, who is signed in, and the one-time set-up token."""

    store: Store
    sessions: Sessions
    setup_token: str
    study: Study | None = None
    tries: Tries = field(default_factory=Tries)
    templates: Jinja2Templates = field(
        default_factory=lambda: Jinja2Templates(directory=HERE / "templates")
    )


@dataclass
class Ask:
    """A request that passed every check."""

    request: Request
    office: Office
    account: Account | None
    session: Session | None
    csrf: str
    sent: Mapping[str, Any]

    @property
    def store(self) -> Store:
        return self.office.store

    @property
    def me(self) -> Account:
        assert self.account is not None, "a route for anybody has no account"
        return self.account

    @property
    def path(self) -> Mapping[str, str]:
        return self.request.path_params

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else "unknown"

    def text(self, name: str, *, most: int = 2000, needed: bool = True) -> str:
        """A value of the form that was sent, or of the address: a string without NULs."""
        value = self.sent.get(name, "")
        if not isinstance(value, str) or len(value) > most or "\0" in value:
            raise RefusedError(422, f"“{name}” is not a text of at most {most} characters.")
        if needed and not value.strip():
            raise RefusedError(422, f"“{name}” is missing.")
        return value.strip()

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page, with what the frame around it needs."""
        role = self.account.role if self.account else None
        shown = [(a, n) for a, n in BAR if role and role in allowed("GET", a)]
        frame = {
            "me": self.account,
            "csrf": self.csrf,
            "idle": int(self.office.sessions.idle),
            "pages": shown,
            "here": "/" + self.request.url.path.split("/")[1],
            "done": DONE.get(self.request.query_params.get("done", ""), ""),
            "locked_study": self.account is not None and self.store.locked() is not None,
        }
        html = self.office.templates.get_template(template).render(frame | values)
        return HTMLResponse(html, status)

    def json(self, value: Any, status: int = 200) -> Response:
        return JSONResponse(value, status)

    def back(self, address: str, done: str = "") -> Response:
        """To a page after a form was taken; ``done`` is a key of :data:`DONE`."""
        return RedirectResponse(address + (f"?done={done}" if done else ""), 303)


# What a page may say after a form was taken, by the word in its address.
DONE = {
    "saved": "Saved.",
    "password": "The password was changed.",
    "signed": "Signed off. The chart can be opened again while nothing has been settled on it.",
    "opened": "Open again.",
    "settled": "Settled.",
    "assigned": "Assigned.",
    "account": "The account was made. Give its password to its owner, who can change it.",
    "changed": "The account was changed.",
    "locked": "The study is locked.",
    "training": "Changed.",
}

Handler = Callable[[Ask], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One route: its address, its method, the function behind it, and the roles that may ask."""

    path: str
    method: str
    handler: Handler
    roles: frozenset[str]
    while_locked: bool = False  # may be asked with a session that is locked for idleness
    counts: bool = True  # asking it is doing something, and puts the idle lock off


def table() -> tuple[Page, ...]:
    """Every route. What is not here does not exist; who is not named is refused."""
    from casewise.review.web import accounts, adjudication, desk, doors, office, worklist

    desk_roles = frozenset({COORDINATOR, ABSTRACTOR, ADJUDICATOR})
    settle = frozenset({COORDINATOR, ADJUDICATOR})
    see = frozenset({COORDINATOR, ADJUDICATOR, READER})
    only = frozenset({COORDINATOR})
    reads = frozenset({ABSTRACTOR})
    return (
        Page("/", "GET", doors.home, ANYBODY),
        Page("/setup", "GET", doors.setup, ANYBODY),
        Page("/setup", "POST", doors.set_up, ANYBODY),
        Page("/login", "GET", doors.login, ANYBODY),
        Page("/login", "POST", doors.log_in, ANYBODY),
        Page("/unlock", "GET", doors.unlock, ALL, while_locked=True, counts=False),
        Page("/unlock", "POST", doors.un_lock, ALL, while_locked=True, counts=False),
        Page("/logout", "POST", doors.log_out, ALL, while_locked=True),
        Page("/alive", "GET", doors.alive, ALL),
        Page("/password", "GET", doors.password, ALL),
        Page("/password", "POST", doors.new_password, ALL),
        Page("/worklist", "GET", worklist.show, ALL),
        Page("/chart/{chart}", "GET", desk.show, desk_roles),
        Page("/chart/{chart}/state", "GET", desk.state, desk_roles),
        Page("/chart/{chart}/note/{note}", "GET", desk.note, desk_roles),
        Page("/chart/{chart}/marks", "GET", desk.marks, desk_roles),
        Page("/chart/{chart}/records", "GET", desk.records, desk_roles),
        Page("/chart/{chart}/search", "GET", desk.search, desk_roles),
        Page("/chart/{chart}/answer", "POST", desk.answer, reads),
        Page("/chart/{chart}/done", "POST", desk.sign, reads),
        Page("/adjudicate", "GET", adjudication.charts, settle),
        Page("/adjudicate/{chart}", "GET", adjudication.show, settle),
        Page("/adjudicate/{chart}", "POST", adjudication.decide, frozenset({ADJUDICATOR})),
        Page("/agreement", "GET", office.agreement, see),
        Page("/quality", "GET", office.quality, see),
        Page("/accounts", "GET", accounts.show, only),
        Page("/accounts", "POST", accounts.make, only),
        Page("/accounts/{account}", "POST", accounts.change, only),
        Page("/charts", "GET", worklist.charts, only),
        Page("/charts/assign", "POST", worklist.assign, only),
        Page("/charts/reopen", "POST", worklist.reopen, only),
        Page("/form", "GET", office.form, ALL),
        Page("/log", "GET", office.log_page, only),
        Page("/lock", "GET", office.lock, only),
        Page("/lock", "POST", office.lock_study, only),
    )


def allowed(method: str, path: str) -> frozenset[str]:
    return next((p.roles for p in table() if (p.method, p.path) == (method, path)), frozenset())


def _wants_json(request: Request) -> bool:
    return (
        "application/json" in request.headers.get("accept", "")
        or request.headers.get("content-type", "").startswith("application/json")
        or request.headers.get("sec-fetch-mode") == "cors"
        or request.headers.get("sec-fetch-dest") == "empty"
    )


def _no(ask: Ask, status: int, text: str, **more: Any) -> Response:
    if _wants_json(ask.request):
        return JSONResponse({"error": text} | more, status)
    heading = {404: "Not found", 403: "Not permitted", 409: "Changed meanwhile"}.get(status, "No")
    return ask.page("error.html", status=status, heading=heading, text=text)


async def _read(request: Request) -> Mapping[str, Any]:
    """What was sent: JSON's object, a form's texts, or the address's query."""
    if request.method == "GET":
        return dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body(), parse_constant=_not_json)
        except (ValueError, RecursionError) as error:
            raise RefusedError(422, "The body is not JSON.") from error
        if not isinstance(body, dict):
            raise RefusedError(422, "The body is not a JSON object.")
        return body
    try:
        form: FormData = await request.form(max_files=0, max_fields=200)
    except HTTPException as error:
        raise RefusedError(422, "The form cannot be read.") from error
    many = {k: form.getlist(k) for k in form}
    return {k: str(v[0]) if len(v) == 1 else [str(i) for i in v] for k, v in many.items()}


def _not_json(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


async def _answer(office: Office, page: Page, request: Request) -> Response:
    cookie = request.cookies.get(COOKIE)
    session = office.sessions.find(cookie)
    account = await run_in_threadpool(office.store.account, session.account) if session else None
    if session and (account is None or not account.active):
        office.sessions.end(cookie)
        session = account = None
    csrf = session.csrf if session else request.cookies.get(COOKIE + "-csrf", "")
    ask = Ask(request, office, account, session, csrf, {})
    if page.roles is not ANYBODY:
        if session is None or account is None:
            return _sign_in(ask)
        if session.locked and not page.while_locked:
            if _wants_json(request):
                return JSONResponse({"error": "Locked.", "locked": True}, 423)
            return RedirectResponse("/unlock", 303)
        if account.role not in page.roles:
            return _no(ask, 403, f"This is not open to a {account.role}.")
    try:
        ask.sent = await _read(request)
        if page.method == "POST":
            token = request.headers.get("x-csrf-token") or ask.sent.get("csrf")
            if not csrf or not isinstance(token, str) or not same(token, csrf):
                return _no(
                    ask, 403, "This form is from another session. Load the page again, and repeat."
                )
        if session and page.counts:
            office.sessions.touch(session)
        return await run_in_threadpool(page.handler, ask)
    except RefusedError as refused:
        return _no(ask, refused.status, refused.text)
    except CasewiseError as error:
        return _no(ask, 422, "; ".join(p.message for p in error.problems))
    except ClientDisconnect:
        return Response(status_code=400)
    except TooLargeError:
        raise
    except Exception as error:
        # The type and the route, never the message or the place: they could quote a chart.
        log.error("%s at %s", type(error).__name__, page.path)
        text = "Something went wrong here; it is not your mistake. Nothing was saved."
        return _no(ask, 500, text)


def _sign_in(ask: Ask) -> Response:
    if _wants_json(ask.request):
        return JSONResponse({"error": "Sign in first.", "locked": False}, 401)
    return RedirectResponse("/login", 303)


def create_app(
    store: Store, *, setup_token: str, idle: float = 900.0, study: Study | None = None
) -> Starlette:
    """The app over an open store.

    ``setup_token`` lets the first visitor make the coordinator's account, while there is no
    account; ``idle`` is after how many seconds without doing anything a session locks; ``study``
    is the protocol that the page of quality criteria reads.
    """
    office = Office(store, Sessions(idle=idle), setup_token, study)

    def endpoint(page: Page) -> Callable[[Request], Any]:
        async def run(request: Request) -> Response:
            return await _answer(office, page, request)

        return run

    async def missing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        text = {404: "There is no such page.", 405: "That cannot be done here."}.get(status, "No.")
        return _no(Ask(request, office, None, None, "", {}), status, text)

    by_path: dict[str, list[Page]] = {}
    for page in table():
        by_path.setdefault(page.path, []).append(page)
    routes: list[Route | Mount] = [
        Route(page.path, endpoint(page), methods=[page.method], name=f"{page.method} {page.path}")
        for pages in by_path.values()
        for page in pages
    ]
    routes.append(Mount("/static", StaticFiles(directory=HERE / "static"), name="static"))
    app = Starlette(routes=routes, exception_handlers={HTTPException: missing})
    app.add_middleware(Headers)
    app.state.office = office
    return app
