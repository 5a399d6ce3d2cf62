"""A protocol in plain sentences, as the report's methods print it."""

from __future__ import annotations

from casewise.protocol.comparison import Comparison
from casewise.protocol.event import Event
from casewise.protocol.model import (
    AFTER_INDEX,
    ANY_TIME,
    BEFORE_INDEX,
    Covariate,
    Criterion,
    DateRange,
    Harm,
    Outcome,
    Study,
)
from casewise.protocol.resolve import (
    covariate_event,
    duration_ends,
    label,
    treatment_event,
)
from casewise.protocol.time import INDEX, Duration, TimePoint, Window
from casewise.results import Definition

_VISIT_WORDS = {"visit": "start of {} visit", "visit_end": "end of {} visit"}


def definitions(study: Study) -> tuple[Definition, ...]:
    """One sentence for the index date and for each criterion, arm, covariate, outcome, harm and
    treatment, in the order of the protocol."""
    made = [Definition(part="index", term=study.cohort.index, text=_index(study))]
    for name, criterion in study.cohort.include.items():
        text = _sentence(f"Included when {_question(study, criterion, BEFORE_INDEX)}")
        made.append(Definition(part="include", term=name, text=text))
    for name, criterion in study.cohort.exclude.items():
        text = _sentence(f"Left out when {_question(study, criterion, BEFORE_INDEX)}")
        made.append(Definition(part="exclude", term=name, text=text))
    for name, rule in study.arms.items():
        text = (
            "Everyone known not to be in another arm."
            if rule == "otherwise"
            else _sentence(_question(study, rule, AFTER_INDEX))
        )
        made.append(Definition(part="arm", term=name, text=text))
    for name, covariate in study.baseline.items():
        if text := _covariate(study, name, covariate):
            made.append(Definition(part="baseline", term=name, text=text))
    for name, outcome in study.outcomes.items():
        made.append(Definition(part="outcome", term=name, text=_outcome(study, outcome)))
    for name, harm in study.harms.items():
        made.append(Definition(part="harm", term=name, text=_harm(study, harm)))
    for name, treatment in study.treatments.items():
        window = treatment.window(ANY_TIME)
        event = _event(study, treatment_event(study, name))
        text = _sentence(f"The first {event}, {_when(study, window)}")
        made.append(Definition(part="treatment", term=name, text=text))
    return tuple(made)


def _index(study: Study) -> str:
    which, match = study.cohort.index.partition(" ")[0], study.cohort.match
    index = f"the {which} {_event(study, study.cohort.index_event)}"
    if match is None:
        return f"Day 0 is the date of {index}."
    alike = [f"of the same {match.same}"] if match.same else []
    alike += [f"no more than {match.age_within} apart in age"] if match.age_within else []
    many = "1 patient" if match.to == 1 else f"up to {match.to} patients"
    return (
        f"Who is in is settled on the date of {index}. Day 0 is the date of the first "
        f"{_event(study, match.each)} from then on; each patient who has it is matched to {many} "
        f"still without it as long after their own {study.cohort.index}"
        + (f", {' and '.join(alike)}" if alike else "")
        + ", whose day 0 that is. Nobody is matched twice."
    )


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def _event(study: Study, name: str) -> str:
    """An event as a phrase: its name, and what it is where the name does not say it."""
    if name not in study.events:
        return name
    event = study.events[name]
    meaning = _meaning(study, event)
    if not meaning or meaning.lower() == name.lower() or name.lower() in meaning.lower():
        return meaning or name
    return f"{name} ({meaning})"


def _meaning(study: Study, event: Event) -> str:
    if event.any_of:
        text = _listed(list(event.any_of))
    elif event.end_of is not None:
        text = f"end of {event.end_of}"
    else:
        words = event.words()
        kinds = [
            _VISIT_WORDS[domain].format(_article(words.pop(domain)))
            for domain in tuple(words)
            if domain in _VISIT_WORDS
        ]
        if "death" in words:
            cause = words.pop("death")
            kinds.append("death from any cause" if cause == "any cause" else f"death from {cause}")
        text = " with ".join([*kinds, *words.values()])
    if event.value is not None:
        text += f" with a value of {_compared(event.value)} {event.unit or ''}".rstrip()
    if event.gap is not None:
        text += f", counted as one where no more than {event.gap} apart"
    if event.with_ is not None:
        text += f", with {event.with_} between its start and its end"
    if event.during is not None:
        text += f", between the start and the end of {event.during}"
    if event.of is not None:
        text += f", no more than {event.within} before or after {event.of}"
    if event.after is not None:
        text += f", later than the first {event.after}"
    if event.which is not None:
        text += f", the {event.which} day of it alone"
    return text


def _article(kind: str) -> str:
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def _listed(items: list[str], last: str = "or") -> str:
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def _when(study: Study, window: Window) -> str:
    """A window as a phrase, day 0 being the index date."""
    if window.start.unbounded and window.end.unbounded:
        return "at any time"
    if window.start.unbounded:
        return f"at any time up to {_point(window.end)}"
    if window.end.unbounded:
        return f"from {_point(window.start)} on"
    if window.start == window.end:
        return f"on {_point(window.start)}"
    return f"from {_point(window.start)} to {_point(window.end)}, both included"


def _point(at: TimePoint) -> str:
    hours = at.offset is not None and at.offset.unit == "hour"
    if at.anchor != INDEX:
        anchor = f"the first {at.anchor}"
        if at.offset is None:
            return anchor
        counted = f" (counted as {_days(at.offset)})" if hours else ""
        return f"{at.offset}{counted} {'before' if at.sign < 0 else 'after'} {anchor}"
    if at.offset is None:
        return "day 0"
    if hours:
        return f"day {'-' if at.sign < 0 else ''}{at.offset.days} ({at.offset})"
    if at.offset.unit == "day":
        return f"day {'-' if at.sign < 0 else ''}{at.offset.number}"
    return f"{at.offset} {'before' if at.sign < 0 else 'after'} day 0"


