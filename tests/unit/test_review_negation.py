"""What a note says of a term: affirmed, denied, past, or another person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casewise.review.negation import mentions

TERMS = ["intubat*", "plasma exchange", "fever", "infection", "bleeding", "lung transplant"]


def said(text: str) -> list[tuple[str, bool]]:
    return [(m.term.lower(), m.negated) for m in mentions(text, TERMS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She was intubated overnight.", [("intubated", False)]),
        ("No need to intubate today.", [("intubate", True)]),
        ("Denies fever, chills or bleeding.", [("fever", True), ("bleeding", True)]),
        ("No fever but an infection of the line.", [("fever", True), ("infection", False)]),
        ("No fever. Infection of the line.", [("fever", True), ("infection", False)]),
        ("Plasma exchange was not given.", [("plasma exchange", True)]),
        ("Infection was ruled out.", [("infection", True)]),
        ("Infection cannot be ruled out.", [("infection", False)]),
        ("Gram-negative infection.", [("infection", False)]),
        ("No increase in bleeding.", [("bleeding", False)]),
        ("Plasma\nexchange number 3 today.", [("plasma\nexchange", False)]),
        ("The patient declined plasma exchange.", [("plasma exchange", True)]),
        ("Cultures: no growth.\n- Fever to 39.0\n", [("fever", False)]),
        ("Creatinine 0.5 with no fever", [("fever", True)]),
        ("Fever, bleeding absent.", [("fever", False), ("bleeding", True)]),
    ],
)
def test_a_denied_term_is_told_from_one_that_is_affirmed(text, expected):
    assert said(text) == expected


def test_the_past_and_the_family_are_marked():
    (mention,) = mentions("History of infection in 2009.", TERMS)
    assert mention.historical
    assert not mention.negated
    (mention,) = mentions("Her mother had a lung transplant.", TERMS)
    assert mention.family


def test_a_cue_inside_a_longer_word_is_none():
    assert said("Nodular infection, notable fever.") == [("infection", False), ("fever", False)]


def test_no_terms_find_nothing():
    assert mentions("fever", []) == []
    assert mentions("fever", ["", " ", "*"]) == []


@given(st.text(max_size=300), st.lists(st.text(max_size=8), max_size=4))
def test_spans_quote_the_text_in_order_without_overlap(text, terms):
    end = 0
    for mention in mentions(text, terms):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.term
        end = mention.end


def test_a_very_long_sentence_is_read_in_pieces():
    text = "no fever and " * 5000
    found = mentions(text, TERMS)
    assert len(found) == 5000
    assert sum(mention.negated for mention in found) > 4900
