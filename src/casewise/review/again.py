"""Charts read again later, to see whether reading drifts.

When a quarter, a half and three quarters of the charts are done, the share that the protocol plans
to read again of those done by then is drawn and given to somebody who has not read them.
The new reading settles nothing; it is held against the first one.
"""

from __future__ import annotations

import math
import random
import secrets
from dataclasses import dataclass

from casewise.review import log
from casewise.review.agreement import readings
from casewise.review.database import Connection
from casewise.review.form import NOT_APPLICABLE, category
from casewise.review.store import Store

POINTS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Again:
    """Of one point: charts drawn, those read again by now, and of their answers how many are as
    in the first reading."""

    point: float
    drawn: int
    read: int
    same: int
    answers: int


def draw_due(store: Store, *, seed: int | None = None) -> int:
    """Draw the sample of each point that has been reached and not drawn yet; how many charts were
    given out. The seed and the charts are in the log. Nothing is drawn from charts that every
    abstractor has read."""
    share = store.planned("read again", 0.0)
    if not share:
        return 0
    given = 0
    with store.writing() as write:
        drawn = write.execute("SELECT COUNT(*) FROM log WHERE kind = 'read again'").fetchone()[0]
        if drawn == len(POINTS):
            return 0
        every = "FROM chart AS c WHERE c.training = 0"
        total = write.execute(f"SELECT COUNT(*) {every}").fetchone()[0]
        done = [
            row[0]
            for row in write.execute(
                f"SELECT c.chart {every} AND EXISTS (SELECT 1 FROM assignment AS a WHERE "
                "a.chart = c.chart AND a.place <= 2) AND NOT EXISTS (SELECT 1 FROM assignment AS a "
                "WHERE a.chart = c.chart AND a.place <= 2 AND a.done = '') ORDER BY c.rowid"
            )
        ]
        people = [
            row[0]
            for row in write.execute(
                "SELECT name FROM account WHERE role = 'abstractor' AND active = 1 ORDER BY name"
            )
        ]
        for point in POINTS[drawn:]:
            if not total or len(done) < point * total:
                break
            number = secrets.randbits(31) if seed is None else seed
            rows = _draw(write, done, people, share, random.Random(number))
            write.executemany("INSERT INTO assignment VALUES (?, ?, 3, '')", rows)
            body = {"point": point, "seed": number, "given": [list(row) for row in rows]}
            log.append(write, "casewise", "read again", body)
            given += len(rows)
    return given


def _draw(
    write: Connection, done: list[str], people: list[str], share: float, draw: random.Random
) -> list[tuple[str, str]]:
    """Charts with who shall read them again, the work shared out by the draw."""
    free = []
    for chart in done:
        readers = write.execute("SELECT who, place FROM assignment WHERE chart = ?", (chart,))
        known = dict(readers.fetchall())
        others = [name for name in people if name not in known]
        if others and max(known.values()) < 3:
            free.append((chart, others))
    chosen = draw.sample(free, min(len(free), math.ceil(share * len(done))))
    return [(chart, draw.choice(others)) for chart, others in chosen]


def drift(store: Store) -> list[Again]:
    """How the readings of each point compare with the first ones."""
    form = store.form()
    first = dict(store.rows("SELECT chart, who FROM assignment WHERE place = 1"))
    done = set(store.rows("SELECT chart, who FROM assignment WHERE place = 3 AND done <> ''"))
    found = []
    for entry in store.entries(kind="read again", most=-1):
        given = [(chart, who) for chart, who in entry.body["given"]]
        late = [one for one in given if one in done]
        read = readings(store, [*late, *((chart, first[chart]) for chart, _ in late)])
        same = answers = 0
        for chart, who in late:
            one, two = read[chart, first[chart]].said, read[chart, who].said
            for asked in form.fields:
                if asked.name in one and asked.name in two:
                    pair = (category(asked, one[asked.name]), category(asked, two[asked.name]))
                    if pair != (NOT_APPLICABLE, NOT_APPLICABLE):
                        answers += 1
                        same += pair[0] == pair[1]
        found.append(Again(entry.body["point"], len(given), len(late), same, answers))
    return found
