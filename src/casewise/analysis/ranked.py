"""Outcomes ranked by gravity: each patient of an arm against each of the comparator."""

from __future__ import annotations

import numpy as np

from casewise import results, stats
from casewise.analysis.arms import Pair, against_comparator, masks
from casewise.analysis.comparisons import disagreements, reaching_equality
from casewise.analysis.survival import watched
from casewise.cohort.dataset import Bools, Dataset, Floats, Happening
from casewise.protocol.model import Outcome, Study
from casewise.protocol.resolve import label

MOST = 20_000  # patients of two arms: every pair is looked at, and pairs grow as their square
Times = tuple[Floats, Bools]


def ranked(
    study: Study, dataset: Dataset, name: str, outcome: Outcome, text: str
) -> results.RankedOutcome:
    """Raises ``UndefinedError`` where neither the records nor the outcome end the watch."""
    names = outcome.ranked or ()
    each = [
        _times(study, dataset, name, outcome, event, happening)
        for event, happening in zip(names, dataset.outcomes[name].ranked, strict=True)
    ]
    out = dataset.outcomes[name].had_before(len(dataset))
    unknown = np.logical_or.reduce([out, *(np.isnan(time) for time, _ in each)])
    by_arm = dict(masks(dataset))
    level = study.analysis.level
    pairs: list[results.Pairs] = []

    def compare(arm: str, comparator: str) -> Pair:
        both = (by_arm[arm] | by_arm[comparator]) & ~unknown
        if (n := int(both.sum())) > MOST:
            return _too_many(n, level)
        wins = stats.win_ratio(
            [(time[both], event[both]) for time, event in each],
            by_arm[arm][both],
            level=level,
            method="auto",
        )
        decided = zip(names, wins.by_outcome, strict=True)
        pairs.append(
            results.Pairs(
                arm=arm,
                won=wins.wins,
                lost=wins.losses,
                tied=wins.ties,
                by_event=tuple(
                    results.PairsByEvent(event=label(study, event), won=won, lost=lost)
                    for event, (won, lost) in decided
                ),
            )
        )
        effects = (wins.ratio, wins.odds)
        return wins.test, tuple(reaching_equality(wins.test, one) for one in effects)

    compared = against_comparator(dataset, compare)
    arms = {
        arm: results.RankedArm(
            n=int((mask & ~unknown).sum()),
            events={
                label(study, event): int((happened & mask & ~unknown).sum())
                for event, (_, happened) in zip(names, each, strict=True)
            },
            unknown=int((mask & unknown).sum()),
        )
        for arm, mask in by_arm.items()
    }
    left_out = sum(arm.unknown for arm in arms.values())
    lost = (
        f"{left_out} patient{'' if left_out == 1 else 's'} without a date to count from or to, or "
        "with one of the events before a landmark, left out.",
    )
    return results.RankedOutcome(
        label=label(study, name),
        primary=study.analysis.primary == name,
        text=text,
        horizon=str(outcome.within or ""),
        arms=arms,
        pairs=tuple(pairs),
        footnotes=(
            *(lost if left_out else ()),
            "A win ratio or win odds above 1 means that patients of the group fared better more "
            "often than those of the comparator.",
            *disagreements(compared["test"], compared["estimates"]),
        ),
        **compared,
    )


def _times(
    study: Study,
    dataset: Dataset,
    name: str,
    outcome: Outcome,
    event: str,
    happening: Happening,
) -> Times:
    """Days from the window's opening to the event, or to where nobody watched for it any more;
    NaN where the patient cannot be placed."""
    columns = dataset.outcomes[name]
    censored = watched(study, dataset, name, outcome, (event,))
    happened = ~np.isnan(happening.day)
    ends = np.where(happened, happening.day, censored)
    undated = happening.undated & ~happened
    out = happening.unknown | undated | (ends < columns.opens)
    return np.where(out, np.nan, ends - columns.opens), np.asarray(happened, dtype=np.bool_)


def _too_many(n: int, level: float) -> Pair:
    reason = f"{n:,} patients are more than the {MOST:,} whose pairs are looked at one by one"
    none = [
        stats.Estimate(measure, None, None, None, level, "two-sample U-statistics", (), reason)
        for measure in ("win ratio", "win odds")
    ]
    test = stats.TestResult(None, None, "Finkelstein-Schoenfeld test", reason=reason)
    return test, tuple(none)
