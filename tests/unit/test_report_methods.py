"""The methods section says what was run, and every number it cites is a reference."""

from __future__ import annotations

import re

import pytest

from casewise import stats
from casewise.citations import CITATIONS
from casewise.errors import RecordsError
from casewise.report import methods
from casewise.report.style import JAMA, NEJM
from casewise.results import Results
from sample_results import NOTICE, many_patients, sample


def text(results: Results) -> str:
    return methods.markdown(methods.write(results, NEJM), results.study.title)


def settled(**update: object) -> Results:
    results = sample()
    return results.model_copy(update={"settings": results.settings.model_copy(update=update)})


@pytest.mark.parametrize("results", [sample(), sample(3), many_patients()])
def test_citations_are_numbered_in_order_of_first_use_and_all_resolve(results: Results) -> None:
    made = methods.write(results, JAMA)
    used = [
        number
        for section in made.sections
        for paragraph in section.paragraphs
        for passage in paragraph
        for number in passage.citations
    ]
    first = list(dict.fromkeys(used))
    assert first == list(range(1, len(made.references) + 1))
    assert set(made.references) <= set(CITATIONS.values())
    assert len(set(made.references)) == len(made.references)


def test_a_source_that_is_not_known_is_an_error_that_names_it() -> None:
    results = sample()
    outcome = results.outcomes["survival"]
    test = outcome.test.model_copy(update={"sources": ("nobody1999",)})
    broken = results.model_copy(
        update={"outcomes": {"survival": outcome.model_copy(update={"test": test})}}
    )
    with pytest.raises(RecordsError, match='cite "nobody1999", which is not a source'):
        methods.write(broken, NEJM)


def test_the_quartiles_rule_is_said_in_words() -> None:
    for kind, words in methods.QUANTILES.items():
        assert f"{words}: type {kind} of Hyndman and Fan [1]." in text(settled(quantile_type=kind))
    assert sorted(methods.QUANTILES) == list(range(1, 10))


def test_the_lost_are_counted_in_words() -> None:
    assert (
        "Patients whose follow-up ended before the horizon without the event were left out of the "
        "denominator (Death, transplant or readmission by 1 year: 1)."
    ) in text(sample())
    results = sample()
    outcomes = dict(results.outcomes)
    stroke = outcomes["stroke"].model_copy(update={"lost_rule": "event-free"})
    told = text(results.model_copy(update={"outcomes": {**outcomes, "stroke": stroke}}))
    assert "of Stroke by 30 days without the event were counted as free of the event" in told


def test_multiplicity_is_told_whether_or_not_it_was_done() -> None:
    assert "by Holm's method" in text(settled(multiplicity="holm"))
    assert "by Hochberg's method" in text(settled(multiplicity="hochberg"))
    none = text(settled(multiplicity="none"))
    assert (
        "7 comparisons of outcomes and 3 of harms were made; P values are not adjusted for their "
        "number."
    ) in none


def test_only_what_was_run_is_told() -> None:
    results = sample()
    assert "Kaplan" in text(results)
    outcomes = {"death by 30 days": results.outcomes["death by 30 days"]}
    few = text(results.model_copy(update={"outcomes": outcomes, "harms": {}, "baseline": ()}))
    for word in ("Kaplan", "log-rank", "Hodges", "standardized", "Quartiles", "rate ratio"):
        assert word not in few
    assert "Fisher's exact test, two-sided (minlike)" in few


def test_definitions_notes_and_the_notice_are_carried() -> None:
    results = sample()
    told = text(results)
    assert f"> {NOTICE}" in told
    for definition in results.study.definitions:
        if definition.part in ("index", "include", "exclude", "arm", "treatment"):
            assert definition.text in told
    for outcome in (*results.outcomes.values(), *results.harms.values()):
        assert f"- **{outcome.label}**: {outcome.text}" in told
    for note in results.notes:
        assert note.text in told


def test_the_prose_has_no_doubled_stops_or_empty_sentences() -> None:
    for results in (sample(), sample(3), settled(multiplicity="none")):
        prose = text(results).partition("## References")[0]
        assert not re.search(r"\.\.|;\.|\(\)| {2}|,\.| \.", prose)


def test_curves_and_rates_are_described_as_the_analysis_makes_them() -> None:
    curve = stats.kaplan_meier([1.0, 2.0, 3.0], [1, 0, 1])
    assert curve.interval == "log-log"
    assert "brookmeyer1982" in curve.median().sources
    assert stats.incidence_rate(2, 10.0).sources == ("garwood1936",)
    told = text(sample())
    assert "on the scale of log(−log S)" in told
    assert "exact Poisson intervals" in told
