"""Two proportions seen through stated priors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from casewise.stats._counts import EMPTY_ARM, Arms, arms
from casewise.stats._result import Estimate
from casewise.stats._roots import increasing_root
from casewise.stats._samples import Floats, check_choice, check_level

_BETA = {"uniform": 1.0, "jeffreys": 0.5}
PRIORS = (*_BETA, "sceptical", "enthusiastic")
# Nodes over one arm's risk, and steps over the other's: twice as many change the ninth digit.
_NODES, _STEPS = 250, 500


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the data and a prior say together of two event risks.

    ``benefit`` is the probability that the treated risk is below the control risk. The estimates
    are posterior medians with equal-tailed intervals; ``prior`` says the prior in words.
    """

    benefit: float | None
    risk_difference: Estimate
    risk_ratio: Estimate
    prior: str
    sources: tuple[str, ...] = ()
    reason: str = ""


def posterior(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    prior: str = "uniform",
    level: float = 0.95,
    odds_ratio_hoped_for: float = 0.5,
) -> Posterior:
    """The posterior of two risks under a named prior, by quadrature [spiegelhalter1994].

    ``"uniform"``: both risks Beta(1, 1), independent. ``"jeffreys"``: both Beta(1/2, 1/2).
    ``"sceptical"`` and ``"enthusiastic"``: the control risk is Beta(1, 1) and the log odds ratio
    is normal; sceptical about 0, with 5% probability beyond ``odds_ratio_hoped_for``,
    enthusiastic about the log of that, with 5% probability beyond 1 on the harmful side. Both
    have the same spread, and together they bracket what a reasonable reader may have believed.

    Exists whatever the events, also 0 in both arms; undefined (``None``) for an empty arm.
    Raises ``ValueError`` or ``TypeError`` for what is no count, and for an odds ratio hoped for
    that is not positive or is 1. Cost does not depend on n.
    """
    check_choice(prior, PRIORS, "prior")
    check_level(level)
    if not (odds_ratio_hoped_for > 0 and math.isfinite(odds_ratio_hoped_for)) or (
        odds_ratio_hoped_for == 1
    ):
        raise ValueError("odds_ratio_hoped_for must be positive and not 1")
    table = arms(events_1, n_1, events_0, n_0)
    words = _in_words(prior, odds_ratio_hoped_for)
    sources = () if prior in _BETA else ("spiegelhalter1994",)
    method = f"posterior median, equal-tailed interval; prior: {words}"
    if table.empty:
        difference, ratio = (
            Estimate(measure, None, None, None, level, method, reason=EMPTY_ARM)
            for measure in ("risk difference", "risk ratio")
        )
        return Posterior(None, difference, ratio, words, sources, EMPTY_ARM)
    at_most = (
        _independent(table, _BETA[prior])
        if prior in _BETA
        else _by_odds_ratio(table, prior, odds_ratio_hoped_for)
    )
    tail = (1 - level) / 2

    def estimate(measure: str, kind: str, most: float) -> Estimate:
        def quantile(q: float) -> float:
            return increasing_root(lambda x: at_most(kind, x) - q, -most, most)

        lower, value, upper = quantile(tail), quantile(0.5), quantile(1 - tail)
        if kind == "ratio":
            lower, value, upper = math.exp(lower), math.exp(value), math.exp(upper)
        return Estimate(measure, value, lower, upper, level, method, sources)

    return Posterior(
        min(max(at_most("difference", 0.0), 0.0), 1.0),
        estimate("risk difference", "difference", 1.0),
        estimate("risk ratio", "ratio", 700.0),
        words,
        sources,
    )


AtMost = Callable[[str, float], float]


def _from_sharper_arm(treated_is_sharper: bool, other_at_most: AtMost) -> AtMost:
    """The probability that the difference, or log ratio, of the risks is at most a limit.

    The quadrature runs over the risk in the arm with more patients, and ``other_at_most`` gives
    the probability that the other arm's risk is at most that risk plus (or times exp of) x. Over
    the other arm it would have to add up steps.
    """
    if treated_is_sharper:
        return lambda kind, x: 1.0 - other_at_most(kind, -x)
    return other_at_most


def _independent(table: Arms, prior: float) -> AtMost:
    sharp, other = sorted(
        ((table.n_1, table.events_1, True), (table.n_0, table.events_0, False)), reverse=True
    )
    a, b = sharp[1] + prior, sharp[0] - sharp[1] + prior
    c, d = other[1] + prior, other[0] - other[1] + prior
    # double exponential nodes: the integrand may have infinite slope at both ends
    t = np.linspace(-4, 4, 401)
    share = special.expit(math.pi * np.sinh(t))
    weight = math.pi * np.cosh(t) * share * special.expit(-math.pi * np.sinh(t)) * (t[1] - t[0])
    least = float(special.betaincinv(a, b, 1e-16))
    most = 1 - float(special.betaincinv(b, a, 1e-16))

    def other_at_most(kind: str, x: float) -> float:
        # beyond ``end`` the other arm's risk is at most 1 and so below its limit for certain
        start = max(-x, 0.0) if kind == "difference" else 0.0
        end = min(1 - x, 1.0) if kind == "difference" else min(math.exp(-x), 1.0)
        beyond = float(special.betaincc(a, b, end))
        start, end = max(start, least), min(end, most)
        if end <= start:
            return beyond
        p = start + (end - start) * share
        q = (1 - end) + (end - start) * share[::-1]
        density = np.exp(special.xlogy(a - 1, p) + special.xlogy(b - 1, q) - special.betaln(a, b))
        limit = np.clip(p + x if kind == "difference" else p * math.exp(x), 0.0, 1.0)
        inside = weight * density * special.betainc(c, d, limit)
        return beyond + (end - start) * float(inside.sum())

    return _from_sharper_arm(sharp[2], other_at_most)


