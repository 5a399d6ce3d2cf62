"""Reading what a paper prints: what is understood, and what follows from it."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from casewise.cli import cli
from casewise.cli.tables import Table, as_markdown, as_text
from casewise.recheck import read_published, recheck
from casewise.recheck.answers import DIFFERS, IMPOSSIBLE, MATCHES, NOT_FOUND, OPEN, Answer
from casewise.recheck.counts import counts_printed_as
from casewise.recheck.effects import p_from_interval
from casewise.recheck.means import deviation_is_possible, sums_printed_as
from casewise.recheck.medians import Bounds, rule_fits
from casewise.recheck.printed import (
    parse_estimate,
    parse_mean,
    parse_median,
    parse_number,
    parse_p,
    parse_percent,
    parse_range,
)

ARMS = "arms: {A: 9, B: 6}\noutcomes:\n"


def read(tmp_path: Path, text: str):
    path = tmp_path / "paper.yaml"
    path.write_text(text, encoding="utf-8")
    return read_published(path)


def answers(tmp_path: Path, text: str) -> dict[str, Answer]:
    """The answers for the one outcome of a file, by figure."""
    found = recheck(read(tmp_path, text))
    return {one.figure: one for one in found.outcomes[0].answers}


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [("33", 33, 0), ("33.30", Fraction(333, 10), 2), ("0·02", Fraction(1, 50), 2), ("−5", -5, 0)],
)
def test_printed_digits_are_kept(text: str, value: Fraction, decimals: int) -> None:
    number = parse_number(text)
    assert (number.value, number.decimals) == (value, decimals)


@pytest.mark.parametrize(
    ("printed", "number", "roundings"),
    [
        ("0.04", Fraction(44, 1000), ("half up", "half even", "truncated")),
        ("0.04", Fraction(45, 1000), ("half even", "truncated")),
        ("0.05", Fraction(45, 1000), ("half up",)),
        ("0.04", Fraction(49, 1000), ("truncated",)),
        ("0.04", Fraction(36, 1000), ("half up", "half even")),
        ("0.04", Fraction(55, 1000), ()),
        ("-2", Fraction(-5, 2), ("half even", "truncated")),
        ("0", Fraction(-1, 5), ("half up", "half even", "truncated")),
    ],
)
def test_ways_of_rounding_are_told_apart(printed: str, number: Fraction, roundings: tuple) -> None:
    assert parse_number(printed).roundings(number) == roundings


@pytest.mark.parametrize(
    "text",
    ["0.26 (0.07-0.97)", "0.26 [0.07 to 0.97]", "0.26 (95% CI 0.07–0.97)", "0.26 (0.07, 0.97)"],
)
def test_an_interval_is_read_however_it_is_printed(text: str) -> None:
    found = parse_estimate(text)
    assert [str(one) for one in (found.value, found.low, found.high)] == ["0.26", "0.07", "0.97"]


def test_negative_limits_are_read() -> None:
    found = parse_estimate("-5.1 (-9.0--1.2)")
    assert [float(one.value) for one in (found.value, found.low, found.high)] == [-5.1, -9.0, -1.2]
    percent = parse_estimate("-33% (-69% to 4%)")
    assert [int(one.value) for one in (percent.value, percent.low, percent.high)] == [-33, -69, 4]


@pytest.mark.parametrize("text", ["45.3 (12.1)", "45.3 ± 12.1", "45.3 (SD 12.1)", "45.3 +/- 12.1"])
def test_a_mean_is_read_however_it_is_printed(text: str) -> None:
    found = parse_mean(text)
    assert (str(found.value), str(found.deviation)) == ("45.3", "12.1")


def test_a_range_and_a_mean_alone_are_read() -> None:
    assert parse_mean("45.3").deviation is None
    found = parse_range("5 to 26")
    assert (int(found.low.value), int(found.high.value)) == (5, 26)


@pytest.mark.parametrize(
    ("text", "p", "matches"),
    [
        ("0.02", 0.0214, True),
        ("0.020", 0.0214, False),
        ("<0.001", 0.0009, True),
        ("<0.001", 0.001, False),
        ("P = .04", 0.0409, True),
        ("≤0.05", 0.05, True),
        ("NS", 0.2, True),
        ("n.s.", 0.04, False),
        (">0.99", 1.0, True),
    ],
)
def test_a_printed_p_knows_what_it_can_stand_for(text: str, p: float, matches: bool) -> None:
    assert bool(parse_p(text).roundings(p, 0.05)) is matches


def test_a_percentage_stands_for_its_counts() -> None:
    assert [fit.count for fit in counts_printed_as(parse_percent("22%"), 9)] == [2]
    assert counts_printed_as(parse_percent("30%"), 9) == ()
    assert [fit.count for fit in counts_printed_as(parse_percent("22%"), 500)] == list(
        range(108, 115)
    )
    assert counts_printed_as(parse_percent("62%"), 8)[0].roundings == ("half even", "truncated")


def test_a_mean_of_whole_numbers_has_few_sums() -> None:
    # Brown and Heathers' own example: 5.19 cannot be the mean of 28 whole numbers
    assert list(sums_printed_as(parse_number("5.19"), 28)) == []
    assert list(sums_printed_as(parse_number("5.18"), 28)) == [145]


def test_a_standard_deviation_beside_its_mean_is_held_to_parity() -> None:
    # of 2 whole numbers with mean 1.5: 1 and 2 (0.71), 0 and 3 (2.12), 4 and -1 (3.54), ...
    possible = [
        text
        for text in ("0.71", "1.00", "1.41", "2.12", "3.54")
        if deviation_is_possible(parse_number("1.50"), parse_number(text), 2)
    ]
    assert possible == ["0.71", "2.12", "3.54"]


def test_deviations_of_real_whole_numbers_are_never_called_impossible() -> None:
    for values in combinations_with_replacement(range(5), 4):
        mean, deviation = f"{np.mean(values):.2f}", f"{np.std(values, ddof=1):.2f}"
        assert deviation_is_possible(parse_number(mean), parse_number(deviation), 4)


def test_p_follows_from_a_normal_interval() -> None:
    # log 0.5 over (log 0.9 - log 0.28) / (2 x 1.96): z = -2.33
    found = p_from_interval("hazard ratio", parse_estimate("0.50 (0.28-0.90)"), 0.95)
    assert found is not None
    assert found.lowest < 0.0206 < found.highest
    assert found.centred
    assert p_from_interval("odds ratio", parse_estimate("0 (0-0)"), 0.95) is None


def test_an_interval_with_a_limit_of_zero_bounds_p_from_above_by_1() -> None:
    found = p_from_interval("odds ratio", parse_estimate("0.30 (0.00-2.16)"), 0.95)
    assert found is not None
    assert found.highest == 1.0


@pytest.mark.parametrize(
    ("effect", "p", "verdict"),
    [
        ("0.62 (0.40-0.96)", "0.03", MATCHES),
        ("0.62 (0.40-0.96)", "0.20", DIFFERS),
        ("1.62 (0.40-0.96)", "0.03", DIFFERS),
        ("0.70 (0.40-1.05)", "0.15", OPEN),
    ],
)
def test_p_and_interval_are_held_together(
    tmp_path: Path, effect: str, p: str, verdict: str
) -> None:
    found = answers(tmp_path, ARMS + f"  x: {{hazard ratio: {effect}, p: {p}}}\n")
    assert [one.verdict for one in found.values()] == [verdict]


def test_p_on_the_other_side_of_the_interval_is_said(tmp_path: Path) -> None:
    found = answers(tmp_path, ARMS + "  x: {hazard ratio: 0.62 (0.40-0.96), p: 0.20}\n")
    assert "The interval leaves out 1, no effect, and P is above 0.05" in (
        found["P and hazard ratio"].answer
    )
    found = answers(tmp_path, ARMS + "  x: {mean difference: 2.0 (-0.5 to 4.5), p: 0.01}\n")
    assert "The interval holds 0, no effect, and P is below 0.05" in (
        found["P and mean difference"].answer
    )


def test_a_level_of_its_own_is_taken_for_an_interval(tmp_path: Path) -> None:
    text = ARMS + '  x: {hazard ratio: {value: "0.62 (0.43-0.89)", level: 0.9}, p: 0.03}\n'
    assert next(iter(answers(tmp_path, text).values())).verdict == MATCHES
    text = ARMS + "  x: {hazard ratio: 0.62 (90% CI 0.43-0.89), p: 0.03}\n"
    assert next(iter(answers(tmp_path, text).values())).verdict == MATCHES
    text = ARMS + "  x: {hazard ratio: 0.62 (0.43-0.89), p: 0.03}\n"
    assert next(iter(answers(tmp_path, text).values())).verdict == DIFFERS


def test_an_effect_is_traced_to_its_method(tmp_path: Path) -> None:
    # 2/9 v 5/6: the sample odds ratio is 2 x 1 / (7 x 5) = 0.057, Woolf's interval by hand
    text = ARMS + '  x: {counts: {A: 2, B: 5}, odds ratio: "0.06 (0.00-0.82)"}\n'
    found = answers(tmp_path, text)["odds ratio, from the counts"]
    assert found.verdict == MATCHES
    assert "Wald on the log scale" in found.answer
    text = ARMS + '  x: {counts: {A: 2, B: 5}, odds ratio: "17.5 (1.2-250.4)"}\n'
    assert "second arm against first" in (
        answers(tmp_path, text)["odds ratio, from the counts"].answer
    )
    text = ARMS + '  x: {counts: {A: 2, B: 5}, odds ratio: "0.5 (0.1-1.5)"}\n'
    assert answers(tmp_path, text)["odds ratio, from the counts"].verdict == IMPOSSIBLE


def test_a_percentage_no_count_gives_says_what_is_near(tmp_path: Path) -> None:
    found = answers(tmp_path, ARMS + "  x: {percent: {A: 30%}}\n")["percentage, A"]
    assert found.verdict == IMPOSSIBLE
    assert found.answer == ("by any count of 9: 2 is 22% and 3 is 33%") or found.answer.startswith(
        "by any count of 9: 2 is 22% and 3 is 33%; it could be"
    )


def test_counts_and_percentage_that_differ_are_named(tmp_path: Path) -> None:
    found = answers(tmp_path, ARMS + "  x: {counts: {A: 2}, percent: {A: 33%}}\n")
    assert found["percentage, A"].answer == "by 2 of 9, which is 22%"


def test_another_denominator_is_taken_where_given(tmp_path: Path) -> None:
    found = answers(tmp_path, ARMS + "  x: {percent: {A: 25%}, n: {A: 8}}\n")["percentage, A"]
    assert (found.verdict, found.answer) == (MATCHES, "2 of 8")


def test_a_composite_with_fewer_events_than_its_part_is_named(tmp_path: Path) -> None:
    text = ARMS + "  x: {counts: {A: 0, B: 1}, includes: [y]}\n  y: {counts: {A: 0, B: 2}}\n"
    found = answers(tmp_path, text)["events, B"]
    assert (found.verdict, found.answer) == (DIFFERS, "1 in B cannot hold the 2 of y")


def test_values_that_need_not_be_whole_rule_nothing_out(tmp_path: Path) -> None:
    found = answers(tmp_path, ARMS + "  x: {median: {B: '12.0 [8.0-14.0]'}, mean: {A: 2.1}}\n")
    assert {one.verdict for one in found.values()} == {OPEN}


def test_a_mean_of_whole_numbers_can_be_impossible(tmp_path: Path) -> None:
    text = ARMS + "  x: {mean: {A: 3.45 (1.0)}, whole numbers: true}\n"
    found = answers(tmp_path, text)["mean, A"]
    assert found.verdict == IMPOSSIBLE
    assert found.answer == "by 9 whole numbers; nearest are 31/9 = 3.444 and 32/9 = 3.556"


def test_a_p_of_means_is_rechecked_by_t_tests(tmp_path: Path) -> None:
    # Student's t of 45 (12) in 9 and 60 (10) in 6: t = 2.53 with 13 degrees of freedom, P = 0.025
    text = ARMS + "  x: {mean: {A: 45.0 (12.0), B: 60.0 (10.0)}, p: 0.025}\n"
    found = answers(tmp_path, text)["P"]
    assert found.verdict == MATCHES
    assert "Student" in found.answer
    text = text.replace("0.025", "0.25")
    assert answers(tmp_path, text)["P"].verdict == IMPOSSIBLE


def test_more_than_two_arms_get_their_figures_but_no_p(tmp_path: Path) -> None:
    text = "arms: {A: 9, B: 6, C: 5}\noutcomes:\n  x: {percent: {A: 22%, B: 33%, C: 20%}, p: 0.3}\n"
    found = answers(tmp_path, text)
    assert [one.verdict for one in found.values()] == [MATCHES, MATCHES, MATCHES, OPEN]


def test_few_data_sets_are_all_tested(tmp_path: Path) -> None:
    text = (
        "arms: {A: 3, B: 3}\noutcomes:\n  x:\n    median: {A: '5 [4-6]', B: '1 [1-1]'}\n"
        "    whole numbers: true\n    at most: 7\n    p: 0.5\n"
    )
    found = answers(tmp_path, text)["P"]
    assert all(one["all"] for one in found.detail["rules"])
    exact = [one["tests"][0] for one in found.detail["rules"]]
    assert all(test["lowest"] == pytest.approx(0.1) for test in exact)


def test_all_pairs_are_claimed_only_where_no_larger_value_fits(tmp_path: Path) -> None:
    text = (
        "arms: {A: 3, B: 3}\noutcomes:\n  x:\n    median: {A: '5 [4-6]', B: '1 [1-1]'}\n"
        "    whole numbers: true\n    p: 0.5\n"
    )
    rules = answers(tmp_path, text)["P"].detail["rules"]
    by_rule = {rule: one["all"] for one in rules for rule in one["rules"]}
    assert by_rule["type 2"]  # the three values are the quartiles themselves: nothing is free
    text = text.replace("A: 3, B: 3", "A: 4, B: 3")
    rules = answers(tmp_path, text)["P"].detail["rules"]
    by_rule = {rule: one["all"] for one in rules for rule in one["rules"]}
    assert not by_rule["type 3"]  # the largest of four is free


def test_quartiles_that_no_rule_gives_are_impossible() -> None:
    fits = rule_fits(parse_median("12.3 [8.1-14.2]"), 6, Bounds(0, 60, False))
    assert not any(fit.count or fit.more for fit in fits)


def test_a_search_that_was_bounded_does_not_claim_more(tmp_path: Path) -> None:
    text = ARMS + "  x: {median: {A: 12 [8-14], B: 27 [23-36]}, whole numbers: true, p: 0.99}\n"
    text = text.replace("{A: 12 [8-14], B: 27 [23-36]}", "{A: '12 [8-14]', B: '27 [23-36]'}")
    assert answers(tmp_path, text)["P"].verdict == NOT_FOUND


def test_wide_values_are_not_searched(tmp_path: Path) -> None:
    text = ARMS + "  x: {median: {A: '1200 [300-5000]'}, whole numbers: true}\n"
    assert next(iter(answers(tmp_path, text).values())).verdict == OPEN


def test_json_and_markdown_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "paper.yaml"
    path.write_text(ARMS + "  a|b: {percent: {A: 0%, B: 50%}, p: <0.05}\n")
    made = json.loads(CliRunner().invoke(cli, ["recheck", str(path), "--json"]).stdout)
    assert made["outcomes"][0]["counts"] == [0, 9, 3, 6]
    markdown = CliRunner().invoke(cli, ["recheck", str(path), "--markdown"]).stdout
    assert "| percentage, A | 0% | matches | 0 of 9 |" in markdown
    assert "| a\\|b |" in markdown
    assert "| P | \\<0.05 |" in markdown
    text = CliRunner().invoke(cli, ["recheck", str(path)]).stdout
    assert all(len(line) <= 110 for line in text.splitlines())
    words = ("significant", "trend", "fraud")
    assert not any(word in text.lower() for word in words)


def test_tables_wrap_and_escape() -> None:
    table = Table("t", ("a", "b"), (("x" * 30 + " y", "long " * 40),), ("note",))
    assert all(len(line) <= 100 for line in as_text(table).splitlines())
    assert as_markdown(Table("", ("a",), (("1|2",),))) == "| a |\n|---|\n| 1\\|2 |"
