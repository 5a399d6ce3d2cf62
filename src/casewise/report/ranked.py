"""Pairs of patients by what decided them, for outcomes that are ranked by gravity."""

from __future__ import annotations

from casewise.report.style import NOT_KNOWN, Style
from casewise.report.table import Column, Footnote, Row, Table, capital, row
from casewise.results import RankedOutcome, Results


def pairs(results: Results, style: Style) -> Table:
    """By outcome and comparison: how many pairs each event decided, and which way."""
    rows: list[Row] = []
    comparator = results.arms[-1].name
    for outcome in results.outcomes.values():
        for one in outcome.pairs if isinstance(outcome, RankedOutcome) else ():
            every = one.won + one.lost + one.tied
            if not every:
                continue

            def share(count: int, of: int = every) -> str:
                return f"{style.count(count)} ({style.number(100 * count / of, 1)}%)"

            versus = f"{outcome.label}: {capital(one.arm)} vs {comparator}"
            rows.append(row(versus, *[""] * 3, role="heading"))
            for event in one.by_event:
                counts = (share(event.won), share(event.lost), NOT_KNOWN)
                rows.append(row(f"Decided by {event.event}", *counts, indent=1))
            rows.append(row("All pairs", share(one.won), share(one.lost), share(one.tied)))
    columns = ("Won", "Lost", "Tied")
    return Table(
        "pairs",
        "Pairs of patients, by what decided them",
        (Column("Outcome and event", "left"), *[Column(name) for name in columns]),
        tuple(rows),
        (
            Footnote(
                "",
                "Each patient of the group against each of the comparator; percentages are of all "
                "pairs. A pair that an event leaves undecided goes on to the next.",
            ),
        ),
        results.study.notice,
    )
