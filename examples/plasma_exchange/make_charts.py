"""Every patient in this table is made up: nobody's chart was read, and nothing here is a finding.

The published study's 15 charts are not public. This script writes ``charts.csv``, a table of
invented charts that satisfies each figure of the published summary, and proves it: each figure is
computed again here, from the dates in the file, in plain Python that shares nothing with Casewise.

    python make_charts.py            rewrites charts.csv and prints the proof

Below, every event is written as a day counted from that patient's admission (day 0), and a
treatment as (day, line of therapy). ``ND`` is not documented, ``NA`` does not apply, an empty
date did not happen.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import prove_charts

CHARTS = Path(__file__).with_name("charts.csv")

BASELINE = [
    *("age", "sex", "myositis", "myositis_subtype", "anti_mda5", "antisynthetase", "anti_ro52"),
    *("symptom_days", "prior_lines", "oxygen", "pf_ratio", "fvc_percent", "hrct_percent"),
    *("cdasi", "mmt8", "ck", "ferritin"),
]
EXCHANGES = ["pe_1", "pe_2", "pe_3", "pe_4", "pe_5"]
TREATMENTS = ["mtx_aza", "mmf", "pulse", "cni", "ivig", "cyc", "ritux", "jak"]
HARMS = ["line_infection", "bleeding", "hypotension_1", "hypotension_2"]
COURSE = ["transplanted", "discharged", "readmitted", "readmitted_other", "died", "last_seen"]
COLUMNS = [
    "record_id",
    "admitted",
    "myositis_diagnosed",
    *BASELINE,
    "ventilated",
    *EXCHANGES,
    "pe_line",
    *(f"{name}{suffix}" for name in TREATMENTS for suffix in ("_start", "_line")),
    *HARMS,
    *COURSE,
]

# "baseline" holds the columns of BASELINE in their order.
EXCHANGED = [
    {
        "admitted": "2014-05-12",
        "baseline": "52 F yes antisynthetase no yes yes 34 1 low-flow 215 58 30 NA 74 640 310",
        "myositis_diagnosed": -205,
        "exchanges": (1, 2, 4, 5, 7),
        "pe_line": 3,
        "treatments": {"mmf": (-190, 1), "pulse": (0, 2), "ritux": (8, 4)},
        "course": {"discharged": 9, "last_seen": 812},
    },
    {
        "admitted": "2017-11-06",
        "baseline": "38 F yes amyopathic yes no yes 41 0 high-flow 180 49 45 18 80 88 1240",
        "myositis_diagnosed": 3,
        "exchanges": (3, 5, 7, 9, 11),
        "pe_line": 3,
        "treatments": {"pulse": (0, 1), "cni": (0, 1), "cyc": (2, 2), "ivig": (12, 4)},
        "course": {"discharged": 18, "last_seen": 1130},
    },
    {
        "admitted": "2013-02-18",
        "baseline": "61 M yes antisynthetase no yes yes 62 2 high-flow 165 52 40 NA 70 1150 285",
        "myositis_diagnosed": -430,
        "exchanges": (5, 7, 9, 11, 13),
        "pe_line": 5,
        "treatments": {
            "mtx_aza": (-410, 1),
            "mmf": (-150, 2),
            "pulse": (0, 3),
            "cyc": (2, 4),
            "ritux": (15, 6),
        },
        "harms": {"hypotension_1": 7},
        "course": {"discharged": 23, "last_seen": 540},
    },
    {  # readmitted for the lung disease, then lost to follow-up within the year
        "admitted": "2020-10-27",
        "baseline": "44 F yes dermatomyositis yes no no 28 1 high-flow 190 55 35 22 68 420 980",
        "myositis_diagnosed": -80,
        "exchanges": (6, 8, 10, 12, 14),
        "pe_line": 3,
        "treatments": {"mtx_aza": (-75, 1), "pulse": (0, 2), "cni": (1, 2), "jak": (16, 4)},
        "course": {"discharged": 25, "readmitted": 148, "last_seen": 301},
    },
    {  # readmitted for something else, which the published composite does not count
        "admitted": "2016-08-22",
        "baseline": "57 F yes amyopathic yes no yes 45 0 non-invasive 122 ND 60 14 79 112 2150",
        "myositis_diagnosed": 2,
        "ventilated": 4,
        "exchanges": (5, 7, 9, 11, 13),
        "pe_line": 3,
        "treatments": {"pulse": (0, 1), "cni": (1, 1), "cyc": (2, 2), "ivig": (14, 4)},
        "harms": {"bleeding": 10},
        "course": {"discharged": 27, "readmitted_other": 212, "last_seen": 905},
    },
    {
        "admitted": "2015-03-09",
        "baseline": "49 M yes dermatomyositis no no no 57 1 low-flow 205 61 30 27 62 1980 420",
        "myositis_diagnosed": -130,
        "exchanges": (4, 6, 8, 10, 12),
        "pe_line": 3,
        "treatments": {"mmf": (-120, 1), "pulse": (0, 2), "cni": (2, 2), "ritux": (14, 4)},
        "course": {"discharged": 31, "last_seen": 1466},
    },
    {
        "admitted": "2019-06-17",
        "baseline": "33 F yes amyopathic yes no yes 21 0 high-flow 148 ND 50 16 80 64 1620",
        "myositis_diagnosed": 5,
        "exchanges": (9, 11, 13, 15, 17),
        "pe_line": 3,
        "treatments": {"pulse": (0, 1), "cni": (1, 1), "cyc": (4, 2), "jak": (20, 4)},
        "course": {"discharged": 36, "last_seen": 623},
    },
    {  # died in hospital on day 44: past day 30, within the year
        "admitted": "2018-01-29",
        "baseline": "66 M yes antisynthetase no yes no 75 2 non-invasive 132 ND 55 NA 71 870 510",
        "myositis_diagnosed": -650,
        "ventilated": 10,
        "exchanges": (12, 14, 16, 18, 20),
        "pe_line": 5,
        "treatments": {
            "mtx_aza": (-620, 1),
            "ritux": (-210, 2),
            "pulse": (0, 3),
            "cyc": (3, 4),
            "ivig": (22, 6),
        },
        "harms": {"hypotension_1": 12, "hypotension_2": 16},
        "course": {"discharged": 44, "died": 44, "last_seen": 44},
    },
    {
        "admitted": "2021-02-08",
        "baseline": "55 F yes dermatomyositis yes no ND 39 1 high-flow 172 50 40 21 66 530 890",
        "myositis_diagnosed": -50,
        "exchanges": (7, 9, 11, 13, 15),
        "pe_line": 3,
        "treatments": {"mmf": (-45, 1), "pulse": (0, 2), "cni": (1, 2), "ivig": (17, 4)},
        "harms": {"line_infection": 19},
        "course": {"discharged": 61, "last_seen": 377},
    },
]

NOT_EXCHANGED = [
    {  # the short stays of 5 and 8 days ended in death
        "admitted": "2013-09-30",
        "baseline": "63 M yes amyopathic yes no yes 25 0 non-invasive 128 ND 55 19 ND 95 1890",
        "myositis_diagnosed": 2,
        "ventilated": 1,
        "treatments": {"pulse": (0, 1), "cni": (1, 1), "ivig": (3, 2)},
        "course": {"discharged": 5, "died": 5, "last_seen": 5},
    },
    {
        "admitted": "2016-01-11",
        "baseline": "58 F yes dermatomyositis yes no no 30 1 high-flow 140 ND 50 24 67 610 1130",
        "myositis_diagnosed": -70,
        "ventilated": 3,
        "treatments": {"mtx_aza": (-60, 1), "pulse": (0, 2), "ivig": (1, 2), "cyc": (3, 3)},
        "harms": {"bleeding": 6},
        "course": {"discharged": 8, "died": 8, "last_seen": 8},
    },
    {  # readmitted for the lung disease and died of it
        "admitted": "2012-06-04",
        "baseline": "47 F yes antisynthetase no yes yes 58 2 low-flow 198 57 35 NA 73 720 340",
        "myositis_diagnosed": -520,
        "treatments": {"mtx_aza": (-500, 1), "mmf": (-230, 2), "pulse": (0, 3), "ritux": (4, 4)},
        "harms": {"bleeding": "ND"},
        "course": {"discharged": 10, "readmitted": 88, "died": 97, "last_seen": 97},
    },
    {
        "admitted": "2018-10-15",
        "baseline": "51 F yes amyopathic yes no ND 36 0 high-flow 176 51 40 15 79 130 960",
        "myositis_diagnosed": 4,
        "treatments": {"pulse": (0, 1), "cni": (1, 1), "ivig": (5, 2), "ritux": "ND"},
        "course": {"discharged": 14, "readmitted": 63, "last_seen": 731},
    },
    {
        "admitted": "2014-12-01",
        "baseline": "42 F yes antisynthetase no yes yes 66 1 low-flow 230 63 25 NA 75 980 265",
        "myositis_diagnosed": -330,
        "treatments": {"mmf": (-310, 1), "cyc": (3, 2)},
        "course": {"discharged": 14, "readmitted_other": 130, "last_seen": 1004},
    },
    {  # ventilated as a bridge to the transplant on day 9
        "admitted": "2020-01-20",
        "baseline": "39 M yes amyopathic yes no yes 19 0 non-invasive 110 ND 65 20 80 71 2480",
        "myositis_diagnosed": 1,
        "ventilated": 4,
        "treatments": {"pulse": (0, 1), "cni": (0, 1), "cyc": (2, 2)},
        "harms": {"line_infection": 16},
        "course": {"transplanted": 9, "discharged": 26, "last_seen": 688},
    },
]

# Screened and not eligible; abstraction stopped where that was found.
INELIGIBLE = [
    {  # too young
        "admitted": "2017-04-10",
        "baseline": "16 F yes",
        "myositis_diagnosed": -40,
        "course": {"discharged": 22, "last_seen": 700},
    },
    {  # interstitial lung disease without myositis
        "admitted": "2015-10-19",
        "baseline": "59 M no",
        "course": {"discharged": 13, "last_seen": 410},
    },
    {  # whether there was myositis is not documented
        "admitted": "2012-11-12",
        "baseline": "64 F ND",
        "course": {"discharged": 7, "last_seen": 96},
    },
    {  # transplanted before this admission
        "admitted": "2019-02-25",
        "baseline": "54 M yes antisynthetase",
        "myositis_diagnosed": -2900,
        "course": {"transplanted": -790, "discharged": 16, "last_seen": 502},
    },
]


def row(patient: dict) -> dict[str, str]:
    """One line of the table: the days of one patient turned into dates."""
    admitted = dt.date.fromisoformat(patient["admitted"])

    def date(day: object) -> str:
        return str(admitted + dt.timedelta(days=day)) if isinstance(day, int) else str(day)

    cells = dict.fromkeys(COLUMNS, "") | {"admitted": str(admitted)}
    cells |= dict(zip(BASELINE, patient["baseline"].split(), strict=False))
    for column in ("myositis_diagnosed", "ventilated"):
        cells[column] = date(patient.get(column, ""))
    for column, day in zip(EXCHANGES, patient.get("exchanges", ()), strict=False):
        cells[column] = date(day)
    cells["pe_line"] = str(patient.get("pe_line", ""))
    for name, given in patient.get("treatments", {}).items():
        day, line = given if isinstance(given, tuple) else (given, "")
        cells |= {f"{name}_start": date(day), f"{name}_line": str(line)}
    for name, day in (patient.get("harms", {}) | patient["course"]).items():
        cells[name] = date(day)
    return cells


def table() -> str:
    """The text of charts.csv: patients in the order of their admission."""
    without = [row(p) | {"hypotension_1": "NA", "hypotension_2": "NA"} for p in NOT_EXCHANGED]
    rows = [row(p) for p in EXCHANGED] + without + [row(p) for p in INELIGIBLE]
    rows.sort(key=lambda cells: cells["admitted"])
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for number, cells in enumerate(rows, start=1):
        writer.writerow(cells | {"record_id": f"made-up-{number:02}"})
    return text.getvalue()


if __name__ == "__main__":
    CHARTS.write_text(table(), encoding="utf-8", newline="")
    print("\n".join(prove_charts.proof(CHARTS.read_text(encoding="utf-8"))))
