"""Every table as CSV for a program to read: raw numbers, one row an arm, level or estimate.

Nothing is rounded; an empty field is a value that does not exist; infinity is ``Infinity``, as in
``results.json``. A text that a spreadsheet would run as a formula has an apostrophe before it.
Where the study has a notice, each row carries it in a last column.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping

from casewise.report.bias import bias
from casewise.report.effects import ordered
from casewise.results import (
    BaselineCell,
    BaselineRow,
    CountOutcome,
    Estimate,
    Outcome,
    RankedOutcome,
    Results,
    TimeToEventOutcome,
)

Value = str | int | float | bool | None
Record = dict[str, Value]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS = ("median", "q1", "q3", "mean", "sd", "minimum", "maximum")
_COUNTS = (
    "n",
    "events",
    "patients",
    "lost",
    "not_documented",
    "not_applicable",
    "undated",
    "unknown",
)
_ARM_FIELDS = (
    *_COUNTS,
    *("ended_by_competing", "censored", "competing", "person_days"),
    *("median", "q1", "q3", "minimum", "maximum", "median_lower", "median_upper"),
    *("risk_lower", "risk_upper", "rate", "rate_lower", "rate_upper"),
)

# Tables that compare arms, by the part of the report whose words on bias go with them.
BIASED = {
    "baseline": "baseline",
    "baseline_differences": "baseline",
    "outcomes": "outcomes",
    "outcome_estimates": "outcomes",
    "time_to_event": "time_to_event",
    "curves": "time_to_event",
    "incidence": "incidence",
    "pairs": "pairs",
    "missing_patterns": "missing_patterns",
    "censoring_weights": "censoring",
    "mean_counts": "mean_count",
    "harms": "harms",
    "harm_estimates": "harms",
    "treatments": "treatments",
    "adjusted_estimates": "adjusted",
    "adjusted_balance": "adjustment",
    "adjusted_curves": "adjusted",
    "codes_balance": "codes",
}


def build(results: Results) -> dict[str, str]:
    """The text of each file by its name, empty tables left out.

    ``outcomes``, ``harms`` and ``time_to_event`` have one row an arm; ``*_estimates`` one row an
    estimate of each comparison, with the test beside it; ``curves`` one row a time.
    """
    timed = {k: o for k, o in results.outcomes.items() if isinstance(o, TimeToEventOutcome)}
    harms = {k: o for k, o in results.outcomes.items() if o.harm} | dict(results.harms)
    others = {k: o for k, o in results.outcomes.items() if not o.harm}
    tables: dict[str, Iterable[Record]] = {
        "adjusted_estimates": _adjusted(results),
        "adjusted_curves": _adjusted_curves(results),
        "adjusted_balance": _balanced(results),
        "missing_patterns": _patterns(results),
        "codes_balance": _codes(results),
        "censoring_weights": _censoring(results),
        "attrition": (step.model_dump() for step in results.attrition),
        "baseline": _baseline(results),
        "baseline_differences": _differences(results),
        "outcomes": _arms(others, results),
        "outcome_estimates": _estimates(others, results),
        "time_to_event": _arms(timed, results),
        "curves": _curves(timed, results),
        "incidence": _incidence(timed),
        "pairs": _pairs(others, results),
        "mean_counts": _mean_counts(others),
        "harms": _arms(harms, results),
        "harm_estimates": _estimates(harms, results),
        "treatments": _treatments(results),
        "definitions": (d.model_dump() for d in results.study.definitions),
        "target_trial": (t.model_dump() for t in results.target_trial),
        "checklists": (c.model_dump() for c in results.checklists),
        "review_agreement": _review_agreement(results),
        "review_quality": _review_quality(results),
    }
    files = {}
    for name, records in tables.items():
        rows = list(records)
        said = bias(results, BIASED[name]) if name in BIASED else ""
        rows = [row | {"comparison": said} for row in rows] if said else rows
        if rows:
            files[f"{name}.csv"] = _text(rows, results.study.notice)
    return files


def _review_agreement(results: Results) -> Iterator[Record]:
    for field in results.review.fields if results.review is not None else ():
        about = field.model_dump(exclude={"estimates"})
        for estimate in field.estimates:
            yield about | estimate.model_dump(exclude={"sources"})


def _review_quality(results: Results) -> Iterator[Record]:
    for one in results.review.quality if results.review is not None else ():
        yield one.model_dump(exclude={"sources"}) | {"sources": " ".join(one.sources)}


def _text(rows: list[Record], notice: str) -> str:
    if notice:
        rows = [row | {"notice": notice} for row in rows]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writerow({name: name for name in rows[0]})
    for row in rows:
        writer.writerow({name: _field(value) for name, value in row.items()})
    return out.getvalue()


def _field(value: Value) -> str:
    """The one text of a value: shortest that reads back as the same number."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(value)


