"""What can be said without a model where the patients are too few for one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from casewise import results, stats
from casewise.analysis.arms import as_estimate, as_test, masks
from casewise.analysis.labels import Labels, labels
from casewise.cohort.dataset import KNOWN, Bools, Covariate, Dataset
from casewise.protocol.model import Study
from casewise.protocol.resolve import label

MOST_STRATA = 5


def offers(study: Study, dataset: Dataset, names: tuple[str, str]) -> tuple[results.Offered, ...]:
    """For each binary outcome: exact comparison within strata, bounds, and an E-value."""
    from casewise.analysis.covariates import chosen

    arms = dict(masks(dataset))
    treated, both = arms[names[0]], arms[names[0]] | arms[names[1]]
    made: list[results.Offered] = []
    for outcome in labels(study, dataset):
        told = label(study, outcome.name)
        used = both & outcome.known
        if not ((used & treated).any() and (used & ~treated).any()):
            continue
        for covariate in chosen(study, dataset):
            one = _within_strata(outcome, told, covariate, treated, used, study.analysis.level)
            made += [one] if one else []
        made.append(_bounds(outcome, told, treated, used))
        made += _e_value(outcome, told, treated, used, study.analysis.level)
    return tuple(made)


def _within_strata(
    outcome: Labels, told: str, covariate: Covariate, treated: Bools, used: Bools, level: float
) -> results.Offered | None:
    """Exact, one covariate at a time: a number is cut at its median."""
    mine = used & (covariate.status == KNOWN)
    if not mine.any():
        return None
    values, how = covariate.values, covariate.label
    if covariate.kind == "number":
        middle = float(np.median(values[mine].astype(float)))
        values, how = values > middle, f"{covariate.label} above {middle:g}"
    strata = np.unique(values[mine])
    if not 2 <= strata.size <= MOST_STRATA:
        return None
    tables = []
    for value in strata:
        inside = mine & (values == value)
        one, zero = inside & treated, inside & ~treated
        tables.append(
            (
                int(outcome.happened[one].sum()),
                int(one.sum()),
                int(outcome.happened[zero].sum()),
                int(zero.sum()),
            )
        )
    test = stats.stratified_fisher(tables)
    ratio = stats.common_odds_ratio(tables, level=level)
    return results.Offered(
        outcome=outcome.name,
        what="exact comparison within strata",
        text=f"{told}, within strata of {how}: {int(mine.sum())} patients, {len(tables)} strata",
        estimates=(as_estimate(replace(ratio, measure="odds ratio")),),
        test=as_test(test),
    )


def _bounds(outcome: Labels, told: str, treated: Bools, used: Bools) -> results.Offered:
    """What the risk difference can be whatever decided on treatment [manski1990].

    Who was treated tells nothing of what would have happened to them untreated, and the other
    way round: each unseen outcome is taken as none, then as all. The bounds are always 1 wide.
    """
    n = int(used.sum())
    one, zero = used & treated, used & ~treated
    events_1, events_0 = int(outcome.happened[one].sum()), int(outcome.happened[zero].sum())
    low = (events_1 - (events_0 + int(one.sum()))) / n
    high = (events_1 + int(zero.sum()) - events_0) / n
    bound = results.Estimate(
        measure="risk difference",
        value=None,
        lower=low,
        upper=high,
        level=1.0,
        method="bounds without assumptions",
        reason="bounds, not an interval: no single value is estimated",
        sources=("manski1990",),
    )
    return results.Offered(
        outcome=outcome.name,
        what="bounds",
        text=f"{told}: the risk difference had all been treated against none, whatever decided on "
        f"treatment, lies between {100 * low:.1f} and {100 * high:.1f} percentage points",
        estimates=(bound,),
    )


def _e_value(
    outcome: Labels, told: str, treated: Bools, used: Bools, level: float
) -> list[results.Offered]:
    one, zero = used & treated, used & ~treated
    counts = (
        int(outcome.happened[one].sum()),
        int(one.sum()),
        int(outcome.happened[zero].sum()),
        int(zero.sum()),
    )
    ratio = stats.risk_ratio(*counts, method="exact", level=level)
    if ratio.value is None:
        return []
    found = stats.e_value("risk ratio", ratio.value, ratio.lower, ratio.upper, rare=False)
    if found.estimate is None:
        return []
    of_limit = "undefined" if found.limit is None else f"{found.limit:.2f}"
    value = "infinite" if np.isinf(found.estimate) else f"{found.estimate:.2f}"
    return [
        results.Offered(
            outcome=outcome.name,
            what="E-value",
            text=f"{told}: an unmeasured confounder would have to raise both the chance of "
            f"treatment and the risk {value}-fold to explain the crude risk ratio, and "
            f"{of_limit}-fold for its confidence limit (1 means that nothing is needed)",
            estimates=(as_estimate(ratio),),
        )
    ]
