"""What stands between the network and a page: headers, sessions, CSRF, and a limit on guesses.

A session is a random id in a signed cookie; what it stands for is kept here, in memory, so that
signing out or being signed out is final. Restarting the server signs everybody out. After
``idle`` seconds without a request a session is locked: it answers nothing until the password is
given again, and after ``LIFE`` it ends.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from itsdangerous import BadSignature, Signer
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "casewise"
LIFE = 12 * 3600
TRIES, TRIES_ADDRESS, TRIES_WITHIN = 5, 30, 300  # wrong passwords, in seconds
BODY_LIMIT = 2_000_000  # bytes of one request
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


@dataclass(slots=True)
class Session:
    """Somebody signed in: the account's name, the CSRF token, and when they were last here."""

    account: str
    csrf: str
    began: float
    seen: float
    locked: bool = False


@dataclass
class Sessions:
    """Everybody who is signed in. ``clock`` answers seconds, and is another one in tests."""

    idle: float = 15 * 60
    clock: Callable[[], float] = time.monotonic
    _open: dict[str, Session] = field(default_factory=dict)
    _signer: Signer = field(default_factory=lambda: Signer(secrets.token_bytes(32), salt=COOKIE))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, account: str) -> tuple[str, Session]:
        """A new session and its cookie's value. Sessions that have ended are dropped meanwhile."""
        now = self.clock()
        key, session = (
            secrets.token_urlsafe(32),
            Session(account, secrets.token_urlsafe(32), now, now),
        )
        with self._lock:
            self._open = {k: s for k, s in self._open.items() if now - s.began < LIFE}
            self._open[key] = session
        return self._signer.sign(key).decode(), session

    def find(self, cookie: str | None) -> Session | None:
        """The session of a cookie, locked if it was idle too long; None if there is none."""
        key = self._key(cookie)
        session = self._open.get(key) if key else None
        if session is None:
            return None
        now = self.clock()
        if now - session.began >= LIFE:
            self.end(cookie)
            return None
        if now - session.seen >= self.idle:
            session.locked = True
        return session

    def touch(self, session: Session) -> None:
        """The person did something: the idle time starts anew, unless the session is locked."""
        if not session.locked:
            session.seen = self.clock()

    def unlock(self, session: Session) -> None:
        session.locked = False
        session.seen = self.clock()

    def end(self, cookie: str | None) -> None:
        with self._lock:
            self._open.pop(self._key(cookie) or "", None)

    def end_all(self, account: str) -> None:
        """Sign an account out everywhere: its password, role or right to be here changed."""
        with self._lock:
            self._open = {k: s for k, s in self._open.items() if s.account != account}

    def _key(self, cookie: str | None) -> str | None:
        try:
            return self._signer.unsign(cookie or "").decode()
        except (BadSignature, UnicodeError):
            return None


@dataclass
class Tries:
    """Wrong passwords of late, by account and by address; too many close the door for a while."""

    clock: Callable[[], float] = time.monotonic
    _wrong: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def wait(self, account: str, address: str) -> float:
        """Seconds until this account may try from this address again; 0 when it may now."""
        now = self.clock()
        longest = 0.0
        for key, most in ((("account", account), TRIES), (("address", address), TRIES_ADDRESS)):
            times = self._recent(key, now)
            if len(times) >= most:
                longest = max(longest, times[-most] + TRIES_WITHIN - now)
        return longest

    def wrong(self, account: str, address: str) -> None:
        now = self.clock()
        if len(self._wrong) > 10_000:  # somebody tries made-up names: keep what still counts
            self._wrong = {k: t for k, t in self._wrong.items() if self._recent(k, now)}
        for key in (("account", account), ("address", address)):
            self._wrong.setdefault(key, deque(maxlen=TRIES_ADDRESS)).append(now)

    def right(self, account: str) -> None:
        self._wrong.pop(("account", account), None)

    def _recent(self, key: tuple[str, str], now: float) -> deque[float]:
        times = self._wrong.get(key, deque())
        while times and now - times[0] >= TRIES_WITHIN:
            times.popleft()
        return times


def same(given: str | None, expected: str) -> bool:
    """Whether two secrets agree, in the same time wherever they differ."""
    return hmac.compare_digest((given or "").encode(), expected.encode())


def set_cookie(response: Response, value: str, secure: bool) -> None:
    response.set_cookie(COOKIE, value, httponly=True, samesite="strict", secure=secure, path="/")


def is_https(request: HTTPConnection) -> bool:
    return request.url.scheme == "https"


class Headers:
    """Adds the security headers to every answer, errors too, and refuses bodies that are huge."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        static = scope["path"].startswith("/static/")
        taken = 0

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (k, v) for k, v in message["headers"] if k.decode("latin-1") not in HEADERS
                ] + [
                    (k.encode(), b"no-cache" if static and k == "cache-control" else v.encode())
                    for k, v in HEADERS.items()
                ]
            await send(message)

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_LIMIT:
                raise TooLargeError
            return message

        try:
            await self.app(scope, limited, add)
        except TooLargeError:
            await Response("Too large.", 413)(scope, receive, add)


class TooLargeError(Exception):
    """A request's body is longer than any answer could be."""
