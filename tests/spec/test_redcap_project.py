"""One study kept as a chart table, and as a REDCap project with a dictionary: the same results.

The project is longitudinal, with an event for the admission and one for the follow-up, and each
plasma exchange is a row of a repeating instrument. The patients are made up.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import casewise
from casewise.results import Results
from redcap_support import COLUMNS

EXAMPLE = Path(__file__).parents[2] / "examples" / "plasma_exchange"
EVENTS = {"admission_arm_1": "Admission", "followup_arm_1": "Follow-up"}
FOLLOW_UP = ("transplanted", "discharged", "readmitted", "readmitted_other", "died", "last_seen")
EXCHANGE = {"pe_date": "Exchange", "pe_line": "Line of the exchange"}
COUNTS = [f"pe_{number}" for number in range(1, 6)]
YES_NO = {"yes": "1", "no": "0"}
CODES = {
    "sex": {"F": "1", "M": "2"},
    "myositis_subtype": {"dermatomyositis": "1", "amyopathic": "2", "antisynthetase": "3"},
    "oxygen": {"low-flow": "1", "high-flow": "2", "non-invasive": "3"},
} | dict.fromkeys(("myositis", "anti_mda5", "antisynthetase", "anti_ro52"), YES_NO)
SYSTEM = {
    "redcap_event_name": "Event Name",
    "redcap_repeat_instrument": "Repeat Instrument",
    "redcap_repeat_instance": "Repeat Instance",
}


def charts() -> list[dict[str, str]]:
    with (EXAMPLE / "charts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fields() -> dict[str, tuple[str, str]]:
    """Each field's form and label."""
    asked = [name for name in charts()[0] if name not in (*COUNTS, *EXCHANGE, *FOLLOW_UP)]
    return (
        {name: ("admission", f"Our {name}") for name in asked}
        | {name: ("exchange", label) for name, label in EXCHANGE.items()}
        | {name: ("follow_up", f"Our {name}") for name in FOLLOW_UP}
    )


def dictionary() -> list[list[str]]:
    lines = [list(COLUMNS)]
    for name, (form, label) in fields().items():
        kind = "text" if name not in CODES else "yesno" if CODES[name] is YES_NO else "radio"
        codes = CODES.get(name, {}) if kind == "radio" else {}
        choices = " | ".join(f"{code}, {text}" for text, code in codes.items())
        lines.append([name, form, "", kind, label, choices, *[""] * 12])
    return lines


def export(labelled: bool) -> list[list[str]]:
    """Three kinds of rows a patient: the admission, each exchange, and the follow-up."""
    known = fields()
    names = [next(iter(known)), *SYSTEM, *list(known)[1:]]
    titles = {name: label for name, (_, label) in known.items()} | SYSTEM

    def cell(name: str, text: str) -> str:
        if labelled:
            return text.title() if CODES.get(name) is YES_NO and text in YES_NO else text
        return CODES.get(name, {}).get(text, text)

    lines = [[titles[name] for name in names] if labelled else names]
    for chart in charts():
        of_form = {
            form: {
                name: cell(name, chart.get(name, "")) for name in known if known[name][0] == form
            }
            for form in ("admission", "follow_up")
        }
        given = [date for date in (chart[name] for name in COUNTS) if date]
        rows = [("admission_arm_1", "", "", of_form["admission"])]
        for number, date in enumerate(given, 1):
            once = {"pe_date": date, "pe_line": chart["pe_line"]}
            form = "Exchange" if labelled else "exchange"
            rows.append(("admission_arm_1", form, str(number), once))
        rows.append(("followup_arm_1", "", "", of_form["follow_up"]))
        for event, form, instance, cells in rows:
            system = (EVENTS[event] if labelled else event, form, instance)
            row = cells | dict(zip(SYSTEM, system, strict=True))
            row["record_id"] = chart["record_id"]
            lines.append([row.get(name, "") for name in names])
    return lines


def site(folder: Path, labelled: bool) -> Path:
    for name, lines in (("export.csv", export(labelled)), ("dictionary.csv", dictionary())):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    text = (EXAMPLE / "site.yaml").read_text(encoding="utf-8")
    source = "records: {redcap: export.csv, dictionary: dictionary.csv}"
    text = text.replace("records: charts.csv", source)
    bound = "plasma exchange: {date: pe_date, line: pe_line, form: exchange}"
    text = re.sub(r"plasma exchange:\n +date: .*\n +line: pe_line", bound, text)
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def chart_table() -> Results:
    return casewise.run(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml")


@pytest.mark.parametrize("labelled", [False, True], ids=["raw", "labelled"])
def test_a_redcap_project_gives_what_the_chart_table_gives(
    tmp_path: Path, chart_table: Results, labelled: bool
) -> None:
    found = casewise.run(EXAMPLE / "study.yaml", site(tmp_path, labelled))
    for part in ("arms", "attrition", "baseline", "outcomes", "harms", "treatments", "swimmer"):
        assert getattr(found, part) == getattr(chart_table, part), part
