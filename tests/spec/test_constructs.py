"""Every picture in docs/constructs.md, run: the manual of the language is this test's data."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML

from casewise.cohort import build
from casewise.protocol.check import check_study
from casewise.protocol.event import DOMAINS, Event
from casewise.protocol.model import Covariate, Criterion, Study
from oracle import Rows, meaning
from oracle.drawn import event_row
from oracle.loading import loaded

MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "constructs.md").read_text("utf-8")
DAY_0 = dt.date(2020, 6, 1)
PICTURE = re.compile(r"^```yaml\n([^`]*)^```\n```text\n([^`]*)^```$", re.MULTILINE)


def yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


SHARED = yaml(MANUAL.split("```yaml\n")[1].split("```")[0])


@dataclass
class Picture:
    """``rows`` are marks by event: first day, last day, value. ``expected`` is what the line of
    the manual says; ``window`` the days under ``---``, ``span`` the days of the picture."""

    said: dict[str, Any]
    rows: dict[str, list[tuple[int, int, float | None]]] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    window: list[int] = field(default_factory=list)
    expected: str = ""
    watched: tuple[int, int] | None = None
    inside: str = "yes"


def drawn(said: str, text: str) -> Picture:
    picture = Picture(yaml(said))
    zero = 0
    for line in text.splitlines():
        name = re.match(r"event drug|[a-z]+", line)[0]  # type: ignore[index]  # each has one
        marks = [
            (found.start() - zero, found.end() - 1 - zero, found[0])
            for found in re.finditer(r"\[=*\]|-+|[x^0-9]", line)
            if found.start() >= len(name)
        ]
        if name == "day":
            zero = line.index(" 0") + 1
        elif name in ("value", "answer"):
            picture.expected = line.split()[1]
        elif name == "outside":
            picture.inside = "no"
        elif name == "window":
            picture.window = [day for a, z, _ in marks for day in range(a, z + 1)]
        elif name == "watched":
            picture.watched = marks[0][:2]
        elif name == "event":
            picture.counts = [a for a, _, _ in marks]
        else:
            values = [(a, z, float(m) if m.isdigit() else None) for a, z, m in marks]
            picture.rows["it" if name == "event drug" else name] = values
    return picture


PICTURES = [
    pytest.param(drawn(*found.groups()), id=f"{MANUAL[: found.start()].count(chr(10))}")
    for found in PICTURE.finditer(MANUAL)
]


def study_of(said: dict[str, Any]) -> Study:
    """The shared events and what the picture is of."""
    text: dict[str, Any] = {
        "title": "Made up",
        "arms": {"yes": {"event": "surgery"}, "no": "otherwise"},
        "outcomes": {"death by 30 days": {"event": "death", "within": "30 days"}},
        **SHARED,
    }
    text["events"] = dict(text["events"])
    kinds = ("criterion", "covariate", "outcome", "event")
    text["events"] |= {name: one for name, one in said.items() if name not in kinds}
    if "event" in said:
        text["events"]["it"] = said["event"]
        text["outcomes"]["it"] = {"count": "it", "from": "1 day after"}
    if "criterion" in said:
        text["cohort"] = text["cohort"] | {"include": {"it": said["criterion"]}}
    if "covariate" in said:
        text["baseline"] = {"it": said["covariate"]}
    if "outcome" in said:
        text["outcomes"]["it"] = said["outcome"]
    made = Study.model_validate(text)
    assert check_study(made) == []
    return made


def day(number: int) -> dt.date:
    return DAY_0 + dt.timedelta(days=number)


def records_of(picture: Picture, strokes: list[int] = ()) -> Rows:  # type: ignore[assignment]
    """One patient; or for each of the days ``strokes`` one with a stroke on that day alone."""
    people = [f"p{n:03}" for n in range(max(len(strokes), 1))]
    event, first = [], -300
    for number, person in enumerate(people):
        rows = [("admission", (0, 0, None))]
        rows += [(name, mark) for name, marks in picture.rows.items() for mark in marks]
        rows += [("stroke", (strokes[number], strokes[number], None))] if strokes else []
        for code, (a, z, value) in rows:
            row = event_row(person, code, day(a), value=value)
            event.append(row | {"end": day(z) if z > a else None, "source": f"row {len(event)}"})
    first, last = picture.watched or (first, 300)
    return Rows(
        person=[{"person": p, "birth": None, "age": 50.0, "sex": "female"} for p in people],
        observation=[{"person": p, "start": day(first), "end": day(last)} for p in people],
        event=event,
        periods=True,
    )


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_of_the_manual_is_what_happens(picture: Picture) -> None:
    study = study_of(picture.said)
    if picture.window:
        days = list(range(-8, 24))
        rows = records_of(picture, days)
        answered = [one.criteria[0] for one in meaning(study, rows)]
        wanted = [(d in picture.window) == (picture.inside == "yes") for d in days]
        assert answered == wanted
        found = build(study, loaded(rows)).attrition[2].remaining
        assert found == sum(wanted)
        return
    source = loaded(records_of(picture))
    (one,) = meaning(study, records_of(picture))
    if "criterion" in picture.said:
        remaining = build(study, source).attrition[2].remaining
        assert (remaining == 1) == (picture.expected == "yes") == (one.criteria[0] is True)
        return
    data = build(study, source)
    if "event" in picture.said:
        assert [m.day for m in data.timeline if m.event == "it"] == picture.counts
    elif "covariate" in picture.said:
        assert data.baseline[0].values.tolist() == [float(picture.expected)]
    else:
        assert data.outcomes["it"].values.tolist() == [float(picture.expected)]


def test_there_is_a_picture_of_every_construct_of_events_and_values() -> None:
    keys = {key for said in PICTURES for key in _keys(said.values[0].said)}  # type: ignore[attr-defined]
    own = set(Event.model_fields) - {*DOMAINS, "label", "unit"}
    outcome = {"take", "days_free_of", "if_dead"}
    criterion = set(Criterion.model_fields) - {"age", "sex", "covariate", "is", "is_", "index_date"}
    wanted = {name.rstrip("_").replace("_", " ") for name in own | outcome | criterion}
    assert wanted - keys == set()
    taken = re.findall(r"take: (\w+)", MANUAL)
    assert set(get_args(get_args(Covariate.model_fields["take"].annotation)[0])) <= set(taken)


def _keys(said: Any) -> set[str]:
    if isinstance(said, dict):
        return set(said) | {key for value in said.values() for key in _keys(value)}
    if isinstance(said, list):
        return {key for value in said for key in _keys(value)}
    return set()
