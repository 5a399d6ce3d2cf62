"""What it would take to change a result: what the protocol may ask, and what it gets."""

from __future__ import annotations

import pytest

from adjustment_support import STUDY, charts, run, written
from casewise import protocol
from casewise.errors import ProtocolError

RASHES = {
    f"rash by {k} days": {"event": "rash", "within": f"{k} days", "negative control": "yes"}
    for k in (5, 8, 11, 14, 17)
}
ASKED = {
    "adjust": {"method": ["overlap weights", "logistic regression"], "for": ["age", "severity"]},
    "subgroups": {"shock": None, "age": ">= 60"},
    "alternatives": {
        "60 days": {"outcomes": {"death by 30 days": {"within": "60 days"}}},
        "the severe left out": {
            "cohort": {"exclude": {"severe": {"covariate": "severity", "is": "severe"}}}
        },
    },
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    outcomes = {"death by 30 days": {"event": "death", "within": "30 days"}, **RASHES}
    rows = charts(500, seed=4)
    for row in rows[:6]:
        row["seen"] = "2020-01-05" if not row["died"] else row["seen"]
    return run(tmp_path_factory.mktemp("sensitivity"), ASKED, rows, outcomes=outcomes)


def test_every_ratio_has_an_e_value_and_a_tipping_point(found):
    rows = found.sensitivity.unmeasured
    assert [one.analysis for one in rows] == ["crude", "overlap weights", "logistic regression"]
    for one in rows:
        assert one.e_value >= one.e_value_limit >= 1
        includes = one.ratio.lower <= 1 <= one.ratio.upper
        assert (one.e_value_limit == 1) == includes


def test_unknown_outcomes_are_bounded(found):
    (one,) = [m for m in found.sensitivity.missing_outcomes if m.outcome.startswith("Death")]
    assert sum(one.unknown) > 0
    assert one.best.value <= one.observed.value <= one.worst.value


def test_subgroups_are_cut_as_asked_and_tested_for_interaction(found):
    death = [s for s in found.sensitivity.subgroups if s.outcome == "Death by 30 days"]
    assert [[r.level for r in s.levels] for s in death] == [["yes", "no"], [">= 60", "not >= 60"]]
    for one in death:
        assert one.analysis == "logistic regression with interaction"
        assert 0 < one.interaction <= 1
        assert sum(sum(r.n) for r in one.levels) <= 500


def test_negative_controls_calibrate_the_others(found):
    for one in found.sensitivity.negative_controls:
        assert len(one.controls) == 5
        assert one.sd is not None
        (calibrated,) = one.calibrated
        before, after = calibrated.before, calibrated.after
        assert after.upper / after.lower >= before.upper / before.lower - 1e-9


def test_every_alternative_stands_beside_the_plan(found):
    rows = found.sensitivity.alternatives
    names = ["as planned", "60 days", "the severe left out"]
    assert list(dict.fromkeys(r.name for r in rows)) == names
    assert len(rows) == 6
    planned = rows[0].estimate
    main = found.outcomes["death by 30 days"].adjusted[0].estimates
    assert planned in main
    assert sum(rows[4].n) < sum(rows[0].n) == 500
    assert rows[2].estimate != planned


@pytest.mark.parametrize(
    ("analysis", "told"),
    [
        ({"subgroups": {"age": None}}, "say where it is cut"),
        ({"subgroups": ["agee"]}, 'did you mean "age"?'),
        ({"subgroups": {"shock": ">= 1"}}, "takes no comparison"),
        ({"alternatives": {"x": {"outcome": {}}}}, "with this, the protocol is wrong"),
        (
            {"alternatives": {"x": {"outcomes": {"death by 30 days": {"event": "deth"}}}}},
            'did you mean "death"?',
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path, analysis, told):
    study = written(tmp_path, analysis, charts(5), outcomes=STUDY["outcomes"])
    with pytest.raises(ProtocolError) as caught:
        protocol.read(study, tmp_path / "site.yaml")
    assert told in str(caught.value)
