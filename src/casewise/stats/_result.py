"""What every function of ``casewise.stats`` answers with: frozen values, never text to parse."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestResult:
    """The answer of a hypothesis test.

    ``p_value`` is in (0, 1], or ``None`` where the test is undefined; ``reason`` then says why.
    ``statistic`` is the test's statistic where it has one. ``method`` is the test's full plain
    name as a report prints it ("Fisher's exact test, two-sided (minlike)"). ``sources`` are keys
    of ``casewise.citations``. ``interval`` names the function call whose interval inverts this
    test, as ``"odds_ratio(method='minlike')"``, empty where none does. ``monte_carlo_error`` is
    the standard error of ``p_value`` where it was sampled, else ``None``.
    """

    p_value: float | None
    statistic: float | None
    method: str
    sources: tuple[str, ...] = ()
    interval: str = ""
    reason: str = ""
    monte_carlo_error: float | None = None

    __test__ = False  # not a pytest class


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect with its interval.

    ``measure`` is the plain name of what is estimated ("risk difference"). ``value`` is ``None``
    where the estimate does not exist; ``reason`` then says why. ``lower`` and ``upper`` may be
    infinite, and are ``None`` where undefined. ``level`` is the confidence level, 0 < level < 1.
    An interval includes its finite limits unless ``lower_open`` or ``upper_open`` says that the
    data reject the limit itself.
    """

    measure: str
    value: float | None
    lower: float | None
    upper: float | None
    level: float
    method: str
    sources: tuple[str, ...] = ()
    reason: str = ""
    lower_open: bool = False
    upper_open: bool = False
