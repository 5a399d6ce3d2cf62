"""Golden tables of number to text for each journal."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewise.report.style import ANNALS, JAMA, NEJM, STYLES, digits_for, mark

P_VALUES = [
    # value, NEJM, JAMA, Annals
    (1e-9, "<0.001", "<.001", "<0.001"),
    (0.00099999, "<0.001", "<.001", "<0.001"),
    (0.001, "0.001", ".001", "0.001"),
    (0.0015, "0.002", ".002", "0.002"),
    (0.00996, "0.010", ".010", "0.010"),
    (0.01, "0.01", ".01", "0.010"),
    (0.015984, "0.02", ".02", "0.016"),
    (0.021978, "0.02", ".02", "0.022"),
    (0.043956, "0.04", ".04", "0.044"),
    (0.0449, "0.04", ".04", "0.045"),
    (0.0496, "0.0496", ".0496", "0.0496"),
    (0.0476, "0.048", ".048", "0.048"),
    (0.04996, "0.04996", ".04996", "0.04996"),
    (0.05, "0.05", ".05", "0.050"),
    (0.05000000000000001, "0.05", ".05", "0.050"),
    (0.0501, "0.0501", ".0501", "0.0501"),
    (0.0538, "0.054", ".054", "0.054"),
    (0.055, "0.06", ".06", "0.055"),
    (0.125, "0.13", ".13", "0.125"),
    (0.142857, "0.14", ".14", "0.143"),
    (0.1996, "0.20", ".20", "0.200"),
    (0.2004, "0.20", ".20", "0.20"),
    (0.285714, "0.29", ".29", "0.29"),
    (0.9949, "0.99", ".99", "0.99"),
    (0.9951, ">0.99", ">.99", ">0.99"),
    (1.0, "1.00", ">.99", "1.00"),
    (None, "not estimable", "not estimable", "not estimable"),
]


@pytest.mark.parametrize(("value", "nejm", "jama", "annals"), P_VALUES)
def test_p_is_printed_as_the_journal_asks(
    value: float | None, nejm: str, jama: str, annals: str
) -> None:
    assert (NEJM.p(value), JAMA.p(value), ANNALS.p(value)) == (nejm, jama, annals)


def test_p_in_a_sentence_has_the_journals_spaces() -> None:
    assert [style.p_phrase(0.043956) for style in (NEJM, JAMA, ANNALS)] == [
        "P=0.04",
        "P = .04",
        "P = 0.044",
    ]
    assert [style.p_phrase(0.0001) for style in (NEJM, JAMA, ANNALS)] == [
        "P<0.001",
        "P < .001",
        "P < 0.001",
    ]
    assert NEJM.p_phrase(None) == "P not estimable"


@given(st.floats(min_value=1e-12, max_value=1.0))
@settings(derandomize=True, max_examples=300)
def test_a_printed_p_is_on_the_same_side_of_5_percent_and_close(value: float) -> None:
    for style in STYLES.values():
        text = style.p(value)
        number = float(text.lstrip("<>"))
        if text.startswith("<"):
            assert value < number
        elif text.startswith(">"):
            assert value > number
        else:
            assert abs(number - value) <= 0.005 + 1e-12
            if not math.isclose(value, 0.05) and abs(value - 0.05) > 1e-6:
                assert (number < 0.05) == (value < 0.05)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0002, "<0.001"),
        (0.00216551, "0.002"),
        (0.0735801, "0.07"),
        (0.88091, "0.88"),
        (0.9996, "0.9996"),
        (1.0, "1.00"),
        (1.004, "1.004"),
        (2.161901, "2.16"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (141.2, "141"),
        (math.inf, "∞"),
        (None, "not estimable"),
    ],
)
def test_a_ratio_keeps_its_side_of_one(value: float | None, text: str) -> None:
    assert NEJM.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "null", "text"),
    [
        (-33.3333, 1, 0.0, "−33.3"),
        (-0.04, 1, 0.0, "−0.04"),
        (-0.04, 1, None, "0.0"),
        (0.0, 1, 0.0, "0.0"),
        (0.25, 1, None, "0.3"),
        (-0.25, 1, None, "−0.3"),
        (12345.6, 1, None, "12,345.6"),
        (-math.inf, 1, 0.0, "−∞"),
        (math.nan, 1, None, "not estimable"),
        (2.5e9, 0, None, "2.5×10⁹"),
        (-1e25, 1, 0.0, "−1.0×10²⁵"),
        (999999999.0, 0, None, "999,999,999"),
    ],
)
def test_a_number_is_rounded_half_away_from_zero_and_never_onto_its_null_value(
    value: float, digits: int, null: float | None, text: str
) -> None:
    assert NEJM.number(value, digits, null) == text


@pytest.mark.parametrize(
    ("count", "n", "digits", "text"),
    [
        (0, 9, 0, "0"),
        (2, 9, 0, "22"),
        (5, 6, 0, "83"),
        (1, 300, 0, "<1"),
        (1, 300, 1, "0.3"),
        (1, 3551, 1, "<0.1"),
        (299, 300, 0, ">99"),
        (5000, 5001, 1, ">99.9"),
        (300, 300, 1, "100.0"),
        (1, 8, 1, "12.5"),
        (1, 200, 0, "1"),
        (0, 0, 0, "—"),
    ],
)
def test_a_percentage_is_zero_or_all_only_when_it_is(
    count: int, n: int, digits: int, text: str
) -> None:
    assert NEJM.percent(count, n, digits) == text


def test_percentages_have_no_decimals_in_a_small_study() -> None:
    assert [NEJM.percent_digits([99, 2184]), NEJM.percent_digits([100, 2184])] == [0, 1]
    assert [ANNALS.percent_digits([199]), ANNALS.percent_digits([200])] == [0, 1]
    assert NEJM.percent_digits([0, 300]) == 1


def test_counts_ranges_and_limits_are_printed_as_the_journal_does() -> None:
    assert [style.count(5735) for style in (NEJM, JAMA, ANNALS)] == ["5735"] * 3
    assert [style.count(12345) for style in (NEJM, JAMA)] == ["12,345", "12\u2009345"]
    assert [style.count_percent(2, 9, 0) for style in (NEJM, JAMA)] == ["2 (22)", "2 (22)"]
    assert NEJM.events_of(2, 9, 0) == "2/9 (22)"
    assert [style.range("23.0", "36.0") for style in (NEJM, JAMA, ANNALS)] == [
        "23.0–36.0",
        "23.0-36.0",
        "23.0 to 36.0",
    ]
    assert [style.limits("0.45", "2.16") for style in (NEJM, JAMA, ANNALS)] == [
        "0.45 to 2.16",
        "0.45-2.16",
        "0.45 to 2.16",
    ]
    assert [style.limits("−0.45", "2.16") for style in (NEJM, JAMA)] == ["−0.45 to 2.16"] * 2
    assert NEJM.range("−7", "6") == "−7 to 6"
    assert [style.count_label for style in (NEJM, JAMA, ANNALS)] == ["no. (%)", "No. (%)", "n (%)"]
    assert (NEJM.level(0.95), NEJM.level(0.975), NEJM.level(0.9)) == ("95%", "97.5%", "90%")


def test_footnote_marks_never_repeat() -> None:
    for style in STYLES.values():
        marks = [mark(style, i) for i in range(60)]
        assert len(set(marks)) == 60
    assert [mark(NEJM, i) for i in (0, 1, 6)] == ["*", "†", "**"]
    assert [mark(JAMA, i) for i in (0, 26)] == ["a", "aa"]


def test_decimals_suit_the_size_of_a_variable() -> None:
    assert digits_for([54.0, 61.0, None]) == 0
    assert digits_for([54.5, 61.0]) == 1
    assert digits_for([1234.5, 410.2]) == 0
    assert digits_for([0.25, 0.9]) == 2
    assert digits_for([0.025]) == 3
    assert digits_for([math.inf, None]) == 0


def test_a_variable_that_varies_little_gets_the_decimals_to_see_it() -> None:
    assert digits_for([7.4, 7.34, 7.46], [0.12]) == 2  # arterial pH
    assert digits_for([1.0, 0.7, 1.2], [0.5]) == 1
    assert digits_for([54.0, 61.0], [0.0, None]) == 0


def test_counts_in_sentences_have_their_thousands_as_in_tables() -> None:
    assert NEJM.prose("In 1,113 of 12,345 patients (1, 2 and 3).") == (
        "In 1113 of 12,345 patients (1, 2 and 3)."
    )
    assert JAMA.prose("12,345 patients, 1,234.5 days") == "12\u2009345 patients, 1,234.5 days"
