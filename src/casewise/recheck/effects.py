"""Printed effects: do estimate, interval and P agree, and which method gives them?"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from statistics import NormalDist

from casewise import stats
from casewise.recheck.answers import DIFFERS, IMPOSSIBLE, MATCHES, OPEN, Answer
from casewise.recheck.model import Effect
from casewise.recheck.p_values import Table, as_p
from casewise.recheck.printed import Printed, PrintedP, PrintedThree, exact

_NORMAL = NormalDist()
_RATIOS = ("risk ratio", "odds ratio", "hazard ratio")
# Exact unconditional intervals take half a second at 100 an arm.
_MOST_FOR_EXACT = 120
_MOST_TABLES = 20


@dataclass(frozen=True, slots=True)
class Interval:
    """What one method gives on one table."""

    method: str
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class NormalP:
    """The P values that an interval allows, if it and P come from the normal curve."""

    lowest: float
    highest: float
    centred: bool


def p_from_interval(measure: str, effect: PrintedThree, level: float) -> NormalP | None:
    """The least and largest P that the printed digits allow.

    With limits L and U of a normal interval, the standard error is (U - L) / 2z, on the log scale
    for ratios, and P follows from estimate / error. Each of the three numbers may be anything
    that rounds to what is printed. ``centred`` is whether the estimate can be the middle of the
    limits, as in every normal interval. ``None`` where a limit of a ratio can only be 0 or the
    interval has no width.
    """
    ratio = measure in _RATIOS
    bounds = []
    for number in (effect.value, effect.low, effect.high):
        low, high = float(number.low), float(number.high)
        if ratio:
            if high <= 0:
                return None
            low, high = (math.log(low) if low > 0 else -math.inf), math.log(high)
        bounds.append((low, high))
    value, lower, upper = bounds
    widest, narrowest = upper[1] - lower[0], max(upper[0] - lower[1], 0.0)
    if not math.isfinite(value[0]) or widest == 0:
        return None
    nearest = 0.0 if value[0] <= 0 <= value[1] else min(abs(value[0]), abs(value[1]))
    farthest = max(abs(value[0]), abs(value[1]))
    z = 2 * _NORMAL.inv_cdf((1 + level) / 2)
    least_z = z * nearest / widest
    most_z = z * farthest / narrowest if narrowest else math.inf
    middle = ((lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2)
    centred = middle[0] <= value[1] and value[0] <= middle[1]
    return NormalP(_two_sided(most_z), _two_sided(least_z), centred)


def _two_sided(z: float) -> float:
    return math.erfc(z / math.sqrt(2))


def interval_answer(measure: str, effect: Effect, p: PrintedP | None, alpha: float) -> Answer:
    """Does the printed P fit the printed interval?"""
    printed = effect.value.text
    if not effect.value.low.low <= effect.value.value.high or not (
        effect.value.value.low <= effect.value.high.high
    ):
        return Answer(f"{measure}", printed, DIFFERS, "the estimate lies outside its interval")
    found = p_from_interval(measure, effect.value, effect.confidence)
    if p is None:
        return _without_p(measure, printed, found)
    figure, printed = f"P and {measure}", f"{p.text}; {printed}"
    if found is None:
        text = "a limit of 0 or no width has no normal interval to compare with"
        return Answer(figure, printed, OPEN, text)
    lowest, highest = p.bounds(alpha)
    detail = {"p_lowest": found.lowest, "p_highest": found.highest, "centred": found.centred}
    fits = found.lowest <= highest and lowest <= found.highest
    if fits and found.centred:
        text = f"the normal interval gives P from {as_p(found.lowest)} to {as_p(found.highest)}"
        return Answer(figure, printed, MATCHES, text, detail)
    said = _sides(measure, effect, p, alpha)
    if not found.centred:
        text = (
            "the estimate is not the middle of its limits"
            f"{' on the log scale' if measure in _RATIOS else ''}, so the interval is no normal "
            f"one (exact, score and profile intervals are not) or a number is misprinted{said}"
        )
        return Answer(figure, printed, DIFFERS if said or not fits else OPEN, text, detail)
    text = (
        f"the normal interval gives P from {as_p(found.lowest)} to {as_p(found.highest)}; "
        f"P and interval come from different methods, or one is misprinted{said}"
    )
    return Answer(figure, printed, DIFFERS, text, detail)


def _without_p(measure: str, printed: str, found: NormalP | None) -> Answer:
    if found is None:
        return Answer(measure, printed, OPEN, "no normal interval has a limit of 0 or no width")
    middle = "is" if found.centred else "is not"
    scale = " on the log scale" if measure in _RATIOS else ""
    text = f"the estimate {middle} the middle of its limits{scale}"
    if found.centred:
        text += f"; as a normal interval it gives P from {as_p(found.lowest)}"
        text += f" to {as_p(found.highest)}"
    detail = {"p_lowest": found.lowest, "p_highest": found.highest, "centred": found.centred}
    return Answer(measure, printed, MATCHES if found.centred else OPEN, text, detail)


def _sides(measure: str, effect: Effect, p: PrintedP, alpha: float) -> str:
    """Where P and interval fall on different sides of their common level."""
    if not math.isclose(1 - effect.confidence, alpha):
        return ""
    null = 1 if measure in _RATIOS else 0
    inside = effect.value.low.high < null < effect.value.high.low
    outside = effect.value.low.low > null or effect.value.high.high < null
    lowest, highest = p.bounds(alpha)
    if inside and highest < alpha:
        return f". The interval holds {null}, no effect, and P is below {alpha:g}"
    if outside and lowest > alpha:
        return f". The interval leaves out {null}, no effect, and P is above {alpha:g}"
    return ""


def method_answer(measure: str, effect: Effect, possible: list[Table]) -> Answer | None:
    """Which method gives the printed effect, on the tables that the figures allow."""
    if measure not in ("risk ratio", "odds ratio", "risk difference") or not possible:
        return None
    figure, printed = f"{measure}, from the counts", effect.value.text
    if len(possible) > _MOST_TABLES:
        text = f"more than {_MOST_TABLES} tables fit the percentages"
        return Answer(figure, printed, OPEN, text)
    scale = 100 if measure == "risk difference" and "%" in printed else 1
    tried = _tried(measure, possible, effect.confidence)
    fits = [(one.method, _fits(one, effect.value, scale)) for one in tried]
    first = {one.method: one for one in reversed(tried)}
    detail = {"methods": [asdict(one) for one in first.values()]}
    whole = "; ".join(dict.fromkeys(name for name, fit in fits if all(fit)))
    if whole:
        return Answer(figure, printed, MATCHES, f"by {whole}", detail)
    estimate = "; ".join(dict.fromkeys(name for name, fit in fits if fit[0]))
    if estimate:
        text = f"the estimate is that of {estimate}. The interval is by none of the methods tried"
        return Answer(figure, printed, DIFFERS, text, detail)
    got = f": {tried[0].method} gives {tried[0].value:.3g}" if tried else ""
    return Answer(figure, printed, IMPOSSIBLE, f"by any method tried on the counts{got}", detail)


def _tried(measure: str, possible: list[Table], level: float) -> list[Interval]:
    """Every method on every table, treated against control and the other way round."""
    made = []
    for table in possible:
        made += intervals(measure, table, level)
        made += [
            replace(one, method=f"{one.method} (second arm against first)")
            for one in intervals(measure, _swapped(table), level)
        ]
    return made


def _swapped(table: Table) -> Table:
    return table[2], table[3], table[0], table[1]


def _fits(found: Interval, printed: PrintedThree, scale: int) -> tuple[bool, bool, bool]:
    def one(number: Printed, made: float) -> bool:
        return math.isfinite(made) and bool(number.roundings(exact(scale * made)))

    value, low, high = printed.value, printed.low, printed.high
    return one(value, found.value), one(low, found.lower), one(high, found.upper)


def intervals(measure: str, table: Table, level: float) -> list[Interval]:
    """Every interval for the measure that is in use, exact, score and Wald."""
    exact_too = table[1] + table[3] <= _MOST_FOR_EXACT
    made: list[Interval] = []

    def add(method: str, found: stats.Estimate) -> None:
        if found.reason.startswith("asymptotic"):
            return  # by another method: too many patients for this one
        if found.value is not None and found.lower is not None and found.upper is not None:
            made.append(Interval(method, found.value, found.lower, found.upper))

    if measure == "odds ratio":
        for method in ("central", "minlike", "blaker", "mid-p"):
            add(f"conditional ({method})", stats.odds_ratio(*table, method=method, level=level))
        add("score", stats.odds_ratio(*table, method="score", level=level))
        made += _cross_product(made)
    elif measure == "risk ratio":
        for method in ("score", *(("exact",) if exact_too else ())):
            add(method, stats.risk_ratio(*table, method=method, level=level))
    else:
        slow = ("chan-zhang", "agresti-min") if exact_too else ()
        for method in ("miettinen-nurminen", "newcombe", *slow):
            add(method, stats.risk_difference(*table, method=method, level=level))
    return made + _wald(measure, table, level)


def _cross_product(made: list[Interval]) -> list[Interval]:
    """The cross-product ratio beside conditional limits, as Stata and SAS print it."""
    score = next((one for one in made if one.method == "score"), None)
    if score is None:
        return []
    return [
        Interval(f"cross-product with limits {one.method}", score.value, one.lower, one.upper)
        for one in made
        if one.method.startswith("conditional")
    ]


def _wald(measure: str, table: Table, level: float) -> list[Interval]:
    """The normal intervals that most papers print, which no function of ours offers."""
    z = _NORMAL.inv_cdf((1 + level) / 2)
    a, n_1, c, n_0 = table
    if measure == "risk difference":
        p_1, p_0 = a / n_1, c / n_0
        half = z * math.sqrt(p_1 * (1 - p_1) / n_1 + p_0 * (1 - p_0) / n_0)
        return [Interval("Wald", p_1 - p_0, p_1 - p_0 - half, p_1 - p_0 + half)]
    made = []
    for added, name in ((0.0, "Wald on the log scale"), (0.5, "Wald with 1/2 added to each cell")):
        w, x, y, v = a + added, n_1 - a + added, c + added, n_0 - c + added
        if measure == "odds ratio" and min(w, x, y, v) > 0:
            value, variance = w * v / (x * y), 1 / w + 1 / x + 1 / y + 1 / v
        elif measure == "risk ratio" and min(w, y) > 0:
            value = w / (w + x) / (y / (y + v))
            variance = 1 / w - 1 / (w + x) + 1 / y - 1 / (y + v)
        else:
            continue
        half = z * math.sqrt(variance)
        made.append(Interval(name, value, value * math.exp(-half), value * math.exp(half)))
    return made
