"""Made-up patients, written in a line each, as a chart table and as a table of events.

``F 1960-01-01 | stay 2020-01-01..2020-01-09; dose 2020-01-02 = 0.5; seen 2021-06-01``: sex, birth,
and what happened; ``seen`` is the last contact. Both forms are made of the same lines, so that a
protocol can be held to give the same answer on either.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import casewise
from casewise.protocol import read_study
from casewise.protocol.model import Study
from casewise.results import Results

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "ten_studies"
HAPPENED = re.compile(
    r"(?P<event>.+?) (?P<start>\d{4}-\d\d-\d\d)"
    r"(?:\.\.(?P<end>\d{4}-\d\d-\d\d))?(?: = (?P<value>\S+))?"
)
COLUMNS = ("patient", "time", "end", "code", "domain", "value", "visit")


@dataclass(frozen=True)
class Person:
    name: str
    sex: str
    born: str
    happened: tuple[tuple[str, str, str, str], ...]
    seen: str


def person(name: str, text: str) -> Person:
    who, _, rest = text.partition(" | ")
    found = []
    for part in rest.split("; "):
        match = HAPPENED.fullmatch(part)
        assert match, part
        found.append((match["event"], match["start"], match["end"] or "", match["value"] or ""))
    seen = next(start for event, start, *_ in found if event == "seen")
    kept = tuple(one for one in found if one[0] != "seen")
    return Person(name, who.split()[0], who.split()[1], kept, seen)


def dump(path: Path, data: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(data, file)


def as_charts(folder: Path, study: Study, people: list[Person]) -> Path:
    """One row a patient, one column for each date; answers the site file."""
    header, site = ["id", "sex", "born", "seen"], {}
    most: dict[str, int] = {}
    for name, event in study.events.items():
        if event.recorded:
            times = [sum(one[0] == name for one in who.happened) for who in people]
            most[name] = max([1, *times])
            columns = [f"{name} {n}" for n in range(1, most[name] + 1)]
            site[name] = {
                "date": columns,
                "end": [f"{one} end" for one in columns],
                "value": [f"{one} value" for one in columns],
            }
            header += [c for one in columns for c in (one, f"{one} end", f"{one} value")]
    with (folder / "charts.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(header)
        for who in people:
            row = [who.name, who.sex, who.born, who.seen]
            for name, times in most.items():
                mine = [one[1:] for one in who.happened if one[0] == name]
                mine += [("", "", "")] * (times - len(mine))
                row += [cell for one in mine for cell in one]
            rows.writerow(row)
    text = {
        "notice": "These patients are made up.",
        "records": "charts.csv",
        "patient": "id",
        "extracted": "2024-12-31",
        "birth": "born",
        "sex": {"column": "sex", "values": {"female": "F", "male": "M"}},
        "follow up": "seen",
        "events": site,
    }
    dump(folder / "charts.yaml", text)
    return folder / "charts.yaml"


def as_events(folder: Path, study: Study, people: list[Person]) -> Path:
    """One row for each thing that happened, coded by the protocol's own words; answers the site
    file."""
    rows: list[dict[str, str]] = []
    words: set[str] = set()
    for who in people:
        rows += [
            {"patient": who.name, "time": who.born, "domain": "birth"},
            {"patient": who.name, "domain": "sex", "code": who.sex},
            {"patient": who.name, "time": who.seen, "domain": "observation", "code": "contact"},
        ]
        for number, (name, start, end, value) in enumerate(who.happened):
            base = {"patient": who.name, "time": start, "end": end, "value": value}
            said = study.events[name].words()
            kind = said.pop("visit", None)
            if kind is not None:
                base["visit"] = f"{who.name} visit {number}"
                rows.append({**base, "domain": "visit", "code": kind})
                base = {**base, "end": ""}
            for domain, word in said.items():
                rows.append({**base, "domain": domain, "code": "" if domain == "death" else word})
    for event in study.events.values():
        coded = {d: w for d, w in event.words().items() if d not in ("visit", "visit_end", "death")}
        words |= set(coded.values())
    with (folder / "events.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, restval="")
        table.writeheader()
        table.writerows(rows)
    text = {
        "notice": "These patients are made up.",
        "records": {"table": "events.csv", "columns": {name: name for name in COLUMNS}},
        "extracted": "2024-12-31",
        "codes": {word: {"local": word} for word in sorted(words)},
        "accept": ["codes without records"],
    }
    dump(folder / "events.yaml", text)
    return folder / "events.yaml"


def run(folder: Path, file: Path, people: dict[str, str], form: str) -> Results:
    study = read_study(file)
    made = [person(name, text) for name, text in people.items()]
    site = {"charts": as_charts, "events": as_events}[form](folder, study, made)
    return casewise.run(file, site)
