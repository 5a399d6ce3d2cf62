"""The plasma-exchange protocol runs unchanged on an OMOP CDM of the same made-up patients.

The two ``results.json`` are equal, word for word, but for the provenance and one note: of how the
chart table's blank dates were read, which OMOP has none of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import casewise
from plasma_omop import EXAMPLE, build


def told(results: casewise.Results) -> dict[str, Any]:
    said = results.to_dict()
    del said["provenance"]
    said["notes"] = [note for note in said["notes"] if note["about"] != "Blank dates"]
    return said


def test_the_results_are_equal(tmp_path: Path) -> None:
    charts = told(casewise.run(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml"))
    omop = told(casewise.run(EXAMPLE / "study.yaml", build(tmp_path)))
    assert {key for key in charts if charts[key] != omop[key]} == set()
    assert charts == omop


def test_what_charts_alone_say_is_in_the_results(tmp_path: Path) -> None:
    """Equal results would prove little if nothing were unknown, or had a line of therapy."""
    omop = casewise.run(EXAMPLE / "study.yaml", build(tmp_path))
    assert sum(step.unknown for step in omop.attrition) == 1
    assert any(row.overall.not_documented for row in omop.baseline)
    assert any(row.overall.not_applicable for row in omop.baseline)
    assert any(cell.lines for row in omop.treatments for cell in row.arms.values())
