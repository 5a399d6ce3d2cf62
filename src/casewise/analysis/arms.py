"""The arms of a dataset, and one comparison repeated for each arm against the comparator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypedDict

from casewise import results
from casewise.cohort.dataset import Bools, Dataset
from casewise.stats import Estimate, TestResult


class Compared(TypedDict):
    test: results.Test
    estimates: tuple[results.Estimate, ...]
    further_comparisons: tuple[results.Comparison, ...]


_ON_THE_SCALE = (
    *("Hodges-Lehmann shift", "mean difference", "difference in restricted mean time"),
)
Pair = tuple[TestResult, tuple[Estimate, ...]]


def masks(dataset: Dataset) -> Iterator[tuple[str, Bools]]:
    """Each arm's name and which patients are in it, in the protocol's order."""
    for number, name in enumerate(dataset.arms):
        yield name, dataset.arm == number


def against_comparator(
    dataset: Dataset, compare: Callable[[str, str], Pair], unit: str = "days"
) -> Compared:
    """``compare(arm, comparator)`` for every arm but the last, which is the comparator. ``unit`` is
    that of an estimate on the scale of what is compared."""
    *treated, comparator = dataset.arms
    made = []
    for arm in treated:
        test, estimates = compare(arm, comparator)
        made.append(
            results.Comparison(
                arm=arm,
                comparator=comparator,
                test=as_test(test),
                estimates=tuple(as_estimate(one, unit) for one in estimates),
            )
        )
    return {
        "test": made[0].test,
        "estimates": made[0].estimates,
        "further_comparisons": tuple(made[1:]),
    }


def as_test(test: TestResult) -> results.Test:
    return results.Test(
        method=test.method,
        p_value=test.p_value,
        statistic=test.statistic,
        reason=test.reason,
        sources=test.sources,
    )


def as_estimate(estimate: Estimate, unit: str = "days") -> results.Estimate:
    return results.Estimate(
        measure=estimate.measure,
        value=estimate.value,
        lower=estimate.lower,
        upper=estimate.upper,
        level=estimate.level,
        method=estimate.method,
        unit=unit if estimate.measure in _ON_THE_SCALE else "",
        reason=estimate.reason,
        lower_open=estimate.lower_open,
        upper_open=estimate.upper_open,
        sources=estimate.sources,
    )