def _days(duration: Duration) -> str:
    return f"{duration.days} day{'' if duration.days == 1 else 's'}"


def question(study: Study, criterion: Criterion, default: Window) -> str:
    """A criterion as a sentence; ``default`` is the window of one that names none."""
    return _sentence(_question(study, criterion, default))


def _question(study: Study, criterion: Criterion, default: Window) -> str:
    if criterion.event is not None:
        times = _times(criterion)
        event = _event(study, criterion.event)
        return f"{event} is recorded{times} {_when(study, criterion.window(default))}"
    if criterion.age is not None:
        return f"age on day 0 is {_compared(criterion.age)} years"
    if criterion.sex is not None:
        return f"sex is {criterion.sex}"
    if criterion.covariate is not None and criterion.is_ is not None:
        return f"{label(study, criterion.covariate)} is {_compared(criterion.is_)}"
    if criterion.observed is not None:
        return f"the patient was watched without a break from {criterion.observed} before day 0"
    if criterion.followed is not None:
        return (
            "the patient was watched without a break, or until death, to "
            f"{criterion.followed} after day 0"
        )
    if criterion.index_date is not None:
        return f"day 0 is {_dates(criterion.index_date)}"
    if criterion.not_ is not None:
        return f"it is not so that {_part(study, criterion.not_, default)}"
    joined = " or " if criterion.any_of else " and "
    parts = criterion.any_of or criterion.all_of or ()
    return joined.join(_part(study, part, default) for part in parts)


def _times(criterion: Criterion) -> str:
    least, most = criterion.at_least, criterion.at_most
    if least is not None and least == most:
        return f" exactly {least} times"
    bounds = [f" at least {least}"] if least is not None else []
    bounds += [f" at most {most}"] if most is not None else []
    return f"{' and'.join(bounds)} times" if bounds else ""


def _part(study: Study, criterion: Criterion, default: Window) -> str:
    """A criterion inside another: in brackets where it joins several of its own."""
    text = _question(study, criterion, default)
    return f"({text})" if len(criterion.any_of or criterion.all_of or ()) > 1 else text


def _compared(comparison: Comparison) -> str:
    words = {"<": "under", "<=": "at most", ">": "over", ">=": "at least", "!=": "not"}
    if comparison.operator not in words:
        return str(comparison)
    value = comparison.values[0]
    return f"{words[comparison.operator]} {value:g}" if isinstance(value, float) else f"not {value}"


def _dates(dates: DateRange) -> str:
    if dates.from_ and dates.to:
        return f"from {dates.from_} to {dates.to}"
    return f"on or after {dates.from_}" if dates.from_ else f"on or before {dates.to}"


def _covariate(study: Study, name: str, covariate: Covariate) -> str:
    event = covariate_event(study, name)
    window = covariate.window(BEFORE_INDEX)
    late = " This is after day 0, on purpose." if covariate.after_index else ""
    taken = _taken(covariate.take)
    if event is not None and covariate.take is not None:
        text = f"{taken} of {_event(study, event)} {_when(study, window)}"
        return _sentence(text) + late
    if event is not None:
        return _sentence(f"{_event(study, event)} {_when(study, window)}") + late
    if covariate.has_window() or covariate.take is not None:
        return _sentence(f"{taken} {_when(study, window)}") + late
    return ""


def _taken(take: str | None) -> str:
    several = {
        "mean": "The mean of the values",
        "total": "The sum of the values",
        "count": "The number of occurrences",
    }
    return several.get(take or "last", f"The {take or 'last'} value")


def _outcome(study: Study, outcome: Outcome) -> str:
    if outcome.time is not None:
        start, end = duration_ends(study, outcome.time) or (INDEX, outcome.time)
        first = "day 0" if start == INDEX else f"the first {start}"
        text = f"Days from {first} to the first {end}"
        if outcome.competing:
            text += f", or to {outcome.competing} where that comes first"
        return _sentence(text)
    window = outcome.window(AFTER_INDEX)
    events = _listed([_event(study, event) for event in outcome.events])
    if outcome.time_to is not None:
        text = f"Days from {_point(window.start)} to the first {events}"
        text += f", followed to {_point(window.end)}" if not window.end.unbounded else ""
        if outcome.competing:
            text += f", censored at {outcome.competing}"
        return _sentence(text)
    if outcome.ranked is not None:
        gravest, *others = (_event(study, event) for event in outcome.ranked)
        then = "".join(f", then by the first {event}" for event in others)
        text = f"Patients compared two by two, by the first {gravest}{then}"
        return _sentence(f"{text}, {_when(study, window)}")
    if outcome.days_free_of is not None:
        text = f"Days alive and without {events}, of those from day 1 to {_point(window.end)}"
        if outcome.if_dead is not None:
            text += "; who died by then has 0"
        return _sentence(text)
    if outcome.take is not None:
        return _sentence(f"{_taken(outcome.take)} of {events} {_when(study, window)}")
    if outcome.count is not None:
        return _sentence(f"How often {events} is recorded {_when(study, window)}")
    rule = {
        None: "patients lost before the end without the event are left out",
        "excluded": "patients lost before the end without the event are left out",
        "event-free": "patients lost before the end are counted as without the event",
        "event": "patients lost before the end are counted as having had the event",
    }[outcome.lost]
    return _sentence(f"{events} {_when(study, window)}; {rule}")


def _harm(study: Study, harm: Harm) -> str:
    return _sentence(f"{_event(study, harm.event)} {_when(study, harm.window(AFTER_INDEX))}")
