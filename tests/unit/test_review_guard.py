"""Sessions lock and end, wrong passwords are limited, and every answer carries its headers."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from casewise.review.web.guard import (
    BODY_LIMIT,
    HEADERS,
    LIFE,
    TRIES,
    TRIES_ADDRESS,
    TRIES_WITHIN,
    Headers,
    Sessions,
    Tries,
    same,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_is_found_by_its_cookie_alone():
    sessions = Sessions()
    cookie, session = sessions.begin("ann")
    assert sessions.find(cookie) is session
    assert sessions.find(None) is None
    # The first letter, since the last one of a base64 text has bits that stand for nothing.
    assert sessions.find(("A" if cookie[0] != "A" else "B") + cookie[1:]) is None
    name, _, signature = cookie.rpartition(".")
    forged = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert sessions.find(f"{name}.{forged}") is None
    assert Sessions().find(cookie) is None, "another server's key"


def test_a_session_that_was_ended_cannot_be_used_again():
    sessions = Sessions()
    cookie, _ = sessions.begin("ann")
    other, _ = sessions.begin("ann")
    sessions.end(cookie)
    assert sessions.find(cookie) is None
    sessions.end_all("ann")
    assert sessions.find(other) is None


def test_an_idle_session_locks_and_a_password_opens_it():
    clock = Clock()
    sessions = Sessions(idle=60, clock=clock)
    cookie, session = sessions.begin("ann")
    clock.now += 59
    found = sessions.find(cookie)
    assert found is not None
    assert not found.locked
    sessions.touch(session)
    clock.now += 60
    assert sessions.find(cookie).locked
    sessions.touch(session)
    assert sessions.find(cookie).locked, "doing something does not open a lock"
    sessions.unlock(session)
    assert not sessions.find(cookie).locked
    clock.now += LIFE
    assert sessions.find(cookie) is None


def test_wrong_passwords_close_the_door_for_a_while():
    clock = Clock()
    tries = Tries(clock=clock)
    for _ in range(TRIES):
        assert tries.wait("ann", "10.0.0.1") == 0
        tries.wrong("ann", "10.0.0.1")
    assert tries.wait("ann", "10.0.0.2") > 0, "by account, wherever it is tried from"
    assert tries.wait("bob", "10.0.0.1") == 0
    clock.now += TRIES_WITHIN
    assert tries.wait("ann", "10.0.0.1") == 0
    for n in range(TRIES_ADDRESS):
        tries.wrong(f"guess {n}", "10.0.0.3")
    assert tries.wait("bob", "10.0.0.3") > 0, "by address, whatever name is tried"


def test_the_right_password_forgets_the_wrong_ones():
    tries = Tries()
    for _ in range(TRIES):
        tries.wrong("ann", "10.0.0.1")
    tries.right("ann")
    assert tries.wait("ann", "10.0.0.1") == 0


def test_secrets_are_compared_whole():
    assert same("abc", "abc")
    assert not same("ab", "abc")
    assert not same(None, "abc")


def client() -> TestClient:
    async def echo(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())), headers={"cache-control": "x"})

    async def broken(request: Request) -> Response:
        raise ValueError("a chart's text")

    app: Any = Starlette(
        routes=[Route("/", echo, methods=["GET", "POST"]), Route("/broken", broken)]
    )
    app.add_middleware(Headers)
    return TestClient(app, raise_server_exceptions=False)


def test_every_answer_carries_the_security_headers():
    for path in ("/", "/nowhere"):
        got = client().get(path).headers
        assert {k: got[k] for k in HEADERS} == HEADERS
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_a_huge_body_is_refused():
    assert client().post("/", content=b"x" * 1000).text == "1000"
    assert client().post("/", content=b"x" * (BODY_LIMIT + 1)).status_code == 413
