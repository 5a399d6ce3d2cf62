"""How well raters agree who put the same charts into categories.

Percent agreement says how often they did; the other coefficients take off what chance would give,
each by its own idea of chance. None is best: kappa falls to nothing where nearly every chart is in
one category, though raters hardly ever differ [feinstein1990]; AC1 and PABAK do not. Read them
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from casewise.stats._counts import undefined_estimate
from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_choice, check_level
from casewise.stats.one_proportion import proportion

Weights = Literal["none", "linear", "quadratic"]
_EXACT = "exact interval of Clopper and Pearson"
_ALL_ALIKE = (
    "the standard error is 0: the interval is that of the percent agreement, chance agreement held "
    "as it is"
)


def percent_agreement(first: Sequence[str], second: Sequence[str], level: float = 0.95) -> Estimate:
    """The share of charts, 0 to 1, that two raters put into the same category.

    ``first`` and ``second`` are their categories, chart by chart. The interval is exact
    [clopper1934]. Undefined with no charts. Raises ``ValueError`` where the two differ in length.
    """
    one, other = _pairs(first, second)
    found = proportion(int(np.sum(one == other)), len(one), level=level)
    reason = "no charts" if not len(one) else ""
    return Estimate(
        *("percent agreement", found.value, found.lower, found.upper, level, _EXACT),
        *(("clopper1934",), reason),
    )


def cohen_kappa(
    first: Sequence[str],
    second: Sequence[str],
    categories: Sequence[str] = (),
    weights: Weights = "none",
    level: float = 0.95,
) -> Estimate:
    """Cohen's kappa: agreement of two raters beyond that of two who guess, each at his own rates.

    (observed - chance) / (1 - chance), where chance is the agreement of independent raters with
    the same margins [cohen1960]. ``categories``, from least to most, are needed for ``weights``:
    a difference of d of K - 1 steps counts as agreement of 1 - d / (K - 1) (``linear``) or of
    1 - (d / (K - 1))**2 (``quadratic``) [cohen1968]. The interval is by the large-sample standard
    error that does not assume kappa to be 0 [fleiss1969], in its form as a variance of the charts'
    linearized values over n - 1, with Student's t of n - 1 degrees of freedom [gwet2008].

    Undefined (``value`` is ``None``) with no charts, and where both raters put every chart into
    one and the same category: agreement by chance is then certain, and kappa is neither 0 nor 1.
    Where they never differ, the standard error is 0 and says nothing; the interval is then that of
    the percent agreement with chance agreement held fixed, and ``reason`` says so.
    """
    check_choice(weights, ("none", "linear", "quadratic"), "weights")
    if weights != "none" and not categories:
        raise ValueError("weights need the categories in their order")
    measure = "Cohen's kappa" if weights == "none" else f"{weights} weighted kappa"
    sources = ("cohen1960", "fleiss1969") if weights == "none" else ("cohen1968", "fleiss1969")
    one, other, known = _codes(first, second, categories)
    if not len(one):
        return undefined_estimate(measure, level, "", sources, "no charts")
    agree = _agreement_of(len(known), weights)
    p, q = (np.bincount(codes, minlength=len(known)) / len(one) for codes in (one, other))
    by_chart = agree[one, other]
    chance = ((agree @ q)[one] + (p @ agree)[other]) / 2
    return _corrected(measure, by_chart, chance, level, sources)


def gwet_ac1(
    first: Sequence[str],
    second: Sequence[str],
    categories: Sequence[str] = (),
    level: float = 0.95,
) -> Estimate:
    """Gwet's AC1: agreement of two raters beyond chance, where only hard charts are guessed.

    (observed - chance) / (1 - chance), chance being the sum of pi (1 - pi) over the K categories,
    over K - 1; pi is a category's share of all ratings. The interval is by the standard error of
    the charts' linearized values, with Student's t of n - 1 degrees of freedom [gwet2008].
    ``categories`` are all that could be chosen, whether or not anybody did; where left out, those
    that occur. Undefined with no charts, and with one category. Where raters never differ and the
    standard error is 0, as ``cohen_kappa``.
    """
    measure, sources = "Gwet's AC1", ("gwet2008",)
    one, other, known = _codes(first, second, categories)
    size = len(known)
    if not len(one):
        return undefined_estimate(measure, level, "", sources, "no charts")
    if size < 2:
        return undefined_estimate(measure, level, "", sources, "there is one category only")
    share = (np.bincount(one, minlength=size) + np.bincount(other, minlength=size)) / (2 * len(one))
    chance = ((1 - share)[one] + (1 - share)[other]) / (2 * (size - 1))
    return _corrected(measure, (one == other).astype(float), chance, level, sources)


def pabak(
    first: Sequence[str],
    second: Sequence[str],
    categories: Sequence[str] = (),
    level: float = 0.95,
) -> Estimate:
    """PABAK: kappa adjusted for prevalence and bias, (K * observed - 1) / (K - 1).

    With two categories 2 * observed - 1 [byrt1993]; with K the coefficient of Brennan and Prediger
    [brennan1981]. ``categories`` as in ``gwet_ac1``. The interval is the exact one of the percent
    agreement, on this scale. Undefined with no charts, and with one category.
    """
    measure, sources = "PABAK", ("byrt1993", "brennan1981", "clopper1934")
    one, other, known = _codes(first, second, categories)
    size = len(known)
    if not len(one):
        return undefined_estimate(measure, level, _EXACT, sources, "no charts")
    if size < 2:
        return undefined_estimate(measure, level, _EXACT, sources, "there is one category only")
    found = proportion(int(np.sum(one == other)), len(one), level=level)
    value, lower, upper = (
        None if part is None else (size * part - 1) / (size - 1)
        for part in (found.value, found.lower, found.upper)
    )
    return Estimate(measure, value, lower, upper, level, _EXACT, sources)


def fleiss_kappa(counts: ArrayLike, level: float = 0.95) -> Estimate:
    """Fleiss' kappa: agreement beyond chance of any raters, who need not be the same by chart.

    ``counts`` has a row a chart and a column a category: how many raters chose it. The share of
    pairs of raters that agree, beyond the chance of two who guess at the categories' overall rates
    [fleiss1971]. Charts may have different numbers of raters, two or more; a category's rate is
    then the mean of its shares by chart. The interval is by the standard error of the charts'
    linearized values, with Student's t of n - 1 degrees of freedom [gwet2008].

    Undefined with no charts, and where one category was used alone. Where raters never differ and
    the standard error is 0, as ``cohen_kappa``. Raises ``ValueError`` for what are no counts, and
    a chart with fewer than two raters.
    """
    measure, sources = "Fleiss' kappa", ("fleiss1971", "gwet2008")
    table = np.asarray(counts, dtype=np.float64)
    if table.size == 0:
        check_level(level)
        return undefined_estimate(measure, level, "", sources, "no charts")
    if table.ndim != 2 or (table < 0).any() or (table != np.floor(table)).any():
        raise ValueError("counts is a table of whole numbers, a row a chart, a column a category")
    raters = table.sum(axis=1)
    if (raters < 2).any():
        raise ValueError("every chart needs two raters or more")
    shares = table / raters[:, None]
    by_chart = (table * (table - 1)).sum(axis=1) / (raters * (raters - 1))
    return _corrected(measure, by_chart, shares @ shares.mean(axis=0), level, sources)


def _pairs(first: Sequence[str], second: Sequence[str]) -> tuple[NDArray[np.str_], ...]:
    one, other = (np.asarray(list(of), dtype=np.str_) for of in (first, second))
    if len(one) != len(other):
        raise ValueError(f"two raters of the same charts, not of {len(one)} and {len(other)}")
    return one, other


def _codes(
    first: Sequence[str], second: Sequence[str], categories: Sequence[str]
) -> tuple[NDArray[np.intp], NDArray[np.intp], list[str]]:
    """Both raters' categories as places in the list of all categories, and the list."""
    one, other = _pairs(first, second)
    used = sorted({str(name) for name in (*one, *other)})
    known = [str(name) for name in categories] or used
    place = {name: number for number, name in enumerate(known)}
    if strange := [name for name in used if name not in place]:
        raise ValueError(f'"{strange[0]}" is not among the categories')
    codes = [np.array([place[str(n)] for n in of], dtype=np.intp) for of in (one, other)]
    return codes[0], codes[1], known


