"""Every declared alternative: the protocol with some parts changed, run on the same records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from casewise import results
from casewise.analysis.run import run_outcome
from casewise.analysis.subgroups import MEASURES
from casewise.cohort.dataset import Dataset
from casewise.protocol.alternatives import changed
from casewise.protocol.model import Study
from casewise.results_sensitivity import Alternative


def alternatives(
    study: Study, dataset: Dataset, rebuilt: Callable[[Study], Dataset]
) -> tuple[Alternative, ...]:
    """The primary outcome, or the first, by the protocol and by each alternative.

    ``rebuilt`` makes the dataset of a changed protocol. Every method of adjustment of each is
    shown; crude where there is none. Empty where the protocol declares no alternative.
    """
    if not study.analysis.alternatives:
        return ()
    made = _rows("as planned", study, dataset)
    for name in study.analysis.alternatives:
        other = changed(study, name)
        made += _rows(name, other, rebuilt(other))
    return tuple(made)


def _rows(name: str, study: Study, dataset: Dataset) -> list[Alternative]:
    primary = study.analysis.primary or next(iter(study.outcomes))
    n = int((dataset.arm == 0).sum()), int((dataset.arm == len(dataset.arms) - 1).sum())
    if not all(n):
        return [
            Alternative(name=name, n=n, analysis="crude", estimate=None, reason="an arm is empty")
        ]
    outcome = run_outcome(study, dataset, primary)
    first = [one for one in outcome.adjusted if one.arm == dataset.arms[0]]
    shown: list[tuple[str, tuple[results.Estimate, ...], str]] = [
        (one.method, one.estimates, one.reason) for one in first
    ] or [("crude", outcome.estimates, "")]
    return [
        Alternative(name=name, n=n, analysis=method, estimate=_one(estimates), reason=reason)
        for method, estimates, reason in shown
    ]


def _one(estimates: tuple[results.Estimate, ...]) -> results.Estimate | None:
    by_measure: dict[str, Any] = {e.measure: e for e in estimates}
    ratio = next((by_measure[m] for m in MEASURES if m in by_measure), None)
    return ratio or (estimates[0] if estimates else None)
