"""Whether a site file answers what a protocol asks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import PurePath

from casewise.protocol.check_baseline import BUILT_IN, SEXES
from casewise.protocol.mistakes import Mistake, Path_, criteria_with_paths
from casewise.protocol.model import Study, Windowed
from casewise.protocol.nearest import nearest, one_of
from casewise.protocol.resolve import (
    covariate_event,
    covariate_type,
    duration_ends,
    recorded_for,
)
from casewise.protocol.site import CovariateBinding, EventBinding, Site
from casewise.protocol.time import INDEX

TEXT = (".csv", ".tsv", ".tab", ".txt")
EXCEL = (".xlsx", ".xlsm")
TABLES = (*TEXT, *EXCEL, ".parquet")


def check_site(study: Study, site: Site, broken: Collection[Path_] = ()) -> list[Mistake]:
    """Every mistake in the site file that needs more than one place to see.

    ``broken`` are the paths of protocol entries that stand in for ones with a mistake of their
    own; nothing is asked of the site for their sake.
    """
    mistakes = [
        *_records(site),
        *_events(study, site, broken),
        *_dates(study, site),
        *(_baseline(study, site, broken) if ("baseline",) not in broken else ()),
        *_person(study, site),
    ]
    return list(dict.fromkeys(mistakes))


def _records(site: Site) -> Iterator[Mistake]:
    source, suffix = site.records, PurePath(site.records.path).suffix.lower()
    whole = ("records",) if source.model_fields_set == {"table"} else ("records", "table")
    if source.redcap is not None:
        if suffix not in TEXT:
            message = f'a REDCap export is a text file, .csv; found "{source.redcap}"'
            yield Mistake(("records", "redcap"), message)
    elif source.query is not None:
        if suffix != ".sql":
            message = f'a query stands in a file of its own, .sql; found "{source.query}"'
            yield Mistake(("records", "query"), message)
    elif source.review is not None:
        pass  # any file will do: what it holds says whether it is a review
    elif source.table != "?.csv" and suffix not in TABLES:
        message = f'"{source.path}" is not a kind of table that can be read'
        yield Mistake(whole, message, f"these can: {', '.join(TABLES)}")
    of_text = suffix in TEXT or (source.query is None and suffix not in TABLES)
    for key, given, fits, what in (
        ("sheet", source.sheet is not None, suffix in EXCEL, "an Excel file"),
        ("delimiter", source.delimiter is not None, of_text, "a text file"),
        ("encoding", "encoding" in source.model_fields_set, of_text, "a text file"),
        ("header", source.header != 1, of_text or suffix in EXCEL, "a text or Excel file"),
        ("dictionary", source.dictionary is not None, source.redcap is not None, _REDCAP),
        ("package", source.package is not None, source.query is not None, "a query"),
    ):
        if given and not fits:
            yield Mistake(("records", key), f'"{key}" belongs to {what}', "", key=True)
    if source.redcap is None:
        yield from _redcap_words(site)


_REDCAP = 'a REDCap export, which stands under "redcap"'


def _redcap_words(site: Site) -> Iterator[Mistake]:
    bindings: list[tuple[Path_, EventBinding | CovariateBinding]] = [
        *((("events", name), event) for name, event in site.events.items()),
        *((("baseline", name), covariate) for name, covariate in site.baseline.items()),
    ]
    for name, person in (("age", site.age), ("sex", site.sex)):
        bindings += [((name,), person)] if person is not None else []
    for path, binding in bindings:
        for key, value in (("form", binding.form), ("redcap event", binding.redcap_event)):
            if value is not None:
                yield Mistake((*path, key), f'"{key}" belongs to {_REDCAP}', "", key=True)


def _events(study: Study, site: Site, broken: Collection[Path_]) -> Iterator[Mistake]:
    for name, binding in site.events.items():
        path: Path_ = ("events", name)
        if name not in study.events:
            hint = one_of(name, study.events, "events of the protocol")
            yield Mistake(path, f'the protocol has no event "{name}"', hint, key=True)
        elif not study.events[name].recorded:
            key, others = study.events[name].needs[0]
            listed = ", ".join(others)
            message = f'"{name}" is {key} other events and has no columns of its own'
            yield Mistake(path, message, f"bind those: {listed}", key=True)
        yield from _cells_of_two((*path, "no"), {"yes": binding.yes, "no": binding.no})
        for at, column in enumerate(binding.date or ()):
            if column in (binding.date or ())[:at]:
                message = f'"{column}" stands here twice: each would be an occurrence of its own'
                yield Mistake((*path, "date", at), message)
    for name, event in study.events.items():
        known = name in site.events or ("events", name) in broken
        if event.recorded and not known:
            message = f'nothing says which columns hold the event "{name}"'
            hint = f"add {name}: {{date: COLUMN}} or {name}: {{yes or no: COLUMN}}"
            yield Mistake(("events",), message, hint, key=True)


def _cells_of_two(path: Path_, values: dict[str, tuple[str, ...]]) -> Iterator[Mistake]:
    """One cell cannot mean two things."""
    seen: dict[str, str] = {}
    for choice, cells in values.items():
        for cell in cells:
            other = seen.setdefault(cell, choice)
            if other != choice:
                message = f'the cell "{cell}" means both "{other}" and "{choice}"'
                yield Mistake(path, message)


def _dates(study: Study, site: Site) -> Iterator[Mistake]:
    """Events that have to be dated, bound without a date."""
    needs: dict[str, str] = {}
    for event, reason in dated_events(study):
        for member in recorded_for(study, event):
            needs.setdefault(member, reason)
    for name, reason in needs.items():
        binding = site.events.get(name)
        if binding is not None and binding.date is None:
            message = f'"{name}" needs a date: {reason}'
            yield Mistake(("events", name), message, "add date: COLUMN", key=True)
    for name, reason in _ended(study).items():
        binding = site.events.get(name)
        if binding is not None and binding.date is not None and binding.end is None:
            message = f'"{name}" needs an end: {reason}'
            yield Mistake(("events", name), message, "add end: COLUMN", key=True)


def _ended(study: Study) -> dict[str, str]:
    """The recorded events whose end a protocol cannot do without, each with why. A visit without
    an end lasts on; anything else then ends on the day it starts."""
    asked: list[tuple[str, str, bool]] = []
    for name, event in study.events.items():
        if event.end_of is not None:
            asked.append((event.end_of, f'"{name}" is its end', True))
        if event.during is not None:
            asked.append((event.during, f'"{name}" counts during it', False))
        if event.gap is not None or event.with_ is not None:
            asked.append((name, "how long it lasts counts", False))
    for name, outcome in study.outcomes.items():
        asked += [(one, f'"{name}" counts its days', False) for one in outcome.days_free_of or ()]
    found: dict[str, str] = {}
    for name, reason, always in asked:
        for member in recorded_for(study, name):
            if always or study.events[member].visit is not None:
                found.setdefault(member, reason)
    return found


def dated_events(study: Study) -> Iterator[tuple[str, str]]:
    """Events whose date a protocol cannot do without, each with what needs it."""
    yield study.cohort.index_event, "it is the index date"
    if study.cohort.match is not None:
        yield study.cohort.match.each, "patients are matched on its day"
    for name, event in study.events.items():
        if event.after is not None:
            yield event.after, f'"{name}" comes after it'
            yield name, f'it comes after "{event.after}"'
        for key, others in event.needs:
            for other in others if key in ("end of", "with", "during", "of") else ():
                yield other, f'"{name}" is placed by it'
                yield name, f'it is placed by "{other}"'
        if event.which is not None:
            yield name, f"it is the {event.which} of its days"
    for asks in _windows(study):
        for at in (asks.from_, asks.to, asks.until):
            if at is not None and at.anchor != INDEX:
                yield at.anchor, "a window starts or ends at it"
    for _, criterion in criteria_with_paths(study):
        counted = (criterion.at_least or 1) > 1 or criterion.at_most is not None
        if criterion.event is not None and counted:
            yield criterion.event, "a criterion counts how often it happened"
    for name, outcome in study.outcomes.items():
        ends = duration_ends(study, outcome.time) if outcome.time else None
        for end in ends or ():
            if end != INDEX:
                yield end, f'"{name}" is a duration that starts or ends with it'
        for timed in outcome.time_to or ():
            yield timed, f'"{name}" is the time to it'
        for lasting in outcome.days_free_of or ():
            yield lasting, f'"{name}" counts its days'
        if outcome.competing:
            yield outcome.competing, f'it competes in "{name}"'


def _windows(study: Study) -> Iterator[Windowed]:
    yield from (criterion for _, criterion in criteria_with_paths(study))
    for section in (study.baseline, study.outcomes, study.harms, study.treatments):
        yield from section.values()


def _baseline(study: Study, site: Site, broken: Collection[Path_]) -> Iterator[Mistake]:
    unsure = {path[1] for path in broken if path[0] in ("baseline", "events") and len(path) > 1}
    own = [n for n in study.baseline if covariate_event(study, n) is None and n not in BUILT_IN]
    for name, binding in site.baseline.items():
        path: Path_ = ("baseline", name)
        if name in BUILT_IN:
            message = f'"{name}" stands at the top of the site file, not under baseline'
            yield Mistake(path, message, f"write {name}: {binding.column} there", key=True)
        elif name not in study.baseline:
            hint = one_of(name, own, "covariates of the protocol")
            message = f'the protocol has no covariate "{name}"'
            yield Mistake(path, message, hint, key=True)
        elif name not in own and name not in unsure:
            message = f'"{name}" is whether the event "{covariate_event(study, name)}" happened'
            yield Mistake(path, message, "bind it under events, and take this out", key=True)
        elif name not in unsure:
            yield from _values(study, name, binding)
    for name in own:
        if name not in site.baseline and name not in unsure:
            message = f'nothing says which column holds the covariate "{name}"'
            yield Mistake(("baseline",), message, f"add {name}: COLUMN", key=True)


def _values(study: Study, name: str, binding: CovariateBinding) -> Iterator[Mistake]:
    kind, path = covariate_type(study, name), ("baseline", name)
    if kind == "number":
        if binding.values:
            message = f'"{name}" is a number and has no choices'
            yield Mistake((*path, "values"), message, "", key=True)
        return
    for key, given in (("multiply", binding.multiply != 1), ("unit", binding.unit != "")):
        if given:
            message = f'"{key}" belongs to a number; "{name}" is not one'
            yield Mistake((*path, key), message, "", key=True)
    choices = ("yes", "no") if kind == "yes or no" else study.baseline[name].choices
    for choice in binding.values if choices else ():
        if choice not in choices:
            message = f'"{name}" has no choice "{choice}"'
            hint = one_of(choice, choices, "choices")
            yield Mistake((*path, "values", choice), message, hint, key=True)
    yield from _cells_of_two((*path, "values"), binding.values)


def _person(study: Study, site: Site) -> Iterator[Mistake]:
    asked = [criterion for _, criterion in criteria_with_paths(study)]
    named = {criterion.covariate for criterion in asked} | set(study.baseline)
    wants_age = "age" in named or any(criterion.age is not None for criterion in asked)
    wants_sex = "sex" in named or any(criterion.sex is not None for criterion in asked)
    if wants_age and site.birth is None and site.age is None:
        message = "the protocol asks for age, and nothing says which column holds it"
        yield Mistake((), message, 'add "birth: COLUMN" or "age: COLUMN"')
    if wants_sex and site.sex is None:
        message = "the protocol asks for sex, and nothing says which column holds it"
        yield Mistake((), message, 'add "sex: COLUMN"')
    for choice in site.sex.values if site.sex is not None else ():
        if choice not in SEXES:
            message = f'sex is "female" or "male"; found "{choice}"'
            yield Mistake(("sex", "values", choice), message, nearest(choice, SEXES), key=True)
    if site.sex is not None:
        yield from _cells_of_two(("sex", "values"), site.sex.values)
    if site.age is not None and site.age.values:
        yield Mistake(("age", "values"), "age is a number and has no choices", "", key=True)