def _by_odds_ratio(table: Arms, prior: str, hoped_for: float) -> AtMost:
    spread = abs(math.log(hoped_for)) / float(special.ndtri(0.95))
    centre = 0.0 if prior == "sceptical" else math.log(hoped_for)
    treated = (float(table.events_1), float(table.n_1 - table.events_1))
    # a uniform risk has the density p (1 - p) of its log odds
    control = (table.events_0 + 1.0, table.n_0 - table.events_0 + 1.0)
    treated_is_sharper = table.n_1 > table.n_0
    sharp, other = (treated, control) if treated_is_sharper else (control, treated)
    shift = -centre if treated_is_sharper else centre
    # coarse nodes first, to find where the posterior is
    nodes = np.linspace(-60.0, 60.0, _NODES)
    for _ in range(3):
        given = _Conditional(nodes, other, shift, spread)
        near = np.flatnonzero(_log_weights(nodes, sharp, given) > -45)
        low, high = max(near[0] - 1, 0), min(near[-1] + 1, _NODES - 1)
        nodes = np.linspace(nodes[low], nodes[high], _NODES)
    given = _Conditional(nodes, other, shift, spread)
    weights = np.exp(_log_weights(nodes, sharp, given))
    weights /= weights.sum()
    p = special.expit(nodes)

    def other_at_most(kind: str, x: float) -> float:
        limit = p + x if kind == "difference" else p * math.exp(x)
        return float(weights @ given.at_most(limit))

    return _from_sharper_arm(treated_is_sharper, other_at_most)


def _log_weights(nodes: Floats, sharp: tuple[float, float], given: _Conditional) -> Floats:
    log_weights = _log_likelihood(nodes, *sharp) + given.log_total
    return np.asarray(log_weights - log_weights.max())


def _log_likelihood(eta: Floats, events: float, others: float) -> Floats:
    return np.asarray(events * special.log_expit(eta) + others * special.log_expit(-eta))


class _Conditional:
    """One arm's log odds given the other's: binomial likelihood times a normal about it."""

    __slots__ = ("_area", "_density", "_slope", "_start", "_step", "log_total")

    def __init__(
        self, given: Floats, counts: tuple[float, float], shift: float, spread: float
    ) -> None:
        centre = given + shift
        eta = _grids(centre, counts, spread)
        self._start, self._step = eta[:, 0], eta[:, 1] - eta[:, 0]
        log_density = _log_likelihood(eta, *counts) - 0.5 * ((eta - centre[:, None]) / spread) ** 2
        highest = log_density.max(axis=1, keepdims=True)
        f = np.exp(log_density - highest)
        pull = counts[0] - sum(counts) * special.expit(eta) - (eta - centre[:, None]) / spread**2
        self._density, self._slope = f, f * pull
        h = self._step[:, None]
        cells = h / 2 * (f[:, 1:] + f[:, :-1]) + h**2 / 12 * -np.diff(self._slope, axis=1)
        self._area = np.zeros_like(f)
        np.cumsum(cells, axis=1, out=self._area[:, 1:])
        self.log_total = highest[:, 0] + np.log(self._area[:, -1])

    def at_most(self, risk: Floats) -> Floats:
        """The probability of a risk of at most ``risk``, by the integral of cubics."""
        inside = special.logit(np.clip(risk, 1e-300, 1 - 1e-16))
        last = self._density.shape[1] - 1
        place = np.clip((inside - self._start) / self._step, 0, last)
        cell = np.minimum(place.astype(np.int64), last - 1)
        t, h, rows = place - cell, self._step, np.arange(risk.size)
        area = self._area[rows, cell] + h * (
            self._density[rows, cell] * (t - t**3 + t**4 / 2)
            + self._density[rows, cell + 1] * (t**3 - t**4 / 2)
            + h * self._slope[rows, cell] * (t**2 / 2 - 2 * t**3 / 3 + t**4 / 4)
            + h * self._slope[rows, cell + 1] * (t**4 / 4 - t**3 / 3)
        )
        share = area / self._area[:, -1]
        return np.asarray(np.where(risk <= 0, 0.0, np.where(risk >= 1, 1.0, share)))


def _grids(centre: Floats, counts: tuple[float, float], spread: float) -> Floats:
    """For each centre of the normal, log odds over all that the density covers.

    Around the mode, found by Newton's steps: the log density is concave, and nowhere flatter than
    the normal's, so that nine of its standard deviations reach far enough.
    """
    eta = centre.copy()
    total = sum(counts)
    for _ in range(150):
        p = special.expit(eta)
        curvature = total * p * (1 - p) + 1 / spread**2
        eta += np.clip((counts[0] - total * p - (eta - centre) / spread**2) / curvature, -1, 1)
    reach = np.minimum(9 * spread, 40 / np.sqrt(curvature))
    return np.asarray(eta[:, None] + reach[:, None] * np.linspace(-1, 1, _STEPS + 1)[None, :])


def _in_words(prior: str, hoped_for: float) -> str:
    if prior == "uniform":
        return "uniform, Beta(1, 1) for each risk"
    if prior == "jeffreys":
        return "Jeffreys, Beta(1/2, 1/2) for each risk"
    if prior == "sceptical":
        return f"sceptical: odds ratio about 1, 5% probability beyond {hoped_for:g}"
    return f"enthusiastic: odds ratio about {hoped_for:g}, 5% probability beyond 1"
