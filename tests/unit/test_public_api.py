"""The flat public API: what it holds, what it loads, and results as rows and in a notebook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import casewise
from casewise.results import Results
from omop_support import STUDY, small, write
from sample_results import sample

HEAVY = (
    "docx",
    "duckdb",
    "firthmodels",
    "jinja2",
    "matplotlib",
    "numpy",
    "openpyxl",
    "pandas",
    "pydantic",
    "rich",
    "ruamel.yaml",
    "scipy",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.stats",
    "sklearn",
    "sqlglot",
)


def loaded(code: str) -> set[str]:
    """The modules in ``HEAVY`` that a cold Python has loaded after ``code``."""
    script = f"import sys\n{code}\nprint(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_casewise_loads_nothing_heavy() -> None:
    assert loaded("import casewise, casewise.cli") == set()


def test_help_and_version_load_nothing_heavy() -> None:
    for argument in ("--help", "--version"):
        code = f"""
from casewise.cli import cli
try:
    cli([{argument!r}])
except SystemExit:
    pass
"""
        assert loaded(code) == set()


def test_a_study_without_adjustment_loads_no_optimizer() -> None:
    found = loaded("import casewise.analysis.run")
    assert "scipy" in found
    assert not {"scipy.linalg", "scipy.optimize", "scipy.stats", "pandas", "sklearn"} & found


@pytest.mark.parametrize("command", [["export", "meds"], ["run", "--dry-run"]])
def test_who_is_in_is_found_without_statistics_and_without_a_report(
    command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "study.yaml").write_text(json.dumps(STUDY))
    site = {"records": {"omop": str(write(tmp_path / "cdm", small()))}}
    (tmp_path / "site.yaml").write_text(json.dumps(site))
    out = ["--out", str(tmp_path / "made")] if command[0] == "export" else []
    asked = [*command, str(tmp_path / "study.yaml"), "--site", str(tmp_path / "site.yaml"), *out]
    found = loaded(f"""
from casewise.cli import cli
try:
    cli({asked})
except SystemExit as end:
    assert not end.code
""")
    assert found <= {"duckdb", "numpy", "pydantic", "rich", "ruamel.yaml", "sqlglot"}
    assert "duckdb" in found


def test_every_name_of_the_api_exists_and_is_listed() -> None:
    assert all(getattr(casewise, name) is not None for name in casewise.__all__)
    assert dir(casewise) == sorted(casewise.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'runn'"):
        casewise.runn  # noqa: B018


@pytest.mark.parametrize("arms", [2, 3])
def test_results_become_frames_where_rows_make_sense(arms: int) -> None:
    results = sample(arms)
    attrition = results.to_pandas("attrition")
    assert list(attrition["remaining"]) == [step.remaining for step in results.attrition]
    outcomes = results.to_pandas("outcomes")
    assert set(outcomes["name"]) == set(results.outcomes) | set(results.harms)
    assert len(outcomes) == arms * (len(results.outcomes) + len(results.harms))
    estimates = results.to_pandas()
    assert set(estimates["arm"]) == {arm.name for arm in results.arms[:-1]}
    baseline = results.to_pandas("baseline")
    assert set(baseline["arm"]) == {arm.name for arm in results.arms} | {"overall"}
    with pytest.raises(ValueError, match="there is no table 'outcome'; there are: attrition"):
        results.to_pandas("outcome")


def test_frames_without_pandas_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'casewise\[pandas\]'"):
        sample().to_pandas()


def test_a_notebook_shows_results_escaped() -> None:
    results = sample()
    study = results.study.model_copy(update={"title": "<script>alert(1)</script>"})
    html = Results.model_copy(results, update={"study": study})._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert results.study.notice in html
    assert html.count("<tr>") == 1 + len(results.outcomes) + len(results.harms)
