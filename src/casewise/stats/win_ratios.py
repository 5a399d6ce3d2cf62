"""Outcomes ranked by importance: every treated patient against every control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats import _permutation
from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import Floats, check_choice, check_level, follow_up, indicator

_BLOCK = 256  # patients compared with all others at a time, so that memory stays small
_METHOD = "two-sample U-statistics, Wald interval on the log scale"
Outcome = tuple[Floats, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Wins:
    """Pairs of a treated and a control patient that the treated won, lost, or neither.

    ``by_outcome`` has the wins and losses that each outcome decided, the gravest first.
    ``ratio`` is wins over losses, ``odds`` counts a tie as half of each; ``test`` is Finkelstein
    and Schoenfeld's.
    """

    wins: int
    losses: int
    ties: int
    by_outcome: tuple[tuple[int, int], ...]
    ratio: Estimate
    odds: Estimate
    test: TestResult


def win_ratio(
    outcomes: Sequence[tuple[ArrayLike, ArrayLike]],
    arm: ArrayLike,
    level: float = 0.95,
    method: str = "asymptotic",
) -> Wins:
    """Win ratio [pocock2012] and win odds [brunner2021] of events in order of importance.

    ``outcomes`` are pairs of follow-up times and event indicators, the gravest first; ``arm`` is
    1 for treated and 0 for control. Of two patients the one seen to have the event first loses:
    the other's event came later, or the other was still followed without it at that time. A pair
    that an outcome leaves undecided goes on to the next.

    The intervals take wins and losses as two-sample U-statistics [bebu2016]; where arms are alike
    they cover in 96% of 2,000 simulated studies of 9 against 6, and in 95% of 50 against 50. The
    test is Finkelstein and Schoenfeld's, with its permutation variance [finkelstein1999]; the
    statistic is z, above 0 where the treated do better. With ``method="auto"`` its P is exact, over
    every arrangement of the arms' labels, up to some 42 patients.

    Undefined (``None``): everything with an empty arm; the ratio and its interval without a win or
    without a loss; the test where nobody won.
    Raises ``ValueError`` for bad times, unequal lengths and no outcome. Cost: all pairs of
    patients times outcomes.
    """
    check_level(level)
    check_choice(method, ("asymptotic", "auto"), "method")
    treated = indicator(arm, "arm")
    pairs = [follow_up(time, event) for time, event in outcomes]
    if not pairs:
        raise ValueError("there must be an outcome")
    if any(times.size != treated.size for times, _ in pairs):
        raise ValueError("every outcome must have as many patients as arm")
    scores, won, lost, decided = _compare(pairs, treated)
    n_1, n_0 = int(treated.sum()), int((~treated).sum())
    wins, losses = int(won[treated].sum()), int(lost[treated].sum())
    ratio, odds = _effects(won, lost, treated, level)
    test = _test(scores, treated, method)
    return Wins(wins, losses, n_1 * n_0 - wins - losses, decided, ratio, odds, test)


def _compare(
    outcomes: list[Outcome], treated: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, tuple[tuple[int, int], ...]]:
    """Each patient's wins less losses among all, wins and losses against the other arm."""
    n = treated.size
    scores, won, lost = np.zeros(n), np.zeros(n), np.zeros(n)
    decided = [[0, 0] for _ in outcomes]
    for start in range(0, n, _BLOCK):
        k = np.arange(start, min(start + _BLOCK, n))
        result = np.zeros((k.size, n), dtype=np.int8)
        other = treated[k][:, None] != treated
        across = treated[k][:, None] & ~treated
        for i, (time, event) in enumerate(outcomes):
            mine, ended = time[k][:, None], event[k][:, None]
            wins = event & ((time < mine) | ((time == mine) & ~ended))
            losses = ended & ((mine < time) | ((time == mine) & ~event))
            step = np.where(result == 0, wins.astype(np.int8) - losses.astype(np.int8), 0)
            decided[i][0] += int(((step > 0) & across).sum())
            decided[i][1] += int(((step < 0) & across).sum())
            result += step.astype(np.int8)
        scores[k] = result.sum(axis=1)
        won[k] = ((result > 0) & other).sum(axis=1)
        lost[k] = ((result < 0) & other).sum(axis=1)
    return scores, won, lost, tuple((a, b) for a, b in decided)


def _effects(
    won: Floats, lost: Floats, treated: NDArray[np.bool_], level: float
) -> tuple[Estimate, Estimate]:
    n_1, n_0 = int(treated.sum()), int((~treated).sum())
    sources = ("pocock2012", "bebu2016"), ("brunner2021", "bebu2016")
    if n_1 == 0 or n_0 == 0:
        none = (None, None, None, level, _METHOD)
        text = "an arm has no patients"
        return Estimate("win ratio", *none, sources[0], text), Estimate(
            "win odds", *none, sources[1], text
        )
    # rows: the treated's wins and losses, as shares, by treated patient and by control
    by_treated = np.array([won[treated], lost[treated]]) / n_0
    by_control = np.array([lost[~treated], won[~treated]]) / n_1
    win, loss = by_treated.mean(axis=1).tolist()
    gap = by_treated - [[win], [loss]], by_control - [[win], [loss]]
    covariance = gap[0] @ gap[0].T / n_1**2 + gap[1] @ gap[1].T / n_0**2
    better = 0.5 + (win - loss) / 2
    difference = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    odds = _log_interval("win odds", better, 1 - better, difference / 4, level, sources[1])
    if win == 0 or loss == 0:
        reason = "no pair was " + ("won" if win == 0 else "lost") + " by the treated"
        return Estimate("win ratio", None, None, None, level, _METHOD, sources[0], reason), odds
    slope = np.array([1 / win, -1 / loss])
    variance = float(slope @ covariance @ slope)
    return _log_interval("win ratio", win, loss, variance, level, sources[0], True), odds


def _log_interval(
    measure: str,
    above: float,
    below: float,
    variance: float,
    level: float,
    sources: tuple[str, ...],
    of_log: bool = False,
) -> Estimate:
    """``variance`` is of the log ratio, or else of ``above``, which with ``below`` makes 1."""
    if above == 0 or below == 0 or variance <= 0:
        value = above / below if below else None
        reason = "the interval does not exist: the estimated variance is 0"
        return Estimate(measure, value, None, None, level, _METHOD, sources, reason)
    error = math.sqrt(variance) if of_log else math.sqrt(variance) / (above * below)
    width = math.exp(float(special.ndtri((1 + level) / 2)) * error)
    value = above / below
    return Estimate(measure, value, value / width, value * width, level, _METHOD, sources)


def _test(scores: Floats, treated: NDArray[np.bool_], how: str) -> TestResult:
    method = "Finkelstein-Schoenfeld test"
    n_1, n = int(treated.sum()), treated.size
    if n_1 in (0, n):
        return TestResult(None, None, method, reason="an arm has no patients")
    variance = n_1 * (n - n_1) / (n * (n - 1)) * float((scores**2).sum())
    if variance == 0:
        return TestResult(None, None, method, reason="no pair of patients was decided")
    z = float(scores[treated].sum()) / math.sqrt(variance)
    if how == "auto" and _permutation.sums_are_few(n, n_1):
        p = _permutation.sum_p(scores, n_1, float(scores[treated].sum()))
        return TestResult(p, z, f"exact permutation {method}", ("finkelstein1999",))
    p = max(2 * float(special.ndtr(-abs(z))), 5e-324)
    return TestResult(p, z, method, ("finkelstein1999",))
