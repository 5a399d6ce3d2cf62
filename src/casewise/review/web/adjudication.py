"""Settling what two abstractors answered differently: both answers, both quotes, one decision."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from casewise.review import answers, assigning
from casewise.review.form import ANSWERED, NOT_APPLICABLE, NOT_DOCUMENTED, Status
from casewise.review.store import Answer, ConflictError, Difference
from casewise.review.web.app import ADJUDICATOR, Ask, RefusedError

CONTEXT = 120  # characters of the note on each side of a quote


def charts(ask: Ask) -> Response:
    done: dict[str, list[str]] = {}
    for one in assigning.assignments(ask.store):
        if one.done and one.place <= 2:
            done.setdefault(one.chart, []).append(one.who)
    differ: dict[str, list[Difference]] = {chart: [] for chart, who in done.items() if len(who) > 1}
    for difference in answers.differences(ask.store):
        differ[difference.chart].append(difference)
    rows: list[dict[str, Any]] = [
        {
            **{"id": chart, "name": chart, "who": done[chart], "differ": len(found)},
            "settled": sum(d.decision is not None for d in found),
        }
        for chart, found in differ.items()
    ]
    rows.sort(key=lambda row: row["settled"] >= row["differ"])
    return ask.page("adjudicate.html", rows=rows)


def show(ask: Ask) -> Response:
    chart = ask.store.chart(ask.path["chart"])
    if chart is None:
        raise RefusedError(404, "There is no such chart.")
    form = ask.store.form()
    rows = []
    for one in answers.differences(ask.store, chart=chart.chart):
        field = form.field(one.field)
        assert field is not None, "differences are of the form's fields"
        example = {"date": "2020-12-31", "number": "12.5"}.get(field.type, "")
        rows.append(
            {
                **{"field": field.name, "label": field.question, "unit": field.unit},
                **{"definition": field.definition, "example": example},
                "version": one.decision.version if one.decision else 0,
                "sides": [_side(ask, answer) for answer in one.answers],
                "settled": one.decision
                and {
                    **{"answer": words(one.decision), "who": one.decision.who},
                    "reason": one.decision.reason,
                },
            }
        )
    return ask.page(
        "differences.html",
        chart={"id": chart.chart, "name": chart.chart},
        rows=rows,
        open=sum(not row["settled"] for row in rows),
        may_decide=ask.me.role == ADJUDICATOR and ask.store.locked() is None,
    )


def words(answer: Answer) -> str:
    """An answer as a person says it."""
    return answer.value if answer.status == ANSWERED else (answer.status or "no answer")


def _side(ask: Ask, answer: Answer) -> dict[str, Any]:
    pieces = []
    for piece in answer.evidence:
        note = ask.store.note(answer.chart, piece.note)
        if note is not None:
            start, end = max(piece.start - CONTEXT, 0), piece.end + CONTEXT
            pieces.append(
                {
                    **{"title": f"{note.kind}, {note.time[:16].replace('T', ' ')}"},
                    "before": ("…" if start else "") + note.text[start : piece.start],
                    "quote": note.text[piece.start : piece.end],
                    "after": note.text[piece.end : end] + ("…" if end < len(note.text) else ""),
                }
            )
    return {
        **{"who": answer.who, "answer": words(answer), "evidence": pieces},
        "answered": answer.status == ANSWERED,
    }


def decide(ask: Ask) -> Response:
    chart, field = ask.path["chart"], ask.text("field", most=200)
    found = [d for d in answers.differences(ask.store, chart=chart) if d.field == field]
    if not found:
        raise RefusedError(404, "There is no such difference in this chart.")
    take, reason = ask.text("take", most=10), ask.text("reason", most=1000)
    if take.isascii() and take.isdigit() and int(take) < len(found[0].answers):
        taken = found[0].answers[int(take)]
        status, value = taken.status, taken.value
    elif take == "other":
        status, value = _written(ask.text("value"))
    else:
        raise RefusedError(422, "Say which answer stands.")
    if status is None:
        raise RefusedError(422, "No answer cannot be what stands; write one.")
    base = ask.text("base", most=18)
    if not base.isascii() or not base.isdigit():
        raise RefusedError(422, "“base” is the decision that the page shows.")
    by = ask.me.name
    try:
        answers.decide(
            *(ask.store, chart, field, by),
            status=status,
            value=value,
            reason=reason,
            base=int(base),
        )
    except ConflictError as conflict:
        newer = conflict.newer
        raise RefusedError(
            409,
            f"{newer.who} settled this meanwhile: “{words(newer)}”, because: {newer.reason} "
            f"Yours, “{value or status}”, was not kept. Open the differences again to settle anew.",
        ) from None
    return ask.back(f"/adjudicate/{quote(chart, safe='')}", "settled")


def _written(text: str) -> tuple[Status, str]:
    for status in (NOT_DOCUMENTED, NOT_APPLICABLE):
        if text.casefold() == status:
            return status, ""
    return ANSWERED, text
