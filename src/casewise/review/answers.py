"""Answers: saved, undone, finished, held against each other, and decided where they differ.

An answer is somebody's, to one field of one chart. A save says which version it is based on: where
another page saved in between, nothing is written, and the newer answer comes back in a
:class:`~casewise.review.store.ConflictError`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from casewise.review import again, log, training
from casewise.review.database import Connection
from casewise.review.form import (
    ANSWERED,
    NOT_APPLICABLE,
    NOT_DOCUMENTED,
    Field,
    Form,
    Status,
    applies,
    category,
    unanswered,
)
from casewise.review.store import Answer, ConflictError, Difference, Evidence, ReviewError, Store

_COLUMNS = "chart, field, who, version, status, value, evidence, reason, at"


def of_chart(store: Store, chart: str, who: str) -> dict[str, Answer]:
    """Somebody's answers to a chart as they stand, by field."""
    rows = store.rows(
        f"SELECT {_COLUMNS} FROM answer WHERE chart = ? AND who = ? ORDER BY field", chart, who
    )
    return {row[1]: _answer(row) for row in rows}


def save(
    store: Store,
    chart: str,
    field: str,
    who: str,
    *,
    status: Status | None,
    value: str = "",
    evidence: Sequence[Evidence] = (),
    reason: str = "",
    base: int,
) -> Answer:
    """Save one answer. ``base`` is the version that the page shows, 0 for none; a status of
    ``None`` takes the answer back, and may keep evidence for the next.

    Raises ``ConflictError`` where there is a newer one, and ``ReviewError`` where the field is not
    asked, the value does not fit it, the evidence is not in the chart, the chart is not this
    person's, is done, or waits for this person's training.
    """
    form = store.form()
    if not training.opened(store, chart, who):
        raise ReviewError("this chart opens once your training charts are done and passed")
    with store.changing() as write:
        _may_answer(write, chart, who)
        _fits(form, field, status, value)
        _is_there(write, chart, evidence)
        now = _current(write, "answer", chart, field, who)
        if now is not None and now.version != base:
            raise ConflictError(now)
        return _write(write, now, chart, field, who, status, value, evidence, reason)


def undo(store: Store, chart: str, field: str, who: str, *, base: int) -> Answer | None:
    """Put the answer before the last one back, as an entry of its own; ``None`` where there was
    none before. Undoing an undo brings back what it undid. Raises as ``save`` does."""
    with store.changing() as write:
        _may_answer(write, chart, who)
        now = _current(write, "answer", chart, field, who)
        if now is None:
            raise ReviewError("there is no answer to undo")
        if now.version != base:
            raise ConflictError(now)
        said = [e.body for e in log.read(write, chart=chart, field=field, who=who, kind="answer")]
        before = said[-1]["before"]
        if before is None:
            body: dict[str, object] = {
                "status": None,
                "value": "",
                "evidence": [],
                "reason": "undone",
            }
            log.append(
                *(write, who, "answer"), body | {"before": _said(now)}, chart=chart, field=field
            )
            write.execute(
                "DELETE FROM answer WHERE chart = ? AND field = ? AND who = ?", (chart, field, who)
            )
            return None
        evidence = [Evidence(**one) for one in before["evidence"]]
        return _write(
            *(write, now, chart, field, who, before["status"], before["value"], evidence, "undone")
        )


def history(store: Store, chart: str, field: str, who: str) -> list[log.Entry]:
    """All that somebody ever answered to a field, the first first."""
    return store.entries(most=-1, chart=chart, field=field, who=who, kind="answer")


def missing(store: Store, chart: str, who: str) -> list[str]:
    """The fields that somebody has still to answer before the chart is done."""
    given = _given(of_chart(store, chart, who).values())
    return unanswered(store.form(), given, blinded=store.blinded())


def finish(store: Store, chart: str, who: str) -> None:
    """Say that a chart is done. Raises ``ReviewError`` where fields are still to be answered."""
    left = missing(store, chart, who)
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        raise ReviewError(f"still to be answered: {', '.join(left[:3])}{more}")
    with store.changing() as write:
        _may_answer(write, chart, who)
        made = log.append(write, who, "done", {}, chart=chart)
        write.execute(
            "UPDATE assignment SET done = ? WHERE chart = ? AND who = ?", (made.at, chart, who)
        )
    again.draw_due(store)


