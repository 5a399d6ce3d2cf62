"""Days alive and out of hospital within 30 days, counted by hand; days dead count as none."""

from __future__ import annotations

from pathlib import Path

import casewise
from adjustment_support import YAML

STUDY = {
    "title": "Made-up patients at home",
    "events": {
        "operation": {"procedure": "operation"},
        "stay": {"visit": "inpatient"},
        "drug": {"drug": "a drug"},
        "death": {"death": "any cause"},
    },
    "cohort": {"index": "first operation"},
    "arms": {"drug": {"event": "drug", "within": "0 days"}, "no drug": "otherwise"},
    "outcomes": {
        "at home": {"days free of": "stay", "within": "30 days"},
        "at home, none if dead": {"days free of": "stay", "within": "30 days", "if dead": "zero"},
    },
    "analysis": {"primary": "at home"},
}
SITE = {
    "records": "charts.csv",
    "patient": "id",
    "follow up": "seen",
    "events": {
        "operation": {"date": "operated"},
        "stay": {"date": ["in1", "in2"], "end": ["out1", "out2"]},
        "drug": {"date": "given"},
        "death": {"date": "died"},
    },
}
# Day 0 is January 1, 2020; days 1 to 30 count.
CHARTS = """\
id,operated,in1,out1,in2,out2,given,died,seen
home day 5,2020-01-01,2020-01-01,2020-01-06,,,2020-01-01,,2020-06-01
back for a week,2020-01-01,2020-01-01,2020-01-06,2020-01-15,2020-01-21,2020-01-01,,2020-06-01
died at home,2020-01-01,2020-01-01,2020-01-06,,,2020-01-01,2020-01-21,2020-01-21
died in hospital,2020-01-01,2020-01-01,2020-01-11,,,,2020-01-11,2020-01-11
never left,2020-01-01,2020-01-01,,,,,,2020-06-01
lost,2020-01-01,2020-01-01,2020-01-06,,,,,2020-01-12
"""


def test_days_alive_and_out_of_hospital_are_those_that_one_counts_by_hand(tmp_path: Path) -> None:
    for name, data in (("study", STUDY), ("site", SITE)):
        with (tmp_path / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML(pure=True).dump(data, file)
    (tmp_path / "charts.csv").write_text(CHARTS, encoding="utf-8")
    found = casewise.run(tmp_path / "study.yaml", tmp_path / "site.yaml").outcomes
    drug, none = (found["at home"].arms[arm] for arm in ("drug", "no drug"))
    # days 6 to 30; those but 14 to 20; days 6 to 19, the day of death being none
    assert drug.values == (14, 18, 25)
    # dead on day 10 in hospital, in hospital throughout; who was lost on day 11 is not known
    assert (none.values, none.unknown) == ((0, 0), 1)
    strict = found["at home, none if dead"].arms["drug"]
    assert strict.values == (0, 18, 25)
