"""The worklist, and the coordinator's page of charts: who reads what, and how far they are."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from casewise.review import answers, assigning, training
from casewise.review.blinding import cover, telling
from casewise.review.store import Assignment, Note
from casewise.review.web.app import ABSTRACTOR, ADJUDICATOR, COORDINATOR, Ask, RefusedError
from casewise.review.web.shown import blinded_for, excerpt, hits

ROWS = 100  # of a page
HITS = 50


def page_of(ask: Ask, count: int) -> tuple[int, int]:
    """The page that was asked for, from 1, and the last one."""
    asked = ask.text("page", most=6, needed=False) or "1"
    last = max(-(-count // ROWS), 1)
    if not asked.isascii() or not asked.isdigit():
        raise RefusedError(422, "“page” is a number.")
    return min(max(int(asked), 1), last), last


def show(ask: Ask) -> Response:
    reader = ask.me.role == ABSTRACTOR
    given = assigning.assignments(ask.store, who=ask.me.name if reader else "")
    counted = assigning.progress(ask.store, who=ask.me.name if reader else "")
    asked = len(ask.store.form().seen_by(blinded=ask.store.blinded()))
    by_chart: dict[str, list[Assignment]] = {}
    for one in given:
        by_chart.setdefault(one.chart, []).append(one)
    to_train = ask.store.training()
    page, last = page_of(ask, len(by_chart))
    opens = ask.me.role in (ABSTRACTOR, ADJUDICATOR, COORDINATOR)
    rows = []
    for chart, people in list(by_chart.items())[(page - 1) * ROWS : page * ROWS]:
        done = sum(bool(one.done) for one in people)
        filled = sum(counted.get((chart, one.who), 0) for one in people)
        kind = "done" if done == len(people) else "open" if filled else ""
        state = "signed off" if kind == "done" else f"{done} of {len(people)} signed off"
        if kind != "done" and (reader or not done):
            state = "begun" if filled else "not begun"
        rows.append(
            {
                **{"name": chart, "training": chart in to_train, "state": state, "kind": kind},
                "link": f"/chart/{quote(chart, safe='')}" if opens else "",
                "asked": 0 if kind == "done" else asked * len(people),
                "answered": filled,
                "who": [(one.who, bool(one.done)) for one in people],
            }
        )
    query = ask.text("q", most=200, needed=False)
    return ask.page(
        "worklist.html",
        title="Your charts" if reader else "All charts",
        rows=rows,
        page=page,
        last=last,
        query=query,
        mine={"total": len(given), "done": sum(bool(one.done) for one in given)},
        continue_with=next((one.chart for one in given if not one.done), ""),
        training=_training(ask, [ask.me.name])[0] if reader else None,
        abstractors=[] if reader else _people(ask, given, counted),
        may_reopen=ask.me.role == COORDINATOR and ask.store.locked() is None,
        **_found(ask, query, set(by_chart)),
    )


def _training(ask: Ask, people: list[str]) -> list[dict[str, Any] | None]:
    """How far each of these is with the training charts; None where there are none."""
    mark = f"{training.pass_mark(ask.store):.0%}"
    shown: list[dict[str, Any] | None] = []
    for who in people:
        one = training.standing(ask.store, who)
        shown.append(
            None
            if one is None
            else {
                **{"charts": one.charts, "done": one.done, "right": one.right, "of": one.of},
                **{"passed": one.passed, "mark": mark},
                "share": f"{one.right / one.of:.0%}" if one.of else "",
                "wrong": [(s.chart, ", ".join(s.wrong)) for s in one.scores if s.wrong],
            }
        )
    return shown


def _people(
    ask: Ask, given: list[Assignment], counted: dict[tuple[str, str], int]
) -> list[dict[str, Any]]:
    people: dict[str, dict[str, Any]] = {}
    for one in given:
        row = people.setdefault(one.who, {"name": one.who, "total": 0, "begun": 0, "done": 0})
        row["total"] += 1
        row["done"] += bool(one.done)
        row["begun"] += bool(counted.get((one.chart, one.who)))
    rows = sorted(people.values(), key=lambda row: row["name"].casefold())
    for row, trained in zip(rows, _training(ask, [r["name"] for r in rows]), strict=True):
        row["training"] = trained
    return rows


def _found(ask: Ask, query: str, mine: set[str]) -> dict[str, Any]:
    """Notes with the query's words, in the charts that the account may open; a reader none."""
    if not query or ask.me.role not in (ABSTRACTOR, ADJUDICATOR, COORDINATOR):
        return {"hits": None, "more": False}
    theirs = ask.me.name if ask.me.role == ABSTRACTOR else ""
    found = ask.store.search(query, who=theirs, most=HITS)
    words = telling(ask.store.form()) if blinded_for(ask) else ()
    notes = [
        Note(n.note, n.chart, n.time, cover(n.kind, words), cover(n.text, words)) for n in found
    ]
    named = [{"chart": c, "title": c, "excerpt": "this chart"} for c in sorted(mine) if query == c]
    listed = [
        {
            **{"chart": n.chart, "title": f"{n.chart}, {n.kind}, {n.time[:10]}"},
            "excerpt": excerpt(n.text, spans),
        }
        for n, spans in hits(notes, query, strict=bool(words))
    ]
    return {"hits": named + listed, "more": len(found) == HITS}


def charts(ask: Ask) -> Response:
    every = ask.store.charts()
    people: dict[str, list[str]] = {}
    for one in assigning.assignments(ask.store):
        people.setdefault(one.chart, []).append(one.who)
    page, last = page_of(ask, len(every))
    rows = [
        {"id": c.chart, "name": c.chart, "who": people.get(c.chart, []), "training": c.training}
        for c in every[(page - 1) * ROWS : page * ROWS]
    ]
    return ask.page(
        "charts.html",
        rows=rows,
        page=page,
        last=last,
        total=len(every),
        share=round(100 * ask.store.planned("read twice", 1.0)),
        unassigned=sum(c.chart not in people for c in every),
        abstractors=[a.name for a in ask.store.accounts() if a.active and a.role == ABSTRACTOR],
    )


def assign(ask: Ask) -> Response:
    to = ask.sent.get("to", [])
    to = [to] if isinstance(to, str) else to
    share = ask.text("share", most=5)
    if not isinstance(to, list) or not share.isascii() or not share.isdigit() or int(share) > 100:
        raise RefusedError(422, "Say who reads, and which per cent of the charts is read by two.")
    assigning.assign(ask.store, [str(one) for one in to], int(share) / 100, by=ask.me.name)
    return ask.back("/charts", "assigned")


def reopen(ask: Ask) -> Response:
    """Let an abstractor answer again in a chart that is signed off; the log keeps why."""
    chart, who = ask.text("chart", most=200), ask.text("who", most=200)
    answers.reopen(ask.store, chart, who, by=ask.me.name, reason=ask.text("reason", most=1000))
    return ask.back("/worklist", "opened")