def reopen(store: Store, chart: str, who: str, *, by: str, reason: str = "") -> None:
    """Let a chart that is done be answered again."""
    with store.changing() as write:
        found = write.execute(
            "UPDATE assignment SET done = '' WHERE chart = ? AND who = ? AND done <> ''",
            (chart, who),
        )
        if not found.rowcount:
            raise ReviewError("this chart is not done")
        log.append(write, by, "reopened", {"of": who, "reason": reason}, chart=chart)


def differences(store: Store, *, chart: str = "", open_only: bool = False) -> list[Difference]:
    """What two abstractors of a chart answered differently, once both are done with it. A field
    that one was asked and the other was not differs too."""
    form = store.form()
    found = []
    for name, people in _read_twice(store, chart).items():
        answers = {who: of_chart(store, name, who) for who in people}
        decided = decisions(store, name)
        full = {who: _filled(form, name, who, given) for who, given in answers.items()}
        for one in form.fields:
            pair = [full[who][one.name] for who in people if one.name in full[who]]
            if len(_said_apart(one, pair)) < 2:
                continue
            decision = decided.get(one.name)
            if not (open_only and decision):
                found.append(Difference(name, one.name, tuple(pair), decision))
    return found


def decide(
    store: Store,
    chart: str,
    field: str,
    by: str,
    *,
    status: Status,
    value: str = "",
    reason: str,
    base: int | None = None,
) -> Answer:
    """Settle a difference, with the reason. A later decision takes the place of an earlier one;
    ``base`` is the version of the one that the page shows, 0 for none.

    Raises ``ReviewError`` where the answers do not differ, the value does not fit, or there is no
    reason, and ``ConflictError`` where somebody has decided since."""
    if not reason.strip():
        raise ReviewError("a decision has a reason")
    if not any(one.field == field for one in differences(store, chart=chart)):
        raise ReviewError("the answers to this field do not differ")
    with store.changing() as write:
        _fits(store.form(), field, status, value)
        now = _current(write, "decision", chart, field)
        if now is not None and base is not None and now.version != base:
            raise ConflictError(now)
        return _write(write, now, chart, field, by, status, value, (), reason, table="decision")


def decisions(store: Store, chart: str) -> dict[str, Answer]:
    """The decisions on a chart, by field."""
    rows = store.rows(f"SELECT {_COLUMNS} FROM decision WHERE chart = ? ORDER BY field", chart)
    return {row[1]: _answer(row) for row in rows}


def settled(store: Store, chart: str) -> tuple[dict[str, Answer], list[str]]:
    """What a chart says in the end, by field, and the fields that are still open.

    The adjudicator's decision where there is one, else what both abstractors say, else what the
    only one says. Fields that nobody is asked have no answer.
    """
    form = store.form()
    people = [one[0] for one in store.rows(_PEOPLE + " AND done <> ''", chart)]
    if not people:
        return {}, [one.name for one in form.fields]
    full = {who: _filled(form, chart, who, of_chart(store, chart, who)) for who in people}
    decided = decisions(store, chart)
    final: dict[str, Answer] = {}
    unsettled: list[str] = []
    for one in form.fields:
        said = [full[who][one.name] for who in people if one.name in full[who]]
        if one.name in decided:
            final[one.name] = decided[one.name]
        elif len(_said_apart(one, said)) > 1:
            unsettled.append(one.name)
        elif said:
            final[one.name] = said[0]
    still = unanswered(form, _given(final.values()))
    return final, [*unsettled, *(name for name in still if name not in unsettled)]


_PEOPLE = "SELECT who FROM assignment WHERE chart = ? AND place <= 2"


def _read_twice(store: Store, chart: str) -> dict[str, list[str]]:
    """The charts that two abstractors have done, with those two in the order of their places."""
    here = "AND chart = ?" if chart else ""
    rows = store.rows(
        f"SELECT chart, who FROM assignment WHERE place <= 2 AND done <> '' {here} "
        "ORDER BY chart, place",
        *([chart] if chart else []),
    )
    found: dict[str, list[str]] = {}
    for name, who in rows:
        found.setdefault(name, []).append(who)
    return {name: people for name, people in found.items() if len(people) > 1}


