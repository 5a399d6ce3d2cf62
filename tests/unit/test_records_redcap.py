"""REDCap exports: choices, branching logic, labels, repeating instruments, longitudinal events.

Every project and patient here is made up.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise.errors import RecordsError
from records_support import rows, rows_of
from redcap_support import (
    LABELLED,
    LABELLED_HEADER,
    RAW,
    RAW_HEADER,
    dictionary,
    opened,
    with_field,
)


def message(error: pytest.ExceptionInfo[RecordsError]) -> str:
    return str(error.value)


def test_coded_fields_are_read_by_their_choices(tmp_path: Path) -> None:
    found = opened(tmp_path)
    assert rows(found, "SELECT person, sex FROM person") == [
        ("01", "female"),
        ("02", "male"),
        ("03", "female"),
    ]
    assert rows_of(found, "severity", "text") == [("severe",), ("mild",), ("moderate",)]
    assert rows_of(found, "steroid", "person") == [("01",)]


def test_a_field_hidden_by_branching_logic_does_not_apply(tmp_path: Path) -> None:
    assert rows_of(opened(tmp_path), "pregnant", "person", "text", "status") == [
        ("01", "yes", "occurred"),
        ("02", None, "not applicable"),
        ("03", None, "not documented"),
    ]


def test_an_unanswered_question_that_decides_leaves_the_field_not_documented(
    tmp_path: Path,
) -> None:
    assert rows_of(opened(tmp_path), "death") == [
        ("01", "2021-04-01", "occurred"),
        ("03", None, "not documented"),
    ]
    dated = {"admission": {"date": "admitted"}, "death": {"date": "died_on"}}
    assert rows_of(opened(tmp_path, events=dated), "death") == [
        ("01", "2021-04-01", "occurred"),
        ("02", None, "not applicable"),
        ("03", None, "not documented"),
    ]


def test_dates_are_iso_whatever_the_project_shows(tmp_path: Path) -> None:
    assert rows_of(opened(tmp_path), "admission", "start")[0] == ("2021-03-05",)


def test_a_labelled_export_says_the_same_as_a_raw_one(tmp_path: Path) -> None:
    every = "SELECT person, code, CAST(start AS VARCHAR) AS start, text, status FROM event"
    raw = opened(tmp_path)
    labelled = opened(tmp_path, (LABELLED_HEADER, *LABELLED))
    assert rows(raw, every) == rows(labelled, every)
    texts = [note.text for note in labelled.notes]
    assert "export.csv is a labelled REDCap export." in texts
    assert "The columns of export.csv were found by their labels in the dictionary." in texts
    assert "export.csv is a raw REDCap export." in [note.text for note in raw.notes]


def test_a_cell_of_a_labelled_export_is_placed_under_its_label(tmp_path: Path) -> None:
    broken = LABELLED[0].replace("2021-03-05", "5/3/2021")
    with pytest.raises(RecordsError) as error:
        opened(tmp_path, (LABELLED_HEADER, broken))
    assert message(error).splitlines()[0] == (
        'export.csv, line 2, column Date of admission: "5/3/2021" is not a date'
    )


def test_an_identifier_is_never_shown(tmp_path: Path) -> None:
    broken = RAW[0].replace("9001", "Jane Doe")
    with pytest.raises(RecordsError) as error:
        opened(
            tmp_path,
            (RAW_HEADER, broken),
            study={"baseline": {"number": {"type": "number"}}},
            baseline={"number": "mrn"},
        )
    assert message(error) == (
        "export.csv, line 2, column mrn: the cell (not shown: an identifier) is not a number"
    )


@pytest.mark.parametrize(
    ("export", "fields", "expected"),
    [
        (
            (RAW_HEADER, RAW[0].replace(",2,1,3,", ",Female,1,3,")),
            None,
            "export.csv: column pregnant holds codes of the dictionary and column sex holds "
            "labels: the export is mixed\n  export the records again, raw or labelled",
        ),
        (
            (RAW_HEADER, RAW[0], RAW[1].replace(",1,,1,", ",Male,,1,")),
            None,
            "export.csv: column sex mixes codes and labels of the dictionary\n"
            "  export the records again, raw or labelled",
        ),
        (
            (RAW_HEADER, RAW[0].replace(",2,1,3,", ",2,1,9,")),
            None,
            'export.csv, line 2, column severity: "9" is not a choice of this field in '
            "dictionary.csv",
        ),
        (
            (RAW_HEADER.replace("severity", "sverity"), RAW[0]),
            None,
            'export.csv: the export has no column "severity"\n  export this field too',
        ),
        (
            ("a,b", "1,2"),
            None,
            "export.csv: none of its columns is a field of dictionary.csv\n"
            "  is it this project's dictionary?",
        ),
        (
            (RAW_HEADER.replace("mrn", "sex"), RAW[0]),
            None,
            'export.csv, line 1, column 5: a second column "sex"',
        ),
        (
            (RAW_HEADER, *RAW),
            dictionary(with_field("pregnant", logic="datediff([admitted], 'today', 'd') > 3")),
            "dictionary.csv, line 7, column Branching Logic (Show field only if...): the "
            'branching logic of pregnant cannot be followed: "datediff" is not understood; '
            "functions are not",
        ),
        (
            (RAW_HEADER, *RAW),
            dictionary(with_field("pregnant", logic="[gender] = '2'")),
            "dictionary.csv, line 7, column Branching Logic (Show field only if...): the "
            "branching logic of pregnant cannot be followed: it asks for gender, which the "
            "dictionary lacks",
        ),
        (
            (RAW_HEADER, *RAW),
            dictionary(with_field("pregnant", logic="[followup_arm_1][sex] = '2'")),
            "dictionary.csv, line 7, column Branching Logic (Show field only if...): the "
            "branching logic of pregnant cannot be followed: it asks for the event "
            "followup_arm_1, of which there is no row",
        ),
        (
            (RAW_HEADER, *RAW),
            "name,label\nx,y\n",
            "dictionary.csv: not a REDCap data dictionary: no column Variable / Field Name, Form "
            "Name, Field Type, Field Label, Choices, Calculations, OR Slider Labels, Text "
            "Validation Type OR Show Slider Number, Identifier?, Branching Logic (Show field "
            "only if...)",
        ),
        (
            (RAW_HEADER, *RAW),
            dictionary(with_field("sex", choices="1, Male | 1, Female | unknown")),
            "dictionary.csv, line 6, column Choices, Calculations, OR Slider Labels: two choices "
            'have the code "1"\n'
            "dictionary.csv, line 6, column Choices, Calculations, OR Slider Labels: "
            '"unknown" is not a choice; one is written as "1, Yes"',
        ),
        (
            (RAW_HEADER, *RAW),
            dictionary(with_field("mrn", name="admitted")),
            'dictionary.csv, line 4, column Variable / Field Name: a field "admitted" stands here '
            "a second time",
        ),
    ],
)
def test_a_broken_export_or_dictionary_is_named(
    tmp_path: Path, export: tuple[str, ...], fields: str | None, expected: str
) -> None:
    with pytest.raises(RecordsError) as error:
        opened(tmp_path, export, fields)
    assert message(error) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (
            {"steroid": {"yes or no": "drugs"}},
            'export.csv: "drugs" is a checkbox field, which has a column for each choice\n'
            "  name one: drugs___1, drugs___2",
        ),
        (
            {"death": {"date": "Date of death"}},
            'export.csv: no field "Date of death"\n  that is the label of died_on',
        ),
        (
            {"death": {"date": "dyed_on"}},
            'export.csv: no field "dyed_on" in dictionary.csv\n  did you mean "died_on"?',
        ),
        (
            {"death": {"date": "died_on", "form": "outcomes"}},
            'export.csv: no form "outcomes"\n  did you mean "outcome"?',
        ),
        (
            {"death": {"date": "died_on", "redcap event": "baseline_arm_1"}},
            'export.csv: no event "baseline_arm_1"\n  the export has no event column',
        ),
    ],
)
def test_a_site_that_names_what_the_project_lacks_is_told_so(
    tmp_path: Path, events: dict[str, object], expected: str
) -> None:
    with pytest.raises(RecordsError) as error:
        opened(tmp_path, events={"admission": {"date": "admitted"}, **events})
    assert message(error) == expected


def test_codes_that_are_other_choices_labels_are_not_guessed_at(tmp_path: Path) -> None:
    fields = dictionary(with_field("severity", choices="1, 2 | 2, 3 | 3, 1"))
    with pytest.raises(RecordsError) as error:
        opened(tmp_path, fields=fields)
    assert message(error) == (
        'export.csv: column severity: "3" is the code of "1" and the label of another choice; '
        "which one is meant?"
    )
    lone = {"events": {"admission": {"date": "admitted"}}, "baseline": {"severity": "severity"}}
    study = {"baseline": {"severity": {"choices": ["1", "2", "3"]}}}
    with pytest.raises(RecordsError) as error:
        opened(
            tmp_path,
            ("record_id,admitted,severity", "01,2021-03-05,2"),
            fields,
            study,
            sex=None,
            **lone,
        )
    assert message(error) == (
        "export.csv: column severity could hold codes or labels of the dictionary, which mean "
        "different things, and no other column tells which\n  export another field with choices too"
    )
    told = opened(
        tmp_path,
        ("record_id,admitted,severity,sex", "01,2021-03-05,2,2"),
        fields,
        study,
        sex=None,
        **lone,
    )
    assert rows_of(told, "severity", "text") == [("3",)]


def test_a_choice_named_absent_is_not_a_yes_for_having_code_1(tmp_path: Path) -> None:
    fields = dictionary(with_field("severity", choices="1, absent | 2, present | 3, unsure"))
    study = {"baseline": {"fever": {"type": "yes or no"}}}
    with pytest.raises(RecordsError) as error:
        opened(tmp_path, fields=fields, study=study, baseline={"fever": "severity"})
    assert 'line 3, column severity: "absent" is not yes or no' in message(error)
    listed = {"fever": {"column": "severity", "values": {"yes": "2", "no": ["absent", "3"]}}}
    found = opened(tmp_path, fields=fields, study=study, baseline=listed)
    assert rows_of(found, "fever", "text") == [("no",), ("no",), ("yes",)]


def test_markup_in_labels_is_left_out(tmp_path: Path) -> None:
    fields = dictionary(with_field("severity", choices="1, <b>mild</b> | 2, <5 a day | 3, severe"))
    study = {"baseline": {"severity": {"choices": ["mild", "<5 a day", "severe"]}}}
    site = {"baseline": {"severity": "severity"}}
    found = opened(tmp_path, fields=fields, study=study, **site)
    assert rows_of(found, "severity", "text") == [("severe",), ("mild",), ("<5 a day",)]
    lines = [line.replace('"severe, ventilated"', "severe") for line in LABELLED]
    lines = [line.replace("moderate", "<5 a day") for line in lines]
    found = opened(tmp_path, (LABELLED_HEADER, *lines), fields, study, **site)
    assert rows_of(found, "severity", "text") == [("severe",), ("mild",), ("<5 a day",)]


def test_a_value_that_logic_hides_is_read_and_noted(tmp_path: Path) -> None:
    found = opened(tmp_path, (RAW_HEADER, RAW[1].replace(",1,,1,", ",1,0,1,")))
    assert rows_of(found, "pregnant", "text", "status") == [("no", "occurred")]
    assert (
        "pregnant has a value in 1 row though its branching logic hides it; it was read as it "
        "stands."
    ) in [note.text for note in found.notes]


def test_a_question_under_a_hidden_question_does_not_apply_either(tmp_path: Path) -> None:
    fields = dictionary(with_field("severity", logic="[pregnant] = '1'"))
    export = (RAW_HEADER, *(line.replace(",1,0,1,2", ",,0,1,2") for line in RAW))
    found = opened(tmp_path, export, fields)
    assert rows_of(found, "severity", "person", "text", "status") == [
        ("01", "severe", "occurred"),
        ("02", None, "not applicable"),  # a man: whether he is pregnant is not asked
        ("03", "moderate", "occurred"),
    ]
    export = (RAW_HEADER, *(line.replace("UNK,2,", "UNK,,") for line in RAW))
    assert rows_of(opened(tmp_path, export, fields), "severity", "status")[2] == (
        "not documented",  # whether she is pregnant was asked, and the answer is not known
    )


def test_logic_in_a_circle_decides_nothing(tmp_path: Path) -> None:
    fields = dictionary(
        (
            *with_field("pregnant", logic="[severity] = '1'")[:6],
            *with_field("severity", logic="[pregnant] = '1'")[6:],
        )
    )
    found = opened(tmp_path, (RAW_HEADER, RAW[1].replace(",1,,1,", ",1,,,")), fields)
    assert rows_of(found, "severity", "status") == [("not documented",)]


def test_boxes_of_a_hidden_field_do_not_apply(tmp_path: Path) -> None:
    fields = dictionary(with_field("drugs", logic="[sex] = '2'"))
    found = opened(tmp_path, fields=fields)
    assert rows_of(found, "steroid", "person", "status") == [
        ("01", "occurred"),
        ("02", "not applicable"),
    ]


def test_raw_dictionary_names_are_known_too(tmp_path: Path) -> None:
    names = (
        "field_name,form_name,section_header,field_type,field_label,"
        "select_choices_or_calculations,field_note,text_validation_type_or_show_slider_number,"
        "text_validation_min,text_validation_max,identifier,branching_logic,required_field,"
        "custom_alignment,question_number,matrix_group_name,matrix_ranking,field_annotation"
    )
    fields = "\n".join([names, *dictionary().splitlines()[1:]]) + "\n"
    assert len(rows(opened(tmp_path, fields=fields), "SELECT person FROM person")) == 3


REPEATING_FIELDS = (
    ("record_id", "stay", "text", "Record ID", "", "", "", ""),
    ("admitted", "stay", "text", "Date of admission", "", "", "", ""),
    ("weight", "stay", "text", "Weight", "", "number", "", ""),
    ("exchanged", "exchange", "text", "Exchanged on", "", "", "", ""),
    ("volume", "exchange", "text", "Volume", "", "number", "", "[exchanged] <> ''"),
    ("score", "visit", "text", "Score", "", "number", "", ""),
    ("relapse", "visit", "yesno", "Relapse?", "", "", "", ""),
    ("relapsed", "visit", "text", "Relapsed on", "", "", "", "[relapse] = '1'"),
)
REPEATING = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,admitted,weight,"
    "exchanged,volume,score,relapse,relapsed",
    "A,baseline_arm_1,,,2021-01-01,70,,,3,0,",
    "A,baseline_arm_1,exchange,1,,,2021-01-03,2.5,,,",
    "A,baseline_arm_1,exchange,2,,,2021-01-05,2.5,,,",
    "A,month_6_arm_1,,,,,,,1,1,2021-06-20",
    "B,baseline_arm_1,,,2021-02-01,60,,,4,0,",
)
REPEATING_STUDY = {
    "events": {
        "admission": {"visit": "inpatient"},
        "exchange": {"procedure": "plasma exchange"},
        "relapse": {"condition": "relapse"},
    },
    "arms": {"exchange": {"event": "exchange"}, "none": "otherwise"},
    "baseline": {"weight": {"unit": "kg"}, "score": {"type": "number"}},
    "outcomes": {"relapse": {"event": "relapse", "within": "1 year"}},
}
REPEATING_SITE = {
    "events": {
        "admission": {"date": "admitted"},
        "exchange": {"date": "exchanged", "form": "exchange"},
        "relapse": {"date": "relapsed", "yes or no": "relapse"},
    },
    "baseline": {
        "weight": "weight",
        "score": {"column": "score", "redcap event": "baseline_arm_1"},
    },
    "sex": None,
}


def test_rows_of_a_repeating_instrument_are_occurrences(tmp_path: Path) -> None:
    found = opened(
        tmp_path, REPEATING, dictionary(REPEATING_FIELDS), REPEATING_STUDY, **REPEATING_SITE
    )
    assert rows_of(found, "exchange") == [
        ("A", "2021-01-03", "occurred"),
        ("A", "2021-01-05", "occurred"),
    ]
    assert rows_of(found, "relapse") == [("A", "2021-06-20", "occurred")]
    assert rows_of(found, "score", "person", "value") == [("A", 3.0), ("B", 4.0)]
    assert rows_of(found, "weight", "person", "value") == [("A", 70.0), ("B", 60.0)]
    assert rows(found, "SELECT person FROM person") == [("A",), ("B",)]
    assert not found.errors


def test_a_covariate_with_several_answers_says_what_to_add(tmp_path: Path) -> None:
    site = REPEATING_SITE | {"baseline": {"weight": "weight", "score": "score"}}
    found = opened(tmp_path, REPEATING, dictionary(REPEATING_FIELDS), REPEATING_STUDY, **site)
    assert [str(problem) for problem in found.errors] == [
        "export.csv, line 5, column score: score has another value for the same patient in "
        "line 2, column score\n  say which rows are meant, with redcap event: or form:"
    ]


def test_the_same_instance_twice_is_a_duplicate(tmp_path: Path) -> None:
    found = opened(
        tmp_path,
        (*REPEATING, REPEATING[2]),
        dictionary(REPEATING_FIELDS),
        REPEATING_STUDY,
        **REPEATING_SITE,
    )
    assert [str(problem) for problem in found.errors] == [
        "export.csv, line 7, column record_id: the same patient, event, instrument and instance "
        "as in line 3, column record_id"
    ]


def test_an_event_is_found_by_its_label_too(tmp_path: Path) -> None:
    labelled = tuple(
        line.replace("baseline_arm_1", "Baseline").replace("month_6_arm_1", "Month 6")
        for line in REPEATING
    )
    found = opened(
        tmp_path, labelled, dictionary(REPEATING_FIELDS), REPEATING_STUDY, **REPEATING_SITE
    )
    assert rows_of(found, "score", "person", "value") == [("A", 3.0), ("B", 4.0)]
