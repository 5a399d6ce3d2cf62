"""Who reads which chart: once or twice, drawn by a seed that is kept in the log."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence

from casewise.review import log
from casewise.review.database import Connection
from casewise.review.store import Assignment, ReviewError, Store


def assign(
    store: Store, abstractors: Sequence[str], share: float, *, by: str, seed: int | None = None
) -> int:
    """Give each chart that nobody reads yet to one abstractor, and ``share`` of them (0 to 1, the
    number rounded up) to a second. The answer is how many charts were given out.

    Training charts are given to every one of the abstractors, and not counted.

    Charts are shared out evenly, in an order drawn with ``seed``; one is drawn where none is
    given. Raises ``ReviewError`` where an abstractor is none, or two are needed and there is one.
    """
    people = [store.account(name) for name in dict.fromkeys(abstractors)]
    if not people or any(a is None or a.role != "abstractor" or not a.active for a in people):
        raise ReviewError("charts are given to active accounts with the role abstractor")
    if not 0 <= share <= 1:
        raise ReviewError("the share that is read twice is from 0% to 100%")
    if share > 0 and len(people) < 2:
        raise ReviewError("charts are read twice by two people; there is one abstractor")
    names = [one.name for one in people if one is not None]
    seed = secrets.randbits(31) if seed is None else seed
    with store.changing() as write:
        free = [
            row[0]
            for row in write.execute(
                "SELECT chart FROM chart WHERE training = 0 AND chart NOT IN "
                "(SELECT chart FROM assignment) ORDER BY rowid"
            )
        ]
        draw = random.Random(seed)
        draw.shuffle(free)
        twice = -int(-len(free) * share // 1)
        rows: list[tuple[str, str, int]] = []
        for number, chart in enumerate(free):
            first = names[number % len(names)]
            rows.append((chart, first, 1))
            if number < twice:
                others = [name for name in names if name != first]
                rows.append((chart, others[(number // len(names)) % len(others)], 2))
        rows += _training(write, names)
        write.executemany("INSERT INTO assignment VALUES (?, ?, ?, '')", rows)
        body = {"seed": seed, "share": share, "given": [list(row) for row in rows]}
        log.append(write, by, "assigned", body)
    return len(free)


def _training(write: Connection, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Every training chart to each of these who has it not yet."""
    rows: list[tuple[str, str, int]] = []
    for (chart,) in write.execute(
        "SELECT chart FROM chart WHERE training = 1 ORDER BY rowid"
    ).fetchall():
        readers = write.execute("SELECT who, place FROM assignment WHERE chart = ?", (chart,))
        there = dict(readers.fetchall())
        place = max(there.values(), default=0)
        for name in (one for one in names if one not in there):
            place += 1
            rows.append((chart, name, place))
    return rows


def give(store: Store, chart: str, who: str, place: int, *, by: str) -> None:
    """Give one chart to one person by hand."""
    if store.chart(chart) is None or store.account(who) is None:
        raise ReviewError("there is no such chart, or no such account")
    with store.changing() as write:
        taken = write.execute(
            "SELECT 1 FROM assignment WHERE chart = ? AND (who = ? OR place = ?)",
            (chart, who, place),
        ).fetchone()
        if taken:
            raise ReviewError("this chart has that reader already")
        write.execute("INSERT INTO assignment VALUES (?, ?, ?, '')", (chart, who, place))
        log.append(write, by, "assigned", {"given": [[chart, who, place]]}, chart=chart)


def assignments(store: Store, *, who: str = "", chart: str = "") -> list[Assignment]:
    """Who reads what, in the order of the charts; somebody's alone, or a chart's alone."""
    wanted = [(name, value) for name, value in (("a.who", who), ("a.chart", chart)) if value]
    where = " AND ".join(f"{name} = ?" for name, _ in wanted) or "TRUE"
    rows = store.rows(
        "SELECT a.chart, a.who, a.place, a.done FROM assignment AS a JOIN chart AS c "
        f"ON c.chart = a.chart WHERE {where} ORDER BY c.training DESC, c.rowid, a.place",
        *(value for _, value in wanted),
    )
    return [Assignment(*row) for row in rows]


def progress(store: Store, *, who: str = "") -> dict[tuple[str, str], int]:
    """How many fields each (chart, abstractor) has an answer to; somebody's alone. A chart with
    none is not in it."""
    mine = "AND who = ?" if who else ""
    rows = store.rows(
        f"SELECT chart, who, COUNT(*) FROM answer WHERE status <> '' {mine} GROUP BY chart, who",
        *([who] if who else []),
    )
    return {(chart, reader): count for chart, reader, count in rows}
