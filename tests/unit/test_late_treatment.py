"""Arms that begin after day 0: what a protocol may choose, and what each choice does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from casewise import stats
from casewise.protocol.late_treatment import at_landmark, demand, late_arms
from casewise.protocol.model import Study
from casewise.stats import clone_weights

STUDY: dict[str, Any] = {
    "title": "A study",
    "events": {
        "admission": {"visit": "inpatient"},
        "drug": {"drug": "drug"},
        "discharge": {"visit end": "inpatient"},
        "death": {"death": "any cause"},
    },
    "cohort": {"index": "first admission"},
    "arms": {"drug": {"event": "drug"}, "no drug": "otherwise"},
    "outcomes": {"survival": {"time to": "death"}},
}


def study(choice: Any = None, **changes: Any) -> Study:
    analysis = {} if choice is None else {"treatment after day 0": choice}
    return Study.model_validate({**STUDY, "analysis": analysis, **changes})


def mistakes(made: Study) -> list[str]:
    from casewise.protocol.check import check_study

    return [mistake.message for mistake in check_study(made)]


@pytest.mark.parametrize(
    ("rule", "late"),
    [
        ({"event": "drug"}, True),
        ({"event": "drug", "within": "1 day"}, True),
        ({"event": "drug", "from": "index", "to": "discharge"}, True),
        ({"not": {"event": "drug", "within": "3 days"}}, True),
        ({"event": "drug", "within": "0 days"}, False),
        ({"event": "drug", "until": "index"}, False),
        ({"age": ">= 60"}, False),
    ],
)
def test_an_arm_is_late_where_its_rule_looks_past_day_0(rule: Any, late: bool) -> None:
    made = study(arms={"drug": rule, "no drug": "otherwise"})
    assert bool(late_arms(made)) is late
    assert bool(demand(made)) is late


def test_a_choice_once_made_is_not_asked_for() -> None:
    assert demand(study("naive")) == ""


def test_a_check_asks_for_the_choice_and_names_criteria_that_look_past_day_0(
    tmp_path: Path,
) -> None:
    from casewise import pipeline

    example = Path(__file__).resolve().parents[2] / "examples" / "plasma_exchange"
    text = (example / "study.yaml").read_text().replace("  treatment after day 0: naive\n", "")
    (tmp_path / "study.yaml").write_text(text)
    found = pipeline.check(
        tmp_path / "study.yaml", example / "site.yaml", records=example / "charts.csv"
    )
    assert found.exit_code == 10
    (asked,), late = found.errors, found.warnings[0]
    assert "Choose how that is analysed" in asked.message
    for choice in ("naive", "landmark", "time-dependent", "clone-censor-weight"):
        assert choice in asked.hint
    assert '"myositis" looks past day 0' in late.message


@pytest.mark.parametrize("choice", ["naive", {"how": "naive"}])
def test_the_word_alone_will_do(choice: Any) -> None:
    chosen = study(choice).analysis.treatment_after_day_0
    assert chosen is not None
    assert chosen.how == "naive"


@pytest.mark.parametrize(
    "choice",
    [
        "sometimes",
        {"landmark": "30 days", "how": "naive"},
        {},
        {"landmark": "30 days", "later starts": "censored"},
    ],
)
def test_a_choice_is_one_of_those_that_there_are(choice: Any) -> None:
    with pytest.raises(ValueError, match=r"treatment after day 0|later starts|naive"):
        study(choice)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"choice": {"landmark": "1 month"}}, "not the same number of days"),
        (
            {
                "choice": {"landmark": "30 days"},
                "outcomes": {"d": {"event": "death", "within": "30 days"}},
            },
            "before the landmark",
        ),
        (
            {
                "choice": "time-dependent",
                "outcomes": {"d": {"event": "death", "within": "30 days"}},
            },
            "times to event",
        ),
        (
            {
                "choice": "time-dependent",
                "arms": {"a": {"event": "drug"}, "b": {"not": {"event": "drug"}}},
            },
            "two arms",
        ),
        (
            {"choice": {"clone-censor-weight": "7 days", "weights from": ["weight"]}},
            'no covariate is called "weight"',
        ),
        (
            {
                "choice": "naive",
                "arms": {"old": {"age": ">= 60"}, "young": "otherwise"},
            },
            "nothing to choose",
        ),
    ],
)
def test_a_choice_that_does_not_fit_is_a_mistake(changes: dict[str, Any], said: str) -> None:
    assert any(said in message for message in mistakes(study(**changes)))


def test_a_landmark_cuts_windows_short_and_leaves_those_that_end_before_it() -> None:
    made = at_landmark(
        study(
            {"landmark": "30 days"},
            arms={
                "early": {"event": "drug", "within": "7 days"},
                "stay": {"event": "drug", "from": "8 days after", "to": "discharge"},
                "none": "otherwise",
            },
        )
    )
    early, stay = made.arms["early"], made.arms["stay"]
    assert early != "otherwise"
    assert stay != "otherwise"
    assert str(early.within) == "7 days"
    assert [str(part.to) for part in stay.all_of or ()] == ["discharge", "30 days after"]


def test_time_is_split_where_treatment_starts() -> None:
    rows = stats.stretches([10, 5, 4, 0], [1, 1, 1, 1], [3, np.nan, 4, 0])
    found = sorted(zip(rows.patient, rows.entry, rows.time, rows.event, rows.treated, strict=True))
    assert found == [
        (0, 0.0, 4.0, False, False),
        (0, 4.0, 11.0, True, True),
        (1, 0.0, 6.0, True, False),
        (2, 0.0, 4.5, False, False),
        (2, 4.5, 5.0, True, True),
        (3, 0.0, 0.5, False, False),
        (3, 0.5, 1.0, True, True),
    ]


def test_a_start_after_the_end_of_follow_up_does_not_count() -> None:
    assert not stats.stretches([5], [0], [9]).treated.any()


def test_expected_events_sum_to_those_that_happened() -> None:
    rows = stats.stretches([10, 5, 4, 7], [1, 1, 1, 0], [3, np.nan, 4, 2])
    assert sum(stats.expected_events(rows, rows.treated)) == pytest.approx(3)


def test_clones_follow_each_strategy_until_the_records_contradict_it() -> None:
    # started on day 2; never, seen to day 9; died on day 3 untreated; started late, on day 8
    time, event = [9, 9, 3, 20], [0, 0, 1, 1]
    made = stats.clone_censor_weight(time, event, [2, np.nan, np.nan, 8], 5, resamples=100)
    start, wait = made.clones
    assert (start.censored, wait.censored) == (2, 1)
    assert int(start.event.sum()) == 1  # the early death belongs to both strategies
    assert int(wait.event.sum()) == 2
    stopped = stats.clone_censor_weight(
        time, event, [2, np.nan, np.nan, 8], 5, later_starts="censored", resamples=100
    )
    assert stopped.clones[1].censored == 2


def test_without_covariates_clones_weigh_one() -> None:
    made = stats.clone_censor_weight([9, 9, 3, 8], [0, 1, 1, 1], [2, np.nan, np.nan, 8], 5)
    assert made.largest_weight == 1
    assert all((clones.weight == 1).all() for clones in made.clones)


def test_cloning_says_when_nobody_starts() -> None:
    made = stats.clone_censor_weight([9, 9], [0, 1], [np.nan, np.nan], 5)
    assert made.hazard_ratio.value is None
    assert "nobody" in made.reason


def test_cloning_removes_immortal_time_and_the_confounding_of_who_starts() -> None:
    generator = np.random.default_rng(20)
    n = 20_000
    severe = generator.integers(0, 2, n).astype(float)
    start = generator.exponential(size=n) / (0.03 * np.exp(severe))
    death = generator.exponential(size=n) / (0.004 * np.exp(severe))  # treatment does nothing
    time = np.floor(np.minimum(death, 365))
    event = death <= 365
    begun = np.where(start < death, np.floor(start), np.nan)
    naive = stats.hazard_ratio(time, event, begun <= 30).value
    patients = clone_weights._patients(time, event, begun, severe)
    plain = clone_weights._patients(time, event, begun, None)
    ratios = []
    for one in (patients, plain):
        made = clone_weights._clones(one, 30, 30)
        assert not isinstance(made, str)
        ratios.append(clone_weights._hazard_ratio(made)[0])
    adjusted, unadjusted = ratios
    assert adjusted == pytest.approx(1, abs=0.04)
    assert unadjusted is not None
    assert unadjusted > 1.15  # the severe start sooner
    assert naive is not None


def test_a_query_makes_a_chart_table(tmp_path: Path) -> None:
    import casewise

    (tmp_path / "rows.csv").write_text(
        "id,start,stop,drug,event\n"
        + "".join(
            f"{i},0,{10 + i},{i % 2},{int(i < 12)}\n{i},{10 + i},{40 + i},{i % 2},0\n"
            for i in range(24)
        )
    )
    (tmp_path / "charts.sql").write_text(
        "SELECT id, DATE '2020-01-01' AS admitted,"
        " CASE WHEN max(drug) = 1 THEN admitted + 2 END AS drug,"
        " CASE WHEN max(event) = 1 THEN admitted + CAST(max(stop) AS INTEGER) END AS died,"
        " admitted + CAST(max(stop) AS INTEGER) AS seen"
        " FROM read_csv('rows.csv') GROUP BY id"
    )
    (tmp_path / "site.yaml").write_text(
        "records: {query: charts.sql}\npatient: id\nextracted: 2021-01-01\n"
        "follow up: [seen, died]\nevents:\n  admission: {date: admitted}\n"
        "  drug: {date: drug}\n  death: {date: died}\n"
    )
    import ruamel.yaml

    data = {**STUDY, "events": {k: v for k, v in STUDY["events"].items() if k != "discharge"}}
    with (tmp_path / "study.yaml").open("w") as file:
        ruamel.yaml.YAML().dump({**data, "analysis": {"treatment after day 0": "naive"}}, file)
    found = casewise.run(tmp_path / "study.yaml", tmp_path / "site.yaml")
    assert [arm.n for arm in found.arms] == [12, 12]
    assert [source.rows for source in found.provenance.records] == [None, 24]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("COPY (SELECT 1) TO 'out.csv'", "one SELECT"),
        ("SELEC 1", "cannot be read as SQL"),
        ("SELECT * FROM read_csv('nothing.csv')", "failed"),
    ],
)
def test_a_query_that_is_not_one_is_refused(tmp_path: Path, query: str, said: str) -> None:
    from casewise.errors import RecordsError
    from casewise.protocol.site import Source
    from casewise.records.query import read_query

    (tmp_path / "q.sql").write_text(query)
    with pytest.raises(RecordsError, match=said):
        read_query(tmp_path / "q.sql", Source(query="q.sql"))
    assert not (tmp_path / "out.csv").exists()


def test_a_query_over_a_package_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    from casewise.errors import RecordsError
    from casewise.protocol.site import Source
    from casewise.records.query import read_query

    (tmp_path / "q.sql").write_text("SELECT 1 AS id")
    with pytest.raises(RecordsError, match="not installed"):
        read_query(tmp_path / "q.sql", Source(query="q.sql", package="no_such_package"))
