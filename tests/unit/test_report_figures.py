"""The report's figures: counts that add up, the same bytes again, nothing lost on the way."""

from __future__ import annotations

import re
from typing import Any

import pytest

from casewise.errors import RecordsError
from casewise.report import figures
from casewise.report.plots import canvas, flow, forest, survival, swimmer
from casewise.report.style import JAMA, NEJM
from casewise.results import AttritionStep, Curve, Results
from sample_results import many_patients, sample


def named(results: Results) -> dict[str, figures.ReportFigure]:
    return {figure.name: figure for figure in figures.render(results, NEJM)}


@pytest.fixture(scope="module")
def two() -> dict[str, figures.ReportFigure]:
    return named(sample())


def test_the_same_results_give_the_same_bytes(two: dict[str, figures.ReportFigure]) -> None:
    assert named(sample()) == two


def test_a_machines_own_matplotlib_settings_change_nothing(
    two: dict[str, figures.ReportFigure],
) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "svg.fonttype": "none"}):
        assert flow.flow(sample(), NEJM)[0] == two["flow"]


def test_every_kind_of_figure_is_there_in_the_reports_order(
    two: dict[str, figures.ReportFigure],
) -> None:
    assert list(two) == ["flow", "balance", "swimmer", "survival-survival", "forest"]


def test_figures_carry_no_date_and_no_program(two: dict[str, figures.ReportFigure]) -> None:
    for figure in two.values():
        assert "dc:date" not in figure.svg
        assert "Matplotlib" not in figure.svg
        assert b"Matplotlib" not in figure.png


