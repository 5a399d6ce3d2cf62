# ruff: noqa: E501  (messages stand here as they are printed)
"""Each kind of wrong key or value in a protocol, with the whole message."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol_support import STUDY, changed, told

# What is changed in the protocol, and all that its reader is told.
CASES = {
    "an unknown key at the top": (
        "harms:",
        "harm:",
        """\
study.yaml:28:1: unknown key "harm"
    28 | harm:
         ^
  did you mean "harms"? keys here: title, question, events, cohort, arms, baseline, outcomes, harms, treatments, codes, review, analysis
""",
    ),
    "an unknown key in an event": (
        "{visit: inpatient}",
        "{vist: inpatient}",
        """\
study.yaml:3:15: unknown key "vist"
     3 |   admission: {vist: inpatient}
                       ^
  did you mean "visit"? keys here: condition, procedure, drug, measurement, observation, device, visit, visit end, death, any of, end of, after, value, unit, gap, with, during, within, of, which and 1 more
""",
    ),
    "an unknown key in a criterion": (
        '{age: ">= 18"}',
        '{aged: ">= 18"}',
        """\
study.yaml:12:13: unknown key "aged"
    12 |     adult: {aged: ">= 18"}
                     ^
  did you mean "age"? keys here: from, to, until, within, event, at least, at most, age, sex, covariate, is, index date, observed, followed, any of, all of, not
""",
    ),
    "an underscore for a space": (
        "{visit end: inpatient}",
        "{visit_end: inpatient}",
        """\
study.yaml:4:15: unknown key "visit_end"
     4 |   discharge: {visit_end: inpatient}
                       ^
  did you mean "visit end"? keys here: condition, procedure, drug, measurement, observation, device, visit, visit end, death, any of, end of, after, value, unit, gap, with, during, within, of, which and 1 more
""",
    ),
    "a comma in text without quotes": (
        "{procedure: lung transplant}",
        "{procedure: transplant, lung or both}",
        """\
study.yaml:6:39: unknown key "lung or both"
     6 |   transplant: {procedure: transplant, lung or both}
                                               ^
  keys here: condition, procedure, drug, measurement, observation, device, visit, visit end, death, any of, end of, after, value, unit, gap, with, during, within, of, which and 1 more; text that holds a comma needs quotes
""",
    ),
    "a missing title": (
        "title: A made-up study\n",
        "",
        """\
study.yaml:1:1: "title" is missing
     1 | events:
         ^
  "title" is what stands on top of the report
""",
    ),
    "no outcomes": (
        "outcomes:\n  death by 30 days: {event: death, within: 30 days}\n  hospital stay: {time: index to discharge, competing: death}\n  survival: {time to: death, within: 1 year}\n",
        "",
        """\
study.yaml:1:1: "outcomes" is missing
     1 | title: A made-up study
         ^
  "outcomes" is what is compared, by name
""",
    ),
    "a harm without its event": (
        "{event: transplant, within: 30 days}",
        "{within: 30 days}",
        """\
study.yaml:29:3: "bleeding" has no "event"
    29 |   bleeding: {within: 30 days}
           ^
  "event" is the unwanted event
""",
    ),
    "a key with nothing after it": (
        "title: A made-up study",
        "title:",
        """\
study.yaml:1:1: "title" has nothing after it
     1 | title:
         ^
  write what is meant, or take it out; "null" as a word of its own needs quotes
""",
    ),
    "a section with nothing in it": (
        "harms:\n  bleeding: {event: transplant, within: 30 days}\n",
        "harms:\n",
        """\
study.yaml:28:1: "harms" has nothing after it
    28 | harms:
         ^
  write what is meant, or take it out; "null" as a word of its own needs quotes
""",
    ),
    "an empty mapping": (
        '{age: ">= 18"}',
        "{}",
        """\
study.yaml:12:12: a criterion asks one thing: event, age, sex, covariate, index date, observed, followed, any of, all of or not; this has none
    12 |     adult: {}
                    ^
""",
    ),
    "the word null": (
        "title: A made-up study",
        "title: null",
        """\
study.yaml:1:1: "title" has nothing after it
     1 | title: null
         ^
  write what is meant, or take it out; "null" as a word of its own needs quotes
""",
    ),
    "an item with nothing in it": (
        "{event: death, within: 30 days}",
        "\n    within: 30 days\n    any of:\n      - death\n      -",
        """\
study.yaml:29:8: an item with nothing in it
    29 |       -
                ^
  write what is meant, or take it out; "null" as a word of its own needs quotes
""",
    ),
    "text where keys belong": (
        "  death: {death: any cause}",
        "  death: any cause",
        """\
study.yaml:8:10: expected "key: value" lines; found "any cause"
     8 |   death: any cause
                  ^
