"""Whether a site file answers what a protocol asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from casewise.protocol.check import Mistake, criteria_of, dated_events
from casewise.protocol.model import Study
from casewise.protocol.nearest import nearest_or_all
from casewise.protocol.resolve import covariate_event, covariate_type
from casewise.protocol.site import Site

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet")


def check_site(study: Study, site: Site) -> list[Mistake]:
    """Every mistake in the site file that needs the protocol to see."""
    return [
        *_records(site),
        *_events(study, site),
        *_dates(study, site),
        *_baseline(study, site),
        *_person(study, site),
    ]


def _records(site: Site) -> Iterator[Mistake]:
    suffix = PurePath(site.records.path).suffix.lower()
    if site.records.table is not None and suffix not in TABLES:
        yield Mistake(
            ("records",),
            f'"{site.records.path}" is not a kind of table that can be read',
            f"known kinds: {', '.join(TABLES)}",
        )
    if site.records.redcap is None:
        if site.records.dictionary is not None:
            yield Mistake(("records", "dictionary"), "a dictionary belongs to a redcap export")
        sections = (("events", site.events), ("baseline", site.baseline))
        for section, bindings in sections:
            for name, binding in bindings.items():
                for key, value in (("form", binding.form), ("redcap event", binding.redcap_event)):
                    if value is not None:
                        yield Mistake((section, name, key), f'"{key}" belongs to a redcap export')


def _events(study: Study, site: Site) -> Iterator[Mistake]:
    for name in site.events:
        if name not in study.events:
            yield Mistake(
                ("events", name),
                f'the protocol has no event "{name}"',
                nearest_or_all(name, study.events),
                key=True,
            )
    for name, event in study.events.items():
        if event.any_of is not None and name in site.events:
            yield Mistake(
                ("events", name),
                f'"{name}" is any of other events; bind those instead',
                key=True,
            )
        if event.any_of is None and name not in site.events:
            yield Mistake(
                ("events",),
                f'nothing here says where the records hold the event "{name}"',
                "bind it to columns: {date: ...} or {yes or no: ...}",
                key=True,
            )


def _dates(study: Study, site: Site) -> Iterator[Mistake]:
    needs: dict[str, str] = {}
    for event, reason in dated_events(study):
        for member in _members(study, event):
            needs.setdefault(member, reason)
    for name, reason in needs.items():
        binding = site.events.get(name)
        if binding is not None and binding.date is None:
            yield Mistake(
                ("events", name), f'"{name}" needs a date column, since {reason}', key=True
            )


def _members(study: Study, name: str) -> Iterator[str]:
    event = study.events.get(name)
    if event is None or event.any_of is None:
        yield name
        return
    for member in event.any_of:
        yield from _members(study, member)


def _baseline(study: Study, site: Site) -> Iterator[Mistake]:
    own = [
        n for n in study.baseline if covariate_event(study, n) is None and n not in ("age", "sex")
    ]
    for name in site.baseline:
        if name in ("age", "sex"):
            yield Mistake(
                ("baseline", name), f'write "{name}:" at the top of the site file', key=True
            )
        elif name not in study.baseline:
            yield Mistake(
                ("baseline", name),
                f'the protocol has no baseline covariate "{name}"',
                nearest_or_all(name, own),
                key=True,
            )
        elif name not in own:
            yield Mistake(
                ("baseline", name),
                f'"{name}" is answered by the event "{covariate_event(study, name)}"; bind that',
                key=True,
            )
    for name in own:
        if name not in site.baseline:
            yield Mistake(
                ("baseline",),
                f'nothing here says where the records hold the covariate "{name}"',
                "bind it to a column",
                key=True,
            )
    yield from _values(study, site)


def _values(study: Study, site: Site) -> Iterator[Mistake]:
    for name, binding in site.baseline.items():
        if name not in study.baseline:
            continue
        kind = covariate_type(study, name)
        choices: tuple[str, ...] = ("yes", "no") if kind == "yes or no" else ()
        choices = study.baseline[name].choices or choices
        if kind == "number" and binding.values:
            yield Mistake(("baseline", name, "values"), f'"{name}" is a number; it has no choices')
            continue
        for choice in binding.values:
            if choices and choice not in choices:
                yield Mistake(
                    ("baseline", name, "values", choice),
                    f'"{name}" has no choice "{choice}"',
                    nearest_or_all(choice, choices),
                    key=True,
                )
        if kind != "number" and (binding.multiply != 1 or binding.unit):
            key = "multiply" if binding.multiply != 1 else "unit"
            yield Mistake(("baseline", name, key), f'"{key}" belongs to a number; this is {kind}')


def _person(study: Study, site: Site) -> Iterator[Mistake]:
    asked = criteria_of(study)
    covariates = {criterion.covariate for criterion in asked} | set(study.baseline)
    wants_age = "age" in covariates or any(criterion.age is not None for criterion in asked)
    wants_sex = "sex" in covariates or any(criterion.sex is not None for criterion in asked)
    if wants_age and site.birth is None and site.age is None:
        yield Mistake((), "the protocol asks for age", 'add "birth: COLUMN" or "age: COLUMN"')
    if site.birth is not None and site.age is not None:
        yield Mistake(("age",), "age comes from the date of birth; name one of the two", key=True)
    if wants_sex and site.sex is None:
        yield Mistake((), "the protocol asks for sex", 'add "sex: COLUMN"')
    for choice in site.sex.values if site.sex is not None else ():
        if choice not in ("female", "male"):
            yield Mistake(
                ("sex", "values", choice),
                f'sex is "female" or "male"; found "{choice}"',
                nearest_or_all(choice, ("female", "male")),
                key=True,
            )
