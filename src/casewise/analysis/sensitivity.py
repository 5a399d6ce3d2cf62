"""What it takes to change a result: a hidden confounder, unknown outcomes, systematic error."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.special import expit, logit

from casewise import results, stats
from casewise.analysis.arms import as_estimate, masks
from casewise.analysis.censoring import censoring_weighted
from casewise.analysis.labels import labels
from casewise.analysis.subgroups import subgroups
from casewise.cohort.dataset import Dataset
from casewise.protocol.model import Study
from casewise.protocol.resolve import label
from casewise.results_sensitivity import (
    Calibrated,
    MissingOutcome,
    NegativeControls,
    Sensitivity,
    Unmeasured,
)
from casewise.stats import Estimate

# A confounder that is twice as frequent among the treated: an example that readers can picture.
PREVALENCES = (0.4, 0.2)
RARE = 0.15  # risk under which odds and hazard ratios stand for risk ratios [vanderweele2017]


def sensitivity(
    study: Study, dataset: Dataset, outcomes: dict[str, results.Outcome]
) -> Sensitivity:
    return Sensitivity(
        unmeasured=tuple(_unmeasured(study, outcomes)) if study.analysis.adjust else (),
        missing_outcomes=tuple(_missing(study, dataset)),
        censoring=censoring_weighted(study, dataset),
        subgroups=subgroups(study, dataset),
        negative_controls=tuple(_controls(study, dataset, outcomes)),
    )


def _plain(one: results.Estimate) -> Estimate:
    return Estimate(one.measure, one.value, one.lower, one.upper, one.level, one.method)


def _ratios(
    outcome: results.Outcome, arms: tuple[str, ...]
) -> list[tuple[str, str, results.Estimate]]:
    """Arm, analysis and ratio: the risk ratio where there is one, else odds or hazard ratio."""
    found = []
    comparisons = [(arms[0], outcome.estimates)]
    comparisons += [(one.arm, one.estimates) for one in outcome.further_comparisons]
    every = [(arm, "crude", estimates) for arm, estimates in comparisons]
    every += [(one.arm, one.method, one.estimates) for one in outcome.adjusted]
    for arm, analysis, estimates in every:
        by_measure = {e.measure: e for e in estimates if e.value is not None}
        measures = ("hazard ratio", "risk ratio", "odds ratio")
        chosen = next((by_measure[m] for m in measures if m in by_measure), None)
        if chosen is not None:
            found.append((arm, analysis, chosen))
    return found


def _unmeasured(study: Study, outcomes: dict[str, results.Outcome]) -> list[Unmeasured]:
    made = []
    for name, outcome in outcomes.items():
        if study.outcomes[name].negative_control or outcome.kind not in ("binary", "time to event"):
            continue
        rare = _is_rare(outcome)
        for arm, analysis, ratio in _ratios(outcome, tuple(study.arms)):
            assert ratio.value is not None
            numbers = ratio.value, ratio.lower, ratio.upper
            e = stats.e_value(ratio.measure, *numbers, rare=rare)
            tip = None
            if 0 < ratio.value < np.inf and (ratio.measure == "risk ratio" or rare):
                tip = stats.tipping_point(*numbers, *PREVALENCES)
            made.append(
                Unmeasured(
                    outcome=outcome.label,
                    arm=arm,
                    analysis=analysis,
                    ratio=ratio,
                    e_value=e.estimate,
                    e_value_limit=e.limit,
                    prevalences=PREVALENCES,
                    tipping=tip.estimate if tip else None,
                    tipping_limit=tip.limit if tip else None,
                    reason=e.reason
                    or ("" if tip else "no tipping point: the outcome is not rare, and this no RR"),
                )
            )
    return made


def _is_rare(outcome: results.Outcome) -> bool:
    if isinstance(outcome, results.BinaryOutcome | results.TimeToEventOutcome):
        events = sum(cell.events for cell in outcome.arms.values())
        return events < RARE * max(sum(cell.n for cell in outcome.arms.values()), 1)
    return False


def _missing(study: Study, dataset: Dataset) -> list[MissingOutcome]:
    """Best case, worst case and the shift to the tipping point, where outcomes are not known."""
    made = []
    arms = dict(masks(dataset))
    level = study.analysis.level
    for one in labels(study, dataset):
        for arm in dataset.arms[:-1]:
            treated, control = arms[arm], arms[dataset.arms[-1]]
            unknown = int((treated & ~one.known).sum()), int((control & ~one.known).sum())
            if not any(unknown):
                continue
            x, n = int((treated & one.happened & one.known).sum()), int((treated & one.known).sum())
            y, m = int((control & one.happened & one.known).sum()), int((control & one.known).sum())

            def difference(a: int, b: int, c: int, d: int) -> Estimate:
                return stats.risk_difference(a, b, c, d, method="miettinen-nurminen", level=level)

            every_n, every_m = n + unknown[0], m + unknown[1]
            made.append(
                MissingOutcome(
                    outcome=label(study, one.name),
                    arm=arm,
                    unknown=unknown,
                    observed=as_estimate(difference(x, n, y, m)),
                    best=as_estimate(difference(x, every_n, y + unknown[1], every_m)),
                    worst=as_estimate(difference(x + unknown[0], every_n, y, every_m)),
                    delta=_delta((x, n, y, m), unknown, level),
                )
            )
    return made


def _delta(
    counts: tuple[int, int, int, int], unknown: tuple[int, int], level: float
) -> float | None:
    """The least shift, in log odds, of the risk of the treated who are unknown, at which the Wald
    interval of the difference begins or ceases to include 0 [white2011]. The others who are
    unknown have the observed risk."""
    from scipy.optimize import brentq  # slow to load

    x, n, y, m = counts
    if not (0 < x < n and 0 < y < m) or not unknown[0]:
        return None
    z = stats.normal_quantile((1 + level) / 2)
    zero = y / m

    def margin(shift: float) -> float:
        one = (x + unknown[0] * float(expit(logit(x / n) + shift))) / (n + unknown[0])
        error = np.sqrt(one * (1 - one) / n + zero * (1 - zero) / m)
        return float(abs(one - zero) - z * error)

    steps = np.linspace(0, 8, 161)
    for a, b in pairwise(steps.tolist()):
        for sign in (1, -1):
            if margin(sign * a) * margin(sign * b) < 0:
                return float(brentq(margin, sign * a, sign * b))
    return None


def _controls(
    study: Study, dataset: Dataset, outcomes: dict[str, results.Outcome]
) -> list[NegativeControls]:
    names = [name for name, one in study.outcomes.items() if one.negative_control]
    if not names:
        return []
    made = []
    told = {name: _by_analysis(outcomes[name], study) for name in outcomes}
    keys = list(dict.fromkeys(key for name in names for key in told[name]))
    for arm, analysis, measure in keys:
        key = (arm, analysis, measure)
        ratios = [(label(study, n), told[n][key]) for n in names if key in told[n]]
        pairs = [(n, r, stats.log_and_error(_plain(r))) for n, r in ratios]
        usable = [(n, r, p) for n, r, p in pairs if p is not None]
        null = stats.empirical_null([p[0] for *_, p in usable], [p[1] for *_, p in usable])
        others = [n for n in outcomes if n not in names and key in told[n]]
        calibrated = []
        for name in others:
            before = told[name][key]
            after, p = stats.calibrated(_plain(before), null)
            calibrated.append(
                Calibrated(
                    outcome=outcomes[name].label,
                    arm=arm,
                    analysis=analysis,
                    before=before,
                    after=None if after is None else as_estimate(after),
                    p_value=p,
                )
            )
        made.append(
            NegativeControls(
                arm=arm,
                analysis=analysis,
                controls=tuple(r for _, r, _ in usable),
                names=tuple(n for n, _, _ in usable),
                mean=null.mean,
                sd=null.sd,
                calibrated=tuple(calibrated),
                reason=null.reason,
            )
        )
    return made


def _by_analysis(
    outcome: results.Outcome, study: Study
) -> dict[tuple[str, str, str], results.Estimate]:
    """Odds ratios and hazard ratios by arm and analysis."""
    found: dict[tuple[str, str, str], results.Estimate] = {}
    first = next(iter(study.arms))
    every = [(first, "crude", outcome.estimates)]
    every += [(one.arm, one.method, one.estimates) for one in outcome.adjusted]
    for arm, analysis, estimates in every:
        for one in estimates:
            if one.measure in ("odds ratio", "hazard ratio") and one.value is not None:
                found[arm, analysis, one.measure] = one
    return found