""",
    ),
    "a list where keys belong": (
        "{event: death, within: 30 days}",
        "[death, 30 days]",
        """\
study.yaml:25:21: expected "key: value" lines; found a list
    25 |   death by 30 days: [death, 30 days]
                             ^
""",
    ),
    "a list where text belongs": (
        "title: A made-up study",
        "title: [A, B]",
        """\
study.yaml:1:8: expected text; found a list
     1 | title: [A, B]
                ^
""",
    ),
    "a word that is no choice": (
        "primary: death by 30 days",
        "multiplicity: homl",
        """\
study.yaml:33:17: expected "none", "holm" or "hochberg"; found "homl"
    33 |   multiplicity: homl
                         ^
  did you mean "holm"?
""",
    ),
    "a number out of range": (
        "primary: death by 30 days",
        "level: 95",
        """\
study.yaml:33:10: expected a number below 1; found "95"
    33 |   level: 95
                  ^
""",
    ),
    "a word for a number": (
        "primary: death by 30 days",
        "quantile type: R",
        """\
study.yaml:33:18: expected a whole number; found "R"
    33 |   quantile type: R
                          ^
""",
    ),
    "a fraction for a whole number": (
        "primary: death by 30 days",
        "quantile type: 2.5",
        """\
study.yaml:33:18: expected a whole number; found "2.5"
    33 |   quantile type: 2.5
                          ^
""",
    ),
    "neither yes nor no": (
        "primary: death by 30 days",
        "baseline p values: maybe",
        """\
study.yaml:33:22: expected yes or no; found "maybe"
    33 |   baseline p values: maybe
                              ^
""",
    ),
    "a duration without a unit": (
        "{event: exchange, within: 30 days}",
        "{event: exchange, within: 30}",
        """\
study.yaml:16:39: "30" is not a duration; write a whole number and a unit: "24 hours", "30 days", "6 weeks", "3 months", "1 year"
    16 |   exchange: {event: exchange, within: 30}
                                               ^
""",
    ),
    "a fraction of a year": (
        "{time to: death, within: 1 year}",
        "{time to: death, within: 1.5 years}",
        """\
study.yaml:27:38: "1.5 years" is not a duration; write a whole number and a unit: "24 hours", "30 days", "6 weeks", "3 months", "1 year"
    27 |   survival: {time to: death, within: 1.5 years}
                                              ^
""",
    ),
    "a duration of 900 years": (
        "{time to: death, within: 1 year}",
        "{time to: death, within: 900 years}",
        """\
study.yaml:27:38: "900 years" is longer than 200 years
    27 |   survival: {time to: death, within: 900 years}
                                              ^
""",
    ),
    "a point in time without its side": (
        "until: index",
        "until: 30 days",
        """\
study.yaml:14:51: "30 days" does not say on which side of the index date; write "30 days after" or "30 days before"
    14 |     transplant before: {event: transplant, until: 30 days}
                                                           ^
""",
    ),
    "a comparison with a typographic sign": (
        '">= 18"',
        '"≥ 18"',
        """\
study.yaml:12:18: "≥ 18" is not a comparison; write ">= 18"
    12 |     adult: {age: "≥ 18"}
                          ^
""",
    ),
    "a comparison the wrong way round": (
        '">= 18"',
        '"=> 18"',
        """\
study.yaml:12:18: "=> 18" is not a comparison; write ">= 18"
    12 |     adult: {age: "=> 18"}
                          ^
""",
    ),
    "an age range from high to low": (
        '">= 18"',
        '"65 to 18"',
        """\
study.yaml:12:18: "65 to 18" ends before it starts; write "18 to 65"
    12 |     adult: {age: "65 to 18"}
                          ^
""",
    ),
    "an age in words": (
        '">= 18"',
        "adult",
        """\
study.yaml:12:18: an age is a number of years; found "adult"
    12 |     adult: {age: adult}
                          ^
  write ">= 18" or "18 to 65"
""",
    ),
    "a date that is not in the calendar": (
        '{age: ">= 18"}',
        "{index date: {from: 2020-02-30}}",
        """\
study.yaml:12:32: "2020-02-30" is not a day of the calendar
    12 |     adult: {index date: {from: 2020-02-30}}
                                        ^
""",
    ),
    "a date written the other way": (
        '{age: ">= 18"}',
        "{index date: {from: 30/01/2020}}",
        """\
study.yaml:12:32: "30/01/2020" is not a date; write year-month-day, as in 2020-12-31
    12 |     adult: {index date: {from: 30/01/2020}}
                                        ^
""",
    ),
    "dates that end before they start": (
        '{age: ">= 18"}',
        "{index date: {from: 2021-01-01, to: 2020-01-01}}",
        """\
study.yaml:12:25: the dates end (2020-01-01) before they start (2021-01-01)
    12 |     adult: {index date: {from: 2021-01-01, to: 2020-01-01}}
                                 ^
