"""Results as rows: for pandas, and for a notebook's display. Numbers stay numbers in the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from casewise.results import Comparison, Outcome, Results

Row = dict[str, Any]


def rows(results: Results, table: str) -> list[Row]:
    """The rows of one table: ``attrition``, ``baseline``, ``outcomes`` or ``estimates``.

    ``baseline`` has one row a covariate, level and arm; ``outcomes`` one an outcome and arm
    (harms are among them); ``estimates`` one an outcome, arm compared and measure. Raises
    ``ValueError`` for another name.
    """
    if table not in _TABLES:
        raise ValueError(f"there is no table {table!r}; there are: {', '.join(_TABLES)}")
    return list(_TABLES[table](results))


def frame(results: Results, table: str) -> Any:
    """``rows`` as a pandas ``DataFrame``. Raises ``ImportError`` where pandas is missing."""
    made = rows(results, table)
    try:
        import pandas
    except ImportError:
        raise ImportError(
            "to_pandas() needs pandas, which is not installed: pip install 'casewise[pandas]'"
        ) from None
    return pandas.DataFrame(made)


def _attrition(results: Results) -> Iterator[Row]:
    for step in results.attrition:
        yield step.model_dump()


def _baseline(results: Results) -> Iterator[Row]:
    for item in results.baseline:
        cells = {**item.arms, "overall": item.overall}
        for arm, cell in cells.items():
            shared = {"name": item.name, "label": item.label, "unit": item.unit, "arm": arm}
            values = cell.model_dump(exclude={"counts"})
            if item.summary != "count":
                yield shared | {"level": "", "count": None} | values
            for level, count in cell.counts.items():
                yield shared | {"level": level, "count": count} | values


def _all_outcomes(results: Results) -> Iterator[tuple[str, Outcome]]:
    yield from results.outcomes.items()
    yield from results.harms.items()


def _outcomes(results: Results) -> Iterator[Row]:
    for name, outcome in _all_outcomes(results):
        for arm, cell in outcome.arms.items():
            values = cell.model_dump(exclude={"curve", "values"})
            yield {
                "name": name,
                "kind": outcome.kind,
                "primary": outcome.primary,
                "harm": outcome.harm or name in results.harms,
                "arm": arm,
            } | values


def _comparisons(results: Results) -> Iterator[tuple[str, Outcome, Comparison]]:
    for name, outcome in _all_outcomes(results):
        for comparison in outcome.comparisons(results.arms):
            yield name, outcome, comparison


def _estimates(results: Results) -> Iterator[Row]:
    for name, _, comparison in _comparisons(results):
        for estimate in comparison.estimates:
            yield {
                "name": name,
                "arm": comparison.arm,
                "comparator": comparison.comparator,
                **estimate.model_dump(exclude={"sources"}),
                "p_value": comparison.test.p_value,
                "adjusted_p_value": comparison.test.adjusted_p_value,
                "test": comparison.test.method,
            }


_TABLES: dict[str, Callable[[Results], Iterator[Row]]] = {
    "attrition": _attrition,
    "baseline": _baseline,
    "outcomes": _outcomes,
    "estimates": _estimates,
}


def html(results: Results) -> str:
    """A small view for a notebook: the arms, and each comparison's first estimate and P."""
    arms = ", ".join(f"{escape(arm.name)} ({arm.n})" for arm in results.arms)
    parts = [f"<p><strong>{escape(results.study.title)}</strong><br>{arms}</p>"]
    if results.study.notice:
        parts.append(f"<p><em>{escape(results.study.notice)}</em></p>")
    head = ("Outcome", "Arm", "Comparator", "Measure", "Estimate", "Interval", "P")
    body = [_html_row(outcome, comparison) for _, outcome, comparison in _comparisons(results)]
    cells = "".join(f"<th>{title}</th>" for title in head)
    parts.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(body)}</tbody></table>")
    return "".join(parts)


def _html_row(outcome: Outcome, comparison: Comparison) -> str:
    estimate = comparison.estimates[0] if comparison.estimates else None
    values = [outcome.label, comparison.arm, comparison.comparator]
    if estimate is None:
        values += ["", "", ""]
    else:
        limits = f"{_short(estimate.lower)} to {_short(estimate.upper)}"
        values += [estimate.measure, _short(estimate.value), limits]
    values.append(_short(comparison.test.p_value))
    return "<tr>" + "".join(f"<td>{escape(value)}</td>" for value in values) + "</tr>"


def _short(value: float | None) -> str:
    return "not estimable" if value is None else f"{value:.3g}"