def _agreement_of(size: int, weights: Weights) -> Floats:
    """How far each pair of categories agrees: 1 where they are the same."""
    if weights == "none" or size < 2:
        return np.eye(size)
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / (size - 1)
    return np.asarray(1 - (apart if weights == "linear" else apart**2), dtype=np.float64)


def _corrected(
    measure: str, by_chart: Floats, chance: Floats, level: float, sources: tuple[str, ...]
) -> Estimate:
    """(observed - chance) / (1 - chance), of the charts' agreement and their parts of chance.

    Chance agreement is of the second degree in the ratings, hence the 2 in the linearized values.
    """
    check_level(level)
    n = len(by_chart)
    observed, expected = float(by_chart.mean()), float(chance.mean())
    left = 1 - expected
    if left < 1e-12:
        reason = "every rating is the same category: agreement by chance is certain"
        return undefined_estimate(measure, level, "", sources, reason)
    value = (observed - expected) / left
    method = "large-sample interval of linearized values, Student's t"
    if n < 2:
        return Estimate(measure, value, None, None, level, method, sources, "one chart")
    parts = (by_chart - expected) / left - 2 * (1 - value) * (chance - expected) / left
    error = float(np.sqrt(np.sum((parts - value) ** 2) / (n * (n - 1))))
    if error < 1e-12:
        found = proportion(round(observed * n), n, level=level)
        assert found.lower is not None
        assert found.upper is not None
        lower, upper = (max(-1.0, (p - expected) / left) for p in (found.lower, found.upper))
        method = "exact interval of the percent agreement, chance held fixed"
        return Estimate(measure, value, lower, upper, level, method, sources, _ALL_ALIKE)
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * error
    lower, upper = max(-1.0, value - reach), min(1.0, value + reach)
    return Estimate(measure, value, lower, upper, level, method, sources)
