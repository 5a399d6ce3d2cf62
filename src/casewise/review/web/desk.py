"""The reading desk: one chart beside the form, and what its page asks for as one reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from casewise.review import answers, assigning
from casewise.review.form import ANSWERED, NOT_APPLICABLE, NOT_DOCUMENTED, Status, applies
from casewise.review.negation import mentions
from casewise.review.store import Answer, ConflictError, Evidence
from casewise.review.web import timeline
from casewise.review.web.app import ABSTRACTOR, Ask, RefusedError
from casewise.review.web.shown import Shown, excerpt, open_chart

MARKED_LENGTH = 200_000  # characters of one note that words are marked in
MARKED_MOST = 500  # marks in one note
ITEMS_MOST = 1000
EVIDENCE_MOST = 20  # pieces of one answer
HELP = (
    (("Alt+↓", "Enter"), "next field; Alt+↑ or Shift+Enter the one before"),
    (("Alt+N",), "not documented, on and off"),
    (("Alt+P",), "does not apply to this patient, on and off"),
    (("Alt+J", "Alt+K"), "next and previous marked word of the field; selects its sentence"),
    (("Alt+A",), "attach the selected text to the field as evidence"),
    (("Alt+Z",), "undo the last change"),
    (("Alt+S", "/"), "search in the notes"),
    (("Alt+]", "Alt+["), "next and previous note"),
    (("Alt+.", "Alt+,"), "next and previous chart"),
    (("?", "Alt+H"), "this list"),
)


def show(ask: Ask) -> Response:
    seen = open_chart(ask)
    chart, mine = seen.chart, seen.mine
    locked = ask.store.locked() is not None
    writable = mine is not None and not mine.done and not locked
    before, after = _neighbours(ask, chart.chart)
    about = ", ".join(
        part for part in (_sex(chart.sex), chart.age and f"{chart.age} years") if part
    )
    return ask.page(
        "desk.html",
        chart={
            **{"id": chart.chart, "name": chart.chart, "training": chart.training},
            **{"done": bool(mine and mine.done), "about": about},
        },
        fields=_fields(seen),
        writable=writable,
        why_not="the study is locked" if locked and mine else "",
        may_sign=mine is not None and not locked,
        previous=before,
        next=after,
        withheld=len(seen.form.fields) - len(seen.fields),
        stretches=_stretches(seen),
        help=HELP,
    )


def _sex(sex: str) -> str:
    return {"f": "woman", "female": "woman", "m": "man", "male": "man"}.get(sex.lower(), sex)


def _fields(seen: Shown) -> list[dict[str, Any]]:
    shown, section = [], ""
    for one in seen.fields:
        limits = f"{one.low or '…'} to {one.high or '…'}" if one.low or one.high else ""
        shown.append(
            {
                **{"name": one.name, "label": one.question, "type": one.type, "unit": one.unit},
                **{"definition": one.definition, "choices": [(v, v) for v in one.options]},
                "section": one.section if one.section != section else "",
                "range": limits,
                "silent": (NOT_DOCUMENTED, NOT_APPLICABLE),
            }
        )
        section = one.section
    return shown


def _neighbours(ask: Ask, chart: str) -> tuple[str, str]:
    """The chart before and after this one in the reader's own list; empty where there is none."""
    if ask.me.role != ABSTRACTOR:
        return "", ""
    order = [one.chart for one in assigning.assignments(ask.store, who=ask.me.name)]
    at = order.index(chart)
    return order[at - 1] if at else "", order[at + 1] if at + 1 < len(order) else ""


def _stretches(seen: Shown) -> list[tuple[str, str]]:
    """What the time line can show: each inpatient stay, and the whole chart."""
    stays = [i for i in seen.items() if i.domain == "visit" and i.end and i.end > i.start]
    stays.sort(key=lambda i: i.start)
    named = [(f"{i.start}/{i.end}", f"{i.term}, {i.start} to {i.end}") for i in stays[:50]]
    return [*named, ("", "the whole chart")]


def state(ask: Ask) -> Response:
    """What the page starts from: the answers as they stand, and the list of notes."""
    seen = open_chart(ask)
    notes = [
        {"id": n.note, "time": n.time[:16].replace("T", " "), "kind": n.kind} for n in seen.notes()
    ]
    titles = {n["id"]: f"{n['kind']}, {n['time']}" for n in notes}
    if seen.mine is not None:
        given = answers.of_chart(ask.store, seen.chart.chart, ask.me.name)
    else:
        given, _ = answers.settled(ask.store, seen.chart.chart)
    visible = {one.name for one in seen.fields}
    return ask.json(
        {
            "answers": {k: _said(a, titles) for k, a in given.items() if k in visible},
            "hidden": _hidden(seen, given),
            "notes": notes,
        }
    )


def _said(answer: Answer | None, titles: Mapping[str, str] | None = None) -> dict[str, Any]:
    if answer is None:
        return {"status": "", "value": None, "evidence": [], "version": 0}
    evidence = [
        {
            **{"note": e.note, "start": e.start, "end": e.end, "quote": e.quote},
            "title": (titles or {}).get(e.note, ""),
        }
        for e in answer.evidence
    ]
    return {
        "status": answer.status or "",
        "value": answer.value if answer.status == ANSWERED else None,
        "evidence": evidence,
        "version": answer.version,
    }


def _hidden(seen: Shown, given: Mapping[str, Answer]) -> list[str]:
    """The fields that are not asked, as the answers stand."""
    known = {k: (a.status, a.value) for k, a in given.items() if a.status is not None}
    return [f.name for f in seen.fields if applies(seen.form, f, known) is not True]


def note(ask: Ask) -> Response:
    found = open_chart(ask).note(ask.path["note"])
    return ask.json({"id": found.note, "text": found.text})


