"""The plasma-exchange protocol runs unchanged on an OMOP CDM of the same made-up patients.

OMOP has no place for some of what a chart says: that something is not documented, that it cannot
apply, and which line of therapy a drug was. Where the charts are read without that, the two results
are equal, word for word, but for the files they come from.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import casewise
from plasma_omop import EXAMPLE, build

# Of the files, and of how they were read.
OF_THE_FILES = ("provenance", "notes")
NO_MEANS_NO = ("myositis", "anti_mda5", "antisynthetase", "anti_ro52")  # silence is no in OMOP


@pytest.fixture(scope="module")
def omop(tmp_path_factory: pytest.TempPathFactory) -> casewise.Results:
    folder = tmp_path_factory.mktemp("cdm")
    return casewise.run(EXAMPLE / "study.yaml", build(folder))


def charts_without(folder: Path) -> Path:
    """The example's charts and site file without what OMOP cannot hold."""
    with (EXAMPLE / "charts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name, cell in row.items():
            if cell in ("ND", "NA"):
                row[name] = "no" if name in NO_MEANS_NO else ""
    with (folder / "charts.csv").open("w", encoding="utf-8", newline="") as file:
        made = csv.DictWriter(file, list(rows[0]))
        made.writeheader()
        made.writerows(rows)
    site: dict[str, Any] = YAML(pure=True).load((EXAMPLE / "site.yaml").read_text("utf-8"))
    for binding in site["events"].values():
        binding.pop("line", None)
    with (folder / "site.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(site, file)
    return folder / "site.yaml"


def plain(results: casewise.Results) -> dict[str, Any]:
    told = results.to_dict()
    told["study"].pop("site")
    # An item of a checklist may name the file that the records came from.
    files = [source.name for source in results.provenance.records]
    told["checklists"] = [
        item for item in told["checklists"] if not any(name in str(item) for name in files)
    ]
    return {key: value for key, value in told.items() if key not in OF_THE_FILES}


def test_the_results_are_equal(tmp_path: Path, omop: casewise.Results) -> None:
    charts = casewise.run(EXAMPLE / "study.yaml", charts_without(tmp_path))
    ours, theirs = plain(charts), plain(omop)
    assert {key for key in ours if ours[key] != theirs[key]} == set()


def test_of_the_whole_charts_the_comparison_is_the_same(omop: casewise.Results) -> None:
    """What the charts know besides changes no outcome, no arm and no step but what is unknown."""
    charts = casewise.run(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml")
    assert charts.arms == omop.arms
    assert charts.outcomes == omop.outcomes
    assert charts.harms["line infection"] == omop.harms["line infection"]
    steps = [[(s.criterion, s.remaining) for s in one.attrition] for one in (charts, omop)]
    assert steps[0] == steps[1]