""",
    ),
    "an event that says nothing": (
        "{procedure: plasma exchange}",
        "{label: Exchange}",
        """\
study.yaml:5:13: an event says what it is: one of condition, procedure, drug, measurement, observation, device, visit, visit end, death, any of, or end of
     5 |   exchange: {label: Exchange}
                     ^
""",
    ),
    "an event that is two things": (
        "{procedure: plasma exchange}",
        "{any of: [death, transplant], drug: x}",
        """\
study.yaml:5:13: an event is either "any of" other events or defined in words
     5 |   exchange: {any of: [death, transplant], drug: x}
                     ^
""",
    ),
    "a criterion that asks two things": (
        '{age: ">= 18"}',
        '{age: ">= 18", sex: female}',
        """\
study.yaml:12:12: a criterion asks one thing: event, age, sex, covariate, index date, observed, followed, any of, all of or not; this has age and sex
    12 |     adult: {age: ">= 18", sex: female}
                    ^
""",
    ),
    "a window on an age": (
        '{age: ">= 18"}',
        '{age: ">= 18", within: 30 days}',
        """\
study.yaml:12:12: a window or a count belongs to an event; there is none here
    12 |     adult: {age: ">= 18", within: 30 days}
                    ^
""",
    ),
    "a covariate compared with nothing": (
        '{age: ">= 18"}',
        "{covariate: FVC}",
        """\
study.yaml:12:12: "covariate" and "is" go together: {covariate: FVC, is: "< 70"}
    12 |     adult: {covariate: FVC}
                    ^
""",
    ),
    "a window with two ends": (
        "{event: exchange, within: 30 days}",
        "{event: exchange, within: 30 days, to: discharge}",
        """\
study.yaml:16:13: a window has one end: "to" or "within", not both
    16 |   exchange: {event: exchange, within: 30 days, to: discharge}
                     ^
""",
    ),
    "until with from": (
        "until: index",
        "until: index, from: any time before",
        """\
study.yaml:14:24: "until" starts at any time before; with "from" write "to"
    14 |     transplant before: {event: transplant, until: index, from: any time before}
                                ^
""",
    ),
    "an outcome of two kinds": (
        "{event: death, within: 30 days}",
        "{event: death, time to: death, within: 30 days}",
        """\
study.yaml:25:21: an outcome is one of: event or any of (did it happen), time (a duration), time to (survival), count (how often), ranked, days free of; this has event and time to
    25 |   death by 30 days: {event: death, time to: death, within: 30 days}
                             ^
""",
    ),
    "a binary outcome without a horizon": (
        "{event: death, within: 30 days}",
        "{event: death}",
        """\
study.yaml:25:21: whether it happened needs a horizon: "within: 30 days"
    25 |   death by 30 days: {event: death}
                             ^
""",
    ),
    "an outcome that ends with to": (
        "{event: death, within: 30 days}",
        "{event: death, to: 30 days after}",
        """\
study.yaml:25:21: an outcome's window ends with "within": within: 30 days
    25 |   death by 30 days: {event: death, to: 30 days after}
                             ^
""",
    ),
    "a duration with a window": (
        "{time: index to discharge, competing: death}",
        "{time: index to discharge, within: 30 days}",
        """\
study.yaml:26:18: a duration runs from one event to another; it takes no window
    26 |   hospital stay: {time: index to discharge, within: 30 days}
                          ^
""",
    ),
    "lost patients of a survival time": (
        "{time to: death, within: 1 year}",
        "{time to: death, lost: excluded}",
        """\
study.yaml:27:13: "lost" belongs to a binary outcome; others are censored
    27 |   survival: {time to: death, lost: excluded}
                     ^
""",
    ),
    "a competing event of a binary outcome": (
        "{event: death, within: 30 days}",
        "{event: death, within: 30 days, competing: transplant}",
        """\
study.yaml:25:21: "competing" belongs to a duration or a time to event
    25 |   death by 30 days: {event: death, within: 30 days, competing: transplant}
                             ^
""",
    ),
    "a single arm": (
        "  no exchange: otherwise\n",
        "",
        """\
study.yaml:15:1: a comparison needs two arms or more; there is one
    15 | arms:
         ^
  the last may be "otherwise"
""",
    ),
    "a covariate listed twice": (
        '  age: {unit: years}\n  sex: {}\n  severity: {choices: [mild, moderate, severe]}\n  FVC: {unit: "% of predicted"}\n  smoker: {type: yes or no}',
        "  [age, sex, age]",
        """\
study.yaml:19:3: "age" is listed twice
    19 |   [age, sex, age]
           ^
""",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=list(CASES))
def test_a_value_that_the_language_does_not_know_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert told(tmp_path, study=changed(STUDY, old, new)) == expected.removesuffix("\n")
