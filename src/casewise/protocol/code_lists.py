"""Which code list answers which word: the site file's before the protocol's."""

from __future__ import annotations

from typing import TypeAlias

from casewise.protocol.codes import CodeList
from casewise.protocol.model import Study
from casewise.protocol.warehouse import CovariateCodes, EventCodes, WarehouseSite

ANY_CAUSE = "any cause"
Lists: TypeAlias = dict[str, CodeList]
Use: TypeAlias = tuple[str, str, str | CodeList]


def event_codes(study: Study, site: WarehouseSite, event: str) -> EventCodes:
    """How the records answer an event: as the site file says, else by the protocol's words."""
    bound, definition = site.events.get(event), study.events[event]
    codes = bound if bound is not None else EventCodes.model_validate(definition.words())
    if codes.unit or not definition.unit:
        return codes
    return codes.model_copy(update={"unit": definition.unit})


def named_lists(study: Study, site: WarehouseSite) -> Lists:
    return {**study.codes, **site.codes}


def list_name(about: str, domain: str, asked: str | CodeList) -> str:
    """The name of a code list; one written in its place is named after what it answers."""
    return asked if isinstance(asked, str) else f"{domain} of {about}"


def used_lists(study: Study, site: WarehouseSite) -> Lists:
    """Every code list that an event or covariate of the protocol needs, by name."""
    known, used = named_lists(study, site), {}
    for about, domain, asked in uses(study, site):
        name = list_name(about, domain, asked)
        used[name] = known[asked] if isinstance(asked, str) else asked
    return used


def uses(study: Study, site: WarehouseSite) -> list[Use]:
    """What is asked by code: the event or covariate, the domain, and the code list or its name."""
    found: list[Use] = []
    for name, event in study.events.items():
        if event.recorded:
            codes = event_codes(study, site, name)
            found += [(name, domain, asked) for domain, asked in codes.coded().items()]
            found += _of_silences(name, codes)
    for name, covariate in site.baseline.items():
        for domain in ("measurement", "observation"):
            if (asked := getattr(covariate, domain)) is not None:
                found.append((name, domain, asked))
        parts = {name: covariate.yes} if covariate.yes is not None else {}
        parts |= {f"{name}, {choice}": codes for choice, codes in covariate.values.items()}
        for about, part in parts.items():
            found += [(about, domain, asked) for domain, asked in part.coded().items()]
        found += _of_silences(name, covariate)
    return [use for use in found if not (use[1] == "death" and use[2] == ANY_CAUSE)]


def _of_silences(name: str, codes: EventCodes | CovariateCodes) -> list[Use]:
    return [
        (f"{name}, {status}", domain, asked)
        for status, part in codes.silences().items()
        for domain, asked in part.coded().items()
    ]
