"""Signing in and out, the first account, the idle lock, and changing one's password."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from starlette.responses import RedirectResponse, Response

from casewise.review.web.app import COORDINATOR, Ask, RefusedError
from casewise.review.web.guard import COOKIE, is_https, same, set_cookie

SHORTEST = 12  # characters of a password
PASSWORD = {"name": "password", "label": "Password", "type": "password"}
CHOSEN = {
    **{"name": "password", "label": "New password", "type": "password", "min": SHORTEST},
    "auto": "new-password",
    "hint": f"At least {SHORTEST} characters. A few words in a row are easy to keep in mind.",
}
AGAIN = CHOSEN | {"name": "again", "label": "The new password again", "hint": ""}
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """An argon2id hash with its own salt."""
    return _hasher.hash(password)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def check_password(hashed: str | None, password: str) -> bool:
    """Whether the password is right. An account that is not there takes as long as one that is."""
    try:
        right = _hasher.verify(hashed or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and hashed is not None


def chosen(ask: Ask) -> str:
    """The new password of a form, entered twice alike and long enough."""
    password, again = ask.sent.get("password", ""), ask.sent.get("again", "")
    if not isinstance(password, str) or not SHORTEST <= len(password) <= 1000:
        raise RefusedError(422, f"A password has at least {SHORTEST} characters.")
    if password != again:
        raise RefusedError(422, "The two passwords differ.")
    return password


def home(ask: Ask) -> Response:
    if not ask.store.accounts():
        return RedirectResponse("/setup", 303)
    if ask.session is None:
        return RedirectResponse("/login", 303)
    return RedirectResponse("/unlock" if ask.session.locked else "/worklist", 303)


def _door(ask: Ask, status: int = 200, **values: Any) -> Response:
    """A page with one form. A visitor without a session gets a token for it in a cookie."""
    fresh = not ask.csrf
    ask.csrf = ask.csrf or secrets.token_urlsafe(32)
    response = ask.page("door.html", status=status, study=ask.store.title(), **values)
    if fresh:
        response.set_cookie(
            COOKIE + "-csrf",
            ask.csrf,
            httponly=True,
            samesite="strict",
            secure=is_https(ask.request),
        )
    return response


def _welcome(ask: Ask, name: str) -> Response:
    cookie, _ = ask.office.sessions.begin(name)
    response = RedirectResponse("/worklist", 303)
    set_cookie(response, cookie, is_https(ask.request))
    return response


SETUP: dict[str, Any] = {
    "heading": "The first account",
    "action": "/setup",
    "button": "Make the coordinator's account",
    "fields": [
        {
            **{"name": "token", "label": "Set-up token", "type": "password", "auto": "off"},
            "hint": "“casewise review serve” printed it where the server was started.",
        },
        {"name": "name", "label": "Your name here", "type": "text", "auto": "username"},
        CHOSEN,
        AGAIN,
    ],
}


def setup(ask: Ask) -> Response:
    if ask.store.accounts():
        return RedirectResponse("/login", 303)
    return _door(ask, **SETUP)


def set_up(ask: Ask) -> Response:
    if ask.store.accounts():
        raise RefusedError(403, "The first account is made already.")
    if ask.office.tries.wait("setup", ask.address):
        return _door(ask, 429, error="Too many tries. Wait five minutes.", **SETUP)
    try:
        if not same(ask.text("token", most=200), ask.office.setup_token):
            ask.office.tries.wrong("setup", ask.address)
            raise RefusedError(403, "That is not the token that “casewise review serve” printed.")
        name, password = ask.text("name", most=60), chosen(ask)
    except RefusedError as refused:
        return _door(ask, refused.status, error=refused.text, **SETUP)
    ask.store.add_account(name, COORDINATOR, hash_password(password), by=name)
    return _welcome(ask, name)


LOGIN: dict[str, Any] = {
    "heading": "Sign in",
    "action": "/login",
    "button": "Sign in",
    "fields": [
        {"name": "name", "label": "Name", "type": "text", "auto": "username"},
        PASSWORD | {"auto": "current-password"},
    ],
    "after": "No account, or the password is forgotten? The study's coordinator helps.",
}


def login(ask: Ask) -> Response:
    if not ask.store.accounts():
        return RedirectResponse("/setup", 303)
    if ask.session is not None:
        return RedirectResponse("/", 303)
    return _door(ask, **LOGIN)


def _right(ask: Ask, name: str) -> str:
    """Empty when the password sent is this account's; else what to say. Counts wrong ones."""
    wait = ask.office.tries.wait(name, ask.address)
    if wait:
        return f"Too many wrong passwords. Wait {int(wait // 60) + 1} minutes."
    account = ask.store.account(name)
    password = ask.sent.get("password", "")
    known = account.password if account is not None and account.active else None
    if not isinstance(password, str) or not check_password(known, password[:1000]):
        ask.office.tries.wrong(name, ask.address)
        return "The name or the password is wrong."
    ask.office.tries.right(name)
    return ""


