"""The manual of ``casewise.stats`` says what the functions do, and every source is cited."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import re
from pathlib import Path

import pytest

from casewise import stats
from casewise.citations import CITATIONS, FIELDS

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "casewise"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


which_test = load(ROOT / "docs" / "figures" / "which_test.py")


def cells(markdown):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("name", which_test.BLOCKS)
def test_the_chapters_numbers_are_those_of_the_functions(name):
    chapter = which_test.CHAPTER.read_text(encoding="utf-8")
    printed = cells(which_test.block(name).search(chapter)[0].partition("\n")[2])
    computed = cells(which_test.markdown(which_test.BLOCKS[name]()))
    assert len(printed) == len(computed)
    for row, expected in zip(printed, computed, strict=True):
        assert len(row) == len(expected)
        for cell, value in zip(row, expected, strict=True):
            assert cell == value or nearly(cell, value), (name, row, expected)


def nearly(cell, value):
    """Numbers of a table, one alike but for the rounding of its last digit."""
    pattern = re.compile(r"−?\d+\.\d+")
    pairs = zip(pattern.findall(cell), pattern.findall(value), strict=True)
    same = pattern.sub("", cell) == pattern.sub("", value)
    numbers = [(float(a.replace("−", "-")), float(b.replace("−", "-"))) for a, b in pairs]
    return same and bool(numbers) and all(abs(a - b) < 0.00101 for a, b in numbers)


def test_the_chapter_has_every_table_and_figure():
    chapter = which_test.CHAPTER.read_text(encoding="utf-8")
    assert re.findall(r"<!-- table: (.+?) -->", chapter) == list(which_test.BLOCKS)
    for link in re.findall(r"\]\(([^)#]+)\)", chapter):
        assert (which_test.DOCS / link).exists(), link


@pytest.mark.slow
def test_the_default_pair_agrees_at_every_table_of_up_to_50_patients_as_the_chapter_says():
    """Where P is above 0.05 the odds ratio of 1 is accepted, and so within the outermost limits."""
    tables = 0
    for n_1, n_0 in ((n - n_0, n_0) for n in range(2, 51) for n_0 in range(1, n // 2 + 1)):
        tables += (n_1 + 1) * (n_0 + 1)
        for x_1, x_0 in itertools.product(range(n_1 + 1), range(n_0 + 1)):
            if 2 * (x_1 + x_0) > n_1 + n_0:  # events and non-events change places
                continue
            p = stats.fisher(x_1, n_1, x_0, n_0).p_value
            if 0.025 < p <= 0.05:
                found = stats.odds_ratio(x_1, n_1, x_0, n_0, method="minlike")
                assert which_test.leaves_out_1(found), (x_1, n_1, x_0, n_0)
    assert f"{tables:,} tables" in " ".join(which_test.CHAPTER.read_text("utf-8").split())


def test_every_public_name_is_in_the_reference_once():
    page = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == stats.__all__


def test_the_reference_names_the_pairs_that_the_tests_name():
    page = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
    pairs = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", page, re.MULTILINE))
    table = (2, 9, 5, 6)
    sample = [27, 31, 36, 44], [5, 8, 10, 14]
    strata = [table, (1, 4, 3, 5)]
    tests = {
        "fisher": stats.fisher(*table),
        "barnard": stats.barnard(*table),
        "boschloo": stats.boschloo(*table),
        "chi_square": stats.chi_square(*table, kind="n-1"),
        "fisher_r_by_c": stats.fisher_r_by_c([[2, 7], [5, 1]]),
        "stratified_fisher": stats.stratified_fisher(strata),
        "zelen": stats.zelen(strata),
        "mantel_haenszel": stats.mantel_haenszel(strata),
        "rank_sum": stats.rank_sum(*sample),
        "permutation_test": stats.permutation_test(*sample),
        "brunner_munzel": stats.brunner_munzel([1, 3, 5, 6], [2, 4, 7, 9]),
        "kruskal_wallis": stats.kruskal_wallis(*sample),
        "log_rank": stats.log_rank([1, 2, 3, 4], [1, 1, 0, 1], [1, 0, 1, 0]),
    }
    for name, result in tests.items():
        function = result.interval.partition("(")[0]
        assert (f"`{function}`" in pairs[name]) if function else pairs[name] == "none", name


def strings_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def cited():
    """Every key that a docstring cites as ``[key]``, and every key that the code gives as such."""
    everything = [
        text
        for path in SOURCE.rglob("*.py")
        if path.parent.name != "citations"
        for text in strings_of(path)
    ]
    named = {key for text in everything for key in re.findall(r"\[([a-z]+(?:19|20)\d\d)\]", text)}
    return named, set(everything) & set(CITATIONS)


def test_every_source_that_a_docstring_names_is_registered():
    named, _ = cited()
    assert named <= set(CITATIONS)


def test_no_source_is_registered_twice():
    keys = [key for field in FIELDS for key in field]
    assert len(keys) == len(set(keys))
    assert len(set(CITATIONS.values())) == len(keys)


def test_every_registered_source_is_cited_somewhere():
    named, given = cited()
    assert set(CITATIONS) <= named | given


def test_every_public_function_says_what_it_does():
    for name in stats.__all__:
        assert (getattr(stats, name).__doc__ or "").strip(), name
