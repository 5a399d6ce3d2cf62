"""Data dictionaries that another project wrote, as forms. No patient here is real."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from casewise.errors import RecordsError
from casewise.review import answers, assigning
from casewise.review.form import Field, Form, ShowWhen
from casewise.review.redcap import HEADER, read_form, write_dictionary, write_records
from casewise.review.store import Chart, create


def dictionary(folder: Path, *rows: dict[str, str]) -> Path:
    """Rows by the first words of their columns, after the record's id."""
    path = folder / "theirs.csv"
    short = ("name", "form", "section", "type", "label", "choices", "note", "valid", "low", "high")
    at = {key: number for number, key in enumerate(short)} | {"logic": 11, "annotation": 17}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for row in ({"name": "record_id", "type": "text"}, *rows):
            cells = [""] * len(HEADER)
            for key, value in row.items():
                cells[at[key]] = value
            writer.writerow(cells)
    return path


DRUGS = {
    "name": "drugs",
    "type": "checkbox",
    "label": "Drugs",
    "choices": "1, Steroid | -9, None, or unknown",
}


def test_a_checkbox_is_a_yes_or_no_field_a_box_and_branches_hang_on_it(tmp_path: Path) -> None:
    shown = {"name": "dose", "type": "text", "valid": "number_1dp", "low": "0", "high": "1000"}
    more = {"name": "why", "type": "notes", "logic": "[drugs(-9)] = '1'"}
    path = dictionary(tmp_path, DRUGS, shown | {"logic": '[drugs(1)]="1"'}, more)
    form, left_out = read_form(path, "x")
    assert left_out == []
    assert [(one.name, one.type) for one in form.fields] == [
        ("drugs, Steroid", "yes or no"),
        ("drugs, None, or unknown", "yes or no"),
        ("dose", "number"),
        ("why", "text"),
    ]
    assert form.fields[2].show_when == ShowWhen(field="drugs, Steroid", is_=("yes",))
    assert form.fields[3].show_when == ShowWhen(field="drugs, None, or unknown", is_=("yes",))
    assert (form.fields[2].low, form.fields[2].high) == ("0", "1000")
    write_dictionary(form, tmp_path / "ours.csv")
    assert read_form(tmp_path / "ours.csv", "x") == (form, [])


def test_a_radio_of_yes_and_no_keeps_its_own_words_on_a_branch(tmp_path: Path) -> None:
    smoker = {"name": "smoker", "type": "radio", "choices": "1, Yes | 0, No"}
    packs = {"name": "packs", "type": "text", "valid": "integer", "logic": "[smoker] = 1"}
    form, left_out = read_form(dictionary(tmp_path, smoker, packs), "x")
    assert left_out == []
    assert form.fields[1].show_when == ShowWhen(field="smoker", is_=("Yes",))


@pytest.mark.parametrize(
    "logic",
    [
        "[smoker] <> '1'",
        "[smoker] = '1' and [smoker] = '2'",
        "[smoker] = '1' or [drugs(1)] = '1'",
        "[other] = '1'",
        "[smoker] = '7'",
    ],
)
def test_a_branch_that_a_form_cannot_say_is_told_and_always_asked(
    tmp_path: Path, logic: str
) -> None:
    smoker = {"name": "smoker", "type": "radio", "choices": "1, Now | 2, Before"}
    packs = {"name": "packs", "type": "text", "logic": logic}
    form, left_out = read_form(dictionary(tmp_path, DRUGS, smoker, packs), "x")
    assert form.fields[-1].show_when is None
    assert left_out == ["packs: its branching logic is too rich for a form; always asked"]


def test_a_bound_that_is_no_value_is_told(tmp_path: Path) -> None:
    born = {"name": "born", "type": "text", "valid": "date_dmy", "low": "1900-01-01"}
    form, left_out = read_form(dictionary(tmp_path, born | {"high": "today"}), "x")
    assert (form.fields[0].low, form.fields[0].high) == ("1900-01-01", "")
    assert left_out == ['born: its bound "today" is no date; not used']


def test_choices_with_one_label_are_a_mistake_at_their_line(tmp_path: Path) -> None:
    twice = {"name": "site", "type": "dropdown", "choices": "1, Other | 2, Other"}
    with pytest.raises(RecordsError, match=r"line 3.*the same choice is listed twice"):
        read_form(dictionary(tmp_path, twice), "x")


def test_an_annotation_that_was_edited_is_told_and_not_used(tmp_path: Path) -> None:
    row = {"name": "site", "type": "text", "annotation": 'casewise: {"name": "si'}
    form, left_out = read_form(dictionary(tmp_path, row), "x")
    assert form.fields[0].name == "site"
    assert left_out == ["site: its annotation is not as casewise wrote it; not used"]


def test_a_label_that_was_edited_in_redcap_counts(tmp_path: Path) -> None:
    form = Form(title="x", fields=(Field(name="died", type="yes or no", label="Died?"),))
    path = tmp_path / "ours.csv"
    write_dictionary(form, path)
    path.write_text(path.read_text().replace(",Died?,", ",Dead at discharge?,"))
    assert read_form(path, "x")[0].fields[0].label == "Dead at discharge?"


@pytest.mark.parametrize("choice", ["a | b", "a  b", "<b>a</b>"])
def test_a_choice_that_redcap_cannot_hold_is_refused(tmp_path: Path, choice: str) -> None:
    form = Form(title="x", fields=(Field(name="c", type="choice", choices=(choice,)),))
    with pytest.raises(RecordsError, match="REDCap cannot hold the choice"):
        write_dictionary(form, tmp_path / "ours.csv")


def test_not_documented_is_never_no_in_a_redcap_import(tmp_path: Path) -> None:
    form = Form(title="x", fields=(Field(name="died", type="yes or no"),))
    store = create(tmp_path / "review.db", form, title="x")
    store.add_account("Ann", "abstractor", "hash", by="Cora")
    store.add_charts([Chart(n, "", "", False) for n in ("p1", "p2", "p3")], [], [], by="Cora")
    said = {"p1": ("answered", "no"), "p2": ("not documented", ""), "p3": ("answered", "yes")}
    for chart, (status, value) in said.items():
        assigning.give(store, chart, "Ann", 1, by="Cora")
        answers.save(store, chart, "died", "Ann", status=status, value=value, base=0)  # type: ignore[arg-type]
        answers.finish(store, chart, "Ann")
    write_records(store, tmp_path / "records.csv")
    rows = (tmp_path / "records.csv").read_text().splitlines()
    assert rows == ["record_id,died", "p1,0", "p2,ND", "p3,1"]
