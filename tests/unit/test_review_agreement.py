"""Agreement of abstractors by field. Every patient is made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise import stats
from casewise.review import again, agreement, answers, assigning, training
from casewise.review.form import Field, Form, ShowWhen
from casewise.review.store import Chart, ReviewError, Store, create

FORM = Form(
    fields=(
        Field(name="died", type="yes or no"),
        Field(name="died on", type="date", show_when=ShowWhen(field="died", is_=("yes",))),
        Field(name="ferritin", type="number"),
        Field(name="severity", type="choice", choices=("mild", "moderate", "severe"), ordered=True),
        Field(name="remark", type="text"),
    )
)


def review(folder: Path, people=("Ann", "Bo"), charts=8, training=(), plan=None) -> Store:
    store = create(folder / "review.db", FORM, title="Made up", plan=plan)
    for name in people:
        store.add_account(name, "abstractor", "hash", by="Cora")
    names = [f"p{i}" for i in range(charts)]
    store.add_charts([Chart(n, "", "", n in training) for n in names], [], [], by="Cora")
    return store


def read(store: Store, chart: str, who: str, said: dict[str, str], place: int) -> None:
    """``said`` by field; "?" is not documented."""
    assigning.give(store, chart, who, place, by="Cora")
    fill(store, chart, who, said)


def fill(store: Store, chart: str, who: str, said: dict[str, str]) -> None:
    for field, value in said.items():
        status = "not documented" if value == "?" else "answered"
        answers.save(
            *(store, chart, field, who),
            status=status,  # type: ignore[arg-type]
            value="" if value == "?" else value,
            base=0,
        )
    answers.finish(store, chart, who)


def alive(**said: str) -> dict[str, str]:
    return {"died": "no", "ferritin": "100", "severity": "mild", "remark": "none"} | said


def measures(found: agreement.FieldAgreement) -> dict[str, stats.Estimate]:
    return {one.measure: one for one in found.estimates}


def test_not_documented_is_not_no_and_branches_that_nobody_took_do_not_count(tmp_path):
    store = review(tmp_path)
    for i in range(8):
        read(store, f"p{i}", "Ann", alive(died="no"), 1)
        read(store, f"p{i}", "Bo", alive(died="?" if i < 2 else "no"), 2)
    found = {one.field: one for one in agreement.by_field(store)}
    assert (found["died"].agreed, found["died"].charts) == (6, 8)
    assert measures(found["died"])["percent agreement"].value == 0.75
    assert found["died on"].charts == 0
    assert measures(found["died on"])["percent agreement"].value is None


def test_a_branch_that_one_of_two_took_is_a_difference(tmp_path):
    store = review(tmp_path)
    read(store, "p0", "Ann", alive(died="yes", **{"died on": "2020-01-01"}), 1)
    read(store, "p0", "Bo", alive(died="no"), 2)
    found = {one.field: one for one in agreement.by_field(store)}
    assert (found["died on"].agreed, found["died on"].charts, found["died on"].both) == (0, 1, 0)


def test_each_type_of_field_has_its_measures(tmp_path):
    store = review(tmp_path)
    for i in range(8):
        day, other = f"2020-01-{i + 1:02}", f"2020-01-{i + 1 + i % 2 * 3:02}"
        scale = FORM.fields[3].choices
        common = {"died": "yes", "remark": "a"}
        one = {"ferritin": str(100 * i), "severity": scale[i % 3], "died on": day}
        two = {"ferritin": f"{100 * i}.0", "severity": scale[min(i % 3 + i // 7, 2)]}
        read(store, f"p{i}", "Ann", common | one, 1)
        read(store, f"p{i}", "Bo", common | two | {"died on": other}, 2)
    found = {one.field: one for one in agreement.by_field(store)}
    assert list(measures(found["died"])) == [
        *("percent agreement", "Cohen's kappa", "Gwet's AC1", "PABAK")
    ]
    assert measures(found["died"])["Cohen's kappa"].value is None  # all yes: undefined, not 0 or 1
    assert measures(found["died"])["Gwet's AC1"].value == 1
    assert list(measures(found["severity"]))[-2:] == [
        *("linear weighted kappa", "quadratic weighted kappa")
    ]
    assert found["severity"].agreed == 7
    assert found["ferritin"].agreed == 8  # 100 and 100.0 are one number
    assert measures(found["ferritin"])["ICC(2,1)"].value == 1
    assert measures(found["died on"])["median days apart"].value == 1.5
    assert list(measures(found["remark"])) == ["percent agreement"]


def test_changing_pairs_are_no_two_fixed_raters(tmp_path):
    store = review(tmp_path, people=("Ann", "Bo", "Cy"))
    for i, (one, two) in enumerate([("Ann", "Bo"), ("Bo", "Cy"), ("Cy", "Ann"), ("Ann", "Cy")]):
        read(store, f"p{i}", one, alive(died="no" if i else "?", ferritin=str(i)), 1)
        read(store, f"p{i}", two, alive(ferritin=str(i + 1)), 2)
    found = {one.field: one for one in agreement.by_field(store)}
    assert "Fleiss' kappa" in measures(found["died"])
    assert "Krippendorff's alpha" in measures(found["died"])
    assert "Cohen's kappa" not in measures(found["died"])
    assert "ICC(1,1)" in measures(found["ferritin"])


def test_two_people_are_two_raters_whoever_was_first_by_the_draw(tmp_path):
    """Ann always reads 3 higher: seen by ICC(2,1) however the places fell."""
    store = review(tmp_path)
    for i in range(8):
        one, two = ("Ann", "Bo") if i % 2 else ("Bo", "Ann")
        value = {"Ann": str(10 * i + 3), "Bo": str(10 * i)}
        read(store, f"p{i}", one, alive(ferritin=value[one]), 1)
        read(store, f"p{i}", two, alive(ferritin=value[two]), 2)
    (found,) = [one for one in agreement.by_field(store) if one.field == "ferritin"]
    table = [[10 * i + 3, 10 * i] for i in range(8)]
    assert measures(found)["ICC(2,1)"] == stats.intraclass_correlation(table)


def test_charts_in_training_and_charts_not_done_do_not_count(tmp_path):
    store = review(tmp_path, training=("p0",))
    for chart in ("p0", "p1"):
        read(store, chart, "Ann", alive(), 1)
        read(store, chart, "Bo", alive(died="?"), 2)
    read(store, "p2", "Ann", alive(), 1)
    assigning.give(store, "p2", "Bo", 2, by="Cora")
    assert {one.charts for one in agreement.by_field(store) if one.field != "died on"} == {1}


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_are_at_the_level_that_is_asked(tmp_path, level):
    store = review(tmp_path)
    read(store, "p0", "Ann", alive(), 1)
    read(store, "p0", "Bo", alive(), 2)
    for field in agreement.by_field(store, level=level):
        assert {one.level for one in field.estimates} == {level}


def test_training_opens_the_other_charts_at_the_pass_mark(tmp_path: Path) -> None:
    store = review(tmp_path, charts=3, training=("p0",), plan={"pass mark": 0.75})
    right = {name: ("answered", value) for name, value in alive().items()}
    training.set_key(store, "p0", right, by="Cora")
    assert assigning.assign(store, ["Ann", "Bo"], 1.0, by="Cora") == 2
    assert assigning.assign(store, ["Ann", "Bo"], 1.0, by="Cora") == 0
    assert {one.chart for one in assigning.assignments(store, who="Bo")} == {"p0", "p1", "p2"}
    with pytest.raises(ReviewError, match="training"):
        answers.save(store, "p1", "died", "Ann", status="answered", value="no", base=0)
    fill(store, "p0", "Ann", alive(severity="severe"))
    fill(store, "p0", "Bo", alive(severity="severe", died="?"))
    assert training.scores(store, "Ann") == [training.Score("p0", 3, 4, ("severity",))]
    assert training.opened(store, "p1", "Ann")
    assert not training.opened(store, "p1", "Bo")
    fill(store, "p1", "Ann", alive())
    with pytest.raises(ReviewError, match="training"):
        answers.save(store, "p1", "died", "Bo", status="answered", value="no", base=0)


def test_a_key_has_to_fit_the_form(tmp_path: Path) -> None:
    store = review(tmp_path, training=("p0",))
    with pytest.raises(ReviewError, match="no training chart"):
        training.set_key(store, "p1", {}, by="Cora")
    for field, told in (("dead", "no field"), ("died", "one of: yes, no")):
        with pytest.raises(ReviewError, match=told):
            training.set_key(store, "p0", {field: ("answered", "perhaps")}, by="Cora")


def test_charts_are_drawn_again_at_three_points_for_somebody_who_has_not_read_them(
    tmp_path: Path,
) -> None:
    store = review(tmp_path, people=("Ann", "Bo", "Cy"), plan={"read again": 0.25})
    for i in range(8):
        assigning.give(store, f"p{i}", "Ann", 1, by="Cora")
        assigning.give(store, f"p{i}", "Bo", 2, by="Cora")
    for i in range(8):
        fill(store, f"p{i}", "Ann", alive())
        fill(store, f"p{i}", "Bo", alive())
    drawn = [one.body for one in store.entries(kind="read again", most=-1)]
    assert [one["point"] for one in drawn] == [0.25, 0.5, 0.75]
    assert [len(one["given"]) for one in drawn] == [1, 1, 2]
    assert {who for one in drawn for _, who in one["given"]} == {"Cy"}
    (chart, who), *_ = drawn[0]["given"]
    fill(store, chart, who, alive(severity="severe"))
    first = again.drift(store)[0]
    assert (first.drawn, first.read, first.same, first.answers) == (1, 1, 3, 4)
    assert answers.differences(store) == []  # a later reading settles nothing


def test_nothing_is_drawn_where_everybody_has_read_it_all(tmp_path: Path) -> None:
    store = review(tmp_path, charts=4, plan={"read again": 0.25})
    for i in range(4):
        assigning.give(store, f"p{i}", "Ann", 1, by="Cora")
        assigning.give(store, f"p{i}", "Bo", 2, by="Cora")
    for i in range(4):
        fill(store, f"p{i}", "Ann", alive())
        fill(store, f"p{i}", "Bo", alive())
    assert [len(e.body["given"]) for e in store.entries(kind="read again")] == [0, 0, 0]
