"""Matching treated patients to controls with like propensity scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from casewise.stats._effects import RiskComparison
from casewise.stats._samples import Floats, labels
from casewise.stats.propensity import arm_and_score
from casewise.stats.weighting import weighted_risks

_MOST_CELLS = 20_000_000  # treated by controls: 160 MB, some seconds


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Pairs of patients, counted from 0: ``treated[i]`` is matched to ``control[i]``.

    A patient with several matches is in several pairs. ``unmatched`` are the treated without
    any. ``weights`` are 1 for each matched treated patient and the matched controls' parts of
    it, 0 for who is left out. ``caliper`` is in units of the logit, ``None`` without.
    """

    treated: NDArray[np.intp]
    control: NDArray[np.intp]
    unmatched: NDArray[np.intp]
    weights: Floats
    caliper: float | None
    method: str
    sources: tuple[str, ...]
    reason: str = ""


def nearest_matches(
    treated: ArrayLike,
    score: ArrayLike,
    caliper: float | None = 0.2,
    ratio: int = 1,
    replacement: bool = False,
    exact: ArrayLike | None = None,
    seed: int = 0,
) -> Matches:
    """Each treated patient's nearest controls by the logit of the propensity score.

    Greedy, the highest score first; in ``ratio`` rounds, so that all have a first match before any
    has a second. Equal scores and distances go by an order drawn with ``seed``: the order of the
    patients may tell of their age, or of how they fared. ``caliper`` is in standard deviations of
    the logit (pooled over arms), 0.2 by [austin2011]; ``exact`` gives labels that must be equal.
    Raises ``ValueError`` for scores of 0 or 1, empty arms, a ratio under 1, unequal lengths.
    Cost: treated times controls.
    """
    if ratio < 1:
        raise ValueError(f"ratio must be at least 1, not {ratio!r}")
    arm, logit, codes, width = _prepared(treated, score, caliper, exact)
    ones, zeros = _drawn(arm, seed)
    free = np.ones(zeros.size, dtype=np.bool_)
    pairs: list[tuple[int, int]] = []
    order = ones[np.argsort(-logit[ones], kind="stable")]
    used: dict[int, list[int]] = {int(i): [] for i in order}
    for _ in range(ratio):
        for i in order:
            apart = np.abs(logit[zeros] - logit[i])
            open_ = (codes[zeros] == codes[i]) & (apart <= width)
            open_ &= free
            open_[used[int(i)]] = False
            if open_.any():
                j = int(np.where(open_, apart, np.inf).argmin())
                used[int(i)].append(j)
                free[j] = replacement
                pairs.append((int(i), int(zeros[j])))
    name = f"nearest neighbour 1:{ratio} {'with' if replacement else 'without'} replacement"
    return _matches(arm, pairs, caliper, width, f"{name}, logit of the propensity score")


def optimal_matches(
    treated: ArrayLike,
    score: ArrayLike,
    caliper: float | None = 0.2,
    exact: ArrayLike | None = None,
    seed: int = 0,
) -> Matches:
    """As many pairs as possible with the least total distance on the logit [rosenbaum1989].

    One control a treated patient, without replacement; ``caliper``, ``exact`` and ``seed`` as in
    :func:`nearest_matches`. Raises ``ValueError`` above 20 million pairs to choose from. Cost:
    the cube of the smaller arm.
    """
    arm, logit, codes, width = _prepared(treated, score, caliper, exact)
    ones, zeros = _drawn(arm, seed)
    if ones.size * zeros.size > _MOST_CELLS:
        raise ValueError("the arms are too large for optimal matching: use the nearest")
    apart = np.abs(logit[ones][:, None] - logit[zeros])
    allowed = (codes[ones][:, None] == codes[zeros]) & (apart <= width)
    # dearer than all allowed pairs together, so that no match is given up for distance
    dear = 1.0 + float(np.where(allowed, apart, 0).max()) * min(ones.size, zeros.size)
    rows, columns = linear_sum_assignment(np.where(allowed, apart, dear))
    kept = allowed[rows, columns]
    pairs = list(zip(ones[rows[kept]].tolist(), zeros[columns[kept]].tolist(), strict=True))
    return _matches(arm, pairs, caliper, width, "optimal pairs, logit of the propensity score")


def matched_risks(
    outcome: ArrayLike, treated: ArrayLike, matches: Matches, level: float = 0.95
) -> RiskComparison:
    """Risks of the matched, with standard errors clustered by matched set.

    For matches without replacement. The matching is taken as given [austin2011]. Raises
    ``ValueError`` where a control was used twice, or nobody is matched.
    """
    if not matches.treated.size:
        raise ValueError("nobody is matched")
    if np.unique(matches.control).size < matches.control.size:
        raise ValueError("a control is in two sets: these errors are for no replacement")
    sets = np.arange(matches.weights.size)
    sets[matches.control] = matches.treated
    return weighted_risks(outcome, treated, matches.weights, sets, "matched", level)


def _drawn(arm: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The treated and the controls in an order drawn."""
    order = np.random.default_rng(seed).permutation(arm.size)
    return order[arm[order]], order[~arm[order]]


def _prepared(
    treated: ArrayLike, score: ArrayLike, caliper: float | None, exact: ArrayLike | None
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.intp], float]:
    arm, e = arm_and_score(treated, score)
    if not (e.min() > 0 and e.max() < 1):
        raise ValueError("a score of 0 or 1 has no logit")
    if caliper is not None and not caliper > 0:
        raise ValueError(f"caliper must be above 0, not {caliper!r}")
    logit = np.log(e / (1 - e))
    codes = np.zeros(arm.size, dtype=np.intp)
    if exact is not None:
        given = labels(exact, "exact")
        if given.size != arm.size:
            raise ValueError(f"treated has {arm.size} values but exact has {given.size}")
        codes = np.unique(given, return_inverse=True)[1].astype(np.intp)
    if caliper is None:
        return arm, logit, codes, np.inf
    if min(arm.sum(), (~arm).sum()) < 2:
        raise ValueError("an arm of one has no standard deviation for a caliper")
    spread = np.sqrt((logit[arm].var(ddof=1) + logit[~arm].var(ddof=1)) / 2)
    return arm, logit, codes, float(caliper * spread)


def _matches(
    arm: NDArray[np.bool_],
    pairs: list[tuple[int, int]],
    caliper: float | None,
    width: float,
    method: str,
) -> Matches:
    ones, zeros = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    counts = np.bincount(ones, minlength=arm.size)
    weights = (counts > 0).astype(np.float64)
    np.add.at(weights, zeros, 1 / counts[ones])
    unmatched = np.flatnonzero(arm & (counts == 0))
    reason = "" if pairs else "no treated patient has a control within the caliper"
    sources = ("austin2011", "rosenbaum1989")
    limit = None if caliper is None else width
    return Matches(ones, zeros, unmatched, weights, limit, method, sources, reason)