def test_no_id_of_one_figure_is_an_id_of_another(two: dict[str, figures.ReportFigure]) -> None:
    ids = [name for figure in two.values() for name in re.findall(r'\sid="([^"]+)"', figure.svg)]
    assert len(ids) == len(set(ids))
    for figure in two.values():
        wanted = {a or b for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', figure.svg)}
        assert wanted <= set(ids)


def test_a_flow_whose_counts_do_not_add_up_is_refused() -> None:
    results = sample()
    broken = results.attrition[1].model_copy(update={"excluded": 7})
    steps = (results.attrition[0], broken, *results.attrition[2:])
    with pytest.raises(RecordsError, match="does not add up"):
        flow.flow(results.model_copy(update={"attrition": steps}), NEJM)


def test_arms_that_do_not_hold_everyone_who_remained_are_refused() -> None:
    results = sample()
    arms = (results.arms[0].model_copy(update={"n": 8}), results.arms[1])
    with pytest.raises(RecordsError, match="the groups hold 14 patients, but 15 remained"):
        flow.flow(results.model_copy(update={"arms": arms}), NEJM)


def test_a_flow_of_many_long_criteria_is_told_whole_and_stays_on_its_sheet() -> None:
    results = sample()
    text = "Patients in whom " + "something long is recorded " * 12
    steps = [AttritionStep(criterion="records", kind="records", remaining=35, excluded=0)]
    for i in range(20):
        step = AttritionStep(
            criterion=f"c{i}" + "x" * 90,
            kind="exclude",
            remaining=34 - i,
            excluded=1,
            unknown=1,
            text=text,
        )
        steps.append(step)
    drawn = flow.flow(results.model_copy(update={"attrition": tuple(steps)}), NEJM)[0]
    assert all(f"Excluded: c{i}x" in drawn.alt for i in range(20))


def test_wrapped_lines_fit_and_lose_no_letter() -> None:
    text = "Lymphangioleiomyomatosis" * 4 + " and several short words after it"
    lines = canvas.wrap(text, 100)
    assert all(canvas.text_width(line) <= 100 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_numbers_below_the_curves_count_just_before_the_time_and_add_up() -> None:
    curve = Curve(
        time=(5, 10, 12),
        at_risk=(4, 3, 1),
        events=(1, 1, 0),
        censored=(0, 1, 1),
        survival=(0.75, 0.5, 0.5),
        lower=(None, None, None),
        upper=(None, None, None),
    )
    assert survival.before(curve, 4, 0) == (4, 0, 0)
    assert survival.before(curve, 4, 5) == (4, 0, 0)
    assert survival.before(curve, 4, 10) == (3, 0, 1)
    assert survival.before(curve, 4, 11) == (1, 1, 2)
    assert survival.before(curve, 4, 13) == (0, 2, 2)


@pytest.mark.parametrize("last", [0.5, 1, 3, 29, 30, 90, 365, 400, 1200, 1461, 3000, 20000, 1e6])
def test_ticks_are_few_and_within_the_time(last: float) -> None:
    at, unit, word = survival.ticks(last)
    assert at[0] == 0
    assert at[-1] <= last
    assert len(at) <= survival.MOST_TICKS or last > 350 * survival.YEAR
    assert (word == "Years") == (unit != 1)


def test_the_swimmer_plot_turns_the_page_past_sixty_patients() -> None:
    pages = swimmer.swimmer(many_patients(), NEJM)
    assert [page.name for page in pages] == ["swimmer-1", "swimmer-2"]
    assert pages[0].alt.startswith("Swimmer plot of 60 patients")
    assert pages[1].alt.startswith("Swimmer plot of 29 patients")


def test_an_omitted_swimmer_plot_draws_nothing() -> None:
    results = sample()
    assert results.swimmer
    none = results.swimmer.model_copy(update={"rows": (), "omitted": "too many"})
    assert swimmer.swimmer(results.model_copy(update={"swimmer": none}), NEJM) == ()


def test_the_forest_plot_has_every_outcome_and_harm_with_and_without_events(
    two: dict[str, figures.ReportFigure],
) -> None:
    results = sample()
    told = two["forest"].alt
    for outcome in (*results.outcomes.values(), *results.harms.values()):
        assert outcome.label in told
    assert "not estimable" in told
    assert "∞" in told


def test_the_forest_plot_turns_the_page() -> None:
    results = sample(3)
    pages = forest.forest(results, NEJM)
    assert len(pages) == 2
    comparisons = 2 * (len(results.outcomes) + len(results.harms))
    assert sum(int(re.findall(r"plot of (\d+)", page.alt)[0]) for page in pages) == comparisons


def test_absolute_effects_are_told_before_relative_ones(
    two: dict[str, figures.ReportFigure],
) -> None:
    first = two["forest"].alt.split(". ")[1]
    assert first.index("risk difference") < first.index("risk ratio")


@pytest.mark.parametrize("word", ["significan", "trend", "superior", "safe"])
def test_no_word_judges(two: dict[str, figures.ReportFigure], word: str) -> None:
    for figure in two.values():
        assert word not in f"{figure.title} {figure.caption} {figure.alt}".lower()


def test_a_figure_speaks_the_journals_numbers() -> None:
    drawn: Any = survival.survival(sample(), JAMA)[0]
    assert "P = .04" in drawn.caption


def test_text_is_never_read_as_markup_or_mathematics() -> None:
    results = sample()
    odd = "a $x_1$ <b> & label"
    outcome = results.outcomes["survival"].model_copy(update={"label": odd})
    changed = results.model_copy(update={"outcomes": {"survival": outcome}})
    drawn = survival.survival(changed, NEJM)[0]
    assert "a $x_1$ &lt;b&gt; &amp; label" in drawn.svg
    assert forest.forest(changed, NEJM)


def test_results_without_outcomes_or_steps_draw_what_is_left() -> None:
    bare = sample().model_copy(
        update={"outcomes": {}, "harms": {}, "attrition": (), "baseline": (), "swimmer": None}
    )
    assert figures.render(bare, NEJM) == ()


def test_the_swimmer_plots_axis_ends_soon_after_the_last_event() -> None:
    results = sample()
    assert results.swimmer
    row = results.swimmer.rows[0].model_copy(update={"end_day": 9000, "end": "end of follow-up"})
    eventful = [r for r in results.swimmer.rows if r.end == "death"]
    assert swimmer._reach([row, *eventful]) < 500
    assert swimmer._end(row, 500) == "beyond"
    assert swimmer._reach([row.model_copy(update={"end": "death"})]) >= 9000


def test_nothing_hides_a_death() -> None:
    results = sample()
    assert results.swimmer
    dead = next(r for r in results.swimmer.rows if r.end == "death")
    mark = dead.marks[0].model_copy(
        update={"event": "discharge", "role": "outcome", "day": dead.end_day}
    )
    placed = swimmer._stacked(dead.model_copy(update={"marks": (mark,)}), float)
    assert placed[0][2] != 0
