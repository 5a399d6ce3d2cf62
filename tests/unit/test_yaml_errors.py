"""Each kind of text that is not YAML, with the whole message."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol_support import STUDY, changed, told

# What is changed in the protocol, and all that its reader is told.
CASES = {
    "a second colon": (
        "title: A made-up study",
        "title: Exchange: a study",
        """\
study.yaml:1:16: a second ":" on one line, or a line that is indented too far
     1 | title: Exchange: a study
                        ^
  put text that holds ": " in quotes, or line the key up with its neighbours
""",
    ),
    "a tab": (
        "  admission: {visit",
        "\tadmission: {visit",
        """\
study.yaml:3:1: a tab; YAML is indented with spaces
     3 |  admission: {visit: inpatient}
         ^
  write spaces instead
""",
    ),
    "an open bracket": (
        "[mild, moderate, severe]}",
        "[mild, moderate, severe}",
        """\
study.yaml:21:23: "[" opens here and is not closed by "]"
    21 |   severity: {choices: [mild, moderate, severe}
                               ^
  separate what is inside by commas and close it with "]"
""",
    ),
    "an open brace": (
        "{visit: inpatient}",
        "{visit: inpatient",
        """\
study.yaml:3:14: "{" opens here and is not closed by "}"
     3 |   admission: {visit: inpatient
                      ^
  separate what is inside by commas and close it with "}"
""",
    ),
    "an open quotation mark": (
        '"% of predicted"',
        '"% of predicted',
        """\
study.yaml:22:15: a quotation mark opens here and is never closed
    22 |   FVC: {unit: "% of predicted}
                       ^
  close it on the same line
""",
    ),
    "a comparison without quotes": (
        '">= 18"',
        ">= 18",
        """\
study.yaml:12:18: text that starts with ">" needs quotes
    12 |     adult: {age: >= 18}
                          ^
""",
    ),
    "a sign that means something else": (
        '"% of predicted"',
        "% of predicted",
        """\
study.yaml:22:15: text that starts with "%" needs quotes
    22 |   FVC: {unit: % of predicted}
                       ^
""",
    ),
    "a line that is not indented alike": (
        "  discharge: {visit end",
        "   discharge: {visit end",
        """\
study.yaml:4:4: this line is not indented as its neighbours are
     4 |    discharge: {visit end: inpatient}
            ^
  line the keys of one level up with each other
""",
    ),
    "a line without a colon": (
        "  discharge: {visit end: inpatient}",
        "  discharge",
        """\
study.yaml:4:3: this line has no ":"
     4 |   discharge
           ^
  write "key: value"
""",
    ),
    "text after a quotation": (
        "title: A made-up study",
        'title: "A" made-up study',
        """\
study.yaml:1:12: text goes on after its closing quote or bracket
     1 | title: "A" made-up study
                    ^
  put the whole text in quotes
""",
    ),
    "a list in a line": (
        "title: A made-up study",
        "title: - A",
        """\
study.yaml:1:8: a list with "-" starts on a line of its own
     1 | title: - A
                ^
  write [first, second], or one item to a line
""",
    ),
    "an undefined alias": (
        "title: A made-up study",
        "title: *study",
        """\
study.yaml:1:8: text that starts with "*" needs quotes
     1 | title: *study
                ^
  without quotes it would repeat what is marked elsewhere with &
""",
    ),
    "a key written twice": (
        "  transplant: {procedure: lung transplant}",
        "  exchange: {procedure: lung transplant}",
        """\
study.yaml:6:3: "exchange" is written twice; it stands on line 5 too
     6 |   exchange: {procedure: lung transplant}
           ^
study.yaml:14:32: no event is called "transplant"
    14 |     transplant before: {event: transplant, until: index}
                                        ^
  events: admission, discharge, exchange, readmission, death
study.yaml:29:21: no event is called "transplant"
    29 |   bleeding: {event: transplant, within: 30 days}
                             ^
  events: admission, discharge, exchange, readmission, death
site.yaml:10:3: the protocol has no event "transplant"
    10 |   transplant: {date: transplanted}
           ^
  events of the protocol: admission, discharge, exchange, readmission, death
""",
    ),
    "a tag": (
        "title: A made-up study",
        "title: !!python/object/apply:os.system [ls]",
        """\
study.yaml:1:8: the tag "!python/object/apply:os.system" is not understood
     1 | title: !!python/object/apply:os.system [ls]
                ^
  remove it; text needs none
study.yaml:1:8: expected text; found a list
     1 | title: !!python/object/apply:os.system [ls]
                ^
""",
    ),
    "a merge": (
        "  admission: {visit: inpatient}",
        "  admission: {<<: {visit: inpatient}}",
        """\
study.yaml:3:15: merging with "<<" is not understood
     3 |   admission: {<<: {visit: inpatient}}
                       ^
  write the keys out
""",
    ),
    "an empty key": (
        "  admission: {visit: inpatient}",
        '  "": {visit: inpatient}\n  admission: {visit: inpatient}',
        """\
study.yaml:3:3: a key without a name
     3 |   "": {visit: inpatient}
           ^
""",
    ),
    "a key that is a list": (
        "  admission: {visit: inpatient}",
        "  [a, b]: {visit: inpatient}\n  admission: {visit: inpatient}",
        """\
study.yaml:3:3: a key is a word or words, not a list or a mapping
     3 |   [a, b]: {visit: inpatient}
           ^
  text that starts with [ or { needs quotes
""",
    ),
    "a key that is null": (
        "  admission: {visit: inpatient}",
        "  null: {visit: inpatient}\n  admission: {visit: inpatient}",
        """\
study.yaml:3:3: "null" cannot be a key
     3 |   null: {visit: inpatient}
           ^
  put it in quotes: "null"
""",
    ),
    "a control character": (
        "title: A made-up study",
        "title: A \u0007 study",
        """\
study.yaml:1:10: a character that text cannot hold (code 7)
     1 | title: A  study
                  ^
  remove it
""",
    ),
    "a second document": (
        "harms:",
        "---\nharms:",
        """\
study.yaml:29:1: a second document starts here; remove the "---"
    29 | harms:
         ^
""",
    ),
    "an anchor that holds itself": (
        "[mild, moderate, severe]",
        "&c [mild, *c]",
        """\
study.yaml:21:23: refers to itself: "*" repeats what it is inside of
    21 |   severity: {choices: &c [mild, *c]}
                               ^
""",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=list(CASES))
def test_text_that_is_not_yaml_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert told(tmp_path, study=changed(STUDY, old, new)) == expected.removesuffix("\n")
