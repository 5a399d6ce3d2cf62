"""casewise review on the command line. Every patient is made up."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from casewise.cli import cli
from casewise.errors import ProtocolError
from casewise.records.dictionary import read_dictionary
from casewise.review import answers
from casewise.review.form import Field, Form, ShowWhen, keeping
from casewise.review.form_files import dumped, loaded
from casewise.review.redcap import read_form, variables, write_dictionary
from casewise.review.store import Store
from review_support import CHARTS, SITE, STUDY, the_form
from small_review import FORM, fill, review


def run(*arguments: str | Path, told: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["review", *map(str, arguments)], input=told)
    return done.exit_code, done.output


def test_a_review_goes_from_the_protocol_to_its_charts(tmp_path: Path) -> None:
    db = tmp_path / "r.db"
    code, said = run("init", STUDY, "--site", SITE, "--db", db)
    assert (code, "a form of 62 fields" in said) == (0, True)
    assert run("import", CHARTS, "--db", db) == (0, "19 charts, 723 records, 251 notes\n")
    _, said = run("status", "--db", db, "--json")
    assert json.loads(said)["charts"] == 19
    assert run("init", STUDY, "--site", SITE, "--db", db)[0] == 11  # never written over


def test_charts_that_cannot_be_read_are_named_by_line_and_none_is_added(tmp_path: Path) -> None:
    run("init", STUDY, "--site", SITE, "--db", tmp_path / "r.db")
    (tmp_path / "persons.csv").write_text("patient,sex\np1,F\np1,M\n,F\n")
    (tmp_path / "items.csv").write_text(
        "patient,domain,start,value\np2,drug,2020-01-01,\np1,pill,2020-01-01,\n"
        "p1,drug,1.1.2020,\np1,measurement,2020-01-01,high\n"
    )
    (tmp_path / "notes.csv").write_text("note,patient,tme,text\nn1,p1,2020-01-01,x\n")
    code, said = run("import", tmp_path, "--db", tmp_path / "r.db")
    assert code == 11
    for told in (
        "persons.csv, line 3: this patient stands in the file twice",
        "persons.csv, line 4: no patient",
        "items.csv, line 2: this patient is not in persons.csv",
        'items.csv, line 3: "pill" is not a kind of record',
        "items.csv, line 4: a date is written year-month-day",
        "items.csv, line 5: a value is a number",
        'notes.csv: no column "time"',
    ):
        assert told in said
    assert Store(tmp_path / "r.db").charts() == []


def test_a_broken_log_is_told_by_its_entry(tmp_path: Path) -> None:
    store = review(tmp_path / "review.db")
    fill(store, "p1", "Ann")
    store.close()
    assert run("verify", "--db", tmp_path / "review.db")[0] == 0
    connection = sqlite3.connect(tmp_path / "review.db")
    connection.execute("DROP TRIGGER log_is_never_changed")
    connection.execute("UPDATE log SET who = 'Bo' WHERE seq = 8")
    connection.commit()
    code, said = run("verify", "--db", tmp_path / "review.db")
    assert (code, "broken at entry 8" in said) == (11, True)
    code, said = run("restore", tmp_path / "review.db", "--db", tmp_path / "new.db")
    assert (code, (tmp_path / "new.db").exists()) == (11, False)


def test_a_backup_brings_the_whole_review_back_and_writes_over_nothing(tmp_path: Path) -> None:
    store = review(tmp_path / "review.db")
    fill(store, "p1", "Ann")
    assert run("backup", tmp_path / "b.db", "--db", tmp_path / "review.db")[0] == 0
    assert run("backup", tmp_path / "b.db", "--db", tmp_path / "review.db")[0] == 11
    assert run("restore", tmp_path / "b.db", "--db", tmp_path / "new.db")[0] == 0
    again = Store(tmp_path / "new.db")
    assert again.verify() == store.verify()
    assert answers.of_chart(again, "p1", "Ann") == answers.of_chart(store, "p1", "Ann")


def test_a_review_that_is_not_settled_is_not_locked(tmp_path: Path) -> None:
    store = review(tmp_path / "review.db", share=0)
    code, said = run("lock", "--yes", "--db", tmp_path / "review.db")
    assert (code, "chart 1: not settled" in said) == (14, True)
    for chart in ("p1", "p2"):
        for who in ("Ann", "Bo"):
            if store.rows("SELECT 1 FROM assignment WHERE chart = ? AND who = ?", chart, who):
                fill(store, chart, who)
    assert run("lock", "--db", tmp_path / "review.db", told="n\n")[0] != 0
    assert store.locked() is None
    assert run("lock", "--yes", "--db", tmp_path / "review.db")[0] == 0
    assert store.locked() is not None


def test_no_cell_of_an_export_is_a_formula(tmp_path: Path) -> None:
    form = Form(
        title="x", fields=(Field(name="=cmd()", type="text"), Field(name="n", type="number"))
    )
    store = review(tmp_path / "review.db")
    store.change_form(form, "Cora")
    for field, value in (("=cmd()", "+HYPERLINK(1)"), ("n", "-3")):
        answers.save(store, "p1", field, "Ann", status="answered", value=value, base=0)
    answers.finish(store, "p1", "Ann")
    for more in ((), ("--redcap",)):
        out = tmp_path / f"out{len(more)}"
        assert run("export", "--db", tmp_path / "review.db", "--out", out, *more)[0] == 0
        for path in out.glob("*.csv"):
            with path.open(newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert [c for c in cells if c.startswith(("=", "+", "@"))] == []
    with (tmp_path / "out0" / "readings.csv").open(newline="") as file:
        said = {row["field"]: row["answer"] for row in csv.DictReader(file)}
    assert said == {"'=cmd()": "'+HYPERLINK(1)", "n": "-3"}


def test_the_variables_of_a_redcap_form_are_ones_that_redcap_takes(tmp_path: Path) -> None:
    form = the_form()
    write_dictionary(form, tmp_path / "d.csv")
    names = [name for several in variables(form).values() for name in several]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 26 and name[0].isalpha() for name in names)
    assert list(read_dictionary(tmp_path / "d.csv", "utf-8-sig").fields) == ["record_id", *names]
    back, _ = read_form(tmp_path / "d.csv", form.title)
    assert keeping(form, back) == form


def test_what_a_form_cannot_say_of_a_redcap_dictionary_is_told(tmp_path: Path) -> None:
    write_dictionary(FORM, tmp_path / "d.csv")
    text = (tmp_path / "d.csv").read_text()
    text = text.replace("[ventilated] = '1'", "[ventilated] = '1' and [ferritin] > 3")
    (tmp_path / "d.csv").write_text(text + f"bmi,review,,calc,BMI,[a]/[b]{',' * 12}\n")
    form, left_out = read_form(tmp_path / "d.csv", "x")
    assert [one.split(" ")[0].rstrip(":") for one in left_out] == ["ventilated_on", "bmi"]
    asked = form.field("ventilated on")
    assert asked is not None
    assert asked.show_when is None


def test_a_form_in_yaml_comes_back_as_it_was_and_its_mistakes_have_a_line(tmp_path: Path) -> None:
    path = tmp_path / "form.yaml"
    path.write_text(dumped(FORM))
    assert loaded(path, "x") == (FORM, [])
    path.write_text("title: x\nfields:\n- name: a\n  type: yes or no\n- name: b\n  type: nmber\n")
    with pytest.raises(ProtocolError, match=r"form.yaml:6:3"):
        loaded(path, "x")
    for text in ("fields: [", "title: x\n", "- a\n"):
        path.write_text(text)
        with pytest.raises(ProtocolError):
            loaded(path, "x")


def test_a_branch_that_hangs_on_a_later_field_is_a_mistake() -> None:
    late = Field(name="a", type="date", show_when=ShowWhen(field="b", is_=("yes",)))
    with pytest.raises(ValueError, match="not asked before it"):
        Form(title="x", fields=(late, Field(name="b", type="yes or no")))


def test_a_change_of_the_form_says_what_it_touches_before_it_is_made(tmp_path: Path) -> None:
    fill(review(tmp_path / "review.db"), "p1", "Ann")
    path = tmp_path / "form.yaml"
    path.write_text(dumped(FORM).replace("high: '100000'", "high: '5000'"))
    ask = ("form", "--set", path, "--db", tmp_path / "review.db")
    _, said = run(*ask, told="n\n")
    assert "changed: ferritin (high); 1 answers" in said
    assert Store(tmp_path / "review.db").form_version()[0] == 1
    assert run(*ask, "--yes")[1].endswith("Version 2 of the form.\n")


def test_charts_are_given_out_by_the_protocols_share(tmp_path: Path) -> None:
    db = tmp_path / "r.db"
    run("init", STUDY, "--site", SITE, "--db", db)
    run("import", CHARTS, "--db", db)
    assert run("assign", "Ann", "--db", db)[0] == 12
    store = Store(db)
    for name in ("Ann", "Bo"):
        store.add_account(name, "abstractor", "hash", by="Cora")
    code, said = run("assign", "Ann", "Bo", "--db", db, "--seed", "1")
    assert (code, said) == (0, "19 charts given out, 100% of them twice\n")
    assert run("assign", "Ann", "--db", db, "--share", "lots")[0] == 2
