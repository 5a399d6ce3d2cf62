"""The study language, construct by construct: what is written, and what it means in a sentence.

The sentences are those that the report's methods print.
"""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from casewise.protocol.check import check_study
from casewise.protocol.model import Study
from casewise.protocol.words import definitions

STUDY = """
title: Made up
events:
  admission:  {visit: inpatient, condition: pneumonia}
  discharge:  {visit end: inpatient}
  intubation: {procedure: invasive ventilation}
  steroid:    {drug: dexamethasone}
  relapse:    {visit: inpatient, after: discharge}
  stroke:     {condition: stroke}
  death:      {death: any cause}
  bad end:    {any of: [death, stroke]}
cohort: {index: first admission}
arms: {steroid: {event: steroid, within: 2 days}, no steroid: otherwise}
baseline:
  age:
  severity: {choices: [mild, moderate, severe]}
  FVC: {label: Forced vital capacity, unit: "%"}
  smoker: {type: yes or no}
outcomes: {death by 30 days: {event: death, within: 30 days}}
"""


def study_with(**sections: Any) -> Study:
    made: dict[str, Any] = YAML(typ="safe", pure=True).load(STUDY)
    for section, text in sections.items():
        made[section] = YAML(typ="safe", pure=True).load(text)
    study = Study.model_validate(made)
    assert check_study(study) == []
    return study


def sentence(part: str, term: str, **sections: Any) -> str:
    told = {(d.part, d.term): d.text for d in definitions(study_with(**sections))}
    return told[part, term]  # type: ignore[index]  # the parts are literals


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            "first admission",
            "Day 0 is the date of the first admission (start of an inpatient visit with "
            "pneumonia).",
        ),
        (
            "first relapse",
            "Day 0 is the date of the first relapse (start of an inpatient visit, later than the "
            "first discharge).",
        ),
        ("first bad end", "Day 0 is the date of the first bad end (death or stroke)."),
        ("first stroke", "Day 0 is the date of the first stroke."),
    ],
)
def test_the_index_date(written: str, meant: str) -> None:
    outcomes = "{steroids: {count: steroid}}"
    cohort = f"{{index: {written}}}"
    assert sentence("index", written, cohort=cohort, outcomes=outcomes) == meant


CRITERIA = [
    ('{age: ">= 18"}', "age on day 0 is at least 18 years"),
    ('{age: "< 65"}', "age on day 0 is under 65 years"),
    ("{age: 18 to 65}", "age on day 0 is 18 to 65 years"),
    ("{sex: female}", "sex is female"),
    ("{event: stroke}", "stroke is recorded at any time up to day 0"),
    ("{event: stroke, until: 1 day before}", "stroke is recorded at any time up to day -1"),
    (
        "{event: stroke, from: 1 year before}",
        "stroke is recorded from 1 year before day 0 to day 0, both included",
    ),
    (
        "{event: stroke, from: any time before, to: 30 days after}",
        "stroke is recorded at any time up to day 30",
    ),
    ("{event: stroke, to: any time after}", "stroke is recorded at any time"),
    ("{event: stroke, within: 0 days}", "stroke is recorded on day 0"),
    (
        "{event: steroid, at least: 3, within: 10 days}",
        "steroid (dexamethasone) is recorded at least 3 times from day 0 to day 10, both included",
    ),
    (
        "{event: stroke, from: discharge, to: 30 days after discharge}",
        "stroke is recorded from the first discharge to 30 days after the first discharge, both "
        "included",
    ),
    ("{covariate: severity, is: severe}", "Severity is severe"),
    ("{covariate: severity, is: [moderate, severe]}", "Severity is moderate or severe"),
    ("{covariate: severity, is: '!= mild'}", "Severity is not mild"),
    ("{covariate: FVC, is: '<= 70'}", "Forced vital capacity is at most 70"),
    ("{covariate: smoker, is: 'yes'}", "Smoker is yes"),
    ("{index date: {from: 2018-01-01}}", "day 0 is on or after 2018-01-01"),
    (
        "{index date: {from: 2018-01-01, to: 2019-12-31}}",
        "day 0 is from 2018-01-01 to 2019-12-31",
    ),
    ("{not: {event: stroke}}", "it is not so that stroke is recorded at any time up to day 0"),
    (
        "{any of: [{sex: male}, {all of: [{sex: female}, {age: '> 50'}]}]}",
        "sex is male or (sex is female and age on day 0 is over 50 years)",
    ),
]


