"""What a protocol means where it leaves something to be read from the rest of it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from casewise.protocol.model import (
    AFTER_INDEX,
    BEFORE_INDEX,
    Harm,
    Outcome,
    Study,
)
from casewise.protocol.time import INDEX, Window
from casewise.protocol.units import plain

CovariateType: TypeAlias = Literal["number", "category", "yes or no"]


def covariate_type(study: Study, name: str) -> CovariateType | None:
    """How a covariate is read: as declared, else by its unit, choices, event or built-in name.

    ``None`` where the protocol does not say.
    """
    covariate = study.baseline[name]
    if covariate.type is not None:
        return covariate.type
    if covariate.unit or (covariate.take is not None and not covariate.choices):
        return "number"
    if covariate.choices:
        return "category"
    if covariate_event(study, name) is not None:
        return "yes or no"
    return {"age": "number", "sex": "category"}.get(name)  # type: ignore[return-value]


def covariate_event(study: Study, name: str) -> str | None:
    """The event a covariate asks about: named, or the event of the covariate's own name."""
    covariate = study.baseline[name]
    if covariate.event is not None:
        return covariate.event
    declared = covariate.type or covariate.unit or covariate.choices or covariate.take
    return name if name in study.events and not declared else None


def takes_value(study: Study, name: str) -> bool:
    """Whether a covariate is the value recorded with an event, not whether the event happened."""
    covariate = study.baseline[name]
    return covariate.event is not None and covariate.take is not None


def covariate_window(study: Study, name: str) -> Window:
    return study.baseline[name].window(BEFORE_INDEX)


def treatment_event(study: Study, name: str) -> str:
    return study.treatments[name].event or name


def outcome_window(outcome: Outcome | Harm) -> Window:
    """From day 0 on, or as written."""
    return outcome.window(AFTER_INDEX)


def duration_ends(study: Study, text: str) -> tuple[str, str] | None:
    """ "index to discharge" as its two ends; names may themselves contain " to ".

    ``None`` where no reading has both ends known.
    """
    words = text.split(" to ")
    for cut in range(1, len(words)):
        start, end = " to ".join(words[:cut]).strip(), " to ".join(words[cut:]).strip()
        if (start == INDEX or start in study.events) and end in study.events:
            return start, end
    return None


def recorded_for(study: Study, name: str) -> tuple[str, ...]:
    """The events that records answer for ``name``: itself, or those it is any of or the end of."""
    waiting, seen, found = [name], {name}, []
    while waiting:
        event = study.events.get(this := waiting.pop())
        if event is None:
            continue
        if event.recorded:
            found.append(this)
        made_of = (*(event.any_of or ()), *((event.end_of,) if event.end_of else ()))
        inner = [one for one in made_of if one not in seen]
        seen.update(inner)
        waiting += reversed(inner)
    return tuple(found)


def units_asked(study: Study, name: str) -> tuple[str, ...]:
    """The units in which a protocol asks for the value of an event that records answer: where the
    event is defined, and where its value is taken, by way of other events too."""
    asked = [(one, event.unit) for one, event in study.events.items()]
    asked += [(c.event, c.unit) for c in study.baseline.values() if c.event and c.take != "count"]
    asked += [(o.event, o.unit) for o in study.outcomes.values() if o.event]
    found = {plain(unit): unit for one, unit in asked if unit and name in recorded_for(study, one)}
    return tuple(found.values())


def label(study: Study, name: str) -> str:
    """What tables and figures call a covariate, outcome, harm, treatment or event."""
    for section in (study.baseline, study.outcomes, study.harms, study.treatments, study.events):
        if name in section and section[name].label:
            return section[name].label
    return name[:1].upper() + name[1:]


def deaths(study: Study) -> tuple[str, ...]:
    """The events that are a death."""
    return tuple(name for name, event in study.events.items() if event.death is not None)
