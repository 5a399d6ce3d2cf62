"""The propensity score: how likely each patient was to be treated, given the covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._logistic import fit_logistic
from casewise.stats._samples import Floats, design, indicator, sample


@dataclass(frozen=True, slots=True, eq=False)
class PropensityScore:
    """Each patient's probability of treatment, or a ``reason`` why there is none.

    ``values`` has one probability a patient and is ``None`` where undefined. ``coefficients``
    are log odds ratios, the intercept first. ``patients_per_covariate`` is the size of the
    smaller arm for each covariate: what a rule of events per variable asks about.
    ``columns`` are the covariates, counted from 0, that ``reason`` is about, if any.
    """

    values: Floats | None
    coefficients: Floats | None
    n_treated: int
    n_control: int
    patients_per_covariate: float
    method: str
    sources: tuple[str, ...] = ()
    reason: str = ""
    columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """How far the two arms' propensity scores share a range.

    ``treated`` and ``control`` are the arms' least, 1st, 25th, 50th, 75th, 99th percentile and
    greatest score. ``common`` is the range that both arms have, ``None`` where they share none;
    ``outside`` counts the patients of (treated, control) outside it. ``extreme`` counts all
    patients whose score is under 0.01 or above 0.99. ``c_statistic`` is the probability that a
    treated patient has the higher score than a control, ties counted half: 0.5 where the
    covariates say nothing of treatment, 1 where they separate the arms.
    """

    treated: tuple[float, ...]
    control: tuple[float, ...]
    common: tuple[float, float] | None
    outside: tuple[int, int]
    extreme: int
    c_statistic: float
    edges: tuple[float, ...]
    histogram_treated: tuple[int, ...]
    histogram_control: tuple[int, ...]


def propensity_score(treated: ArrayLike, covariates: ArrayLike) -> PropensityScore:
    """The probability of treatment by logistic regression [rosenbaum1983].

    ``treated`` is 1 or 0 a patient, ``covariates`` one column or a table, a row a patient; main
    effects with an intercept, maximum likelihood. Undefined, with a reason, for an empty arm,
    a constant covariate, covariates that give each other, fewer patients than coefficients, and
    separation: a combination of covariates that tells the arms apart [albert1984]. Raises
    ``ValueError`` for missing values and unequal lengths. Cost: linear in patients, times the
    square of the number of covariates.
    """
    arm = indicator(treated, "treated")
    table = design(covariates, arm.size)
    fit = fit_logistic(arm.astype(np.float64), table, "the treatment")
    n_1 = int(arm.sum())
    smaller = min(n_1, arm.size - n_1)
    return PropensityScore(
        None if fit.reason else fit.fitted,
        None if fit.reason else fit.coefficients,
        n_1,
        arm.size - n_1,
        smaller / table.shape[1],
        "logistic regression, maximum likelihood",
        ("rosenbaum1983",),
        fit.reason,
        fit.columns,
    )


def overlap_of_scores(treated: ArrayLike, score: ArrayLike, bins: int = 40) -> Overlap:
    """A summary of the two arms' propensity scores, and their histograms for a figure.

    ``score`` is a probability a patient; histograms have ``bins`` equal bins from 0 to 1. Raises
    ``ValueError`` for an empty arm, scores outside 0 to 1 and unequal lengths.
    """
    arm, scores = arm_and_score(treated, score)
    x, y = scores[arm], scores[~arm]
    low, high = max(x.min(), y.min()), min(x.max(), y.max())
    inside = (scores >= low) & (scores <= high)
    _, where, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[where]
    c = (ranks[arm].sum() - x.size * (x.size + 1) / 2) / (x.size * y.size)
    edges = np.linspace(0, 1, bins + 1)
    return Overlap(
        _percentiles(x),
        _percentiles(y),
        (float(low), float(high)) if low <= high else None,
        (int((arm & ~inside).sum()), int((~arm & ~inside).sum())),
        int(((scores < 0.01) | (scores > 0.99)).sum()),
        float(c),
        tuple(map(float, edges)),
        tuple(map(int, np.histogram(x, edges)[0])),
        tuple(map(int, np.histogram(y, edges)[0])),
    )


def within_overlap(score: ArrayLike, margin: float = 0.1) -> NDArray[np.bool_]:
    """Which patients' scores are at least ``margin`` from 0 and from 1.

    Trimming by a fixed margin, 0.1 by the rule of thumb of [crump2009]. Those kept are another
    population than all; fit the propensity again on them, and say how many were left out.
    """
    if not 0 <= margin < 0.5:
        raise ValueError(f"margin must be from 0 to under 0.5, not {margin!r}")
    scores = _score(score)
    return (scores >= margin) & (scores <= 1 - margin)


def arm_and_score(treated: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    """Arms and scores of the same patients, neither arm empty."""
    arm, scores = indicator(treated, "treated"), _score(score)
    if arm.size != scores.size:
        raise ValueError(f"treated has {arm.size} values but score has {scores.size}")
    if arm.all() or not arm.any():
        raise ValueError("an arm has no patients")
    return arm, scores


def _score(score: ArrayLike) -> Floats:
    scores = sample(score, "score")
    if scores.size and (scores.min() < 0 or scores.max() > 1):
        raise ValueError("score must be probabilities, from 0 to 1")
    return scores


def _percentiles(x: Floats) -> tuple[float, ...]:
    return tuple(map(float, np.percentile(x, [0, 1, 25, 50, 75, 99, 100])))
