"""The adjusted study of right heart catheterization, from table to figures, against R.

The values are printed by ``Rscript rhc_adjusted.R rhc.csv``, which reads the published table itself
and knows nothing of Casewise: cohort, outcome, covariates and all are made twice. The table is not
part of the project: it is looked for where rhc_support.py looks.
"""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from casewise.cli import cli
from rhc_support import EXAMPLE, table


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    records = table()
    folder = tmp_path_factory.mktemp("adjusted")
    shutil.copy(EXAMPLE / "site.yaml", folder)
    protocol = (EXAMPLE / "study_adjusted.yaml").read_text(encoding="utf-8")
    protocol = protocol[: protocol.index("  subgroups:")]
    (folder / "study.yaml").write_text(protocol, encoding="utf-8")
    out = folder / "out"
    arguments = ["run", str(folder / "study.yaml"), "--records", str(records), "--out", str(out)]
    done = CliRunner().invoke(cli, [*arguments, "--quiet"])
    assert done.exit_code == 0, done.output
    return json.loads((out / "results.json").read_text(encoding="utf-8"))["outcomes"]


@pytest.mark.parametrize(
    ("method", "measure", "value", "limits"),
    [
        ("logistic regression", "odds ratio", 1.43630346, (1.23801962, 1.66634486)),
        ("inverse probability weights", "risk difference", 0.05928870, (0.02841291, 0.09016449)),
        ("inverse probability weights", "odds ratio", 1.30199975, (1.13596372, 1.49230414)),
        ("ATT weights", "risk difference", 0.05805928, (0.01795251, 0.09816606)),
        ("ATT weights", "odds ratio", 1.29085754, (1.07700368, 1.54717501)),
        ("overlap weights", "risk difference", 0.06538913, (0.03938968, 0.09138858)),
        ("overlap weights", "odds ratio", 1.33854793, (1.19230417, 1.50272943)),
        ("entropy balancing", "risk difference", 0.06064781, None),
        ("entropy balancing", "odds ratio", 1.31137793, None),
        ("nearest matching", "risk difference", 0.05122096, None),
        ("stratification", "risk difference", 0.05999715, None),
        ("AIPW", "risk difference", 0.06157278, None),
        ("g-computation", "risk difference", 0.06295817, None),
    ],
)
def test_the_adjusted_effect_on_death_by_30_days_is_that_of_r(
    outcomes, method, measure, value, limits
):
    found = estimate(outcomes["death by 30 days"], method, measure)
    assert found["value"] == pytest.approx(value, abs=2e-8)
    if limits is not None:
        assert (found["lower"], found["upper"]) == pytest.approx(limits, abs=2e-8)


def test_the_adjusted_hazard_ratio_is_that_of_r(outcomes):
    found = estimate(outcomes["survival"], "Cox regression", "hazard ratio")
    assert (found["value"], found["lower"], found["upper"]) == pytest.approx(
        (1.17442417, 1.08792368, 1.26780228), abs=2e-8
    )


def estimate(outcome, method, measure):
    adjusted = next(made for made in outcome["adjusted"] if made["method"] == method)
    return next(found for found in adjusted["estimates"] if found["measure"] == measure)
