"""One proportion with its interval."""

from __future__ import annotations

from scipy.special import betaincinv

from casewise.stats._conditional import MOST_TABLES, binomial_weights, limits, proportion_of
from casewise.stats._counts import count, undefined_estimate
from casewise.stats._result import Estimate
from casewise.stats._samples import check_choice, check_level
from casewise.stats._score import wilson_limits

_MEASURE = "proportion"
_METHODS = {
    "clopper-pearson": ("exact interval of Clopper and Pearson", ("clopper1934",)),
    "blaker": ("exact interval of Blaker", ("blaker2000",)),
    "wilson": ("score interval of Wilson", ("wilson1927",)),
    "mid-p": ("mid-p interval", ("lancaster1961",)),
}


def proportion(
    events: int, n: int, method: str = "clopper-pearson", level: float = 0.95
) -> Estimate:
    """A proportion of patients with its interval.

    The interval holds the proportions that a test of the count, binomial of ``n``, does not
    reject:

    - ``clopper-pearson``: exact, each tail at half of 1 - level [clopper1934];
    - ``blaker``: exact, never wider: counts whose smaller tail is no larger than the observed
      one's are as extreme [blaker2000]. The set may have gaps; the limits are the outermost ones;
    - ``mid-p``: central, counting half of the observed count's probability [lancaster1961];
      covers at the level on average, not always;
    - ``wilson``: the asymptotic score test, in closed form [wilson1927].

    With no patients the proportion does not exist (``value`` is ``None``). Raises ``ValueError``
    or ``TypeError`` for what is no count, or more events than patients. The cost of ``blaker``
    and ``mid-p`` grows with ``n``; past 10,000 patients they answer with Clopper and Pearson's,
    and say so.
    """
    check_choice(method, tuple(_METHODS), "method")
    check_level(level)
    events, n = count(events, "events"), count(n, "n")
    if events > n:
        raise ValueError(f"events ({events}) is more than n ({n})")
    label, sources = _METHODS[method]
    if n == 0:
        return undefined_estimate(_MEASURE, level, label, sources, "no patients")
    reason = ""
    if method in ("blaker", "mid-p") and n >= MOST_TABLES:
        method, reason = "clopper-pearson", f"more than {MOST_TABLES:,} counts are possible"
        label, sources = _METHODS[method]
    lower, upper = _limits(events, n, method, level)
    return Estimate(_MEASURE, events / n, lower, upper, level, label, sources, reason)


def _limits(events: int, n: int, method: str, level: float) -> tuple[float, float]:
    if method == "wilson":
        return wilson_limits(events, n, level)
    if method == "clopper-pearson":
        tail = (1 - level) / 2
        lower = 0.0 if events == 0 else float(betaincinv(events, n - events + 1, tail))
        upper = 1.0 if events == n else float(betaincinv(events + 1, n - events, 1 - tail))
        return lower, upper
    kind = "blaker" if method == "blaker" else "central"
    low, high = limits(binomial_weights(n), events, kind, method == "mid-p", level)
    return proportion_of(low), proportion_of(high)
