"""Whether a protocol fits together: names that exist, windows that end after they start, arms
that somebody can be in, nothing adjusted for the future."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from casewise.protocol.check_adjustment import adjustment_mistakes
from casewise.protocol.check_arms import arm_mistakes
from casewise.protocol.check_baseline import baseline_mistakes, comparison_mistakes
from casewise.protocol.check_outcomes import outcome_mistakes
from casewise.protocol.fields import ORDINALS
from casewise.protocol.late_treatment import late_treatment_mistakes
from casewise.protocol.mistakes import (
    Mistake,
    Path_,
    criteria_with_paths,
    unknown_event,
    unknown_events,
    window_mistakes,
)
from casewise.protocol.model import AFTER_INDEX, BEFORE_INDEX, Criterion, Study
from casewise.protocol.nearest import one_of
from casewise.protocol.time import INDEX, TimePoint, Window

__all__ = ["Mistake", "check_study"]


def check_study(study: Study, broken: Collection[Path_] = ()) -> list[Mistake]:
    """Every mistake that needs more than one place of the protocol to see.

    ``broken`` are the paths of entries that stand in for ones with a mistake of their own.
    """
    mistakes = [
        *_events(study),
        *_index(study),
        *_match(study),
        *_criteria(study, covariates_known=("baseline",) not in broken),
        *baseline_mistakes(study),
        *outcome_mistakes(study),
        *_names(study),
        *_analysis(study),
        *(adjustment_mistakes(study) if not broken else ()),
    ]
    if not any(path[0] in ("arms", "cohort", "events") for path in broken):
        mistakes += arm_mistakes(study)
        mistakes += late_treatment_mistakes(study)
    return list(dict.fromkeys(mistakes))


def _events(study: Study) -> Iterator[Mistake]:
    for name, event in study.events.items():
        here: Path_ = ("events", name)
        yield from unknown_events(study, event.any_of, (*here, "any of"))
        for key, names in event.needs:
            if key != "any of":
                yield from unknown_event(study, names[0], (*here, key))
    known: set[str] = set()
    for name in study.events:
        for loop in _loops(study, name, known):
            chain = " → ".join((*loop, loop[0]))
            message = f'"{loop[0]}" is defined by itself: {chain}'
            words = "any of, end of, with, during, of and after"
            yield Mistake(("events", loop[0]), message, f"look at {words}", key=True)


def _loops(study: Study, start: str, known: set[str]) -> Iterator[list[str]]:
    """Events that lead from one back to itself; ``known`` are those looked at before."""
    chain: list[str] = []
    waiting: list[tuple[str, int]] = [(start, 0)]
    while waiting:
        name, depth = waiting.pop()
        del chain[depth:]
        if name in chain:
            yield chain[chain.index(name) :]
            continue
        event = study.events.get(name)
        if event is None or name in known:
            continue
        known.add(name)
        chain.append(name)
        needed = [one for _, names in event.needs for one in names]
        waiting += [(one, depth + 1) for one in reversed(needed)]


def _index(study: Study) -> Iterator[Mistake]:
    text, path = study.cohort.index, ("cohort", "index")
    if text.partition(" ")[0] in ORDINALS and " " in text:
        yield from unknown_event(study, study.cohort.index_event, path)
        return
    event = text.split(" ", 1)[-1]
    name = text if text in study.events else event if event in study.events else ""
    hint = f'write "first {name or "EVENT"}"'
    yield Mistake(
        path, f'expected "first" (second to tenth, last) and an event; found "{text}"', hint
    )


def _match(study: Study) -> Iterator[Mistake]:
    """Matching puts everyone into one of two arms: treated on day 0, and still untreated."""
    match, path = study.cohort.match, ("cohort", "match")
    if match is None:
        return
    yield from unknown_event(study, match.each, (*path, "each"))
    if match.each == study.cohort.index_event:
        message = f'"{match.each}" is the index event, so everybody has it on day 0'
        yield Mistake((*path, "each"), message)
    first, *rest = study.arms.values()
    day_0 = TimePoint()
    treated = (
        isinstance(first, Criterion)
        and first.event == match.each
        and first.window(AFTER_INDEX) == Window(day_0, day_0)
        and first.at_least is None
        and first.at_most is None
    )
    if not treated or rest != ["otherwise"]:
        message = f'matching makes two arms: those with "{match.each}" on day 0, and otherwise'
        hint = (
            f"write the first as {{event: {match.each}, within: 0 days}}, the second as otherwise"
        )
        yield Mistake(("arms",), message, hint, key=True)


def _criteria(study: Study, *, covariates_known: bool) -> Iterator[Mistake]:
    for path, criterion in criteria_with_paths(study):
        if criterion.event is not None:
            default = AFTER_INDEX if path[0] == "arms" else BEFORE_INDEX
            yield from unknown_event(study, criterion.event, (*path, "event"))
            yield from window_mistakes(study, criterion, path, default)
        name, wanted = criterion.covariate, criterion.is_
        if name is not None and wanted is not None and covariates_known:
            yield from comparison_mistakes(study, name, wanted, path)
        if criterion.age is not None and not criterion.age.numeric:
            message = f'an age is a number of years; found "{criterion.age}"'
            yield Mistake((*path, "age"), message, 'write ">= 18" or "18 to 65"')


def _names(study: Study) -> Iterator[Mistake]:
    """Names that a reader, or the report, would take for each other."""
    for name, why in ((INDEX, "the index date"), ("age", "the age"), ("sex", "the sex")):
        if name in study.events:
            yield Mistake(
                ("events", name), f'"{name}" is {why}; name the event otherwise', "", True
            )
    for name in study.cohort.include.keys() & study.cohort.exclude.keys():
        message = f'"{name}" is the name of an include criterion too'
        yield Mistake(("cohort", "exclude", name), message, "name the two apart", True)
    for name in study.outcomes.keys() & study.harms.keys():
        message = f'"{name}" is the name of an outcome too'
        yield Mistake(("harms", name), message, "name the two apart", True)
    sections: dict[str, dict[str, object]] = {
        "events": dict(study.events),
        "arms": dict(study.arms),
        "baseline": dict(study.baseline),
        "outcomes": dict(study.outcomes),
        "harms": dict(study.harms),
        "treatments": dict(study.treatments),
        "codes": dict(study.codes),
    }
    for section, entries in sections.items():
        seen: dict[str, str] = {}
        for name in entries:
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                message = f'"{name}" and "{other}" differ in capitals alone'
                yield Mistake((section, name), message, "name the two apart", key=True)
    yield from _labels(study)


def _labels(study: Study) -> Iterator[Mistake]:
    sections = {
        "baseline": study.baseline,
        "outcomes": study.outcomes,
        "harms": study.harms,
        "treatments": study.treatments,
    }
    for section, entries in sections.items():
        seen: dict[str, str] = {}
        for name, entry in entries.items():  # type: ignore[attr-defined]  # each a dict of models
            if entry.label and entry.label in seen:
                message = f'"{seen[entry.label]}" has the same label'
                yield Mistake((section, name, "label"), message, "a table would show them alike")
            seen.setdefault(entry.label, name)


def _analysis(study: Study) -> Iterator[Mistake]:
    primary = study.analysis.primary
    if primary is not None and primary not in study.outcomes:
        hint = one_of(primary, study.outcomes, "outcomes")
        yield Mistake(("analysis", "primary"), f'no outcome is called "{primary}"', hint)