@pytest.mark.parametrize(("written", "meant"), CRITERIA)
def test_a_criterion(written: str, meant: str) -> None:
    include = f"{{index: first admission, include: {{named: {written}}}}}"
    assert sentence("include", "named", cohort=include) == f"Included when {meant}."
    if "admission" not in written:
        exclude = f"{{index: first admission, exclude: {{named: {written}}}}}"
        assert sentence("exclude", "named", cohort=exclude) == f"Left out when {meant}."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            "{event: steroid, within: 2 days}",
            "Steroid (dexamethasone) is recorded from day 0 to day 2, both included.",
        ),
        ("{event: steroid}", "Steroid (dexamethasone) is recorded from day 0 on."),
        (
            "{event: steroid, from: intubation, to: 1 day after intubation}",
            "Steroid (dexamethasone) is recorded from the first intubation to 1 day after the "
            "first intubation, both included.",
        ),
        ("{covariate: severity, is: mild}", "Severity is mild."),
    ],
)
def test_an_arm_and_the_rest(written: str, meant: str) -> None:
    arms = f"{{treated: {written}, untreated: otherwise}}"
    assert sentence("arm", "treated", arms=arms) == meant
    rest = sentence("arm", "untreated", arms=arms)
    assert rest == "Everyone known not to be in another arm."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            "{event: death, within: 30 days}",
            "Death from any cause from day 0 to day 30, both included; patients lost before the "
            "end without the event are left out.",
        ),
        (
            "{event: death, within: 30 days, lost: event-free}",
            "Death from any cause from day 0 to day 30, both included; patients lost before the "
            "end are counted as without the event.",
        ),
        (
            "{any of: [death, relapse], from: 1 day after, within: 1 year, lost: event}",
            "Death from any cause or relapse (start of an inpatient visit, later than the first "
            "discharge) from day 1 to 1 year after day 0, both included; patients lost before the "
            "end are counted as having had the event.",
        ),
        (
            "{time: index to discharge, competing: death}",
            "Days from day 0 to the first discharge, or to death where that comes first.",
        ),
        ("{time: intubation to death}", "Days from the first intubation to the first death."),
        (
            "{time to: bad end, within: 2 years}",
            "Days from day 0 to the first bad end (death or stroke), followed to 2 years after "
            "day 0.",
        ),
        (
            "{time to: [stroke, relapse], competing: death}",
            "Days from day 0 to the first stroke or relapse (start of an inpatient visit, later "
            "than the first discharge), censored at death.",
        ),
        (
            "{count: stroke, within: 1 year}",
            "How often stroke is recorded from day 0 to 1 year after day 0, both included.",
        ),
    ],
)
def test_an_outcome(written: str, meant: str) -> None:
    assert sentence("outcome", "named", outcomes=f"{{named: {written}}}") == meant


def test_a_list_of_names_is_as_good_as_a_mapping_of_nothing() -> None:
    as_list = study_with(baseline="[age, stroke]", treatments="[steroid]")
    as_mapping = study_with(baseline="{age: , stroke: {}}", treatments="{steroid: {}}")
    assert as_list == as_mapping


def test_a_covariate_named_as_an_event_asks_whether_it_happened_before() -> None:
    told = sentence("baseline", "stroke", baseline="[stroke]")
    assert told == "Stroke at any time up to day 0."


def test_a_covariate_after_the_index_date_is_said_to_be_meant() -> None:
    written = "{stroke: {from: index, to: discharge, after index: deliberate}}"
    assert sentence("baseline", "stroke", baseline=written) == (
        "Stroke from day 0 to the first discharge, both included. This is after day 0, on purpose."
    )


def test_treatments_and_harms() -> None:
    written = {
        "treatments": "{steroid: {until: discharge}, tube: {event: intubation}}",
        "harms": "{stroke: {event: stroke, within: 30 days}, late: {event: stroke}}",
    }
    told = {d.term: d.text for d in definitions(study_with(**written)) if d.part == "treatment"}
    assert told == {
        "steroid": "The first steroid (dexamethasone), at any time up to the first discharge.",
        "tube": "The first intubation (invasive ventilation), at any time.",
    }
    assert sentence("harm", "stroke", **written) == "Stroke from day 0 to day 30, both included."
    assert sentence("harm", "late", **written) == "Stroke from day 0 on."
