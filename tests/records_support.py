"""A small made-up chart table and the protocol that asks about it, for the records' tests."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from casewise import records
from casewise.protocol.model import Study
from casewise.protocol.site import Site

TODAY = dt.date(2024, 1, 1)

STUDY: dict[str, Any] = {
    "title": "Plasma exchange (the patients are made up)",
    "events": {
        "admission": {"visit": "inpatient"},
        "discharge": {"visit end": "inpatient"},
        "exchange": {"procedure": "plasma exchange", "label": "plasma exchange"},
        "ventilation": {"procedure": "invasive ventilation"},
        "death": {"death": "any cause"},
    },
    "cohort": {"index": "first admission"},
    "arms": {"exchange": {"event": "exchange", "within": "30 days"}, "none": "otherwise"},
    "baseline": {
        "severity": {"choices": ["mild", "moderate", "severe"]},
        "FVC": {"unit": "% predicted"},
        "smoker": {"type": "yes or no"},
        "antibody": {},
    },
    "outcomes": {"death by 30 days": {"any of": ["death"], "within": "30 days"}},
}

SITE: dict[str, Any] = {
    "records": "charts.csv",
    "patient": "id",
    "missing": ["NK"],
    "not applicable": ["n/a"],
    "events": {
        "admission": {"date": "admitted"},
        "discharge": {"date": "discharged"},
        "exchange": {"date": "exchanged", "line": "exchange_line"},
        "ventilation": {"yes or no": "ventilated"},
        "death": {"date": "died_on"},
    },
    "baseline": {"severity": "severity", "FVC": "fvc", "smoker": "smoker", "antibody": "antibody"},
}

HEADER = (
    "id,admitted,discharged,exchanged,exchange_line,ventilated,died_on,severity,fvc,smoker,antibody"
)
ROWS = (
    "001,2021-01-03,2021-01-30,2021-01-05,2,yes,,severe,55.5,no,MDA5",
    "002,2021-02-03,2021-02-20,,,no,2021-02-20,mild,,yes,Jo-1",
    "003,2021-02-04,,,,,NK,,70,NK,n/a",
)
CHARTS = "\n".join([HEADER, *ROWS]) + "\n"


def site_with(**changes: Any) -> Site:
    """The site above with keys replaced; an underscore stands for the space of the YAML key."""
    return Site.model_validate(SITE | {key.replace("_", " "): v for key, v in changes.items()})


def study_with(**changes: Any) -> Study:
    return Study.model_validate(STUDY | changes)


def opened(
    folder: Path, charts: str | bytes = CHARTS, site: Site | None = None, study: Study | None = None
) -> records.Records:
    data = charts.encode() if isinstance(charts, str) else charts
    site = site or site_with()
    (folder / site.records.path).write_bytes(data)
    return records.open(study or study_with(), site, folder, today=TODAY)


def rows_of(opened: records.Records, code: str, *columns: str) -> list[tuple[Any, ...]]:
    """The event rows of ``code`` in their order, as plain values, dates as ISO text."""
    columns = columns or ("person", "start", "status")
    picked = ", ".join(
        f'CAST("{c}" AS VARCHAR) AS "{c}"' if c in ("start", "end") else f'"{c}"' for c in columns
    )
    return rows(opened, f"SELECT {picked} FROM event WHERE code = '{code}' ORDER BY person, start")


def rows(opened: records.Records, sql: str) -> list[tuple[Any, ...]]:
    answer = opened.engine.query(sql)
    return list(zip(*(values.tolist() for values in answer.values()), strict=True))
