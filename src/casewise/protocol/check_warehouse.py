"""Whether a site file of event records answers what a protocol asks, each word by a code list."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pydantic import ValidationError

from casewise.protocol.check_baseline import BUILT_IN
from casewise.protocol.code_lists import ANY_CAUSE, Lists, named_lists
from casewise.protocol.codes import CodeList
from casewise.protocol.mistakes import Mistake, Path_
from casewise.protocol.model import Study
from casewise.protocol.nearest import nearest, one_of
from casewise.protocol.resolve import covariate_event, covariate_type
from casewise.protocol.warehouse import VISITS, CovariateCodes, EventCodes, WarehouseSite


def check_warehouse(
    study: Study, site: WarehouseSite, broken: Collection[Path_] = ()
) -> list[Mistake]:
    """Every mistake in the site file that needs more than one place to see.

    ``broken`` are the paths of protocol entries that stand in for ones with a mistake of their
    own; nothing is asked of the site for their sake.
    """
    mistakes = [
        *_bound(study, site),
        *_words(study, site, broken),
        *(_baseline(study, site, broken) if ("baseline",) not in broken else ()),
    ]
    return list(dict.fromkeys(mistakes))


def _bound(study: Study, site: WarehouseSite) -> Iterator[Mistake]:
    """The events that the site file answers itself."""
    lists = named_lists(study, site)
    for name, codes in site.events.items():
        path: Path_ = ("events", name)
        if name not in study.events:
            hint = one_of(name, study.events, "events of the protocol")
            yield Mistake(path, f'the protocol has no event "{name}"', hint, key=True)
        elif not study.events[name].recorded:
            key, others = study.events[name].needs[0]
            listed = ", ".join(others)
            message = f'"{name}" is {key} other events and has no codes of its own'
            yield Mistake(path, message, f"bind those: {listed}", key=True)
        yield from _codes(lists, codes, path)


def _codes(lists: Lists, codes: EventCodes, path: Path_) -> Iterator[Mistake]:
    for domain, asked in codes.coded().items():
        if domain == "death" and asked == ANY_CAUSE:
            continue
        if isinstance(asked, str) and asked not in lists:
            message = f'no code list is called "{asked}"'
            yield Mistake((*path, domain), message, one_of(asked, lists, "code lists"))
        elif isinstance(asked, CodeList) and asked.file is not None:
            message = "a code list in a file stands under codes, by its name"
            yield Mistake((*path, domain, "file"), message, key=True)
    for key, kind in (("visit", codes.visit), ("visit end", codes.visit_end)):
        if kind is not None and kind not in VISITS:
            message = f'"{kind}" is not a kind of visit that event records know'
            yield Mistake((*path, key), message, one_of(kind, VISITS, "kinds"))
    for status, part in codes.silences().items():
        yield from _codes(lists, part, (*path, status))


def _words(study: Study, site: WarehouseSite, broken: Collection[Path_]) -> Iterator[Mistake]:
    """The protocol's own words, where the site file leaves an event to them."""
    lists = named_lists(study, site)
    unsure = {path[1] for path in broken if path[0] in ("events", "codes") and len(path) > 1}
    if ("codes",) in broken:
        return
    for name, event in study.events.items():
        if not event.recorded or name in site.events or name in unsure:
            continue
        words = event.words()
        try:
            EventCodes.model_validate(words)
        except ValidationError as error:
            why = str(error.errors()[0]["ctx"]["error"])
            message = f'the words of "{name}" are not enough here: {why}'
            yield Mistake(("events",), message, f"say how {name} is coded under events", key=True)
            continue
        for domain, word in words.items():
            yield from _word(lists, unsure, name, domain, word)


def _word(
    lists: Lists, unsure: Collection[str | int], event: str, domain: str, word: str
) -> Iterator[Mistake]:
    if domain in ("visit", "visit_end"):
        if word not in VISITS:
            message = f'"{event}" is a visit "{word}", a kind that event records do not know'
            yield Mistake(("events",), message, one_of(word, VISITS, "kinds"), key=True)
    elif word not in lists and word not in unsure and (domain, word) != ("death", ANY_CAUSE):
        message = f'nothing says which codes are "{word}", the {domain} of "{event}"'
        near = nearest(word, lists)
        hint = f"add a code list of this name under codes, here or in the protocol: {word}: {{...}}"
        yield Mistake(("events",), message, f"{near} Else {hint}" if near else hint, key=True)


def _baseline(study: Study, site: WarehouseSite, broken: Collection[Path_]) -> Iterator[Mistake]:
    unsure = {path[1] for path in broken if path[0] in ("baseline", "events") and len(path) > 1}
    own = [n for n in study.baseline if covariate_event(study, n) is None and n not in BUILT_IN]
    lists = named_lists(study, site)
    for name, binding in site.baseline.items():
        path: Path_ = ("baseline", name)
        if name in BUILT_IN:
            message = f'"{name}" comes with the records, and needs no codes'
            yield Mistake(path, message, "take it out", key=True)
        elif name not in study.baseline:
            hint = one_of(name, own, "covariates of the protocol")
            message = f'the protocol has no covariate "{name}"'
            yield Mistake(path, message, hint, key=True)
        elif name not in own and name not in unsure:
            message = f'"{name}" is whether the event "{covariate_event(study, name)}" happened'
            yield Mistake(path, message, "bind it under events, and take this out", key=True)
        elif name not in unsure:
            yield from _kind(study, name, binding)
        for domain in ("measurement", "observation"):
            asked = getattr(binding, domain)
            if isinstance(asked, str) and asked not in lists:
                hint = one_of(asked, lists, "code lists")
                yield Mistake((*path, domain), f'no code list is called "{asked}"', hint)
        if binding.yes is not None:
            yield from _codes(lists, binding.yes, (*path, "yes"))
        for choice, codes in binding.values.items():
            yield from _codes(lists, codes, (*path, "values", choice))
        for status, codes in binding.silences().items():
            yield from _codes(lists, codes, (*path, status))
    for name in own:
        if name not in site.baseline and name not in unsure:
            message = f'nothing says which codes hold the covariate "{name}"'
            kind = covariate_type(study, name)
            example = {"number": "measurement: LIST", "category": "values: {...}"}.get(
                kind or "", "yes: {condition: LIST}"
            )
            yield Mistake(("baseline",), message, f"add {name}: {{{example}}}", key=True)


def _kind(study: Study, name: str, binding: CovariateCodes) -> Iterator[Mistake]:
    kind, path = covariate_type(study, name), ("baseline", name)
    fits = {
        "number": ("measurement", "observation"),
        "category": ("observation", "values"),
        "yes or no": ("yes",),
    }.get(kind or "", ())
    for key in ("measurement", "observation", "yes", "values"):
        if getattr(binding, key) and fits and key not in fits:
            message = f'"{name}" is a {kind}, which "{key}" does not answer'
            yield Mistake((*path, key), message, f"write {' or '.join(fits)}", key=True)
    choices = study.baseline[name].choices
    for choice in binding.values if choices else ():
        if choice not in choices:
            message = f'"{name}" has no choice "{choice}"'
            hint = one_of(choice, choices, "choices")
            yield Mistake((*path, "values", choice), message, hint, key=True)