def _baseline(results: Results) -> Iterator[Record]:
    """One row a variable, arm and level; the whole study is the arm "All patients"."""
    for item in results.baseline:
        cells = [(arm.name, item.arms[arm.name]) for arm in results.arms]
        for arm, cell in [*cells, ("All patients", item.overall)]:
            for level in item.levels or (("yes",) if item.kind == "yes/no" else ("",)):
                yield _baseline_record(item, arm, cell, level)


def _baseline_record(item: BaselineRow, arm: str, cell: BaselineCell, level: str) -> Record:
    record: Record = {
        "variable": item.name,
        "label": item.label,
        "unit": item.unit,
        "kind": item.kind,
        "summary": item.summary,
        "after_index": item.after_index,
        "arm": arm,
        "level": level,
        "count": cell.counts.get(level, 0) if level else None,
        "n": cell.n,
        "not_documented": cell.not_documented,
        "not_applicable": cell.not_applicable,
    }
    return record | {name: getattr(cell, name) for name in _NUMBERS}


def _differences(results: Results) -> Iterator[Record]:
    for item in results.baseline:
        for difference in item.differences:
            yield {
                "variable": item.name,
                "label": item.label,
                "arm": difference.arm,
                "comparator": results.arms[-1].name,
                "standardized_difference": difference.value,
                "reason": difference.reason,
                "p_value": difference.p_value,
                "test": difference.test,
            }


def _arms(outcomes: Mapping[str, Outcome], results: Results) -> Iterator[Record]:
    for name, outcome in outcomes.items():
        for arm in results.arms:
            cell = outcome.arms[arm.name]
            record: Record = {
                "outcome": name,
                "label": outcome.label,
                "kind": outcome.kind,
                "primary": outcome.primary,
                "horizon": getattr(outcome, "horizon", ""),
                "lost_rule": getattr(outcome, "lost_rule", ""),
                "arm": arm.name,
            }
            yield record | {field: getattr(cell, field, None) for field in _ARM_FIELDS}


def _estimates(outcomes: Mapping[str, Outcome], results: Results) -> Iterator[Record]:
    for name, outcome in outcomes.items():
        for comparison in outcome.comparisons(results.arms):
            test = comparison.test
            shown: list[Estimate | None] = [*ordered(comparison.estimates)]
            for estimate in shown or [None]:
                yield {
                    "outcome": name,
                    "label": outcome.label,
                    "arm": comparison.arm,
                    "comparator": comparison.comparator,
                    "measure": estimate.measure if estimate else "",
                    "value": estimate.value if estimate else None,
                    "lower": estimate.lower if estimate else None,
                    "upper": estimate.upper if estimate else None,
                    "level": estimate.level if estimate else None,
                    "unit": estimate.unit if estimate else "",
                    "method": estimate.method if estimate else "",
                    "reason": estimate.reason if estimate else "",
                    "p_value": test.p_value,
                    "adjusted_p_value": test.adjusted_p_value,
                    "statistic": test.statistic,
                    "test": test.method,
                    "test_reason": test.reason,
                }


