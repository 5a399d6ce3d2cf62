# ruff: noqa: E501  (messages stand here as they are printed)
"""Each kind of protocol that does not fit together, with the whole message."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol_support import STUDY, changed, told

# What is changed in the protocol, and all that its reader is told.
CASES = {
    "an unknown event in an arm": (
        "{event: exchange, within: 30 days}",
        "{event: exchang, within: 30 days}",
        """\
study.yaml:16:21: no event is called "exchang"
    16 |   exchange: {event: exchang, within: 30 days}
                             ^
  did you mean "exchange"? events: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "an unknown event in a list": (
        "{event: death, within: 30 days}",
        "{any of: [death, stroke], within: 30 days}",
        """\
study.yaml:25:38: no event is called "stroke"
    25 |   death by 30 days: {any of: [death, stroke], within: 30 days}
                                              ^
  events: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "an unknown event after which": (
        "after: discharge",
        "after: dischrage",
        """\
study.yaml:7:42: no event is called "dischrage"
     7 |   readmission: {visit: inpatient, after: dischrage}
                                                  ^
  did you mean "discharge"? events: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "an unknown anchor of a window": (
        "until: discharge",
        "until: dischrge",
        """\
study.yaml:31:21: no event is called "dischrge"
    31 |   exchange: {until: dischrge}
                             ^
  did you mean "discharge"? events: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "an unknown end of a duration": (
        "time: index to discharge",
        "time: index to dicharge",
        """\
study.yaml:26:25: no event is called "dicharge"
    26 |   hospital stay: {time: index to dicharge, competing: death}
                                 ^
  did you mean "discharge"? events: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "a duration that is none": (
        "time: index to discharge",
        "time: discharge",
        """\
study.yaml:26:25: "discharge" is not a duration between two events
    26 |   hospital stay: {time: discharge, competing: death}
                                 ^
  write "index to discharge": where it starts and where it ends
""",
    ),
    "a duration that ends at the index": (
        "time: index to discharge",
        "time: discharge to index",
        """\
study.yaml:26:25: a duration cannot end at the index date
    26 |   hospital stay: {time: discharge to index, competing: death}
                                 ^
  it may start there
""",
    ),
    "an unknown treatment": (
        "  exchange: {until",
        "  rituximab: {until",
        """\
study.yaml:31:3: no event is called "rituximab"
    31 |   rituximab: {until: discharge}
           ^
  events: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "an unknown primary outcome": (
        "primary: death by 30 days",
        "primary: death by 30 day",
        """\
study.yaml:33:12: no outcome is called "death by 30 day"
    33 |   primary: death by 30 day
                    ^
  did you mean "death by 30 days"? outcomes: death by 30 days, hospital stay, survival
""",
    ),
    "an unknown covariate": (
        '{age: ">= 18"}',
        '{covariate: FEV, is: "< 70"}',
        """\
study.yaml:12:24: no covariate is called "FEV"
    12 |     adult: {covariate: FEV, is: "< 70"}
                                ^
  did you mean "FVC"? covariates: age, sex, severity, FVC, smoker
""",
    ),
    "a loop": (
        "{visit end: inpatient}",
        "{visit end: inpatient, after: readmission}",
        """\
study.yaml:4:3: "discharge" is defined by itself: discharge → readmission → discharge
     4 |   discharge: {visit end: inpatient, after: readmission}
           ^
  look at any of, end of, with, during, of and after
""",
    ),
    "an index that is no ordinal": (
        "index: first admission",
        "index: every admission",
        """\
study.yaml:10:10: expected "first" (second to tenth, last) and an event; found "every admission"
    10 |   index: every admission
                  ^
  write "first admission"
""",
    ),
    "an index without first": (
        "index: first admission",
        "index: admission",
        """\
study.yaml:10:10: expected "first" (second to tenth, last) and an event; found "admission"
    10 |   index: admission
                  ^
  write "first admission"
""",
    ),
    "an unknown index event": (
        "index: first admission",
        "index: first admision",
        """\
study.yaml:10:10: no event is called "admision"
    10 |   index: first admision
                  ^
  did you mean "admission"? events: admission, discharge, exchange, transplant, readmission, death
""",
    ),
    "an event called index": (
        "  exchange: {procedure",
        "  index: {procedure",
        """\
study.yaml:5:3: "index" is the index date; name the event otherwise
     5 |   index: {procedure: plasma exchange}
           ^
study.yaml:16:21: no event is called "exchange"
    16 |   exchange: {event: exchange, within: 30 days}
                             ^
  events: admission, discharge, index, transplant, readmission, death
study.yaml:31:3: no event is called "exchange"
    31 |   exchange: {until: discharge}
           ^
  events: admission, discharge, index, transplant, readmission, death
site.yaml:6:1: nothing says which columns hold the event "index"
     6 | events:
         ^
  add index: {date: COLUMN} or index: {yes or no: COLUMN}
site.yaml:9:3: the protocol has no event "exchange"
     9 |   exchange: {date: exchanged}
           ^
  events of the protocol: admission, discharge, index, transplant, readmission, death
""",
    ),
    "a name that differs in capitals alone": (
        "  smoker: {type: yes or no}",
        "  fvc: {unit: L}",
        """\
study.yaml:23:3: "fvc" and "FVC" differ in capitals alone
    23 |   fvc: {unit: L}
           ^
  name the two apart
site.yaml:13:1: nothing says which column holds the covariate "fvc"
    13 | baseline:
         ^
  add fvc: COLUMN
site.yaml:16:3: the protocol has no covariate "smoker"
    16 |   smoker: smoker
           ^
  covariates of the protocol: severity, FVC, fvc
""",
    ),
    "a harm named as an outcome": (
        "  bleeding: {event",
        "  survival: {event",
        """\
study.yaml:29:3: "survival" is the name of an outcome too
    29 |   survival: {event: transplant, within: 30 days}
           ^
  name the two apart
""",
    ),
    "two outcomes with one label": (
        "{event: death, within: 30 days}\n  hospital stay: {time: index to discharge, competing: death}",
        "{event: death, within: 30 days, label: Death}\n  hospital stay: {time: index to discharge, label: Death}",
        """\
study.yaml:26:52: "death by 30 days" has the same label
    26 |   hospital stay: {time: index to discharge, label: Death}
                                                            ^
  a table would show them alike
""",
    ),
    "a window that ends before it starts": (
        "{event: exchange, within: 30 days}",
        "{event: exchange, from: 30 days after, to: 2 weeks after}",
        """\
study.yaml:16:56: the window ends ("2 weeks after") before it starts ("30 days after")
    16 |   exchange: {event: exchange, from: 30 days after, to: 2 weeks after}
                                                                ^
""",
    ),
    "a month that may be shorter than 30 days": (
        "{event: exchange, within: 30 days}",
        "{event: exchange, from: 30 days after, to: 1 month after}",
        """\
study.yaml:16:56: the window can end ("1 month after") before it starts ("30 days after")
    16 |   exchange: {event: exchange, from: 30 days after, to: 1 month after}
                                                                ^
  months differ in length: write both ends in days, or both in months
""",
    ),
    "a window that starts at the end of time": (
        "{event: exchange, within: 30 days}",
        "{event: exchange, from: any time after, to: discharge}",
        """\
study.yaml:16:57: the window ends ("discharge") before it starts ("any time after")
    16 |   exchange: {event: exchange, from: any time after, to: discharge}
                                                                 ^
""",
    ),
    "a window from discharge back to the index": (
        "{event: exchange, within: 30 days}",
        "{event: exchange, from: discharge, to: index}",
        """\
study.yaml:16:52: the window ends ("index") before it starts ("discharge")
    16 |   exchange: {event: exchange, from: discharge, to: index}
                                                            ^
""",
    ),
    "an outcome before the index": (
        "{event: death, within: 30 days}",
        "{event: death, from: 7 days before, within: 30 days}",
        """\
study.yaml:25:42: outcomes and harms count from the index date on; found "7 days before"
    25 |   death by 30 days: {event: death, from: 7 days before, within: 30 days}
                                                  ^
  what comes before is baseline; start it at "index" or "1 day after"
""",
    ),
    "an outcome that starts after its horizon": (
        "{event: death, within: 30 days}",
        "{event: death, from: 31 days after, within: 30 days}",
        """\
study.yaml:25:42: the window starts ("31 days after") after its horizon ("within: 30 days")
    25 |   death by 30 days: {event: death, from: 31 days after, within: 30 days}
                                                  ^
  "within" counts from the index date, whatever "from" says
""",
    ),
    "an outcome everybody has": (
        "{event: death, within: 30 days}",
        "{event: admission, within: 30 days}",
        """\
study.yaml:25:29: everybody has this on day 0, because it is the index date
    25 |   death by 30 days: {event: admission, within: 30 days}
                                     ^
  start it later: "from: 1 day after"
""",
    ),
    "an outcome competing with itself": (
        "competing: death",
        "competing: discharge",
        """\
study.yaml:26:56: "discharge" is the outcome itself and cannot compete with it
    26 |   hospital stay: {time: index to discharge, competing: discharge}
                                                                ^
""",
    ),
    "a covariate after the index": (
        "{type: yes or no}",
        "{event: exchange, to: discharge}",
        """\
study.yaml:23:33: "smoker" is measured after the index date (to "discharge"): adjusting for it would adjust for the future
    23 |   smoker: {event: exchange, to: discharge}
                                         ^
  end the window at "index"; if it is meant, add "after index: deliberate"
site.yaml:16:3: "smoker" is whether the event "exchange" happened
    16 |   smoker: smoker
           ^
  bind it under events, and take this out
""",
    ),
    "deliberate with nothing after the index": (
        "{type: yes or no}",
        "{type: yes or no, after index: deliberate}",
        """\
study.yaml:23:29: nothing here is measured after the index date
    23 |   smoker: {type: yes or no, after index: deliberate}
                                     ^
  take "after index" out, or write the window: "from: index, to: 1 day after"
""",
    ),
    "a covariate of no kind": (
        "{type: yes or no}",
        "{}",
        """\
study.yaml:23:3: nothing says what kind of value "smoker" is
    23 |   smoker: {}
           ^
  give it a unit (then it is a number), choices (a category), a type or an event
""",
    ),
    "a covariate misspelt": (
        "  smoker: {type: yes or no}",
        "  trasplant: {}",
        """\
study.yaml:23:3: nothing says what kind of value "trasplant" is
    23 |   trasplant: {}
           ^
  did you mean "transplant"? Else give it a unit (then it is a number), choices (a category), a type or an event
site.yaml:13:1: nothing says which column holds the covariate "trasplant"
    13 | baseline:
         ^
  add trasplant: COLUMN
site.yaml:16:3: the protocol has no covariate "smoker"
    16 |   smoker: smoker
           ^
  covariates of the protocol: severity, FVC, trasplant
""",
    ),
    "a median of a category": (
        "{choices: [mild, moderate, severe]}",
        "{choices: [mild, moderate, severe], summary: median}",
        """\
study.yaml:21:58: a median or mean is of a number; this is a category
    21 |   severity: {choices: [mild, moderate, severe], summary: median}
                                                                  ^
""",
    ),
    "a unit and choices": (
        "{choices: [mild, moderate, severe]}",
        "{choices: [mild, moderate, severe], unit: points}",
        """\
study.yaml:21:23: choices belong to a category; this is a number
    21 |   severity: {choices: [mild, moderate, severe], unit: points}
                               ^
site.yaml:14:32: "severity" is a number and has no choices
    14 |   severity: {column: severity, values: {mild: 1, moderate: 2, severe: 3}}
                                        ^
""",
    ),
    "a choice listed twice": (
        "[mild, moderate, severe]",
        "[mild, moderate, mild]",
        """\
study.yaml:21:40: "mild" is listed twice
    21 |   severity: {choices: [mild, moderate, mild]}
                                                ^
site.yaml:14:63: "severity" has no choice "severe"
    14 |   severity: {column: severity, values: {mild: 1, moderate: 2, severe: 3}}
                                                                       ^
  choices: mild, moderate, mild
""",
    ),
    "a number compared with text": (
        '{age: ">= 18"}',
        "{covariate: FVC, is: severe}",
        """\
study.yaml:12:33: "FVC" is a number and cannot be compared with "severe"
    12 |     adult: {covariate: FVC, is: severe}
                                         ^
  write "< 70" or "40 to 70"
""",
    ),
    "an order among choices": (
        '{age: ">= 18"}',
        '{covariate: severity, is: "> 2"}',
        """\
study.yaml:12:38: "severity" is a category and has no order; found "> 2"
    12 |     adult: {covariate: severity, is: "> 2"}
                                              ^
  list the values that are meant: [moderate, severe]
""",
    ),
    "a choice that there is not": (
        '{age: ">= 18"}',
        "{covariate: severity, is: sever}",
        """\
study.yaml:12:38: "severity" has no choice "sever"
    12 |     adult: {covariate: severity, is: sever}
                                              ^
  did you mean "severe"? known here: mild, moderate, severe
""",
    ),
    "yes or no compared with a list": (
        '{age: ">= 18"}',
        '{covariate: smoker, is: "!= yes"}',
        """\
study.yaml:12:36: "smoker" is yes or no and cannot be compared with "!= yes"
    12 |     adult: {covariate: smoker, is: "!= yes"}
                                            ^
  write "yes" or "no"
""",
    ),
    "otherwise before the last arm": (
        "  exchange: {event: exchange, within: 30 days}\n  no exchange: otherwise",
        "  no exchange: otherwise\n  exchange: {event: exchange, within: 30 days}",
        """\
study.yaml:16:16: "otherwise" is the last arm, the comparator; "exchange" comes after it
    16 |   no exchange: otherwise
                        ^
  put it last
""",
    ),
    "otherwise twice": (
        "{event: exchange, within: 30 days}",
        "otherwise",
        """\
study.yaml:17:16: "otherwise" is one arm; "exchange" is otherwise too
    17 |   no exchange: otherwise
                        ^
""",
    ),
    "two arms with one rule": (
        "no exchange: otherwise",
        "no exchange: {event: exchange, within: 30 days}",
        """\
study.yaml:17:3: nobody can be in "no exchange" alone: its rule is that of "exchange"
    17 |   no exchange: {event: exchange, within: 30 days}
           ^
  a patient who meets the rules of two arms is in neither
""",
    ),
    "an arm younger than the cohort": (
        "{event: exchange, within: 30 days}",
        '{age: "< 16"}',
        """\
study.yaml:16:3: nobody can be in "exchange": the cohort leaves them out
    16 |   exchange: {age: "< 16"}
           ^
  see "adult"
""",
    ),
    "an arm that the cohort excludes": (
        "{event: exchange, within: 30 days}",
        "{event: transplant, from: 30 days before, to: index}",
        """\
study.yaml:16:3: nobody can be in "exchange": the cohort leaves them out
    16 |   exchange: {event: transplant, from: 30 days before, to: index}
           ^
  see "transplant before"
""",
    ),
    "nobody left for otherwise": (
        "{event: exchange, within: 30 days}",
        "{event: admission}",
        """\
study.yaml:17:3: nobody is left for "no exchange": everybody is in another arm
    17 |   no exchange: otherwise
           ^
""",
    ),
    "criteria that leave everybody out": (
        "{event: transplant, until: index}",
        '{age: ">= 18"}',
        """\
study.yaml:9:1: nobody can be in this study: the criteria leave everybody out
     9 | cohort:
         ^
""",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=list(CASES))
def test_what_does_not_fit_together_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert told(tmp_path, study=changed(STUDY, old, new)) == expected.removesuffix("\n")
