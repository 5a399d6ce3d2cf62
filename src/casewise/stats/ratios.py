"""The risk ratio and the odds ratio."""

from __future__ import annotations

import math

from casewise.stats._conditional import (
    MOST_TABLES,
    Floats,
    hypergeometric_weights,
    limits,
    most_likely,
    p_value,
    probabilities,
)
from casewise.stats._counts import EMPTY_ARM, arms, no_contrast, undefined_estimate
from casewise.stats._result import Estimate
from casewise.stats._samples import check_choice, check_level
from casewise.stats._score import ODDS_RATIO, RISK_RATIO, score_limits
from casewise.stats._unconditional_limits import MOST_PATIENTS, unconditional_limits
from casewise.stats.fisher_tests import sample_odds_ratio, tables_with_margins

_SCORE = ("score interval of Miettinen and Nurminen", ("miettinen1985",))
CONDITIONAL_METHODS = {
    "central": ("conditional, exact central interval", ("cornfield1956",)),
    "minlike": ("conditional, exact interval of Baptista and Pike", ("baptista1977",)),
    "blaker": ("conditional, exact interval of Blaker", ("blaker2000",)),
    "mid-p": ("conditional, central mid-p interval", ("lancaster1961",)),
}
_ODDS_METHODS = {**CONDITIONAL_METHODS, "score": _SCORE}
_RISK_METHODS = {
    "score": _SCORE,
    "koopman": ("score interval of Koopman", ("koopman1984",)),
    "exact": ("exact unconditional interval of Chan and Zhang", ("chan1999",)),
    "agresti-min": ("exact unconditional interval of Agresti and Min", ("agresti2001",)),
}


def odds_ratio(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    method: str = "central",
    level: float = 0.95,
) -> Estimate:
    """The odds ratio, treated against control, with its interval.

    By default the conditional maximum likelihood estimate: the odds ratio at which the expected
    events of the treated arm, given the margins, equal the observed ones. It is not the
    cross-product ratio. The interval holds the odds ratios that the conditional test of the same
    kind does not reject:

    - ``central``: each tail at half of 1 - level [cornfield1956]; never contradicts
      ``fisher(kind='central')``;
    - ``minlike``: shorter, the inversion of ``fisher(kind='minlike')`` [baptista1977];
    - ``blaker``: the inversion of ``fisher(kind='blaker')`` [blaker2000];
    - ``mid-p``: the inversion of ``fisher(kind='central', mid_p=True)`` [lancaster1961]; covers
      at the level on average, not always;
    - ``score``: the cross-product ratio with the asymptotic score interval [miettinen1985].

    The minlike and Blaker sets may have gaps; the limits are the outermost ones.

    The estimate is 0 or infinite where a cell is empty, and does not exist (``value`` is
    ``None``, limits 0 and infinity) with no event in either arm or nothing but events; with an
    empty arm nothing is defined. Raises ``ValueError`` or ``TypeError`` for what is no count.
    Cost grows with the square of the smallest margin at worst; past 10,000 possible tables the
    answer is the score method's, and says so.
    """
    check_choice(method, tuple(_ODDS_METHODS), "method")
    check_level(level)
    table = arms(events_1, n_1, events_0, n_0)
    label, sources = _ODDS_METHODS[method]
    if table.empty:
        return undefined_estimate(ODDS_RATIO, level, label, sources, EMPTY_ARM)
    if table.events in (0, table.n):
        reason = no_contrast(table)
        return Estimate(ODDS_RATIO, None, 0.0, math.inf, level, label, sources, reason)
    reason = ""
    if method != "score" and tables_with_margins(table) > MOST_TABLES:
        reason = f"asymptotic: more than {MOST_TABLES:,} tables share these margins"
        method, (label, sources) = "score", _SCORE
    if method == "score":
        value = sample_odds_ratio(table)
        lower, upper = score_limits(ODDS_RATIO, table, level)
        return Estimate(ODDS_RATIO, value, lower, upper, level, label, sources, reason)
    weights = hypergeometric_weights(table.n_1, table.n_0, table.events)
    i = table.events_1 - max(0, table.events - table.n_0)
    return conditional_odds_ratio(ODDS_RATIO, weights, i, method, level)


def conditional_odds_ratio(
    measure: str, weights: Floats, i: int, method: str, level: float
) -> Estimate:
    """The estimate from a count ``i`` whose log weights at an odds ratio of 1 are ``weights``."""
    mid_p = method == "mid-p"
    kind = "central" if mid_p else method
    lower, upper = (math.exp(t) for t in limits(weights, i, kind, mid_p, level))
    # P may equal 1 - level at an odds ratio of exactly 1: the test then rejects it
    rejected = p_value(probabilities(weights, 0.0), i, kind, mid_p) <= 1 - level
    return Estimate(
        measure,
        math.exp(most_likely(weights, i)),
        lower,
        upper,
        level,
        *CONDITIONAL_METHODS[method],
        lower_open=lower == 1 and rejected,
        upper_open=upper == 1 and rejected,
    )


def risk_ratio(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    method: str = "score",
    level: float = 0.95,
) -> Estimate:
    """The risk ratio, treated against control, with its interval.

    - ``score``: the ratios that the asymptotic score test of Miettinen and Nurminen does not
      reject [miettinen1985]; at 1 it is the N - 1 chi-square test;
    - ``koopman``: the same without their factor N / (N - 1) on the variance, a little shorter
      [koopman1984]; at 1 it is Pearson's chi-square test;
    - ``exact``: the ratios that neither of two one-sided exact unconditional tests, each at half
      of 1 - level and ordered by the score statistic, rejects [chan1999];
    - ``agresti-min``: exact. The same with one two-sided test, shorter for most tables
      [agresti2001]; at 1 it is ``barnard(statistic='pooled')``.

    The exact sets can have gaps: the limits are the outermost ones. Over a gap at 1 the interval
    agresti-min holds 1 though Barnard's test rejects it: in 9 of the tables of two arms up to 12
    (3 of 10 against 3 of 3), all in uneven arms.

    The estimate is 0 or infinite where one arm has no event, and does not exist (``value`` is
    ``None``, limits 0 and infinity) where neither has; with an empty arm nothing is defined.
    Raises ``ValueError`` or ``TypeError`` for what is no count. The exact methods' cost grows as
    n ** 1.7 or so (0.2 s at 100 an arm, 2 s at 500); past 1,000 patients the answer is the score
    method's, and says so.
    """
    check_choice(method, tuple(_RISK_METHODS), "method")
    check_level(level)
    table = arms(events_1, n_1, events_0, n_0)
    label, sources = _RISK_METHODS[method]
    if table.empty:
        return undefined_estimate(RISK_RATIO, level, label, sources, EMPTY_ARM)
    if table.events == 0:
        return Estimate(RISK_RATIO, None, 0.0, math.inf, level, label, sources, no_contrast(table))
    value = math.inf
    if table.events_0 > 0:
        value = table.events_1 * table.n_0 / (table.n_1 * table.events_0)
    reason = ""
    if method in ("exact", "agresti-min") and table.n > MOST_PATIENTS:
        reason = f"asymptotic: more than {MOST_PATIENTS:,} patients"
        method, (label, sources) = "score", _SCORE
    if method in ("score", "koopman"):
        lower, upper = score_limits(RISK_RATIO, table, level, unbiased=method == "score")
    else:
        two_sided = method == "agresti-min"
        lower, upper = unconditional_limits(RISK_RATIO, table, level, two_sided)
    return Estimate(RISK_RATIO, value, lower, upper, level, label, sources, reason)