def _codes(results: Results) -> Iterator[Record]:
    """The codes that differed most before, by method; how many of all go beyond 0.1."""
    for one in results.adjustments:
        if one.codes is None:
            continue
        names = ("crude", *(m.method for m in one.methods))
        shared: Record = {"arm": one.arm, "comparator": one.comparator}
        for name, over, largest in zip(names, one.codes.over, one.codes.largest, strict=True):
            yield shared | {
                **{"code": "all codes", "adjustment": name, "codes": one.codes.codes},
                **{"beyond_0.1": over, "standardized_difference": largest},
            }
        for code in one.codes.farthest:
            for name, value in zip(names, (code.before, *code.after), strict=True):
                yield shared | {
                    **{"code": code.label, "adjustment": name, "codes": 1},
                    **{"beyond_0.1": None, "standardized_difference": value},
                }


def _adjusted(results: Results) -> Iterator[Record]:
    """One row an outcome, arm, method and estimate; a method without any keeps its reason."""
    for name, outcome in results.outcomes.items():
        for one in outcome.adjusted:
            shown: list[Estimate | None] = [*one.estimates]
            for estimate in shown or [None]:
                yield {
                    "outcome": name,
                    "label": outcome.label,
                    "arm": one.arm,
                    "comparator": one.comparator,
                    "adjustment": one.method,
                    "population": one.population,
                    "n_arm": one.n[0],
                    "n_comparator": one.n[1],
                    "effective_arm": one.effective[0] if one.effective else None,
                    "effective_comparator": one.effective[1] if one.effective else None,
                    "measure": estimate.measure if estimate else "",
                    "value": estimate.value if estimate else None,
                    "lower": estimate.lower if estimate else None,
                    "upper": estimate.upper if estimate else None,
                    "level": estimate.level if estimate else None,
                    "p_value": one.test.p_value,
                    "method": estimate.method if estimate else "",
                    "reason": one.reason,
                }


def _adjusted_curves(results: Results) -> Iterator[Record]:
    """One row a day on which a curve falls."""
    for name, outcome in results.outcomes.items():
        for one in outcome.adjusted:
            arms = (one.arm, one.comparator)
            for arm, curve in zip(arms, one.curves, strict=True) if one.curves else ():
                for time, survival in zip(curve.time, curve.survival, strict=True):
                    yield {
                        "outcome": name,
                        "label": outcome.label,
                        "adjustment": one.method,
                        "arm": arm,
                        "time": time,
                        "survival": survival,
                    }


def _balanced(results: Results) -> Iterator[Record]:
    """One row a column of the covariates and method, crude first."""
    for one in results.adjustments:
        for j, column in enumerate(one.columns):
            shared: Record = {
                "arm": one.arm,
                "comparator": one.comparator,
                "covariate": column.covariate,
                "label": column.label,
            }
            yield shared | {"adjustment": "crude", "standardized_difference": column.before}
            for method in one.methods:
                if method.after is not None:
                    yield shared | {
                        "adjustment": method.method,
                        "standardized_difference": method.after[j],
                    }


def _curves(outcomes: Mapping[str, TimeToEventOutcome], results: Results) -> Iterator[Record]:
    for name, outcome in outcomes.items():
        for arm in results.arms:
            curve = outcome.arms[arm.name].curve
            for i in range(len(curve.time)):
                record: Record = {"outcome": name, "label": outcome.label, "arm": arm.name}
                yield record | {
                    field: getattr(curve, field)[i] for field in type(curve).model_fields
                }


