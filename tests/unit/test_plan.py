"""What so many patients could show: held to the tests themselves, and to arithmetic."""

from __future__ import annotations

import json
from itertools import product
from math import comb

import click
import pytest
from click.testing import CliRunner

from casewise import stats
from casewise.cli import cli
from casewise.plan import RISKS, TESTS, patients_needed, plan
from casewise.stats.power import largest_rejecting_u, u_distribution


def run(*arguments: str):
    return CliRunner().invoke(cli, ["plan", *arguments])


@pytest.fixture(scope="module")
def nine_six():
    return plan(9, 6)


def test_the_results_that_reach_the_level_are_those_that_the_test_rejects(nine_six) -> None:
    rejected = {
        (a, c) for a, c in product(range(10), range(7)) if stats.fisher(a, 9, c, 6).p_value <= 0.05
    }
    assert {(a, c) for a, c, _ in nine_six.proportions.rejecting} == rejected
    assert nine_six.proportions.results == 70


def test_9_against_6_cannot_show_what_was_published_as_mortality(nine_six) -> None:
    # 0/9 v 2/6 is P = 0.14, and nothing with 2 of 6 controls but 9 of 9 treated reaches 0.05
    with_two = [a for a, c, _ in nine_six.proportions.rejecting if c == 2]
    assert with_two == [9]


def test_size_is_the_power_at_equal_risks_and_at_most_the_level(nine_six) -> None:
    found = nine_six.proportions
    assert found.size <= 0.05
    at = stats.power_two_proportions(found.size_at, 9, found.size_at, 6)
    assert at == pytest.approx(found.size)
    middle = RISKS.index(0.5)
    assert found.power[middle][middle] <= found.size + 1e-12


def test_power_is_the_sum_over_the_rejected_results(nine_six) -> None:
    found = nine_six.proportions
    for (i, p_1), (j, p_0) in product(enumerate(RISKS), repeat=2):
        assert found.power[i][j] == pytest.approx(stats.power_two_proportions(p_1, 9, p_0, 6))


def test_the_detectable_risk_has_the_power_and_a_nearer_one_has_not(nine_six) -> None:
    for one in nine_six.proportions.detectable:
        for risk, step in ((one.lower, 0.001), (one.higher, -0.001)):
            if risk is None:
                continue
            at = stats.power_two_proportions(risk, 9, one.control_risk, 6)
            nearer = stats.power_two_proportions(risk + step, 9, one.control_risk, 6)
            assert at == pytest.approx(0.8, abs=1e-9)
            assert nearer < 0.8
    half = next(one for one in nine_six.proportions.detectable if one.control_risk == 0.5)
    assert half.lower is half.higher is None


@pytest.mark.parametrize("test", TESTS)
def test_every_test_can_be_planned_for(test: str) -> None:
    made = plan(5, 4, test=test, control_risks=(0.3,))
    assert len(made.proportions.power) == len(RISKS)


def test_the_commands_tests_are_the_plans() -> None:
    (option,) = [one for one in cli.commands["plan"].params if one.name == "test"]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == tuple(TESTS)


def test_the_rank_sum_reaches_the_level_up_to_the_tabled_u(nine_six) -> None:
    # the printed tables: two-sided 0.05, arms of 6 and 9, critical U 10
    assert nine_six.ranks.largest_u == 10
    assert nine_six.ranks.smallest_p == pytest.approx(2 / 5005)
    assert [largest_rejecting_u(n, n) for n in (3, 4, 5, 8, 10, 20)] == [None, 0, 2, 13, 23, 127]
    assert stats.power_rank_sum(nine_six.ranks.detectable, 9, 6) == pytest.approx(0.8, abs=1e-3)
    assert plan(60, 60).ranks is None


def test_u_is_distributed_as_counted_by_hand() -> None:
    assert (u_distribution(2, 2) * 6).round(9).tolist() == [1, 1, 2, 1, 1]
    assert u_distribution(9, 6).sum() == pytest.approx(1)
    assert u_distribution(9, 6)[0] == pytest.approx(1 / 5005)
    assert u_distribution(120, 80)[0] == pytest.approx(1 / comb(200, 80), rel=1e-9)


def test_patients_needed_have_the_power() -> None:
    found = patients_needed(0.1, 0.4)
    assert (found.n_1, found.n_0) == (36, 36)
    assert found.power >= 0.8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give --arms N N, or --risks P P, or both"),
        (("--arms", "0", "6"), "0 is not in the range x>=1"),
        (("--arms", "9"), "Option '--arms' requires 2 arguments"),
        (("--arms", "9", "6", "--level", "1"), "1.0 is not in the range 0<x<1"),
        (("--arms", "9", "6", "--power", "0.01"), "the power above the level"),
        (("--arms", "3000", "3000"), "more than 1,000,000 results are too many to test by fisher"),
        (("--arms", "90", "90", "--test", "barnard"), "--test fisher can list up to 1,000,000"),
        (("--risks", "0.4", "0.4"), "the risks must differ"),
        (("--risks", "0.4", "0.41"), "more than 1,000 control patients are needed"),
        (("--arms", "9", "6", "--test", "fishers"), "'fishers' is not one of"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message.lower() in result.stderr.lower()


def test_the_command_prints_json_text_and_markdown() -> None:
    made = json.loads(run("--arms", "9", "6", "--risks", "0.1", "0.4", "--json").stdout)
    assert made["plan"]["ranks"]["largest_u"] == 10
    assert made["patients_needed"]["n_0"] == 36
    text = run("--arms", "9", "6", "--risk", "0.33").stdout
    assert "20 of 70 possible results reach it; the smallest P of any is 0.0002." in text
    assert "| 5 of 6 | 0-2 of 9 |" in run("--arms", "9", "6", "--markdown").stdout


def test_a_plan_for_too_few_says_that_nothing_reaches_the_level() -> None:
    text = run("--arms", "1", "2").stdout
    assert "0 of 6 possible results reach it" in text
    assert "no result reaches the level" in text