def marks(ask: Ask) -> Response:
    """Where the words of a field stand in each note: start, end, and what is said of it."""
    seen = open_chart(ask)
    words = seen.field(ask.text("field", most=200)).words
    found = {}
    for one in seen.notes() if words else ():
        spans = [
            (
                m.start,
                m.end,
                "denied" if m.negated else "family" if m.family else "past" if m.historical else "",
            )
            for m in mentions(one.text[:MARKED_LENGTH], words)[:MARKED_MOST]
        ]
        if spans:
            found[one.note] = spans
    return ask.json({"words": list(words), "notes": found})


def records(ask: Ask) -> Response:
    """The time line, the plots and the table of a stretch of the chart, as a piece of a page."""
    seen = open_chart(ask)
    items = seen.items()
    whole = timeline.span(items)
    if whole is None:
        return HTMLResponse("<p>This chart has no structured records.</p>")
    first, last = whole
    stretch = ask.text("stretch", most=40, needed=False)
    if stretch:
        try:
            start, end = (dt.date.fromisoformat(part) for part in stretch.split("/"))
        except ValueError:
            raise RefusedError(422, "A stretch is two dates: 2020-01-01/2020-02-01.") from None
        margin = dt.timedelta(days=2)
        first, last = max(first, start - margin), min(last, end + margin)
        if first > last:
            raise RefusedError(422, "There are no records in that stretch.")
    inside = [i for i in items if i.start <= last and (i.end or i.start) >= first]
    rest = len(inside) - ITEMS_MOST
    html = Markup("{}<h2>Measurements</h2><div class='plots'>{}</div><h2>Records</h2>{}{}").format(
        timeline.line(inside, first, last),
        Markup("").join(timeline.plots(inside, first, last)) or "None with a number.",
        timeline.table(inside[:ITEMS_MOST]),
        f"{rest} more" if rest > 0 else "",
    )
    return HTMLResponse(html)


def search(ask: Ask) -> Response:
    query = ask.text("q", most=200)
    found = open_chart(ask).search(query)
    return ask.json(
        {
            "hits": [
                {
                    **{"note": n.note, "title": f"{n.kind}, {n.time[:10]}"},
                    **{"excerpt": excerpt(n.text, spans), "spans": spans},
                }
                for n, spans in found
            ]
        }
    )


def answer(ask: Ask) -> Response:
    """Save one answer; 409 with the newer one where another window was faster."""
    seen = open_chart(ask)
    field = seen.field(ask.text("field", most=200))
    status, value, base = ask.sent.get("status"), ask.sent.get("value"), ask.sent.get("base")
    allowed: dict[str, Status | None] = {
        "": None,
        ANSWERED: ANSWERED,
        NOT_DOCUMENTED: NOT_DOCUMENTED,
        NOT_APPLICABLE: NOT_APPLICABLE,
    }
    if not isinstance(status, str) or status not in allowed:
        raise RefusedError(422, "“status” is answered, not documented, not applicable or empty.")
    if value is not None and (not isinstance(value, str) or not _writable(value)):
        raise RefusedError(422, "“value” is a text.")
    if not isinstance(base, int) or isinstance(base, bool) or not 0 <= base < 2**62:
        raise RefusedError(422, "“base” is the version that the page shows.")
    try:
        saved = answers.save(
            *(ask.store, seen.chart.chart, field.name, ask.me.name),
            status=allowed[status],
            value=(value or "").strip(),
            evidence=_evidence(seen, ask.sent.get("evidence", [])),
            base=base,
        )
    except ConflictError as conflict:
        newer = _said(conflict.newer, _titles(seen, conflict.newer))
        return ask.json(
            {
                **{"error": "There is a newer answer.", "theirs": newer},
                "version": conflict.newer.version,
            },
            409,
        )
    given = answers.of_chart(ask.store, seen.chart.chart, ask.me.name)
    return ask.json(_said(saved, _titles(seen, saved)) | {"hidden": _hidden(seen, given)})


def _titles(seen: Shown, answer: Answer) -> dict[str, str]:
    notes = [seen.note(name) for name in {e.note for e in answer.evidence}]
    return {n.note: f"{n.kind}, {n.time[:16].replace('T', ' ')}" for n in notes}


def _writable(text: str) -> bool:
    """Whether a text can be kept: no NUL, no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _evidence(seen: Shown, sent: Any) -> list[Evidence]:
    """The pieces of text that were attached, held against what the note shows there."""
    if not isinstance(sent, list) or len(sent) > EVIDENCE_MOST:
        raise RefusedError(422, f"“evidence” is a list of at most {EVIDENCE_MOST} pieces.")
    found = []
    for piece in sent:
        name, start, end = (
            (piece.get(k) for k in ("note", "start", "end"))
            if isinstance(piece, dict)
            else (None, None, None)
        )
        if (
            not isinstance(name, str)
            or not _writable(name)
            or type(start) is not int
            or type(end) is not int
        ):
            raise RefusedError(422, "A piece of evidence has a note, a start and an end.")
        text = seen.note(name).text
        if not 0 <= start < end <= len(text) or text[start:end] != piece.get("quote"):
            raise RefusedError(422, "The evidence does not stand there in the note.")
        found.append(Evidence(name, start, end, text[start:end]))
    return found


def sign(ask: Ask) -> Response:
    """Sign a chart off, or open it again."""
    seen = open_chart(ask)
    name = seen.chart.chart
    done = ask.text("done", most=3)
    if done == "no":
        answers.reopen(ask.store, name, ask.me.name, by=ask.me.name, reason="by the abstractor")
        return ask.back(f"/chart/{name}")
    answers.finish(ask.store, name, ask.me.name)
    return ask.back("/worklist", "signed")
