"""Contradictions in the records: duplicates, impossible orders of dates, dates in the future.

A message says where the two sides stand and never what they are. A site may accept a kind of
contradiction; it is then a warning, and a note counts it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from casewise.errors import Problem
from casewise.protocol.model import Study
from casewise.protocol.resolve import recorded_for
from casewise.protocol.site import Contradiction
from casewise.records.baseline import People
from casewise.records.columns import NO_DATE, Reading
from casewise.records.events import Found
from casewise.records.rows import Block, Mark, Patients
from casewise.results import Note

Dates = NDArray[np.datetime64]


@dataclass
class Checker:
    """What the checks look at, and the contradictions found, by kind."""

    study: Study
    reading: Reading
    patients: Patients
    people: People
    blocks: list[Block]
    contradictions: dict[Contradiction, list[Problem]] = field(
        default_factory=lambda: {kind: [] for kind in get_args(Contradiction)}
    )

    def say(self, kind: Contradiction, row: int, column: str, message: str) -> None:
        hint = "" if self.contradictions[kind] else f"to go on in spite of it: accept: [{kind}]"
        self.contradictions[kind].append(self.reading.problem(row, column, message, hint))

    def label(self, block: Block) -> str:
        """What the protocol's own words are for it, as a person will look for them there."""
        return f"the date of {block.code}" if block.domain == "covariate" else block.code

    def at(self, mark: Mark, person: int) -> str:
        return self.reading.place(int(mark.row[person]), str(mark.column[person]))

    def dated(self) -> Iterator[tuple[Block, str, Dates, str]]:
        """Every block's starts and ends: the dates, their column, and what to call them."""
        for block in self.blocks:
            yield block, block.column, block.start, self.label(block)
            if block.end_column is not None:
                yield block, block.end_column, block.end, f"the end of {self.label(block)}"


def check(checker: Checker, follow_up: Mark, latest: dt.date, found: Found) -> Dates:
    """Add every contradiction to ``found``; answer each patient's end of follow-up, which is
    the death where both are known: nobody is watched longer, and until then everybody was."""
    death = _deaths(checker, found)
    index = _index(checker)
    _before_birth(checker)
    _after_death(checker, death)
    _end_before_start(checker, index, follow_up, death)
    _future(checker, follow_up, np.datetime64(latest, "D"))
    _sort(checker, found)
    return _to_death(checker, follow_up, death, found)


def duplicates(reading: Reading, ids: list[str], patients: Patients) -> list[Problem]:
    """A row for each row that repeats a patient, in a table of one row a patient."""
    name = reading.site.patient
    return [
        reading.problem(
            row, name, f"the same patient as in {reading.place(int(patients.first_row[who]), name)}"
        )
        for row, who in enumerate(patients.of_row.tolist())
        if patients.first_row[who] != row and ids[row]
    ]


def _deaths(checker: Checker, found: Found) -> Mark:
    mark = Mark.blank(len(checker.patients.ids))
    for block in checker.blocks:
        event = checker.study.events.get(block.code)
        if block.domain != "event" or event is None or event.death is None:
            continue
        for i in np.flatnonzero(~np.isnat(block.start)):
            row = int(block.row[i])
            person = int(checker.patients.of_row[row])
            known = mark.date[person]
            # Causes of death are events of their own; each may carry the one date again.
            if not np.isnat(known) and known != block.start[i]:
                message = f"another date of death than in {checker.at(mark, person)}"
                found.errors.append(checker.reading.problem(row, block.column, message))
            mark.keep(person, block.start[i], row, block.column)
    return mark


def _index(checker: Checker) -> Mark:
    """The first date of the event that starts the clock, or of any that it is made of."""
    names = recorded_for(checker.study, checker.study.cohort.index_event)
    mark = Mark.blank(len(checker.patients.ids))
    for block in checker.blocks:
        if block.domain == "event" and block.code in names:
            for i in np.flatnonzero(~np.isnat(block.start)):
                row = int(block.row[i])
                mark.keep(int(checker.patients.of_row[row]), block.start[i], row, block.column)
    return mark


def _before_birth(checker: Checker) -> None:
    birth = checker.people.birth
    for block, column, dates, label in checker.dated():
        person = checker.patients.of_row[block.row]
        for i in np.flatnonzero(dates < birth[person]):
            where = checker.reading.place(
                int(checker.people.birth_row[person[i]]), checker.reading.site.birth or ""
            )
            message = f"{label} is before birth ({where})"
            checker.say("event before birth", int(block.row[i]), column, message)


