"""A made-up cohort in which the sicker were treated, as a chart table and its two files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

import casewise

STUDY: dict[str, Any] = {
    "title": "Made-up patients, the sicker treated",
    "events": {
        "admission": {"visit": "inpatient"},
        "discharge": {"visit end": "inpatient"},
        "drug": {"drug": "a drug"},
        "death": {"death": "any cause"},
        "rash": {"condition": "rash"},
    },
    "cohort": {"index": "first admission"},
    "arms": {"drug": {"event": "drug", "within": "0 days"}, "no drug": "otherwise"},
    "baseline": {
        "age": {"unit": "years"},
        "severity": {"choices": ["mild", "moderate", "severe"]},
        "shock": {"type": "yes or no"},
        "lactate": {"unit": "mmol/L"},
    },
    "outcomes": {
        "death by 30 days": {"event": "death", "within": "30 days", "lost": "event-free"},
        "survival": {"time to": "death", "within": "60 days"},
        "stay": {"time": "index to discharge"},
    },
    "analysis": {"primary": "death by 30 days"},
}
SITE: dict[str, Any] = {
    "records": "charts.csv",
    "patient": "id",
    "age": "age",
    "follow up": "seen",
    "events": {
        "admission": {"date": "admitted"},
        "discharge": {"date": "discharged"},
        "drug": {"date": "given"},
        "death": {"date": "died"},
        "rash": {"date": "rash"},
    },
    "baseline": {"severity": "severity", "shock": "shock", "lactate": "lactate"},
    "missing": "NK",
}


def charts(n: int, seed: int = 1, missing: float = 0.1) -> list[dict[str, str]]:
    """``n`` patients: severity and shock decide on the drug and on death; the drug does nothing."""
    random = np.random.default_rng(seed)
    start = np.datetime64("2020-01-01")
    rows = []
    for i in range(n):
        age = int(random.integers(30, 90))
        severity = int(random.integers(0, 3))
        shock = bool(random.random() < 0.2 + 0.2 * severity)
        treated = random.random() < 1 / (1 + np.exp(1.2 - 0.6 * severity - 0.5 * shock))
        days = int(random.exponential(200 / (1 + severity + 2 * shock)))
        dead = days <= 90
        stay = int(min(random.integers(3, 40), days if dead else 99))
        rash = random.random() < 0.15
        rows.append(
            {
                "id": str(i),
                "age": str(age),
                "admitted": str(start),
                "discharged": str(start + stay),
                "given": str(start) if treated else "",
                "died": str(start + days) if dead else "",
                "rash": str(start + min(int(random.integers(0, 20)), days)) if rash else "",
                "seen": str(start + (days if dead else 90)),
                "severity": ("mild", "moderate", "severe")[severity],
                "shock": "yes" if shock else "no",
                "lactate": "NK"
                if random.random() < missing
                else f"{1 + severity + random.random():.1f}",
            }
        )
    return rows


def written(
    folder: Path, analysis: dict[str, Any], rows: list[dict[str, str]], **more: Any
) -> Path:
    """The three files; answers the study's path."""
    folder.mkdir(parents=True, exist_ok=True)
    study = {**STUDY, **more, "analysis": {**STUDY["analysis"], **analysis}}
    for name, data in (("study", study), ("site", SITE)):
        with (folder / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML(pure=True).dump(data, file)
    with (folder / "charts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder / "study.yaml"


def run(folder: Path, analysis: dict[str, Any], rows: list[dict[str, str]], **more: Any) -> Any:
    study = written(folder, analysis, rows, **more)
    return casewise.run(study, folder / "site.yaml")