def _filled(form: Form, chart: str, who: str, given: Mapping[str, Answer]) -> dict[str, Answer]:
    """Somebody's answers, with "not applicable" for the fields on a branch that is not taken; the
    answers that were given there before the branch was left do not count."""
    known = _given(given.values())
    full: dict[str, Answer] = {}
    for field in form.fields:
        asked = applies(form, field, known)
        if asked is False:
            off: Status = "not applicable"
            full[field.name] = Answer(chart, field.name, who, 0, off, "", (), "", "")
        elif field.name in known:
            full[field.name] = given[field.name]
    return full


def _said_apart(field: Field, said: Iterable[Answer]) -> set[str]:
    """The answers that differ; one number written in two ways is one."""
    return {category(field, (a.status, a.value)) for a in said if a.status is not None}


def _given(answers: Iterable[Answer]) -> dict[str, tuple[Status, str]]:
    return {a.field: (a.status, a.value) for a in answers if a.status is not None}


def _may_answer(write: Connection, chart: str, who: str) -> None:
    row = write.execute(
        "SELECT MAX(done) FROM assignment WHERE chart = ? AND who = ?", (chart, who)
    ).fetchone()
    if row[0] is None:
        raise ReviewError("this chart is not assigned to you")
    if row[0]:
        raise ReviewError("this chart is done; reopen it to change an answer")


def _fits(form: Form, field: str, status: Status | None, value: str) -> None:
    asked = form.field(field)
    if asked is None:
        raise ReviewError("the form has no such field")
    if status not in (ANSWERED, NOT_DOCUMENTED, NOT_APPLICABLE, None):
        raise ReviewError("an answer is answered, not documented or not applicable")
    if status != ANSWERED and value:
        raise ReviewError(f'"{status or "no answer"}" has no value')
    wrong = asked.problem(value) if status == ANSWERED else ""
    if wrong:
        raise ReviewError(wrong)


def _is_there(write: Connection, chart: str, evidence: Sequence[Evidence]) -> None:
    for one in evidence:
        row = write.execute(
            "SELECT text FROM note WHERE note = ? AND chart = ?", (one.note, chart)
        ).fetchone()
        inside = row is not None and 0 <= one.start < one.end <= len(row[0])
        if not inside or row[0][one.start : one.end] != one.quote:
            raise ReviewError("the evidence does not stand there in this chart's notes")


def _current(write: Connection, table: str, chart: str, field: str, who: str = "") -> Answer | None:
    of_one = "AND who = ?" if who else ""
    row = write.execute(
        f"SELECT {_COLUMNS} FROM {table} WHERE chart = ? AND field = ? {of_one}",
        (chart, field, who) if who else (chart, field),
    ).fetchone()
    return _answer(row) if row else None


def _said(answer: Answer | None) -> dict[str, object] | None:
    if answer is None:
        return None
    evidence = [asdict(one) for one in answer.evidence]
    return {"status": answer.status, "value": answer.value, "evidence": evidence}


def _write(
    write: Connection,
    now: Answer | None,
    chart: str,
    field: str,
    who: str,
    status: Status | None,
    value: str,
    evidence: Sequence[Evidence],
    reason: str,
    table: str = "answer",
) -> Answer:
    quotes = [asdict(one) for one in evidence]
    body = {"status": status, "value": value, "evidence": quotes, "reason": reason}
    made = log.append(*(write, who, table), body | {"before": _said(now)}, chart=chart, field=field)
    row = (
        chart,
        field,
        who,
        made.seq,
        status or "",
        value,
        log.canonical({"of": quotes}),
        reason,
        made.at,
    )
    key = "chart, field, who" if table == "answer" else "chart, field"
    rest = [name for name in _COLUMNS.split(", ") if name not in key.split(", ")]
    write.execute(
        f"INSERT INTO {table} ({_COLUMNS}) VALUES ({', '.join('?' * 9)}) ON CONFLICT ({key}) "
        f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in rest)}",
        row,
    )
    return _answer(row)


def _answer(row: Sequence[Any]) -> Answer:
    evidence = tuple(Evidence(**one) for one in json.loads(row[6])["of"])
    chart, field, who, version, status, value, _, reason, at = row
    return Answer(chart, field, who, version, status or None, value, evidence, reason, at)
