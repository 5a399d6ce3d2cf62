"""Effects by the levels of a covariate: one model with interaction where the protocol adjusts."""

from __future__ import annotations

import numpy as np

from casewise import results, stats
from casewise.analysis.adjusted_effects import FEW
from casewise.analysis.arms import as_estimate, masks
from casewise.analysis.covariates import chosen, columns
from casewise.analysis.labels import labels
from casewise.analysis.survival import times_of
from casewise.cohort.dataset import KNOWN, Bools, Covariate, Dataset, Floats
from casewise.protocol.comparison import Comparison
from casewise.protocol.model import Study
from casewise.protocol.resolve import label
from casewise.results_sensitivity import Subgroup, SubgroupLevel
from casewise.stats import Estimate

MEASURES = ("odds ratio", "hazard ratio")


def subgroups(study: Study, dataset: Dataset) -> tuple[Subgroup, ...]:
    """Every subgroup that is asked for, of every binary outcome and time to event."""
    made = []
    by_name = {c.name: c for c in dataset.baseline}
    for name, outcome in study.outcomes.items():
        if outcome.kind not in ("binary", "time to event") or outcome.negative_control:
            continue
        for arm in dataset.arms[:-1]:
            for covariate, cut in study.analysis.subgroups.items():
                levels = _levels(by_name[covariate], cut)
                made.append(_subgroup(study, dataset, name, arm, by_name[covariate], levels))
    return tuple(made)


def _levels(covariate: Covariate, cut: Comparison | None) -> list[tuple[str, Bools]]:
    """The levels' names and who is in each; nobody whose value is not known."""
    known = covariate.status == KNOWN
    values = covariate.values
    if covariate.kind == "yes/no":
        yes = known & values.astype(bool)
        return [("yes", yes), ("no", known & ~yes)]
    if covariate.kind == "category":
        return [(level, known & (values == level)) for level in covariate.levels]
    assert cut is not None  # a number has one: the protocol's check
    inside = known & _compared(values.astype(np.float64), cut)
    return [(str(cut), inside), (f"not {cut}", known & ~inside)]


def _compared(values: Floats, cut: Comparison) -> Bools:
    numbers = [float(v) for v in cut.values]
    with np.errstate(invalid="ignore"):  # what is not known is no level
        match cut.operator:
            case "<":
                found = values < numbers[0]
            case "<=":
                found = values <= numbers[0]
            case ">":
                found = values > numbers[0]
            case ">=":
                found = values >= numbers[0]
            case "!=":
                found = values != numbers[0]
            case "between":
                found = (values >= numbers[0]) & (values <= numbers[-1])
            case _:
                found = np.isin(values, numbers)
    return np.asarray(found, dtype=np.bool_)


def _subgroup(
    study: Study,
    dataset: Dataset,
    name: str,
    arm: str,
    covariate: Covariate,
    levels: list[tuple[str, Bools]],
) -> Subgroup:
    """One model of all levels where the protocol adjusts, else each level as it is."""
    arms = dict(masks(dataset))
    pair = (arm, dataset.arms[-1])
    known, happened = _events(study, dataset, name)
    used = (arms[arm] | arms[pair[1]]) & known
    counted = [_counts(arms, pair, used & mask, happened) for _, mask in levels]
    shown = [k for k, (n, _) in enumerate(counted) if sum(n)]
    found = None
    if study.analysis.adjust is not None:
        found = _model(study, dataset, name, arms[arm], used, [levels[k][1] for k in shown])
    rows = []
    for place, k in enumerate(shown):
        (n, events), (level, mask) = counted[k], levels[k]
        if found is not None:
            one = found.ratios[place] if found.ratios else None
            reason = found.reason
        elif not all(n):
            one, reason = None, "an empty arm"
        else:
            inside = {a: m & mask for a, m in arms.items()}
            one = _crude(study, dataset, name, inside, pair, (events[0], n[0], events[1], n[1]))
            reason = one.reason
        estimate = None if one is None else as_estimate(one)
        rows.append(
            SubgroupLevel(level=level, n=n, events=events, estimate=estimate, reason=reason)
        )
    estimates = [_plain(row.estimate) for row in rows if row.estimate is not None]
    crude = stats.heterogeneity(estimates) if len(estimates) == len(rows) else None
    return Subgroup(
        outcome=label(study, name),
        arm=arm,
        covariate=covariate.name,
        label=covariate.label,
        analysis="crude" if found is None else found.method,
        levels=tuple(rows),
        interaction=crude if found is None else found.interaction,
    )


def _counts(
    arms: dict[str, Bools], pair: tuple[str, str], inside: Bools, happened: Bools
) -> tuple[tuple[int, int], tuple[int, int]]:
    one, zero = inside & arms[pair[0]], inside & arms[pair[1]]
    n = int(one.sum()), int(zero.sum())
    return n, (int((one & happened).sum()), int((zero & happened).sum()))


def _model(
    study: Study, dataset: Dataset, name: str, treated: Bools, used: Bools, levels: list[Bools]
) -> stats.EffectByLevel:
    """Treatment within each level, given the covariates of the adjustment."""
    whole = columns(chosen(study, dataset), study.analysis.missing.covariates == "indicators")
    code = np.full(len(dataset), -1)
    for k, mask in enumerate(levels):
        code[mask] = k
    rows = used & whole.known & (code >= 0)
    table = whole.of(rows).table
    _, happened = _events(study, dataset, name)
    few = int(min((happened & rows).sum(), (~happened & rows).sum()))
    if study.outcomes[name].kind != "binary":
        few = int((happened & rows).sum())
    if table.shape[1] == 0 or few < FEW * (table.shape[1] + 2 * len(levels)):
        why = f"{few} events are too few for a model of covariates and levels"
        return stats.EffectByLevel((), None, "not fitted", (), why)
    if study.outcomes[name].kind == "binary":
        return stats.odds_ratio_by_level(
            happened[rows], treated[rows], code[rows], table, study.analysis.level
        )
    time = times_of(study, dataset, name, study.outcomes[name]).time
    return stats.hazard_ratio_by_level(
        time[rows], happened[rows], treated[rows], code[rows], table, study.analysis.level
    )


def _plain(estimate: results.Estimate) -> Estimate:
    one = estimate
    return Estimate(one.measure, one.value, one.lower, one.upper, one.level, one.method)


def _events(study: Study, dataset: Dataset, name: str) -> tuple[Bools, Bools]:
    if study.outcomes[name].kind == "binary":
        found = next(one for one in labels(study, dataset) if one.name == name)
        return found.known, found.happened
    times = times_of(study, dataset, name, study.outcomes[name])
    return times.known, times.event


def _crude(
    study: Study,
    dataset: Dataset,
    name: str,
    arms: dict[str, Bools],
    pair: tuple[str, str],
    counts: tuple[int, int, int, int],
) -> Estimate:
    level = study.analysis.level
    if study.outcomes[name].kind == "binary":
        return stats.odds_ratio(*counts, method="score", level=level)
    times = times_of(study, dataset, name, study.outcomes[name])
    both = (arms[pair[0]] | arms[pair[1]]) & times.known
    treated = arms[pair[0]][both].astype(int)
    return stats.hazard_ratio(times.time[both], times.event[both], treated, level=level)
