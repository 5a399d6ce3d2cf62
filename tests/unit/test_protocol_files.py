"""Files that cannot be read at all, and mistakes in two files reported together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from casewise import protocol
from casewise.errors import EXIT_PROTOCOL, ProtocolError
from casewise.protocol.model import Criterion, Study
from protocol_support import SITE, STUDY, changed, told

NO_START = "  'casewise init' writes a start"


def test_the_files_that_the_other_tests_break_are_right(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "site.yaml").write_text(SITE)
    study, site = protocol.read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    assert study == protocol.read_study(tmp_path / "study.yaml")
    assert site == protocol.read_site(tmp_path / "site.yaml", study)


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "an empty file": ("", f"study.yaml:1:1: the file is empty\n{NO_START}"),
        "a file of comments": (
            "# nothing yet\n",
            "study.yaml:1:1: the file is empty\n     1 | # nothing yet\n         ^\n" + NO_START,
        ),
        "a list": (
            "- title\n",
            'study.yaml:1:1: expected "key: value" lines; found a list\n'
            "     1 | - title\n         ^",
        ),
        "a sentence": (
            "A study of plasma exchange\n",
            'study.yaml:1:1: expected "key: value" lines; found text\n'
            "     1 | A study of plasma exchange\n         ^",
        ),
        "another encoding": (
            "title: A\nquestion: é\n".encode("latin-1"),
            "study.yaml:2:11: is not UTF-8 text: the byte 0xe9 stands here\n"
            "     2 | question: \n                   ^\n  save the file as UTF-8",
        ),
        "a spreadsheet": (
            b"PK\x03\x04\x14\x00",
            "study.yaml: is not a text file\n"
            "  is this the records file? study.yaml and site.yaml are plain text",
        ),
        "a vast file": (
            b"# " + b"x" * 3_000_000,
            "study.yaml: is 3 MB, too large for a protocol or site file\n"
            "  is this the records file?",
        ),
        "too many brackets": (
            "a: " + "[" * 2000 + "]" * 2000,
            f"study.yaml:1:1: nests too deeply to be read\n     1 | a: {'[' * 157} …\n         ^",
        ),
    }.values(),
)
def test_a_file_that_is_no_protocol_is_told_so(
    tmp_path: Path, text: str | bytes, expected: str
) -> None:
    assert told(tmp_path, study=text) == expected


def test_a_file_that_is_not_there_and_a_folder_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").mkdir()
    with pytest.raises(ProtocolError) as caught:
        protocol.read(tmp_path / "study.yaml", tmp_path / "site.yaml")
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "study.yaml: cannot be read: No such file or directory\n"
        "site.yaml: is a folder, not a YAML file"
    )
    assert caught.value.exit_code == EXIT_PROTOCOL


def test_anchors_that_multiply_without_end_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "holds too many values" in told(tmp_path, study="\n".join(lines))


def test_mistakes_of_every_kind_in_both_files_come_at_once(tmp_path: Path) -> None:
    study = changed(STUDY, "visit: inpatient}", "vist: inpatient}")
    study = changed(study, "{event: exchange, within: 30 days}", "{event: exchnge, within: 30}")
    study = changed(study, "until: index", "until: dischrge")
    site = changed(changed(SITE, "died}", "died, yse: 1}"), "FVC: fvc", "FCV: fvc")
    lines = told(tmp_path, study, site).splitlines()
    assert [line for line in lines if line.startswith("s")] == [
        'study.yaml:3:15: unknown key "vist"',
        'study.yaml:14:51: no event is called "dischrge"',
        'study.yaml:16:21: no event is called "exchnge"',
        'study.yaml:16:38: "30" is not a duration; write a whole number and a unit: '
        '"24 hours", "30 days", "6 weeks", "3 months", "1 year"',
        'site.yaml:12:23: unknown key "yse"',
        'site.yaml:13:1: nothing says which column holds the covariate "FVC"',
        'site.yaml:15:3: the protocol has no covariate "FCV"',
    ]


def test_a_broken_entry_keeps_its_name_so_that_nothing_else_is_blamed(tmp_path: Path) -> None:
    study = changed(STUDY, "  death: {death: any cause}", "  death: [any cause]")
    assert told(tmp_path, study) == (
        'study.yaml:8:10: expected "key: value" lines; found a list\n'
        "     8 |   death: [any cause]\n"
        "                  ^"
    )


def test_a_mistake_deep_inside_criteria_is_told_at_its_place(tmp_path: Path) -> None:
    nested = '{any of: [{age: "< 18"}, {not: {all of: [{sex: male}, {event: deth}]}}]}'
    study = changed(STUDY, '{age: ">= 18"}', nested)
    column = study.splitlines()[11].index("deth") + 1
    told_first = told(tmp_path, study).splitlines()[0]
    assert told_first == f'study.yaml:12:{column}: no event is called "deth"'


def test_a_protocol_given_as_a_value_is_checked_without_a_file() -> None:
    study = Study.model_validate(
        {
            "title": "Made up",
            "events": {"admission": {"visit": "inpatient"}, "death": {"death": "any cause"}},
            "cohort": {"index": "first admission"},
            "arms": {"old": {"age": ">= 65"}, "young": "otherwise"},
            "outcomes": {"dead": {"event": "deth", "within": "30 days"}},
        }
    )
    with pytest.raises(ProtocolError) as caught:
        protocol.read_study(study)
    assert str(caught.value) == (
        'outcomes > dead > event: no event is called "deth"\n'
        '  did you mean "death"? events: admission, death'
    )


def test_numbers_keep_the_digits_that_are_written(tmp_path: Path) -> None:
    """A code of the records is text: 010 is not 10, and 0.10 is not 0.1."""
    site = changed(SITE, "mild: 1, moderate: 2", "mild: [010, 0.10], moderate: no")
    (tmp_path / "site.yaml").write_text(site)
    values = protocol.read_site(tmp_path / "site.yaml").baseline["severity"].values
    assert values == {"mild": ("010", "0.10"), "moderate": ("no",), "severe": ("3",)}


def test_an_anchor_repeats_what_it_marks(tmp_path: Path) -> None:
    study = changed(STUDY, "until: index", "until: &start index")
    study = changed(study, "within: 1 year}", "within: 1 year, from: *start}")
    (tmp_path / "study.yaml").write_text(study)
    assert str(protocol.read_study(tmp_path / "study.yaml").outcomes["survival"].from_) == "index"


def test_an_unknown_name_in_a_list_of_covariates_is_told_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        re.sub(r"baseline:\n(  .*\n)+", "baseline: [age, transplent]\n", STUDY)
    )
    with pytest.raises(ProtocolError) as caught:
        protocol.read_study(tmp_path / "study.yaml")
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        'study.yaml:18:17: nothing says what kind of value "transplent" is\n'
        "    18 | baseline: [age, transplent]\n"
        "                         ^\n"
        '  did you mean "transplant"? Else give it a unit (then it is a number), choices (a '
        "category), a type or an event"
    )


def test_every_loop_of_definitions_is_told(tmp_path: Path) -> None:
    loops = (
        "  a: {any of: [b, c, d]}\n  b: {any of: [a, d]}\n  c: {any of: [c, b]}\n  d: {drug: x}\n"
    )
    study = changed(STUDY, "events:\n", f"events:\n{loops}")
    (tmp_path / "study.yaml").write_text(study)
    with pytest.raises(ProtocolError) as caught:
        protocol.read_study(tmp_path / "study.yaml")
    assert [problem.message for problem in caught.value.problems] == [
        '"a" is defined by itself: a → b → a',
        '"c" is defined by itself: c → c',
    ]


@pytest.mark.parametrize("shape", ["diamonds", "chain", "ages"])
def test_no_protocol_however_odd_keeps_its_reader_waiting(tmp_path: Path, shape: str) -> None:
    """2 to the 60 ways through definitions, 3,000 definitions in a row, 1,000 bounds of age."""
    events = {
        "diamonds": [f"  e{n}: {{any of: [e{n + 1}, f{n + 1}]}}" for n in range(60)]
        + [f"  f{n}: {{any of: [e{n + 1}, f{n + 1}]}}" for n in range(1, 60)]
        + ["  e60: {drug: a}", "  f60: {drug: b}"],
        "chain": [f"  e{n}: {{drug: a, after: e{n + 1}}}" for n in range(3000)]
        + ["  e3000: {drug: a}"],
        "ages": [],
    }[shape]
    bounds = [f'    older than {n}: {{age: "> {n / 1000}"}}' for n in range(1000)]
    text = changed(STUDY, "events:\n", "\n".join(["events:", *events, ""]))
    if shape == "ages":
        text = changed(text, "  include:\n", "\n".join(["  include:", *bounds, ""]))
    (tmp_path / "study.yaml").write_text(text)
    protocol.read_study(tmp_path / "study.yaml")


@pytest.mark.parametrize("example", ["plasma_exchange", "right_heart_catheterization"])
def test_models_written_out_read_back_the_same(tmp_path: Path, example: str) -> None:
    folder = Path(__file__).resolve().parents[2] / "examples" / example
    models = protocol.read(folder / "study.yaml", folder / "site.yaml")
    paths = (tmp_path / "study.yaml", tmp_path / "site.yaml")
    for model, path in zip(models, paths, strict=True):
        data = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
        with path.open("w", encoding="utf-8") as file:
            YAML().dump(data, file)
    assert protocol.read(*paths) == models


def test_a_list_of_values_is_written_out_as_a_list() -> None:
    criterion = Criterion.model_validate({"covariate": "x", "is": ["mild", 2, "or so"]})
    again = criterion.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert again["is"] == ["mild", "2", "or so"]
    assert Criterion.model_validate(again) == criterion
