"""Random protocols and random records, made to meet each other on the edges of windows.

Every date lies a whole duration of the protocol's own away from another, so that events fall on
the first and last day of windows, on one day, at month ends and on leap days.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from casewise.protocol.check import check_study
from casewise.protocol.model import Study
from casewise.protocol.time import parse_duration
from oracle.calendar import moved
from oracle.events import NOT_APPLICABLE, NOT_DOCUMENTED, OCCURRED
from oracle.records import Row, Rows

DAYS = [date(2020, 1, 31), date(2020, 2, 29), date(2019, 12, 31), date(2021, 3, 1)]
DURATIONS = ["0 days", "36 hours", "1 day", "7 days", "30 days", "2 weeks", "1 month", "1 year"]
ONE_YEAR = parse_duration("1 year")
BASE = ("admission", "discharge", "drug", "stroke", "lab", "death")
MADE = ("first of some", "later one", "course", "its end", "narrowed")
PEOPLE = [f"p{number}" for number in range(1, 7)]
CHOICES = ["mild", "severe", "10"]
WORDS = {
    "admission": [{"visit": "inpatient"}, {"visit": "inpatient", "condition": "flare"}],
    "discharge": [{"visit end": "inpatient"}],
    "drug": [{"drug": "a drug"}, {"device": "a pump"}],
    "stroke": [{"condition": "stroke"}, {"procedure": "a procedure"}],
    "lab": [{"measurement": "ferritin"}, {"observation": "a score"}],
    "death": [{"death": "any cause"}],
}
NUMBERS = [">= 18", "< 2", "<= 1", "> 1", "= 2", "!= 2", "1 to 2", [1, 3], 2]
AGES = [">= 18", "< 60", "<= 40", "> 39", "18 to 65", [39, 40], "!= 40", 40]

SIMPLE_ARMS = {"drug": {"event": "drug", "within": "7 days"}, "other": "otherwise"}
SIMPLE_OUTCOMES = {"death": {"event": "death", "within": "1 year"}}

Draw = Callable[[st.SearchStrategy[Any]], Any]


def one(draw: Draw, choices: Any) -> Any:
    return draw(st.sampled_from(choices))


def maybe(draw: Draw, chance: int = 3) -> bool:
    """True once in ``chance`` times."""
    return bool(draw(st.integers(1, chance)) == chance)


# -- protocols ------------------------------------------------------------------------------------


@st.composite
def protocols(draw: Draw) -> Study:
    """A protocol in which ``casewise check`` finds no mistake."""
    events = drawn_events(draw)
    names = list(events)
    baseline = drawn_baseline(draw, names)
    text = {
        "title": "Drawn",
        "events": events,
        "cohort": {
            "index": drawn_index(draw, names),
            "include": drawn_criteria(draw, names, baseline, "in"),
            "exclude": drawn_criteria(draw, names, baseline, "out"),
        },
        "arms": drawn_arms(draw, names, baseline),
        "baseline": baseline,
        "outcomes": drawn_outcomes(draw, names),
        "harms": drawn_harms(draw, names),
        "treatments": drawn_treatments(draw, names),
    }
    if maybe(draw, 5):
        drawn_match(draw, text)
    return without_mistakes(text)


def drawn_match(draw: Draw, text: dict[str, Any]) -> None:
    each = one(draw, ["drug", "stroke", MADE[2]])
    match: dict[str, Any] = {"each": each, "to": one(draw, [1, 2])}
    match |= {"same": "sex"} if maybe(draw, 2) else {}
    match |= {"age within": one(draw, ["2 years", "30 years"])} if maybe(draw, 2) else {}
    if not maybe(draw, 4):
        text["cohort"] = {}
    text["cohort"] |= {"match": match, "index": "first admission"}
    text["arms"] = {"treated": {"event": each, "within": "0 days"}, "untreated": "otherwise"}


def without_mistakes(text: dict[str, Any]) -> Study:
    """The protocol without the entries that ``casewise check`` would have a person mend."""
    while mistakes := check_study(Study.model_validate(text)):
        section, *path = mistakes[0].path
        if section == "cohort" and path == ["index"]:
            text["cohort"]["index"] = "first admission"
        elif section == "cohort" and len(path) > 1:
            text["cohort"][path[0]].pop(path[1])
        elif section == "cohort" and path == ["match", "each"]:
            text["cohort"].pop("match")
        elif section == "arms" and text["arms"] != SIMPLE_ARMS:
            text["cohort"].pop("match", None)
            text["arms"] = SIMPLE_ARMS
        elif section in ("arms", "cohort"):
            text["cohort"] = {"index": "first admission"}
        else:
            text[section].pop(path[0])
        if not text["outcomes"]:
            text["cohort"]["index"] = "first admission"
            text["outcomes"] = dict(SIMPLE_OUTCOMES)
    return Study.model_validate(text)


def drawn_events(draw: Draw) -> dict[str, dict[str, Any]]:
    events: dict[str, dict[str, Any]] = {}
    for name in BASE:
        events[name] = dict(one(draw, WORDS[name]))
    for name in ("drug", "lab"):
        if maybe(draw):
            events[name]["value"] = one(draw, NUMBERS[1:])
    if maybe(draw):
        events["drug"]["gap"] = one(draw, DURATIONS)
    if maybe(draw):
        events["stroke"]["after"] = one(draw, ["discharge", "drug"])
    members = draw(st.lists(st.sampled_from(BASE), min_size=1, max_size=3, unique=True))
    events[MADE[0]] = {"any of": members}
    events[MADE[1]] = {"condition": "it came back", "after": one(draw, ["discharge", MADE[0]])}
    events[MADE[2]] = {"any of": [one(draw, ["drug", "lab", MADE[1]])]}
    events[MADE[3]] = {"end of": one(draw, ["admission", "drug", MADE[2]])}
    events[MADE[4]] = {"any of": [one(draw, ["stroke", "lab", "admission"])]}
    for _ in range(one(draw, [1, 1, 2, 3])):
        other = one(draw, ["admission", "discharge", "drug", MADE[2], MADE[3]])
        events[MADE[4]] |= one(
            draw,
            [
                {"with": other},
                {"during": other},
                {"within": one(draw, DURATIONS), "of": other},
                {"which": one(draw, ["first", "second", "third", "last"])},
            ],
        )
    for name in MADE:
        if maybe(draw):
            events[name]["gap"] = one(draw, DURATIONS)
        if maybe(draw, 6):
            events[name]["value"] = one(draw, NUMBERS[1:])
    return events


def drawn_index(draw: Draw, names: list[str]) -> str:
    """The first admission in most draws: nearly everyone has one."""
    if not maybe(draw, 3):
        return "first admission"
    which = one(draw, ["first", "second", "third", "last"])
    return f"{which} {one(draw, names)}"


def drawn_window(draw: Draw, names: list[str], *, late: bool = False) -> dict[str, str]:
    """``late``: one that starts on or after the index date and ends with ``within``."""
    duration, event = one(draw, DURATIONS), one(draw, names)
    near, far = one(draw, DURATIONS[:4]), one(draw, DURATIONS[4:])
    forms = [
        {"within": duration},
        {"from": f"{near} after", "within": far},
        {"from": event, "within": far},
        {"from": f"{duration} after {event}"},
        {},
    ]
    if not late:
        forms += [
            {"until": one(draw, ["index", f"{near} before", event, f"{duration} after {event}"])},
            {"from": f"{far} before", "to": "index"},
            {"from": f"{far} before", "to": f"{near} before"},
            {"from": "any time before", "to": f"{duration} after"},
            {"from": f"{near} after", "to": "any time after"},
            {"from": "any time before", "to": "any time after"},
            {"from": "index", "to": event},
            {"from": event, "to": f"{duration} after {event}"},
            {"from": f"{near} before {event}", "to": event},
            {"from": f"{far} before", "to": f"{near} before {event}"},
        ]
    return dict(one(draw, forms))


def drawn_criterion(
    draw: Draw, names: list[str], baseline: dict[str, Any], depth: int = 2
) -> dict[str, Any]:
    kinds = ["event"] * 4 + ["age", "sex", "covariate", "index date", "observed", "followed"]
    if depth:
        kinds += ["any of", "all of", "not"]
    match kind := one(draw, kinds):
        case "event":
            asked = {"event": one(draw, names), **drawn_window(draw, names)}
            least = {"at least": draw(st.integers(1, 3))} if maybe(draw) else {}
            most = {"at most": draw(st.integers(3, 4) if least else st.integers(0, 2))}
            return asked | least | (most if maybe(draw, 5) else {})
        case "age":
            return {"age": one(draw, AGES)}
        case "sex":
            return {"sex": one(draw, ["female", "male"])}
        case "covariate":
            return drawn_covariate_criterion(draw, baseline)
        case "index date":
            dates = {"from": one(draw, DAYS[:3]), "to": one(draw, [DAYS[3], date(2020, 2, 29)])}
            dates = {key: dates[key] for key in one(draw, [["from"], ["to"], ["from", "to"]])}
            return (
                {"index date": dates}
                if list(dates.values()) == sorted(dates.values())
                else {"age": ">= 18"}
            )
        case "observed" | "followed":
            return {kind: one(draw, DURATIONS)}
        case "not":
            return {"not": drawn_criterion(draw, names, baseline, depth - 1)}
    parts = [drawn_criterion(draw, names, baseline, depth - 1) for _ in range(one(draw, [1, 2]))]
    return {kind: parts}


def drawn_covariate_criterion(draw: Draw, baseline: dict[str, Any]) -> dict[str, Any]:
    name = one(draw, ["age", "sex", *baseline])
    said = baseline.get(name, {})
    if name == "age":
        wanted: Any = one(draw, AGES)
    elif name == "sex":
        wanted = one(draw, ["female", ["female", "male"], "!= male"])
    elif "unit" in said or "take" in said:
        wanted = one(draw, NUMBERS)
    elif "choices" in said:
        wanted = one(draw, ["mild", ["severe", "10"], "!= severe", "10"])
    else:
        wanted = one(draw, ["yes", "no"])
    return {"covariate": name, "is": wanted}


def drawn_criteria(
    draw: Draw, names: list[str], baseline: dict[str, Any], stem: str
) -> dict[str, Any]:
    count = one(draw, [0, 0, 1, 2])
    return {f"{stem} {n}": drawn_criterion(draw, names, baseline) for n in range(count)}


def drawn_arms(draw: Draw, names: list[str], baseline: dict[str, Any]) -> dict[str, Any]:
    count = one(draw, [3, 2])
    arms: dict[str, Any] = {
        f"arm {n}": drawn_criterion(draw, names, baseline, depth=1) for n in range(1, count)
    }
    last = "otherwise" if not maybe(draw, 4) else drawn_criterion(draw, names, baseline, depth=1)
    return {**arms, f"arm {count}": last}


def drawn_baseline(draw: Draw, names: list[str]) -> dict[str, dict[str, Any]]:
    """One of each kind that is wanted; a name for each."""

    def before() -> dict[str, Any]:
        window = drawn_window(draw, names)
        return {**window, "after index": "deliberate"} if maybe(draw) else window

    takes = ["last", "first", "lowest", "highest", "mean"]
    all_of_them: dict[str, dict[str, Any]] = {
        "age": {},
        "sex": {},
        "FVC": {"unit": "%", "summary": one(draw, ["mean", "median"]), **before()},
        "score": {"type": "number", "take": one(draw, takes), **before()},
        "severity": {"choices": CHOICES, **before()},
        "free text": {"type": "category", "take": one(draw, ["last", "first"])},
        "smoker": {"type": "yes or no", **before()},
        "stroke": {},
        "had one": {"event": one(draw, names), **before()},
        "worst lab": {"event": one(draw, ["lab", "drug", MADE[2]]), "take": one(draw, takes)},
    }
    if maybe(draw, 2):
        all_of_them["worst lab"]["take"] = one(draw, ["total", "count"])
    all_of_them["worst lab"] |= {"unit": "g/L", **before()}
    wanted = draw(st.lists(st.sampled_from(list(all_of_them)), max_size=5, unique=True))
    return {name: all_of_them[name] for name in wanted}


def drawn_outcomes(draw: Draw, names: list[str]) -> dict[str, dict[str, Any]]:
    def window() -> dict[str, str]:
        return drawn_window(draw, names, late=True)

    def several() -> list[str]:
        return list(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)))

    binary = {**window(), "within": one(draw, DURATIONS)}
    start, end = one(draw, [*["index"] * 5, *names]), one(draw, names)
    all_of_them: dict[str, dict[str, Any]] = {
        "happened": {"event": one(draw, names), **binary},
        "any of some": {"any of": several(), "within": one(draw, DURATIONS[1:])},
        "stay": {"time": f"{start} to {end}"},
        "survival": {"time to": several(), **window()},
        "times": {"count": one(draw, names), **window()},
    }
    takes = ["last", "first", "lowest", "highest", "mean", "total"]
    valued = {"event": one(draw, ["lab", "drug", MADE[2], MADE[4]]), "take": one(draw, takes)}
    all_of_them["worst score"] = {**valued, "unit": "points", **window()}
    all_of_them["days free"] = {
        "days free of": draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)),
        "within": one(draw, DURATIONS[2:7]),
        **({"if dead": "zero"} if maybe(draw) else {}),
    }
    all_of_them["happened"]["lost"] = one(draw, ["excluded", "event-free", "event"])
    for name in ("stay", "survival"):
        if not maybe(draw):
            all_of_them[name]["competing"] = one(draw, ["death", "stroke", *names])
    by_gravity = draw(st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True))
    all_of_them["by gravity"] = {"ranked": by_gravity, **window()}
    wanted = list(all_of_them)[one(draw, [0, 0, 3]) : one(draw, [8, 8, 5])]
    return {name: all_of_them[name] for name in wanted}


def drawn_harms(draw: Draw, names: list[str]) -> dict[str, Any]:
    if not maybe(draw, 2):
        return {}
    return {"harm": {"event": one(draw, names), **drawn_window(draw, names, late=True)}}


def drawn_treatments(draw: Draw, names: list[str]) -> dict[str, Any]:
    if maybe(draw, 4):
        return {}
    return {
        "drug": drawn_window(draw, names),
        "other": {"event": one(draw, ["stroke", *names]), **drawn_window(draw, names)},
    }


# -- records --------------------------------------------------------------------------------------


@st.composite
def records(draw: Draw) -> Rows:
    """Up to six people, each with a few rows. ``p1`` may be the same in every draw: nothing."""
    people = PEOPLE[: one(draw, [6, 5, 4, 3, 2, 1])]
    event: list[Row] = []
    for person in people:
        day = one(draw, DAYS)
        event += drawn_event_rows(draw, person, day) + drawn_covariate_rows(draw, person, day)
    periods = maybe(draw, 3)
    undated = draw(st.sets(st.sampled_from(["drug", "stroke", "discharge"]), max_size=2))
    for row in event:
        if row["code"] in undated:  # answered with yes or no alone
            row |= {"start": None, "end": None}
    return Rows(
        person=[drawn_person(draw, person) for person in people],
        observation=[row for person in people for row in drawn_periods(draw, person, periods)],
        event=[row | {"source": f"row {number}"} for number, row in enumerate(event)],
        undated=frozenset(undated),
        periods=periods,
    )


def drawn_person(draw: Draw, person: str) -> Row:
    births = [None, date(1980, 2, 29), date(1981, 3, 1), date(2002, 1, 31), date(1960, 2, 28)]
    return {
        "person": person,
        "birth": one(draw, births),
        "age": one(draw, [None, None, 17.0, 40.0, 39.5]),
        "sex": one(draw, ["female", "male", "male", None]),
    }


def drawn_periods(draw: Draw, person: str, periods: bool) -> list[Row]:
    """Of a chart the last day alone; else spans of days that do not touch each other."""
    if not periods:
        last = one(draw, [None, *(moved(day, 1, parse_duration("30 days")) for day in DAYS)])
        return [{"person": person, "start": None, "end": last}]
    if maybe(draw, 2):
        return [{"person": person, "start": moved(DAYS[2], -1, ONE_YEAR), "end": one(draw, DAYS)}]
    edges = sorted({drawn_day(draw, one(draw, DAYS)) for _ in range(4)})
    ends = edges[1::2]
    spans = [{"start": s, "end": e} for s, e in zip(edges[: 2 * len(ends) : 2], ends, strict=True)]
    if spans and maybe(draw):
        spans[-1]["end"] = None  # type: ignore[typeddict-item]
    return [{"person": person, **span} for span in spans]


def drawn_day(draw: Draw, near: date) -> date:
    """A duration of the protocols away from ``near``, sometimes a day beside that."""
    by = parse_duration(one(draw, DURATIONS))
    beside = timedelta(days=one(draw, [0, 0, 0, -1, 1]))
    return moved(near, one(draw, [1, 1, 1, -1]), by) + beside


def drawn_event_rows(draw: Draw, person: str, day: date) -> list[Row]:
    if maybe(draw, 8):
        return []
    rows = [event_row(person, "admission", day)]
    for _ in range(one(draw, [7, 5, 3, 1, 0])):
        code = one(draw, [*BASE, MADE[1]])
        status = one(draw, [*[OCCURRED] * 6, NOT_DOCUMENTED, NOT_APPLICABLE])
        if status != OCCURRED:
            rows.append(event_row(person, code, None, status=status))
            continue
        start = None if maybe(draw, 4) else drawn_day(draw, day)
        row = event_row(person, code, start, value=one(draw, [None, 0.5, 1.0, 2.0, 3.0]))
        if start is not None and maybe(draw):
            row["end"] = drawn_day(draw, start)
        rows.append(row)
    return rows


def event_row(
    person: str,
    code: str,
    start: date | None,
    *,
    value: float | None = None,
    status: str = OCCURRED,
    domain: str = "event",
    text: str | None = None,
) -> Row:
    return {
        "person": person,
        "domain": domain,
        "code": code,
        "vocabulary": "protocol",
        "start": start,
        "end": None,
        "value": value,
        "unit": None,
        "text": text,
        "visit": None,
        "status": status,
    }


def drawn_covariate_rows(draw: Draw, person: str, day: date) -> list[Row]:
    rows = []
    for _ in range(one(draw, [5, 3, 1, 0])):
        code = one(draw, ["FVC", "score", "severity", "free text", "smoker"])
        status = one(draw, [OCCURRED, OCCURRED, OCCURRED, NOT_DOCUMENTED, NOT_APPLICABLE])
        start = None if maybe(draw) else drawn_day(draw, day)
        value = text = None
        if status == OCCURRED and not maybe(draw, 8):
            if code in ("FVC", "score"):
                value = one(draw, [0.5, 1.0, 2.0, 3.0, 20.0])
            else:
                text = one(draw, ["yes", "no"] if code == "smoker" else CHOICES)
        row = event_row(person, code, start, value=value, status=status, text=text)
        rows.append(row | {"domain": "covariate"})
    return rows
