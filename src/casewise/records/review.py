"""A chart review as a chart table: one row a chart, what each field says in the end.

The adjudicator's decision where there is one, else what both abstractors say, else what the only
one says. Training charts are left out.
"""

from __future__ import annotations

from pathlib import Path

from casewise.errors import EXIT_REVIEW_INCOMPLETE, CasewiseError, Problem
from casewise.protocol.site import Site, date_columns
from casewise.records.table import Cell, Silent, Table
from casewise.review import answers
from casewise.review.form import NOT_APPLICABLE, NOT_DOCUMENTED, Field
from casewise.review.store import Answer, Store


class IncompleteReviewError(CasewiseError):
    """Charts of the review are not settled yet."""

    exit_code = EXIT_REVIEW_INCOMPLETE


def read_review(where: Path | str, site: Site) -> Table:
    """The settled answers. Its columns are the site's patient column, ``sex`` and ``age``, and each
    field; the dates of an event that is asked for several are columns of their own.

    Raises ``IncompleteReviewError`` where a chart is not done, or a difference not decided: all of
    them, by the chart's number in the worklist and the field, never by what was answered.
    """
    store = Store(where)
    form = store.form()
    charts = [one for one in store.charts() if not one.training]
    columns: dict[str, list[Cell]] = {site.patient: [one.chart for one in charts]}
    columns["sex"] = [one.sex or None for one in charts]
    columns["age"] = [one.age or None for one in charts]
    problems: list[Problem] = []
    rows: list[dict[str, Answer]] = []
    for number, chart in enumerate(charts, start=1):
        final, unsettled = answers.settled(store, chart.chart)
        rows.append(final)
        if unsettled:
            more = f" and {len(unsettled) - 5} more" if len(unsettled) > 5 else ""
            message = f"not settled: {', '.join(unsettled[:5])}{more}"
            problems.append(Problem(message, store.name, cell=f"chart {number}"))
    if problems:
        raise IncompleteReviewError(problems)
    for field in form.fields:
        columns |= _columns(field, [one.get(field.name) for one in rows])
    return Table(
        store.name,
        columns,
        len(charts),
        lambda row, column: f"chart {row + 1}, {column}",
        identifiers=frozenset([site.patient]),
    )


def log_head(where: Path | str) -> str:
    """The hash of the log's last entry: it stands for everything that the review says."""
    return Store(where).verify().head


def _columns(field: Field, answered: list[Answer | None]) -> dict[str, list[Cell]]:
    if field.type != "dates":
        return {field.name: [_cell(one) for one in answered]}
    stem = field.name.removesuffix(", date")
    listed = [one.value.split(", ") if one is not None and one.value else [] for one in answered]
    columns: dict[str, list[Cell]] = {}
    for number, name in enumerate(date_columns(stem, field.times)):
        columns[name] = [
            days[number] if number < len(days) else (_cell(one) if number == 0 else None)
            for days, one in zip(listed, answered, strict=True)
        ]
    return columns


def _cell(answer: Answer | None) -> Cell:
    if answer is None or answer.status == NOT_DOCUMENTED:
        return Silent.NOT_DOCUMENTED
    return Silent.NOT_APPLICABLE if answer.status == NOT_APPLICABLE else answer.value
