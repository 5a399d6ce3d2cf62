"""The store of a chart review, in a file and in Postgres: nothing lost, nothing hidden.

Every patient is made up.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

import casewise
from casewise.cli import cli
from casewise.errors import RecordsError
from casewise.review import answers, assigning, log
from casewise.review.copying import copy
from casewise.review.form import Field, Form, applies, unanswered
from casewise.review.store import (
    Chart,
    ConflictError,
    Evidence,
    Note,
    ReviewError,
    Store,
    create,
)
from postgres_support import Server, empty_database
from review_support import CHARTS, SITE, STUDY, right_answers
from review_web_support import Person, app_of, example
from small_review import FORM, Place, fill, review


def test_an_answer_that_was_acknowledged_is_there_when_the_file_is_opened_again(
    place: Place,
) -> None:
    store = review(place)
    quote = Evidence("n1", 8, 17, "intubated")
    made = answers.save(
        store, "p1", "ventilated", "Ann", status="answered", value="yes", evidence=[quote], base=0
    )
    store.close()
    again = answers.of_chart(Store(place), "p1", "Ann")
    assert again == {"ventilated": made}
    assert made.evidence == (quote,)


def test_the_later_of_two_saves_on_one_version_is_told_and_nothing_is_lost(place: Place) -> None:
    store = review(place)
    first = answers.save(store, "p1", "ferritin", "Ann", status="answered", value="900", base=0)
    with pytest.raises(ConflictError) as told:
        answers.save(store, "p1", "ferritin", "Ann", status="answered", value="90", base=0)
    assert told.value.newer == first
    assert answers.of_chart(store, "p1", "Ann")["ferritin"].value == "900"


def test_undo_brings_back_the_answer_before_and_undo_of_undo_what_was_undone(
    place: Place,
) -> None:
    store = review(place)
    one = answers.save(store, "p1", "ferritin", "Ann", status="answered", value="900", base=0)
    two = answers.save(store, "p1", "ferritin", "Ann", status="not documented", base=one.version)
    back = answers.undo(store, "p1", "ferritin", "Ann", base=two.version)
    assert back is not None
    assert (back.status, back.value) == ("answered", "900")
    again = answers.undo(store, "p1", "ferritin", "Ann", base=back.version)
    assert again is not None
    assert again.status == "not documented"
    assert len(answers.history(store, "p1", "ferritin", "Ann")) == 4


def test_undo_of_the_first_answer_leaves_none_and_the_log_keeps_it(place: Place) -> None:
    store = review(place)
    one = answers.save(store, "p1", "ferritin", "Ann", status="answered", value="900", base=0)
    assert answers.undo(store, "p1", "ferritin", "Ann", base=one.version) is None
    assert answers.of_chart(store, "p1", "Ann") == {}
    assert [e.body["value"] for e in answers.history(store, "p1", "ferritin", "Ann")] == ["900", ""]


@pytest.mark.parametrize(
    ("field", "status", "value", "told"),
    [
        ("ferritin", "answered", "a lot", "written in digits"),
        ("ferritin", "answered", "-1", "between 0 and 100000 ng/mL"),
        ("ferritin", "answered", "nan", "not a number"),
        ("ferritin", "answered", " ", "not documented"),
        ("ferritin", "not documented", "900", "has no value"),
        ("ventilated", "answered", "maybe", "one of: yes, no"),
        ("ventilated on", "answered", "9.3.2020", "year-month-day"),
        ("ventilated on", "answered", "2019-03-09", "between 2020-01-01"),
        ("blood group", "answered", "A", "no such field"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    place: Place, field: str, status: str, value: str, told: str
) -> None:
    store = review(place)
    with pytest.raises(ReviewError, match=told):
        answers.save(store, "p1", field, "Ann", status=status, value=value, base=0)  # type: ignore[arg-type]
    assert answers.of_chart(store, "p1", "Ann") == {}


def test_evidence_has_to_stand_in_a_note_of_the_chart(place: Place) -> None:
    store = review(place)
    for quote in (
        Evidence("n1", 8, 17, "extubated"),
        Evidence("n1", 8, 999, ""),
        Evidence("n9", 0, 1, "S"),
    ):
        with pytest.raises(ReviewError, match="does not stand there"):
            answers.save(
                *(store, "p1", "ventilated", "Ann"),
                **{"status": "answered", "value": "yes", "evidence": [quote], "base": 0},  # type: ignore[arg-type]
            )


def test_nobody_answers_a_chart_of_others(place: Place) -> None:
    store = review(place, share=0)
    other = "Bo" if assigning.assignments(store, chart="p1")[0].who == "Ann" else "Ann"
    for who in (other, "Jude", "Cora"):
        with pytest.raises(ReviewError, match="not assigned to you"):
            answers.save(store, "p1", "ferritin", who, status="answered", value="1", base=0)


def test_a_field_off_its_branch_is_not_asked_and_one_on_it_is(place: Place) -> None:
    store = review(place)
    assert answers.missing(store, "p1", "Ann") == [
        "ventilated",
        "ventilated on",
        "ferritin",
        "died",
    ]
    answers.save(store, "p1", "ventilated", "Ann", status="answered", value="no", base=0)
    assert answers.missing(store, "p1", "Ann") == ["ferritin", "died"]
    branch = FORM.fields[1]
    assert applies(FORM, branch, {"ventilated": ("answered", "yes")}) is True
    assert applies(FORM, branch, {"ventilated": ("not documented", "")}) is False
    assert applies(FORM, branch, {}) is None
    assert unanswered(FORM, {"ventilated": ("answered", "yes")}, blinded=True) == [
        "ventilated on",
        "ferritin",
    ]


def test_a_chart_is_not_done_before_all_is_answered_and_not_changed_after(place: Place) -> None:
    store = review(place)
    with pytest.raises(ReviewError, match="still to be answered: ventilated, ventilated on"):
        answers.finish(store, "p1", "Ann")
    fill(store, "p1", "Ann")
    with pytest.raises(ReviewError, match="is done"):
        answers.save(store, "p1", "ferritin", "Ann", status="answered", value="2", base=1)
    answers.reopen(store, "p1", "Ann", by="Cora", reason="a typing error")
    now = answers.of_chart(store, "p1", "Ann")["ferritin"].version
    answers.save(store, "p1", "ferritin", "Ann", status="answered", value="2", base=now)


def test_differences_are_seen_once_both_are_done_and_a_decision_settles_them(
    place: Place,
) -> None:
    store = review(place)
    fill(store, "p1", "Ann", ventilated="yes", ventilated_on="2020-03-09")
    assert answers.differences(store) == []
    fill(store, "p1", "Bo", ferritin="?")
    assert [one.field for one in answers.differences(store)] == [
        "ventilated",
        "ventilated on",  # a date and "not applicable"
        "ferritin",
    ]
    assert answers.settled(store, "p1")[1] == ["ventilated", "ventilated on", "ferritin"]
    with pytest.raises(ReviewError, match="has a reason"):
        answers.decide(
            store, "p1", "ventilated", "Jude", status="answered", value="yes", reason=" "
        )
    with pytest.raises(ReviewError, match="do not differ"):
        answers.decide(store, "p1", "died", "Jude", status="answered", value="yes", reason="so")
    said = {"ventilated": "yes", "ventilated on": "2020-03-09", "ferritin": "900"}
    for field, value in said.items():
        answers.decide(
            store, "p1", field, "Jude", status="answered", value=value, reason="the note"
        )
    assert answers.differences(store, open_only=True) == []
    final, unsettled = answers.settled(store, "p1")
    assert unsettled == []
    assert {name: one.value for name, one in final.items()} == said | {"died": "no"}


def test_what_both_say_is_settled_without_anybody(place: Place) -> None:
    store = review(place)
    fill(store, "p1", "Ann")
    fill(store, "p1", "Bo")
    final, unsettled = answers.settled(store, "p1")
    assert (unsettled, final["ventilated on"].status) == ([], "not applicable")


def test_one_number_written_in_two_ways_is_no_difference(place: Place) -> None:
    store = review(place)
    fill(store, "p1", "Ann", ferritin="900")
    fill(store, "p1", "Bo", ferritin="900.0")
    assert answers.differences(store) == []
    final, unsettled = answers.settled(store, "p1")
    assert (final["ferritin"].value, unsettled) == ("900", [])


def test_the_share_read_twice_is_given_to_two_different_people(place: Place) -> None:
    store = create(place, FORM, title="Made up")
    for name in ("A", "B", "C"):
        store.add_account(name, "abstractor", "hash", by="A")
    store.add_charts([Chart(f"p{n}", "F", "", False) for n in range(30)], [], [], by="A")
    assert assigning.assign(store, ["A", "B", "C"], 0.2, by="A", seed=7) == 30
    given = assigning.assignments(store)
    assert sum(one.place == 2 for one in given) == 6
    assert len({(one.chart, one.who) for one in given}) == len(given) == 36
    counts = [sum(one.who == name for one in given if one.place == 1) for name in "ABC"]
    assert counts == [10, 10, 10]
    assert assigning.assign(store, ["A", "B"], 1, by="A") == 0


def test_a_lock_lets_nothing_change_any_more(place: Place) -> None:
    store = review(place)
    sealed = store.lock("Cora")
    for change in (
        lambda: answers.save(store, "p1", "ferritin", "Ann", status="answered", value="1", base=0),
        lambda: store.change_form(FORM, "Cora"),
        lambda: store.lock("Cora"),
        lambda: assigning.give(store, "p1", "Ann", 3, by="Cora"),
    ):
        with pytest.raises(ReviewError, match="locked"):
            change()
    assert store.verify().head == sealed


def tampered(path: Path, sql: str) -> log.Verified:
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TRIGGER log_is_never_changed; DROP TRIGGER log_is_never_shortened;"
    )
    connection.execute(sql)
    connection.commit()
    connection.close()
    return Store(path).verify()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE log SET body = REPLACE(body, '900', '901') WHERE field = 'ferritin'",
        "UPDATE log SET who = 'Bo' WHERE field = 'ferritin'",
        "UPDATE log SET at = '2020-01-01T00:00:00.000+00:00' WHERE field = 'ferritin'",
        "DELETE FROM log WHERE field = 'ferritin'",
        "UPDATE log SET field = 'ferriti', body = 'n' || body WHERE field = 'ferritin'",
    ],
)
def test_a_log_that_was_tampered_with_does_not_verify(tmp_path: Path, sql: str) -> None:
    store = review(tmp_path / "review.db")
    fill(store, "p1", "Ann")
    whole = store.verify()
    assert whole.broken is None
    assert whole.entries == len(store.entries(most=-1))
    store.close()
    assert tampered(tmp_path / "review.db", sql).broken is not None


def test_the_database_itself_refuses_to_change_the_log(tmp_path: Path) -> None:
    review(tmp_path / "review.db").close()
    connection = sqlite3.connect(tmp_path / "review.db")
    for sql in ("UPDATE log SET who = 'x'", "DELETE FROM log"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            connection.execute(sql)


def test_many_at_once_write_one_whole_log(place: Place) -> None:
    store = review(place)

    def work(who: str) -> None:
        version = 0
        for value in range(25):
            made = answers.save(
                store, "p1", "ferritin", who, status="answered", value=str(value), base=version
            )
            version = made.version
        store.close()

    threads = [threading.Thread(target=work, args=(who,)) for who in ("Ann", "Bo")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert store.verify().broken is None
    assert len(store.entries(most=-1, kind="answer")) == 50


def test_search_finds_words_and_phrases_and_reads_no_query_language(place: Place) -> None:
    store = review(place)
    assert [note.note for note in store.search("march intubated")] == ["n1"]
    assert [note.note for note in store.search('"ninth of March"', chart="p1")] == ["n1"]
    assert store.search('"March ninth"') == []
    assert store.search("intubated", chart="p2") == []
    for odd in ("", '"', "* OR", "NEAR(", "text:a", "a\0b", "-"):
        store.search(odd)


def test_accounts_are_one_to_a_name_and_a_coordinator_stays(place: Place) -> None:
    store = review(place)
    with pytest.raises(ReviewError, match="already"):
        store.add_account("ANN", "reader", "hash", by="Cora")
    with pytest.raises(ReviewError, match="coordinator"):
        store.set_active("Cora", False, by="Cora")
    with pytest.raises(ReviewError, match="coordinator"):
        store.set_role("Cora", "reader", by="Cora")
    account = store.account("cora")
    assert account is not None
    assert account.active
    assert "hash" not in " ".join(str(e.body) for e in store.entries(most=-1))


def test_a_new_version_of_the_form_says_which_answers_it_touches(place: Place) -> None:
    store = review(place)
    fill(store, "p1", "Ann")
    fields = [one for one in FORM.fields if one.name != "died"]
    fields[2] = fields[2].model_copy(update={"unit": "µg/L"})
    new = Form(title="Two", fields=(*fields, Field(name="smoker", type="yes or no")))
    said = [(one.field, one.what, one.keys, one.answers) for one in store.touched(new)]
    assert said == [
        ("ferritin", "changed", ("unit",), 1),
        ("smoker", "added", (), 0),
        ("died", "removed", (), 1),
    ]
    store.change_form(new, "Cora")
    assert store.form_version() == (2, new)


def test_charts_come_whole_or_not_at_all(place: Place) -> None:
    store = review(place)
    with pytest.raises(ReviewError, match="of no chart"):
        store.add_charts([Chart("p3", "F", "", False)], [], [Note("n9", "p9", "", "", "")], by="C")
    with pytest.raises(ReviewError, match="twice"):
        store.add_charts([Chart("p3", "F", "", False), Chart("p1", "F", "", False)], [], [], by="C")
    assert [one.chart for one in store.charts()] == ["p1", "p2"]


def test_a_file_that_is_no_review_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "no.db").write_text("not a database, but long enough to look like one" * 30)
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.commit()
    for name, told in (
        ("no.db", "not a chart review"),
        ("other.db", "not a chart review"),
        ("none.db", "no such file"),
    ):
        with pytest.raises(RecordsError, match=told):
            Store(tmp_path / name)
    with pytest.raises(RecordsError, match="is there already"):
        create(tmp_path / "other.db", FORM, title="x")


def test_a_review_moves_between_a_file_and_postgres_whole(tmp_path: Path, postgres: Server) -> None:
    store = review(tmp_path / "review.db")
    fill(store, "p1", "Ann", ferritin="900")
    fill(store, "p1", "Bo", ferritin="901")
    answers.decide(store, "p1", "ferritin", "Jude", status="answered", value="900", reason="x")
    there = empty_database(postgres)
    moved = copy(tmp_path / "review.db", there)
    back = copy(there, tmp_path / "back.db")
    assert store.verify() == moved == back
    with pytest.raises(RecordsError, match="is there already"):
        copy(tmp_path / "review.db", there)
    for one in (Store(there), Store(tmp_path / "back.db")):
        assert answers.settled(one, "p1") == answers.settled(store, "p1")
        assert one.charts() == store.charts()
        assert one.items("p1") == store.items("p1")
        assert one.notes("p1") == store.notes("p1")
        assert one.accounts() == store.accounts()
        assert assigning.assignments(one) == assigning.assignments(store)
        assert [n.note for n in one.search("intubated")] == ["n1"]
        one.add_charts([Chart("p9", "F", "", False)], [], [], by="Cora")
        assert [c.chart for c in one.charts()] == ["p1", "p2", "p9"]


def test_postgres_itself_refuses_to_change_the_log(postgres: Server) -> None:
    import psycopg

    place = empty_database(postgres)
    review(place).close()
    with psycopg.connect(place, autocommit=True) as connection:
        for sql in ("UPDATE {} SET who = 'x'", "DELETE FROM {}", "TRUNCATE {}"):
            with pytest.raises(psycopg.errors.RaiseException, match="never"):
                connection.execute(sql.format("casewise_review.log"))  # type: ignore[arg-type]


def test_a_database_without_a_review_or_a_server_is_said_so_without_a_users_name(
    postgres: Server,
) -> None:
    with pytest.raises(RecordsError, match="there is no review") as none:
        Store(empty_database(postgres))
    with pytest.raises(RecordsError, match="cannot be opened") as away:
        Store("postgresql://someone@127.0.0.1:1/reviews")
    with pytest.raises(RecordsError, match="a password does not belong"):
        Store("postgresql://someone:secret@127.0.0.1:1/reviews")
    assert "someone" not in str(away.value) + str(none.value)


def test_a_connection_that_was_lost_is_said_so_and_the_next_call_has_another(
    postgres: Server,
) -> None:
    place = empty_database(postgres)
    store = review(place)
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'casewise review' AND datname = '" + place.split("/")[-1] + "'"
    )
    with pytest.raises(RecordsError, match="the database stopped"):
        answers.save(store, "p1", "ferritin", "Ann", status="answered", value="1", base=0)
    made = answers.save(store, "p1", "ferritin", "Ann", status="answered", value="1", base=0)
    assert made.value == "1"
    assert store.verify().broken is None


def test_a_nul_in_a_note_keeps_its_place_in_postgres(place: Place) -> None:
    store = review(place)
    note = Note("n2", "p1", "2020-03-11", "progress", "before\0after and intubated")
    store.add_charts([], [], [note], by="Cora")
    kept = store.note("p1", "n2")
    assert kept is not None
    assert (len(kept.text), kept.text[7:12]) == (len(note.text), "after")
    assert {n.note for n in store.search("intubated", chart="p1")} == {"n1", "n2"}


def test_the_pages_and_a_study_run_on_a_review_in_postgres(
    tmp_path: Path, postgres: Server
) -> None:
    """From the first answer in the browser's words to results equal to those of a file."""
    results = []
    for place in (tmp_path / "r.db", empty_database(postgres)):
        store = example(place)
        for name in ("Ann", "Bob"):
            person = Person(app_of(store), name)
            for chart, given in right_answers().items():
                for field, (status, value) in given.items():
                    if (name, chart, field) == ("Bob", "made-up-02", "last seen"):
                        value = "2013-02-17"
                    answers.save(store, chart, field, name, status=status, value=value, base=0)
                assert person.post(f"/chart/{chart}/done", done="yes").status_code == 303
        ada = Person(app_of(store), "Ada")
        assert "1 of 1 differences" in ada.get("/adjudicate/made-up-02").text
        settled = {"field": "last seen", "base": "0", "take": "0", "reason": "the letter"}
        assert ada.post("/adjudicate/made-up-02", **settled).status_code == 303
        carla = Person(app_of(store), "Carla")
        for path in ("/worklist?q=rituximab", "/agreement", "/quality", "/log", "/charts", "/lock"):
            assert carla.get(path).status_code == 200, path
        found = casewise.run(STUDY, SITE, records=place)
        results.append(found)
    file, server = results
    assert file.outcomes == server.outcomes
    assert file.baseline == server.baseline
    assert file.review is not None
    assert file.review.fields == server.review.fields  # type: ignore[union-attr]
    assert "postgres@" not in server.model_dump_json()


def test_the_commands_take_a_databases_address(tmp_path: Path, postgres: Server) -> None:
    place = empty_database(postgres)
    made = CliRunner().invoke(
        cli, ["review", "init", str(STUDY), "--site", str(SITE), "--db", place]
    )
    assert made.exit_code == 0, made.output
    assert "postgres@" not in made.output.splitlines()[0]
    for words in (["import", str(CHARTS)], ["status"], ["verify"], ["form"]):
        done = CliRunner().invoke(cli, ["review", *words, "--db", place])
        assert done.exit_code == 0, done.output
    copied = tmp_path / "copy.db"
    done = CliRunner().invoke(cli, ["review", "backup", str(copied), "--db", place])
    assert done.exit_code == 0, done.output
    assert Store(copied).verify() == Store(place).verify()
    back = empty_database(postgres)
    done = CliRunner().invoke(cli, ["review", "restore", str(copied), "--db", back])
    assert done.exit_code == 0, done.output
    again = CliRunner().invoke(cli, ["review", "restore", str(copied), "--db", back])
    assert (again.exit_code, "is there already" in again.output) == (11, True)