def _after_death(checker: Checker, death: Mark) -> None:
    for block, column, dates, label in checker.dated():
        event = checker.study.events.get(block.code)
        if block.domain == "event" and event is not None and event.death is not None:
            continue
        person = checker.patients.of_row[block.row]
        for i in np.flatnonzero(dates > death.date[person]):
            message = f"{label} is after death ({checker.at(death, int(person[i]))})"
            checker.say("event after death", int(block.row[i]), column, message)


def _end_before_start(checker: Checker, index: Mark, follow_up: Mark, death: Mark) -> None:
    of_row = checker.patients.of_row
    for block in checker.blocks:
        for i in np.flatnonzero(block.end < block.start):
            row = int(block.row[i])
            where = checker.reading.place(row, block.column)
            message = f"{checker.label(block)} ends before it starts ({where})"
            checker.say("end before start", row, block.end_column or block.column, message)
        for i in _ends_before_index(checker, block, index):
            row = int(block.row[i])
            where = checker.at(index, int(of_row[row]))
            message = (
                f"{checker.label(block)} is before {checker.study.cohort.index_event} ({where})"
            )
            checker.say("end before start", row, block.column, message)
    # A last contact long ago is no contradiction where a later death ends the follow-up.
    outlived = death.date >= index.date
    for person in np.flatnonzero((follow_up.date < index.date) & ~outlived):
        where = checker.at(index, int(person))
        message = f"follow-up ends before {checker.study.cohort.index_event} ({where})"
        row, column = int(follow_up.row[person]), str(follow_up.column[person])
        checker.say("end before start", row, column, message)


def _ends_before_index(checker: Checker, block: Block, index: Mark) -> NDArray[np.intp]:
    """Ends of visits before the first index date. Where the index is no visit itself, an
    earlier stay is none of its business: then only a patient's last end counts."""
    nothing = np.empty(0, dtype=np.intp)
    event = checker.study.events.get(block.code)
    start = checker.study.events.get(checker.study.cohort.index_event)
    if block.domain != "event" or event is None or event.visit_end is None or start is None:
        return nothing
    person = checker.patients.of_row[block.row]
    early: NDArray[np.intp] = np.flatnonzero(block.start < index.date[person])
    if start.visit is not None:
        return early
    last = np.full(len(checker.patients.ids), NO_DATE)
    for other in checker.blocks:
        if other.code == block.code and other.domain == "event":
            np.fmax.at(last, checker.patients.of_row[other.row], other.start)
    return early[last[person[early]] < index.date[person[early]]]


def _future(checker: Checker, follow_up: Mark, latest: np.datetime64) -> None:
    after = "the records were taken" if checker.reading.site.extracted else "today"
    for block, column, dates, label in checker.dated():
        for i in np.flatnonzero(dates > latest):
            checker.say("future date", int(block.row[i]), column, f"{label} is later than {after}")
    for person in np.flatnonzero(checker.people.birth > latest):
        row = int(checker.people.birth_row[person])
        message = f"birth is later than {after}"
        checker.say("future date", row, checker.reading.site.birth or "", message)
    for person in np.flatnonzero(follow_up.date > latest):
        row, column = int(follow_up.row[person]), str(follow_up.column[person])
        checker.say("future date", row, column, f"follow-up ends later than {after}")


def _sort(checker: Checker, found: Found) -> None:
    for kind, problems in checker.contradictions.items():
        if kind not in checker.reading.site.accept:
            found.errors.extend(problems)
        elif problems:
            found.warnings.extend(
                Problem(p.message, p.file, cell=p.cell, hint="") for p in problems
            )
            places = f"{len(problems)} place{'' if len(problems) == 1 else 's'}"
            text = f"The records contradict themselves ({kind}) in {places}; the site accepts it."
            found.notes.append(Note(kind="records", about=kind, text=text))


def _to_death(checker: Checker, follow_up: Mark, death: Mark, found: Found) -> Dates:
    after = np.flatnonzero(follow_up.date > death.date)
    for person in after:
        row, column = int(follow_up.row[person]), str(follow_up.column[person])
        message = f"follow-up ends after death ({checker.at(death, int(person))})"
        found.warnings.append(checker.reading.problem(row, column, message))
    before = np.flatnonzero(follow_up.date < death.date)
    told = (
        (before, "was recorded before death: until death only death itself was looked for"),
        (after, "was recorded after death: follow-up was ended at death"),
    )
    for patients, what in told:
        if len(patients):
            number = f"{len(patients):,} patient{'' if len(patients) == 1 else 's'}"
            text = f"In {number} the last contact {what}."
            found.notes.append(Note(kind="assumption", about="follow-up", text=text))
    ends: Dates = follow_up.date.copy()
    ends[after] = death.date[after]
    return ends
