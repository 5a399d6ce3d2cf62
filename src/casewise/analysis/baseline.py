"""The baseline table: each covariate by arm, and how far the arms are apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from casewise import results, stats
from casewise.analysis.arms import masks
from casewise.cohort.dataset import (
    KNOWN,
    NOT_APPLICABLE,
    NOT_DOCUMENTED,
    Bools,
    Covariate,
    Dataset,
)
from casewise.protocol.model import Study

_KINDS = {"number": "continuous", "category": "multinomial", "yes/no": "binary"}


def baseline(study: Study, dataset: Dataset) -> tuple[results.BaselineRow, ...]:
    return tuple(_row(study, dataset, covariate) for covariate in dataset.baseline)


def _row(study: Study, dataset: Dataset, covariate: Covariate) -> results.BaselineRow:
    kind = study.analysis.quantile_type
    return results.BaselineRow(
        name=covariate.name,
        label=covariate.label,
        unit=covariate.unit,
        kind=covariate.kind,
        summary=covariate.summary if covariate.kind == "number" else "count",
        levels=covariate.levels,
        arms={arm: _cell(covariate, mask, kind) for arm, mask in masks(dataset)},
        overall=_cell(covariate, np.ones(len(dataset), dtype=np.bool_), kind),
        differences=_differences(study, dataset, covariate),
        after_index=covariate.after_index,
    )


def _cell(covariate: Covariate, mask: Bools, quantile_type: int) -> results.BaselineCell:
    status = covariate.status[mask]
    values = covariate.values[mask & (covariate.status == KNOWN)]
    shared: dict[str, Any] = {
        "n": len(values),
        "not_documented": int((status == NOT_DOCUMENTED).sum()),
        "not_applicable": int((status == NOT_APPLICABLE).sum()),
    }
    if covariate.kind == "yes/no":
        return results.BaselineCell(counts={"yes": int(values.sum())}, **shared)
    if covariate.kind == "category":
        counts = {level: int((values == level).sum()) for level in covariate.levels}
        return results.BaselineCell(counts=counts, **shared)
    summary = stats.median_iqr(values, kind=quantile_type)
    return results.BaselineCell(
        median=summary.median,
        q1=summary.q1,
        q3=summary.q3,
        mean=stats.mean(values),
        sd=stats.standard_deviation(values),
        minimum=float(values.min()) if len(values) else None,
        maximum=float(values.max()) if len(values) else None,
        **shared,
    )


def _differences(
    study: Study, dataset: Dataset, covariate: Covariate
) -> tuple[results.Difference, ...]:
    known = covariate.status == KNOWN
    *treated, (_, comparator) = list(masks(dataset))
    control = covariate.values[known & comparator]
    made = []
    for arm, mask in treated:
        values = covariate.values[known & mask]
        apart = stats.standardized_mean_difference(values, control, _KINDS[covariate.kind])
        p_value, test = None, ""
        if study.analysis.baseline_p_values:
            tested = _test(covariate, values, control)
            p_value, test = tested.p_value, tested.method
        made.append(
            results.Difference(
                arm=arm, value=apart.value, reason=apart.reason, p_value=p_value, test=test
            )
        )
    return tuple(made)


def _test(covariate: Covariate, values: NDArray[Any], control: NDArray[Any]) -> stats.TestResult:
    if covariate.kind == "number":
        return stats.rank_sum(values, control)
    if covariate.kind == "yes/no":
        return stats.fisher(int(values.sum()), len(values), int(control.sum()), len(control))
    table = [[int((arm == level).sum()) for level in covariate.levels] for arm in (values, control)]
    return stats.fisher_r_by_c(table)
