"""The pages about the review as a whole: agreement, the form, the log, the lock."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from casewise.review import answers, assigning
from casewise.review.agreement import by_field
from casewise.review.log import Entry
from casewise.review.summary import criteria
from casewise.review.web.app import ABSTRACTOR, Ask, RefusedError
from casewise.review.web.worklist import page_of
from casewise.stats import Estimate

LOG_ROWS = 100


LEVEL = 0.95


def agreement(ask: Ask) -> Response:
    """How far two abstractors agree, field by field, as it stands now."""
    whole = ask.store.form()
    found = by_field(ask.store, level=LEVEL)
    rows = []
    for one in found:
        field = whole.field(one.field)
        percent, *others = one.estimates or (None,)
        rows.append(
            {
                "label": field.question if field else one.field,
                **{"n": one.charts, "agreed": one.agreed, "percent": _estimate(percent)},
                "measures": [_estimate(other) for other in others],
            }
        )
    return ask.page(
        "agreement.html",
        rows=[row for row in rows if row["n"]],
        charts=max((one.charts for one in found), default=0),
        level=f"{LEVEL:.0%}",
    )


def _estimate(one: Estimate | None) -> dict[str, str]:
    """An estimate in words; a share of agreement in per cent."""
    if one is None or one.value is None:
        return {"name": one.measure if one else "", "value": "", "why": one.reason if one else ""}
    share = one.measure.startswith("percent")

    def number(value: float | None) -> str:
        return "?" if value is None else f"{value:.0%}" if share else f"{value:.2f}"

    known = one.lower is not None or one.upper is not None
    interval = f"{number(one.lower)} to {number(one.upper)}" if known else ""
    value = number(one.value)
    return {"name": one.measure, "value": value, "interval": interval, "why": one.reason}


def quality(ask: Ask) -> Response:
    """The published criteria for record reviews, as the review stands."""
    found = criteria(ask.store, ask.office.study)
    rows = [
        {
            **{"criterion": one.criterion, "verdict": one.verdict, "evidence": one.evidence},
            "sources": ", ".join(f"{key[:-4].title()} {key[-4:]}" for key in one.sources),
        }
        for one in found
    ]
    return ask.page(
        "quality.html",
        rows=rows,
        met=sum(one.verdict == "met" for one in found),
        unmet=sum(one.verdict == "not met" for one in found),
        protocol=ask.office.study is not None,
    )


def form(ask: Ask) -> Response:
    version, whole = ask.store.form_version()
    blinded = ask.me.role == ABSTRACTOR and ask.store.blinded()
    fields = [
        {
            **{"label": f.question, "type": f.type, "unit": f.unit, "blinded": f.blinded},
            **{"definition": f.definition, "words": f.words},
            "choices": [(v, v) for v in f.choices],
            "range": f"{f.low or '…'} to {f.high or '…'}" if f.low or f.high else "",
            "when": f.show_when and f"{f.show_when.field} is {' or '.join(f.show_when.is_)}",
        }
        for f in whole.seen_by(blinded=blinded)
    ]
    return ask.page("form.html", version=version, fields=fields)


def log_page(ask: Ask) -> Response:
    newest = ask.store.entries(most=1, newest_first=True)
    count = newest[0].seq if newest else 0
    page, last = page_of(ask, count)
    first = max(count - page * LOG_ROWS, 0)
    most = count - (page - 1) * LOG_ROWS - first
    entries = ask.store.entries(since=first, most=most)[::-1]
    return ask.page(
        "log.html",
        rows=[_entry(one) for one in entries],
        newer=page - 1 if page > 1 else None,
        older=page + 1 if page < last else None,
    )


def _entry(one: Entry) -> dict[str, Any]:
    body = dict(one.body)
    old, new = body.pop("before", None), body
    why = str(body.pop("reason", "") or "")
    where = ", ".join(part for part in (one.chart, one.field) if part)
    return {
        **{"number": one.seq, "when": one.at[:19].replace("T", " "), "who": one.who},
        **{"what": one.kind, "where": where, "why": why},
        **{"old": _brief(old), "new": _brief(new)},
    }


def _brief(body: Any) -> str:
    """What was done, on one line: an answer as its value, anything else as it stands."""
    if not body:
        return ""
    if "status" in body:
        pieces = len(body.get("evidence") or ())
        said = body.get("value") or body["status"] or "no answer"
        return str(said) + (f", {pieces} evidence" if pieces else "")
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= 160 else text[:159] + "…"


def lock(ask: Ask) -> Response:
    locked = ask.store.locked()
    return ask.page(
        "lock.html",
        locked=locked
        and {"when": locked.at[:19].replace("T", " "), "who": locked.who, "hash": locked.hash},
        open=[] if locked else _open(ask),
    )


def _open(ask: Ask) -> list[str]:
    """What is still to be done, in sentences."""
    given = assigning.assignments(ask.store)
    unread = len({c.chart for c in ask.store.charts()} - {one.chart for one in given})
    unsigned = sum(not one.done for one in given)
    unsettled = len(answers.differences(ask.store, open_only=True))
    said = [
        (unread, "charts are given to nobody"),
        (unsigned, "readings are not signed off"),
        (unsettled, "differences are not settled"),
    ]
    return [f"{count} {what}" for count, what in said if count]


def lock_study(ask: Ask) -> Response:
    if ask.text("word", most=20).casefold() != "lock":
        raise RefusedError(422, "Type “lock” to lock the study.")
    ask.store.lock(ask.me.name)
    return ask.back("/lock", "locked")
