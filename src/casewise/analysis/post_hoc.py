"""What was added to a protocol or changed after it was frozen, said wherever it is printed."""

from __future__ import annotations

from typing import TypeVar

from casewise import results
from casewise.protocol.freezing import Frozen, changes, day, post_hoc
from casewise.protocol.model import Study

MARK = " (post hoc)"
Counted = TypeVar("Counted", results.Outcome, results.CountOutcome)


def labelled(found: results.Results, study: Study, frozen: Frozen) -> results.Results:
    """``found`` with what was frozen, and each outcome, harm and criterion that was not, marked."""
    made = changes(frozen.study, study)
    later = post_hoc(frozen.study, study)
    criteria = {
        (change.part.partition(" ")[0], change.name)
        for change in made
        if change.part.endswith("criterion")
    }
    told = results.Freeze(
        at=frozen.at,
        sha256=frozen.digest,
        changes=tuple(
            results.Change(part=change.part, name=change.name, kind=change.kind) for change in made
        ),
    )
    notes = found.notes
    if made:
        text = f"It was frozen {day(frozen.at)}, and is not as it was: {listed(told)}."
        notes = (*notes, results.Note(kind="limit", about="The protocol", text=text))
    return found.model_copy(
        update={
            "study": found.study.model_copy(update={"frozen": told}),
            "outcomes": {n: _outcome(one, n in later) for n, one in found.outcomes.items()},
            "harms": {n: _outcome(one, n in later) for n, one in found.harms.items()},
            "attrition": tuple(
                _step(step, (step.kind, step.criterion) in criteria) for step in found.attrition
            ),
            "notes": notes,
        }
    )


def listed(told: results.Freeze) -> str:
    """The changes in words, for one sentence."""
    return "; ".join(
        " ".join(
            part for part in (change.part, f'"{change.name}"' * bool(change.name), change.kind)
        ).replace("  ", " ")
        for change in told.changes
    )


def _outcome(one: Counted, later: bool) -> Counted:
    if not later:
        return one
    return one.model_copy(update={"post_hoc": True, "label": one.label + MARK})


def _step(step: results.AttritionStep, later: bool) -> results.AttritionStep:
    if not later:
        return step
    return step.model_copy(update={"post_hoc": True, "criterion": step.criterion + MARK})
