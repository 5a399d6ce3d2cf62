"""The form that a protocol and its site ask for: a field for each event and covariate that the site
marks ``from: review``, with what the protocol says of it beside."""

from __future__ import annotations

from casewise.errors import Problem, ProtocolError
from casewise.protocol.mistakes import members
from casewise.protocol.model import Criterion, Study
from casewise.protocol.resolve import covariate_type, duration_ends, label
from casewise.protocol.site import CovariateBinding, EventBinding, Site
from casewise.review.form import Field, Form, ShowWhen, Type

PERSON = ("sex", "age")  # the charts come with these


def form_of(study: Study, site: Site) -> Form:
    """The form. Events come first, in the protocol's order, then covariates, then the other columns
    that the site names and no file has: dates of birth and of last contact.

    A field says the arm or an outcome where the protocol uses its event for one, and is then
    withheld from blinded abstractors. Raises ``ProtocolError`` where nothing is from review.
    """
    hidden = _telling(study)
    fields: list[Field] = []
    for name in study.events:
        binding = site.events.get(name)
        if binding is not None and binding.from_ is not None:
            fields += _event_fields(study, name, binding, blinded=name in hidden)
    for name in study.baseline:
        covariate = site.baseline.get(name)
        if covariate is not None and covariate.from_ is not None:
            fields.append(_covariate_field(study, name, covariate))
    if not fields:
        hint = "write, for example: {flare: {from: review}}"
        raise ProtocolError(Problem('the site file marks nothing "from: review"', hint=hint))
    fields += _other_columns(site, {one.name for one in fields})
    return Form(title=study.title, fields=tuple(fields))


def _event_fields(study: Study, name: str, binding: EventBinding, *, blinded: bool) -> list[Field]:
    said = study.events[name].words().items()
    words = ", ".join(f"{key.replace('_', ' ')}: {word}" for key, word in said)
    shared = {"section": binding.section or "Events", "blinded": blinded, "words": binding.words}
    title = label(study, name)
    branch = ShowWhen(field=name, is_=("yes",))
    several = binding.times > 1
    fields = [
        Field(
            **{"name": name, "label": f"{title}?", "type": "yes or no", **shared},
            definition=binding.definition or f"As the protocol has it: {words}.",
        ),
        Field(
            **{"name": f"{name}, date", "type": "dates" if several else "date", **shared},
            label=f"{title}: {'each date' if several else 'when'}",
            definition=f"Up to {binding.times} dates, the earliest first." if several else "",
            times=binding.times,
            show_when=branch,
        ),
    ]
    if binding.line is not None:
        fields.append(
            Field(
                **{"name": f"{name}, line", "type": "number", "low": "1", **shared},
                label=f"{title}: line of therapy",
                show_when=branch,
            )
        )
    return fields


def _covariate_field(study: Study, name: str, binding: CovariateBinding) -> Field:
    covariate = study.baseline[name]
    kind = covariate_type(study, name) or "category"
    types: dict[str, Type] = {"number": "number", "category": "choice", "yes or no": "yes or no"}
    return Field(
        name=name,
        label=label(study, name),
        section=binding.section or "At the index date",
        type="text" if kind == "category" and not covariate.choices else types[kind],
        unit=binding.unit or covariate.unit,
        choices=covariate.choices,
        ordered=binding.ordered,
        low=binding.lowest,
        high=binding.highest,
        definition=binding.definition,
        words=binding.words,
    )


def _other_columns(site: Site, known: set[str]) -> list[Field]:
    wanted = [site.birth] if site.birth else []
    wanted += site.follow_up.end if site.follow_up is not None else ()
    dates = {f"{name}, date" for name in site.events} | {*PERSON, *known}
    return [
        Field(name=name, label=name[:1].upper() + name[1:], section="Follow-up", type="date")
        for name in dict.fromkeys(wanted)
        if name not in dates
    ]


def _telling(study: Study) -> set[str]:
    """The events that say the arm or an outcome; never those that the index date comes from."""
    asked: list[str] = []
    for rule in study.arms.values():
        asked += _events_of(rule) if isinstance(rule, Criterion) else []
    for outcome in study.outcomes.values():
        asked += outcome.events
        asked += [outcome.competing] if outcome.competing else []
        ends = duration_ends(study, outcome.time) if outcome.time else None
        asked += [end for end in ends or () if end in study.events]
    asked += [harm.event for harm in study.harms.values()]
    found = {one for name in asked for one in members(study, name)}
    return found - set(members(study, study.cohort.index_event))


def _events_of(criterion: Criterion) -> list[str]:
    inner = [*(criterion.any_of or ()), *(criterion.all_of or ())]
    inner += [criterion.not_] if criterion.not_ is not None else []
    own = [criterion.event] if criterion.event else []
    return own + [name for one in inner for name in _events_of(one)]
