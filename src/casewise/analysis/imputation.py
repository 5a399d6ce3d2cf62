"""Multiple imputation of covariates, and one answer from the answers of all completed datasets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from casewise import results, stats
from casewise.analysis.labels import labels
from casewise.analysis.survival import times_of
from casewise.cohort.dataset import KNOWN, Covariate, Dataset, Floats
from casewise.errors import Problem, RecordsError
from casewise.protocol.model import Study

_SWEEPS = 10  # over all incomplete covariates, before the first and between imputations
_DONORS = 10


def completed(
    study: Study, dataset: Dataset, covariates: tuple[Covariate, ...]
) -> list[tuple[Covariate, ...]]:
    """The covariates of each imputed dataset, by chained equations and predictive mean matching.

    A value that is not documented is that of one of the 10 patients whose predictions are nearest,
    from a linear model of the covariate on all the others, the arm and the outcomes (for a time to
    event: whether it happened and the cumulative hazard [white2009]); coefficients are drawn, so
    that the model's own doubt counts [white2011]. A category is matched on the codes of its levels
    and predicts by its levels. The protocol's seed gives the same values again.

    Raises ``RecordsError`` where statsmodels is not installed.
    """
    missing = study.analysis.missing
    lacking = [c for c in covariates if (c.status != KNOWN).any()]
    if not lacking:
        return [covariates]
    try:
        import pandas as pd
        from statsmodels.imputation.mice import MICEData  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        told = "multiple imputation needs statsmodels, which is not installed"
        hint = "pip install 'casewise[imputation]'"
        raise RecordsError(Problem(told, hint=hint)) from None
    columns = {f"x{j}": _numbers(c) for j, c in enumerate(covariates)}
    kinds = {f"x{j}": c.kind for j, c in enumerate(covariates)}
    columns |= _outcomes(study, dataset)
    if len(dataset.arms) > 1:
        columns["arm"] = dataset.arm.astype(np.float64)
        kinds["arm"] = "category" if len(dataset.arms) > 2 else "number"
    varies = {name: v for name, v in columns.items() if np.unique(v[~np.isnan(v)]).size > 1}
    random = np.random.default_rng(missing.seed)
    data = MICEData(pd.DataFrame(varies), k_pmm=_DONORS, rng=random)
    for name in varies:
        if np.isnan(varies[name]).any():
            others = [o for o in varies if o != name]
            terms = [f"C({o})" if kinds.get(o) == "category" else o for o in others]
            data.set_imputer(name, formula=" + ".join(terms))
    data.update_all(_SWEEPS)
    made = []
    for _ in range(missing.imputations):
        data.update_all(_SWEEPS // 2)
        made.append(
            tuple(
                _filled(c, data.data[f"x{j}"].to_numpy()) if f"x{j}" in varies else c
                for j, c in enumerate(covariates)
            )
        )
    return made


def _numbers(covariate: Covariate) -> Floats:
    known = covariate.status == KNOWN
    values = np.full(known.size, np.nan)
    if covariate.kind == "category":
        codes = {level: float(k) for k, level in enumerate(covariate.levels)}
        values[known] = [codes[v] for v in covariate.values[known]]
    else:
        values[known] = covariate.values[known].astype(np.float64)
    return values


def _filled(covariate: Covariate, numbers: Floats) -> Covariate:
    known = covariate.status == KNOWN
    values = covariate.values.copy()
    drawn = numbers[~known]
    if covariate.kind == "category":
        values[~known] = [covariate.levels[round(v)] for v in drawn]
    elif covariate.kind == "yes/no":
        values[~known] = drawn > 0.5
    else:
        values[~known] = drawn
    return replace(covariate, values=values, status=np.full_like(covariate.status, KNOWN))


def _outcomes(study: Study, dataset: Dataset) -> dict[str, Floats]:
    made = {}
    for j, one in enumerate(labels(study, dataset)):
        made[f"y{j}"] = np.where(one.known, one.happened, np.nan).astype(np.float64)
    for j, (name, outcome) in enumerate(study.outcomes.items()):
        if outcome.kind != "time to event":
            continue
        times = times_of(study, dataset, name, outcome)
        known = times.known
        made[f"d{j}"] = np.where(known, times.event, np.nan).astype(np.float64)
        hazard = np.full(len(dataset), np.nan)
        curve = stats.kaplan_meier(times.time[known], times.event[known])
        steps = np.array(curve.events) / np.maximum(np.array(curve.at_risk), 1)
        place = np.searchsorted(np.array(curve.times), times.time[known])
        hazard[known] = np.cumsum(steps)[place]
        made[f"h{j}"] = hazard
    return made


def pooled(answers: Sequence[results.Adjusted]) -> results.Adjusted:
    """One method's answers of all imputed datasets as one, by Rubin's rules."""
    first = answers[0]
    failed = [one for one in answers if not one.estimates]
    if failed:
        reason = f"in {len(failed)} of {len(answers)} imputed datasets: {failed[0].reason}"
        gone = {"estimates": (), "reason": reason, "risks": None, "curves": None}
        return first.model_copy(update=gone)
    made = []
    for k, estimate in enumerate(first.estimates):
        same = [one.estimates[k] for one in answers]
        made.append(_pooled(estimate, same))
    risks = [one.risks for one in answers if one.risks is not None]
    mean = None
    if len(risks) == len(answers):
        mean = tuple(float(v) for v in np.mean(risks, axis=0))
    p = next((p for _, p in made if p is not None), None)
    test = results.Test(method="Wald test, Rubin's rules", p_value=p, sources=("rubin1987",))
    estimates = tuple(e for e, _ in made)
    return first.model_copy(
        update={"estimates": estimates, "risks": mean, "test": test, "curves": None}
    )


def _pooled(
    like: results.Estimate, same: Sequence[results.Estimate]
) -> tuple[results.Estimate, float | None]:
    ratio = like.measure.endswith("ratio")
    z = stats.normal_quantile((1 + like.level) / 2)
    values, errors = [], []
    for one in same:
        if one.value is None or one.lower is None or one.upper is None:
            return like.model_copy(update={"value": None, "lower": None, "upper": None}), None
        low, high = (math.log(v) if ratio else v for v in (one.lower, one.upper))
        values.append(math.log(one.value) if ratio else one.value)
        errors.append((high - low) / (2 * z))
    found = stats.rubin(values, errors, like.level)
    back = math.exp if ratio else float
    told = like.model_copy(
        update={
            "value": back(found.value),
            "lower": back(found.lower),
            "upper": back(found.upper),
            "method": f"{like.method}; {len(same)} imputations, Rubin's rules",
            "sources": (*like.sources, "rubin1987", "white2011"),
        }
    )
    return told, found.p_value
