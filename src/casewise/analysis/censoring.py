"""Patients lost before an outcome was known, stood for by the like of them: censoring weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from casewise import stats
from casewise.analysis.adjusted_effects import FEW
from casewise.analysis.arms import as_estimate, masks
from casewise.analysis.binary import lost_before
from casewise.analysis.covariates import Columns, columns
from casewise.analysis.survival import times_of, watched
from casewise.cohort.dataset import Bools, Dataset, Floats
from casewise.protocol.model import Study
from casewise.protocol.resolve import label
from casewise.results_sensitivity import CensoringWeighted

Known = tuple[Floats, Bools, Bools, Bools]


def censoring_weighted(study: Study, dataset: Dataset) -> tuple[CensoringWeighted, ...]:
    """For each binary outcome and each time to event, where the protocol asks for the weights."""
    asked = study.analysis.missing
    if asked.outcomes != "censoring weights":
        return ()
    chosen = tuple(
        c
        for c in dataset.baseline
        if (c.name in asked.weights_from if asked.weights_from else not c.after_index)
    )
    whole = columns(chosen, asked.covariates == "indicators")
    made = []
    arms = dict(masks(dataset))
    for name, outcome in study.outcomes.items():
        if outcome.kind not in ("binary", "time to event"):
            continue
        for arm in dataset.arms[:-1]:
            pair = (arms[arm], arms[dataset.arms[-1]])
            found = _one(study, dataset, name, pair, whole)
            made.append(found.model_copy(update={"outcome": label(study, name), "arm": arm}))
    return tuple(made)


def _one(
    study: Study, dataset: Dataset, name: str, pair: tuple[Bools, Bools], whole: Columns
) -> CensoringWeighted:
    outcome = study.outcomes[name]
    if outcome.within is None:
        return _nothing((0, 0), 'a risk needs a horizon: write "within: 1 year"')
    answer = _binary if outcome.kind == "binary" else _timed
    time, known, happened, there = answer(study, dataset, name)
    used = (pair[0] | pair[1]) & there & whole.known
    lost = int((pair[0] & used & ~known).sum()), int((pair[1] & used & ~known).sum())
    table = whole.of(used).table
    if not sum(lost):
        return _nothing(lost, "nobody was lost before the outcome was known")
    if not table.shape[1]:
        return _nothing(lost, "no covariate differs between any two patients")
    if sum(lost) < FEW * table.shape[1]:
        return _nothing(
            lost,
            f"{sum(lost)} lost patients for {table.shape[1]} covariate columns: fewer than {FEW} "
            "for each, so that who is lost is not modelled",
        )
    found = stats.censoring_weighted_risks(
        happened[used], time[used], known[used], pair[0][used], table, study.analysis.level
    )
    if found.reason:
        return _nothing(lost, found.reason)
    risks = found.risk_treated.value, found.risk_control.value
    method = "censoring weights, taken as known"
    estimates = [
        replace(e, method=method, sources=("robins2000",))
        for e in (found.risk_difference, found.risk_ratio)
    ]
    return CensoringWeighted(
        outcome="",
        arm="",
        lost=lost,
        effective=found.effective,
        risks=None if None in risks else risks,
        estimates=tuple(as_estimate(e) for e in estimates),
    )


def _nothing(lost: tuple[int, int], reason: str) -> CensoringWeighted:
    return CensoringWeighted(outcome="", arm="", lost=lost, reason=reason)


def _binary(study: Study, dataset: Dataset, name: str) -> Known:
    """Days to where the outcome was known or the patient lost; whether it was known; whether it
    happened; and who has a place. An event without a date is known at the horizon."""
    outcome, found = study.outcomes[name], dataset.outcomes[name]
    event = found.event
    assert event is not None
    lost = lost_before(study, dataset, outcome, found)
    seen = watched(study, dataset, name, outcome, outcome.events)
    known = np.fmin(np.fmin(event.day, dataset.death), found.closes)
    time = np.where(lost, seen, known) - found.opens
    there = ~(event.unknown | event.inapplicable | found.had_before(len(dataset))) & (time >= 0)
    return np.where(there, time, 0.0), ~lost, event.happened, np.asarray(there)


def _timed(study: Study, dataset: Dataset, name: str) -> Known:
    columns = dataset.outcomes[name]
    times = times_of(study, dataset, name, study.outcomes[name])
    horizon = float(np.nanmin(columns.closes - columns.opens))
    time = np.where(times.known, np.minimum(times.time, horizon), 0.0)
    known = times.event | times.competing | (times.time >= horizon)
    happened = times.event & (times.time <= horizon)
    return time, np.asarray(known), np.asarray(happened), times.known