def log_in(ask: Ask) -> Response:
    try:
        name = ask.text("name", most=60)
    except RefusedError:
        return _door(ask, 403, error="The name or the password is wrong.", **LOGIN)
    wrong = _right(ask, name)
    if wrong:
        status = 429 if wrong.startswith("Too many") else 403
        return _door(ask, status, error=wrong, **LOGIN)
    ask.office.sessions.end(ask.request.cookies.get(COOKIE))  # never take over an old one
    return _welcome(ask, name)


def unlock(ask: Ask) -> Response:
    assert ask.session is not None
    if not ask.session.locked:
        return RedirectResponse("/worklist", 303)
    return _door(ask, **_unlock(ask))


def _unlock(ask: Ask) -> dict[str, Any]:
    return {
        "heading": "Locked",
        "action": "/unlock",
        "button": "Go on",
        "fields": [PASSWORD | {"auto": "current-password", "label": f"Password of {ask.me.name}"}],
        "after": "Nothing was done here for a while.",
    }


def un_lock(ask: Ask) -> Response:
    assert ask.session is not None
    wrong = _right(ask, ask.me.name)
    wants_json = "application/json" in ask.request.headers.get("accept", "")
    if wrong:
        status = 429 if wrong.startswith("Too many") else 403
        if wants_json:
            return ask.json({"error": wrong}, status)
        return _door(ask, status, error=wrong, **_unlock(ask))
    ask.office.sessions.unlock(ask.session)
    return ask.json({}) if wants_json else RedirectResponse("/worklist", 303)


def log_out(ask: Ask) -> Response:
    ask.office.sessions.end(ask.request.cookies.get(COOKIE))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


def alive(ask: Ask) -> Response:
    """Somebody is reading: asked now and then by a page in use, so that it does not lock."""
    return ask.json({})


CHANGE: dict[str, Any] = {
    "heading": "Change your password",
    "action": "/password",
    "button": "Change it",
    "fields": [
        PASSWORD | {"name": "now", "label": "Your password now", "auto": "current-password"},
        CHOSEN,
        AGAIN,
    ],
}


def password(ask: Ask) -> Response:
    return _door(ask, **CHANGE)


def new_password(ask: Ask) -> Response:
    new = ask.sent
    ask.sent = dict(new) | {"password": new.get("now", "")}
    wrong = _right(ask, ask.me.name)
    ask.sent = new
    try:
        if wrong:
            raise RefusedError(403, "The password now is wrong." if "or" in wrong else wrong)
        hashed = hash_password(chosen(ask))
    except RefusedError as refused:
        return _door(ask, refused.status, error=refused.text, **CHANGE)
    ask.store.set_password(ask.me.name, hashed, by=ask.me.name)
    ask.office.sessions.end_all(ask.me.name)
    return _welcome(ask, ask.me.name)
