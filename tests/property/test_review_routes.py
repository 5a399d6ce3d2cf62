"""Every route of the review with every role and with what nobody should send: never an error of
the server's own, never an answer to a role that has no business there.

The policy stands here once more, by hand: a new route fails until it is listed, and a route that is
opened to one more role fails until that is meant.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewise.review.web.app import table
from casewise.review.web.guard import HEADERS
from review_web_support import PEOPLE, Person, app_of, small

ANYBODY = "nobody coordinator abstractor adjudicator reader"
EVERYBODY = "coordinator abstractor adjudicator reader"
POLICY = {
    "GET /": ANYBODY,
    "GET /setup": ANYBODY,
    "POST /setup": ANYBODY,
    "GET /login": ANYBODY,
    "POST /login": ANYBODY,
    "GET /unlock": EVERYBODY,
    "POST /unlock": EVERYBODY,
    "POST /logout": EVERYBODY,
    "GET /alive": EVERYBODY,
    "GET /password": EVERYBODY,
    "POST /password": EVERYBODY,
    "GET /worklist": EVERYBODY,
    "GET /chart/{chart}": "coordinator abstractor adjudicator",
    "GET /chart/{chart}/state": "coordinator abstractor adjudicator",
    "GET /chart/{chart}/note/{note}": "coordinator abstractor adjudicator",
    "GET /chart/{chart}/marks": "coordinator abstractor adjudicator",
    "GET /chart/{chart}/records": "coordinator abstractor adjudicator",
    "GET /chart/{chart}/search": "coordinator abstractor adjudicator",
    "POST /chart/{chart}/answer": "abstractor",
    "POST /chart/{chart}/done": "abstractor",
    "GET /adjudicate": "coordinator adjudicator",
    "GET /adjudicate/{chart}": "coordinator adjudicator",
    "POST /adjudicate/{chart}": "adjudicator",
    "GET /agreement": "coordinator adjudicator reader",
    "GET /quality": "coordinator adjudicator reader",
    "GET /accounts": "coordinator",
    "POST /accounts": "coordinator",
    "POST /accounts/{account}": "coordinator",
    "GET /charts": "coordinator",
    "POST /charts/assign": "coordinator",
    "POST /charts/reopen": "coordinator",
    "GET /form": EVERYBODY,
    "GET /log": "coordinator",
    "GET /lock": "coordinator",
    "POST /lock": "coordinator",
}
SIGNING_OUT = {"POST /logout"}

HOSTILE = st.sampled_from(
    [
        *("", " ", "p1", "p2", "p3", "n1", "Ann", "Carla", "fever", "fever_on", "treated", "yes"),
        *("answered", "not documented", "not applicable", "coordinator", "no", "0", "1", "-1"),
        *("2020-03-01/2020-03-09", "9999-12-31/0001-01-01", "2020-02-30", "1e999", "NaN"),
        *("<script>alert(1)</script>", "'; DROP TABLE log; --", '"', "=1+1", "\0", "\u202e", "%"),
        *("a" * 5000, "\U0001f600" * 300, "../../etc/passwd", "\r\nset-cookie: x=1", "{{7*7}}"),
    ]
)
TEXTS = HOSTILE | st.text(max_size=40)
KEYS = st.sampled_from(
    [
        *("field", "status", "value", "base", "evidence", "q", "page", "stretch", "chart", "name"),
        *("role", "password", "old", "new", "again", "done", "to", "share", "action", "active"),
        *("reason", "who", "since", "kind", "word", "token"),
    ]
)
NUMBERS = st.integers() | st.floats() | st.booleans() | st.none()
VALUES = st.recursive(
    TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)
PIECES = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=12)
BODIES = st.one_of(
    st.tuples(st.just("application/json"), OBJECTS.map(lambda o: json.dumps(o).encode())),
    st.tuples(st.just("application/json"), st.binary(max_size=60)),
    st.tuples(st.just("application/json"), st.just(b"[" * 20_000)),
    st.tuples(
        st.just("application/x-www-form-urlencoded"),
        st.lists(st.tuples(KEYS, PIECES), max_size=6).map(
            lambda pairs: "&".join(f"{k}={quote_from_bytes(v)}" for k, v in pairs).encode()
        ),
    ),
    st.tuples(st.just("application/x-www-form-urlencoded"), st.binary(max_size=60)),
    st.tuples(st.just("multipart/form-data; boundary=x"), st.binary(max_size=60)),
    st.tuples(st.just("multipart/form-data"), st.just(b"--x\r\n")),
    st.tuples(st.just("text/plain; charset=no-such"), st.binary(max_size=20)),
)


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    app = app_of(small(tmp_path_factory.mktemp("fuzzed")))
    signed = {role: Person(app, name) for name, role in PEOPLE.items() if name != "Bob"}
    return signed | {"nobody": Person(app)}


def test_the_policy_lists_every_route_with_the_roles_that_have_it():
    there = {
        f"{page.method} {page.path}": (set(page.roles) if "anybody" not in page.roles else None)
        for page in table()
    }
    listed = {
        route: None if roles == ANYBODY else set(roles.split()) for route, roles in POLICY.items()
    }
    assert there == listed


@given(
    st.sampled_from(sorted(set(POLICY) - SIGNING_OUT)),
    st.sampled_from(ANYBODY.split()),
    st.tuples(PIECES, PIECES),
    st.lists(st.tuples(KEYS, PIECES), max_size=4),
    BODIES,
    st.booleans(),
    st.sampled_from(["right", "wrong", "missing"]),
)
@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_is_an_error_of_the_server_or_passes_the_policy(
    persons, route, role, parts, query, body, as_json, token
):
    method, pattern = route.split()
    first, second = (quote_from_bytes(part, safe="") or "p1" for part in parts)
    path = pattern.format(chart=first, note=second, account=first)
    path += "?" + "&".join(f"{k}={quote_from_bytes(v)}" for k, v in query)
    kind, content = body
    person = persons[role]
    headers = {"accept": "application/json"} if as_json else {}
    if method == "POST":
        headers["content-type"] = kind
        if token != "missing":
            headers["x-csrf-token"] = person.token if token == "right" else "x" * 43
    answer = person.client.request(
        method, path, headers=headers, content=content if method == "POST" else None
    )
    check(answer, route, role, token)


def check(answer: Any, route: str, role: str, token: str) -> None:
    assert answer.status_code < 500, (route, role, answer.text[:300])
    assert "Traceback" not in answer.text
    for name in HEADERS:
        assert name in answer.headers, (route, name)
    assert "<script>alert" not in answer.text
    if role not in POLICY[route].split():
        assert answer.status_code in (303, 401, 403, 404, 405), (route, role)
        assert answer.headers.get("location", "/login") == "/login"
    elif route.startswith("POST") and token != "right":
        assert answer.status_code in (303, 401, 403, 404, 405, 422), (route, answer.text[:300])
        assert answer.headers.get("location", "/login") == "/login"
