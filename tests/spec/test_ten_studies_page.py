"""Every picture in docs/ten-studies.md, run: what a protocol makes of the patients drawn there."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from casewise.cohort.explaining import Explanation, explain
from casewise.protocol import read_study
from oracle import Rows
from oracle.drawn import event_row
from oracle.loading import loaded

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "ten-studies.md").read_text("utf-8")
DAY_0 = dt.date(2022, 6, 1)
SECTION = re.compile(r"^## (.+)\n\n\[study\.yaml\]\((.+?)\)([^#]*)", re.MULTILINE)
PICTURE = re.compile(r"```text\n(.*?)```", re.DOTALL)
ROW = re.compile(r"(?:(?P<who>[AB]) )?(?P<name>\S+(?: \S+)*?)  +(?P<marks>.*)")
ANSWER = re.compile(r"(?:(?P<who>[AB]) )?(?P<name>.+?): (?P<answer>.+)")
NEVER = "without a date"

PICTURES = [
    pytest.param(DOCS / file, picture, id=f"{name} {number}")
    for name, file, text in SECTION.findall(PAGE)
    for number, picture in enumerate(PICTURE.findall(text), start=1)
]


def read(text: str) -> tuple[Rows, dict[tuple[str, str], str]]:
    """The patients drawn, and what is said of each."""
    each, zero, said = 1, 0, {}
    people: dict[str, tuple[int, int]] = {}
    event = []
    for line in text.splitlines():
        if found := re.fullmatch(r"one character: (\d+) days", line):
            each = int(found[1])
        elif line.startswith("day "):
            zero = line.index(" 0") + 1
        elif found := ANSWER.fullmatch(line):
            said[found["who"] or "A", found["name"]] = found["answer"]
        else:
            found = ROW.fullmatch(line)
            assert found, line
            who = found["who"] or "A"
            people.setdefault(who, (-9999, 9999))
            if found["marks"] == NEVER:
                event.append(event_row(who, found["name"], None))
                continue
            for mark in re.finditer(r"\[=*\]|[x0-9]", found["marks"]):
                first = (found.start("marks") + mark.start() - zero) * each
                last = (found.start("marks") + mark.end() - 1 - zero) * each
                if found["name"] == "watched":
                    people[who] = first, last
                    continue
                value = float(mark[0]) if mark[0].isdigit() else None
                made = event_row(who, found["name"], day(first), value=value)
                event.append(made | {"end": day(last) if last > first else None})
    rows = Rows(
        person=[{"person": p, "birth": None, "age": 50.0, "sex": "female"} for p in people],
        observation=[
            {"person": who, "start": day(first), "end": day(last)}
            for who, (first, last) in people.items()
        ],
        event=[row | {"source": f"row {number}"} for number, row in enumerate(event)],
        undated=frozenset(row["code"] for row in event if row["start"] is None),
        periods=True,
    )
    return rows, said


def day(number: int) -> dt.date:
    return DAY_0 + dt.timedelta(days=number)


def told(found: Explanation, name: str) -> str:
    if name in ("arm", "out at"):
        return found.arm if name == "arm" else found.left_at
    (answer,) = (
        one.answer
        for one in found.answers
        if one.name == name and one.kind in ("baseline", "outcome")
    )
    return answer


@pytest.mark.parametrize(("file", "picture"), PICTURES)
def test_a_picture_of_the_page_is_what_the_study_makes_of_it(file: Path, picture: str) -> None:
    study, (rows, said) = read_study(file), read(picture)
    assert {row["code"] for row in rows.event} <= set(study.events)
    found = {who: explain(study, loaded(rows), who) for who in {who for who, _ in said}}
    assert {key: told(found[key[0]], key[1]) for key in said} == said


def test_every_study_of_the_ten_has_a_picture() -> None:
    assert len(SECTION.findall(PAGE)) == 10
    assert all(PICTURE.findall(text) for _, _, text in SECTION.findall(PAGE))
