"""How alike each method made the arms: standardized differences, effective numbers, tails."""

from __future__ import annotations

import numpy as np

from casewise import results, stats
from casewise.analysis.adjusted_effects import MATCHING, POPULATIONS, Patients
from casewise.cohort.dataset import Floats

_PROMISING = ("overlap weights", "entropy balancing", "ATT entropy balancing")
_WITHOUT_WEIGHTS = (
    *("logistic regression", "Cox regression"),
    *("g-computation", "ATT g-computation"),
)


def method_balance(patients: Patients, method: str) -> results.AdjustmentMethod:
    """The balance of one method; a method that only models the outcome has none to show."""
    population = POPULATIONS[method]
    if method in _WITHOUT_WEIGHTS:
        return results.AdjustmentMethod(method=method, population=population)
    weights = used_weights(patients, method)
    if isinstance(weights, str):
        return results.AdjustmentMethod(method=method, population=population, reason=weights)
    unmatched = None
    if method in MATCHING:
        matches = patients.matches(method)
        unmatched = None if isinstance(matches, str) else int(matches.unmatched.size)
    after = stats.weighted_balance(patients.arm, patients.table, weights).after
    arms = patients.arm, ~patients.arm
    return results.AdjustmentMethod(
        method=method,
        population=population,
        after=tuple(map(float, after)),
        effective=(
            stats.effective_sample_size(weights[arms[0]]),
            stats.effective_sample_size(weights[arms[1]]),
        ),
        tails=(_tail(weights[arms[0]]), _tail(weights[arms[1]])),
        unmatched=unmatched,
        promises=method in _PROMISING,
    )


def used_weights(patients: Patients, method: str) -> Floats | str:
    """The weight of each patient, or why there is none."""
    if method == "stratification":
        return patients.stratum_weights()
    answer = patients.weights(method)
    return answer if isinstance(answer, str) else answer.values


def overlap(patients: Patients) -> results.ScoreOverlap | None:
    score = patients.score.values
    if score is None:
        return None
    found = stats.overlap_of_scores(patients.arm, score)
    return results.ScoreOverlap(
        edges=found.edges,
        treated=found.histogram_treated,
        control=found.histogram_control,
        common=found.common,
        outside=found.outside,
        extreme=found.extreme,
        c_statistic=found.c_statistic,
    )


def _tail(weights: Floats) -> results.Tail:
    weights = weights[weights > 0]
    share = weights / weights.mean()
    low, half, most, nearly, high = map(float, np.percentile(share, [0, 50, 95, 99, 100]))
    return results.Tail(
        quantiles=(low, half, most, nearly, high),
        largest_share=float(weights.max() / weights.sum()),
    )
