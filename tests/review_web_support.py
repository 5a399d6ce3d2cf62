"""A small review and the example's, and somebody who uses them as a browser does."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from casewise.review import assigning
from casewise.review.form import Form
from casewise.review.store import Chart, Item, Note, Store, create
from casewise.review.web.app import create_app
from casewise.review.web.doors import hash_password
from review_support import example_review

PASSWORD = "correct horse battery"  # of every account in the tests
PEOPLE = {
    "Carla": "coordinator",
    "Ann": "abstractor",
    "Bob": "abstractor",
    "Ada": "adjudicator",
    "Rita": "reader",
}
FORM = Form.model_validate(
    {
        "title": "A small form",
        "fields": [
            {"name": "age", "type": "number", "unit": "years", "low": "0", "high": "120"},
            {"name": "fever", "type": "yes or no", "words": ["fever"]},
            {"name": "fever_on", "type": "date", "show when": {"field": "fever", "is": ["yes"]}},
            {"name": "treated", "type": "yes or no", "words": ["rituximab"], "blinded": True},
            {"name": "remark", "type": "text"},
        ],
    }
)
NOTE = "Seen today. No fever at home. Fever of 39.0 since yesterday. Rituximab was given."


@lru_cache(maxsize=1)
def hashed() -> str:
    return hash_password(PASSWORD)


def people(store: Store) -> None:
    for name, role in PEOPLE.items():
        store.add_account(name, role, hashed(), by="Carla")


def small(folder: Path, *, blinded: bool = False, notes: dict[str, str] | None = None) -> Store:
    """Two charts, p1 and p2, both read by Ann and Bob; p3 is nobody's."""
    store = create(folder / "small.review", FORM, title="Small", blinded=blinded)
    people(store)
    texts = {"n1": NOTE} if notes is None else notes
    store.add_charts(
        [Chart(name, "F", "50", False) for name in ("p1", "p2", "p3")],
        [
            ("p1", Item("drug", "2020-03-02", "", "rituximab", "", "")),
            ("p1", Item("measurement", "2020-03-01", "", "ferritin", "812", "ng/mL")),
            ("p1", Item("visit", "2020-03-01", "2020-03-09", "inpatient", "", "")),
        ],
        [Note(name, "p1", "2020-03-01T10:00", "Ward note", text) for name, text in texts.items()]
        + [Note("m1", "p2", "2020-03-01T10:00", "Ward note", "Another chart's secret word.")],
        by="Carla",
    )
    for chart in ("p1", "p2"):
        assigning.give(store, chart, "Ann", 1, by="Carla")
        assigning.give(store, chart, "Bob", 2, by="Carla")
    return store


def example(path: Path) -> Store:
    """The plasma exchange charts, every one read by Ann and Bob."""
    store = example_review(path)
    people(store)
    assigning.assign(store, ["Ann", "Bob"], 1.0, by="Carla", seed=1)
    return store


class Person:
    """A browser without a screen, signed in."""

    def __init__(self, app: Any, name: str = "") -> None:
        self.client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
        self.token = ""
        if name:
            answer = self.sign_in(name)
            assert answer.status_code == 303, answer.text
            page = self.get("/worklist").text
            found = re.search(r'data-csrf="([^"]+)"', page)
            assert found
            self.token = found[1]

    def sign_in(self, name: str, password: str = PASSWORD) -> Any:
        self.client.get("/login")
        csrf = self.client.cookies["casewise-csrf"]
        return self.client.post("/login", data={"csrf": csrf, "name": name, "password": password})

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def json(self, path: str) -> Any:
        return self.client.get(path, headers={"accept": "application/json"})

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(path, data={"csrf": self.token} | form)

    def answer(self, chart: str, field: str, value: str | None, **more: Any) -> Any:
        """Save an answer; ``status`` says otherwise than answered."""
        status = "answered" if value is not None else "not documented"
        body = {"field": field, "status": status, "value": value, "evidence": [], "base": 0} | more
        return self.client.post(
            f"/chart/{chart}/answer", json=body, headers={"x-csrf-token": self.token}
        )


def app_of(store: Store, **more: Any) -> Any:
    return create_app(store, setup_token="the token", **more)
