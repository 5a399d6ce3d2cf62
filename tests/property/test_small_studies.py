"""Small, awkward studies by every method: an answer or a reason, never a traceback or NaN."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casewise.errors import CasewiseError
from casewise.protocol.adjustment import Method
from small_records import EVENTS, records, run, study

OUTCOMES = {
    "dead": {"event": "death", "within": "30 days"},
    "dead or lost": {"event": "death", "within": "30 days", "lost": "event"},
    "survival": {"time to": "death", "within": "40 days"},
    "stroke": {"time to": "stroke", "within": "40 days", "competing": "death"},
    "stay": {"time": "index to discharge", "competing": "death"},
    "strokes": {"count": "stroke", "from": "1 day after", "within": "40 days"},
    "worst": {"ranked": ["death", "stroke"], "within": "40 days"},
    "free": {"days free of": "stroke", "within": "20 days", "if dead": "zero"},
}
COVARIATES = {
    "age": {},
    "x": {"unit": "points"},
    "twice x": {"unit": "points"},
    "flag": {"type": "yes or no"},
    "kind": {"choices": ["a", "b", "c"]},
}
ADJUST = [[m] for m in get_args(Method)] + [["inverse probability weights", "AIPW"]]
DAYS = st.one_of(st.integers(0, 3), st.integers(0, 60))


@st.composite
def patients(draw: Any) -> tuple[Any, Any, Any]:
    """Up to 60 patients in which much is tied, missing, or the same for everybody."""
    n = draw(st.integers(1, 60))
    kind = draw(st.sampled_from(("any", "separated", "all censored", "zero follow-up", "one arm")))
    same = draw(st.booleans())
    ids = [f"p{k}" for k in range(n)]
    people, events, covariates = {}, [], []
    seed = draw(st.randoms(use_true_random=False))
    for k, name in enumerate(ids):
        treated = kind != "one arm" and (k % 2 == 0 if same else seed.random() < 0.5)
        x = 1.0 if same else float(seed.randint(0, 4))
        last = 0 if kind == "zero follow-up" else seed.choice((0, 5, 5, 30, 60))
        died = kind == "any" and seed.random() < 0.4
        died = died or (kind == "separated" and x >= 2)
        day = min(seed.randint(0, 50), 60) if kind != "zero follow-up" else 0
        people[name] = {"age": seed.randint(20, 90), "last": _date(max(last, day if died else 0))}
        events.append((name, "admission", _date(0)))
        if treated:
            events.append((name, "drug", _date(0)))
        if died:
            events.append((name, "death", _date(day)))
        if seed.random() < 0.5:
            events.append((name, "discharge", _date(min(day, 9))))
        for _ in range(seed.choice((0, 0, 1, 3))):
            if kind != "all censored":
                events.append((name, "stroke", _date(min(seed.randint(0, 20), day))))
        lacks = seed.random() < 0.1
        covariates += [
            (name, "x", "?" if lacks else x),
            (name, "twice x", 2 * x),
            (name, "flag", "yes" if (treated if kind == "separated" else x > 2) else "no"),
            (name, "kind", seed.choice("abc")),
        ]
    return people, events, covariates


def _date(day: int) -> str:

    return str(dt.date(2020, 1, 1) + dt.timedelta(days=day))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=patients(),
    methods=st.sampled_from(ADJUST),
    used=st.lists(st.sampled_from(list(COVARIATES)), min_size=1, max_size=5, unique=True),
    missing=st.sampled_from(("complete cases", "indicators")),
    outcomes=st.lists(st.sampled_from(list(OUTCOMES)), min_size=1, max_size=3, unique=True),
)
def test_every_study_has_an_answer_or_a_reason(
    made: Any, methods: Any, used: Any, missing: str, outcomes: list[str]
) -> None:
    names = {"dead", "survival", *outcomes}
    plan = {
        "adjust": {"method": methods, "for": used},
        "missing": {"covariates": missing, "outcomes": "censoring weights"},
        "primary": "dead",
        "subgroups": ["flag"],
        "multiplicity": "holm",
    }
    asked = study(
        events=EVENTS,
        arms={"drug": {"event": "drug", "within": "0 days"}, "no drug": "otherwise"},
        baseline=COVARIATES,
        outcomes={name: OUTCOMES[name] for name in OUTCOMES if name in names},
        analysis=plan,
    )
    try:
        found = run(asked, records(*made))
    except CasewiseError:  # a reason, told to the user
        return
    whole = json.loads(found.to_json())
    for where, value in _walk(whole, ""):
        assert value != "NaN", f"not a number, at {where}"
    for where, estimate in _estimates(whole, ""):
        value, low, high = (_number(estimate[k]) for k in ("value", "lower", "upper"))
        if value is None or (low is None and high is None):
            assert estimate["reason"] or value is not None, f"nothing and no reason, at {where}"
        if None not in (value, low, high):
            assert low <= value <= high, f"outside its interval, at {where}"


def _number(value: Any) -> float | None:
    return float(str(value).replace("Infinity", "inf")) if value is not None else None


def _walk(node: Any, where: str) -> Any:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _walk(value, f"{where}.{key}")
    elif isinstance(node, list):
        for k, value in enumerate(node):
            yield from _walk(value, f"{where}[{k}]")
    else:
        yield where, "NaN" if isinstance(node, float) and math.isnan(node) else node


def _estimates(node: Any, where: str) -> Any:
    if isinstance(node, dict):
        if {"measure", "value", "lower", "upper"} <= set(node):
            yield where, node
        for key, value in node.items():
            yield from _estimates(value, f"{where}.{key}")
    elif isinstance(node, list):
        for k, value in enumerate(node):
            yield from _estimates(value, f"{where}[{k}]")