def _pairs(outcomes: Mapping[str, Outcome], results: Results) -> Iterator[Record]:
    """One row an event that decides, in order, and one for the pairs that none decides."""
    for name, outcome in outcomes.items():
        for pairs in outcome.pairs if isinstance(outcome, RankedOutcome) else ():
            shared: Record = {
                "outcome": name,
                "label": outcome.label,
                "arm": pairs.arm,
                "comparator": results.arms[-1].name,
            }
            for one in pairs.by_event:
                yield shared | {"event": one.event, "won": one.won, "lost": one.lost, "tied": None}
            yield shared | {"event": "", "won": pairs.won, "lost": pairs.lost, "tied": pairs.tied}


def _patterns(results: Results) -> Iterator[Record]:
    """One row a pattern and arm; a count from 1 to 4 is empty."""
    for number, pattern in enumerate(results.missing_patterns, 1):
        for arm, count in pattern.arms.items():
            yield {
                "pattern": number,
                "missing": " + ".join(pattern.missing),
                "rest": pattern.rest,
                "arm": arm,
                "patients": count,
            }


def _censoring(results: Results) -> Iterator[Record]:
    """One row an outcome, arm and estimate; where there is none, its reason."""
    for one in results.sensitivity.censoring:
        shown: list[Estimate | None] = [*one.estimates]
        for estimate in shown or [None]:
            yield {
                "outcome": one.outcome,
                "arm": one.arm,
                "comparator": results.arms[-1].name,
                "lost_arm": one.lost[0],
                "lost_comparator": one.lost[1],
                "effective_arm": one.effective[0] if one.effective else None,
                "effective_comparator": one.effective[1] if one.effective else None,
                "risk_arm": one.risks[0] if one.risks else None,
                "risk_comparator": one.risks[1] if one.risks else None,
                "measure": estimate.measure if estimate else "",
                "value": estimate.value if estimate else None,
                "lower": estimate.lower if estimate else None,
                "upper": estimate.upper if estimate else None,
                "level": estimate.level if estimate else None,
                "reason": one.reason,
            }


def _mean_counts(outcomes: Mapping[str, Outcome]) -> Iterator[Record]:
    """One row a day on which the mean number of events rises."""
    for name, outcome in outcomes.items():
        for arm, steps in outcome.mean_count.items() if isinstance(outcome, CountOutcome) else ():
            rows = zip(steps.time, steps.mean, steps.lower, steps.upper, strict=True)
            for time, value, lower, upper in rows:
                yield {
                    "outcome": name,
                    "label": outcome.label,
                    "arm": arm,
                    "time": time,
                    "mean": value,
                    "lower": lower,
                    "upper": upper,
                }


def _treatments(results: Results) -> Iterator[Record]:
    """One row a treatment, arm and line; ``line`` is empty for the treatment as a whole."""
    for treatment in results.treatments:
        for arm in results.arms:
            cell = treatment.arms[arm.name]
            for line, patients in [("", cell.received), *cell.lines.items()]:
                yield {
                    "treatment": treatment.name,
                    "label": treatment.label,
                    "arm": arm.name,
                    "line": line,
                    "n": cell.n,
                    "received": patients,
                    "not_documented": cell.not_documented,
                    "undated": cell.undated,
                    "day_median": cell.day_median,
                    "day_minimum": cell.day_minimum,
                    "day_maximum": cell.day_maximum,
                }


def _incidence(outcomes: Mapping[str, TimeToEventOutcome]) -> Iterator[Record]:
    """One row a day on which an incidence rises."""
    for name, outcome in outcomes.items():
        if outcome.incidence is None:
            continue
        for arm, found in outcome.incidence.arms.items():
            for kind, steps in (("event", found.event), ("competing", found.competing)):
                rows = zip(steps.time, steps.incidence, steps.lower, steps.upper, strict=True)
                for time, value, lower, upper in rows:
                    yield {
                        "outcome": name,
                        "label": outcome.label,
                        "arm": arm,
                        "what": kind,
                        "time": time,
                        "incidence": value,
                        "lower": lower,
                        "upper": upper,
                    }
