"""The made-up charts of examples/plasma_exchange_review as a review, and what a careful reader
answers: the bundled table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from casewise.protocol import read
from casewise.review.asking import form_of
from casewise.review.form import Form, Status, applies
from casewise.review.store import Chart, Item, Note, Store, create

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
CHARTS = EXAMPLES / "plasma_exchange_review"
STUDY, SITE = EXAMPLES / "plasma_exchange" / "study.yaml", CHARTS / "site.yaml"
Given = tuple[Status, str]

# Of each event: its column or columns in charts.csv, and that of the line of therapy.
EVENTS = {
    "admission": "admitted",
    "discharge": "discharged",
    "plasma exchange": "pe_1 pe_2 pe_3 pe_4 pe_5",
    "ventilation": "ventilated",
    "transplant": "transplanted",
    "readmission": "readmitted",
    "death": "died",
    "methotrexate or azathioprine": "mtx_aza_start",
    "mycophenolate": "mmf_start",
    "glucocorticoid pulse": "pulse_start",
    "calcineurin inhibitor": "cni_start",
    "immunoglobulin": "ivig_start",
    "cyclophosphamide": "cyc_start",
    "rituximab": "ritux_start",
    "JAK inhibitor": "jak_start",
    "line infection": "line_infection",
    "bleeding": "bleeding",
    "hypotension": "hypotension_1 hypotension_2",
}
LINES = {name: column.replace("_start", "_line") for name, column in EVENTS.items()}
LINES["plasma exchange"] = "pe_line"
COVARIATES = {
    "myositis subtype": "myositis_subtype",
    "anti-MDA5": "anti_mda5",
    "antisynthetase": "antisynthetase",
    "anti-Ro52": "anti_ro52",
    "symptoms": "symptom_days",
    "prior lines": "prior_lines",
    "oxygen": "oxygen",
    "oxygenation ratio": "pf_ratio",
    "FVC": "fvc_percent",
    "HRCT extent": "hrct_percent",
    "skin activity": "cdasi",
    "muscle strength": "mmt8",
    "creatine kinase": "ck",
    "ferritin": "ferritin",
}
WORDS = {
    "amyopathic": "clinically amyopathic dermatomyositis",
    "antisynthetase": "antisynthetase syndrome",
    "low-flow": "low-flow oxygen",
    "high-flow": "high-flow oxygen",
    "non-invasive": "non-invasive ventilation",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answered(row: dict[str, str]) -> Iterator[tuple[str, Given]]:
    """What a row of charts.csv says, by field of the form."""
    for name, columns in EVENTS.items():
        cells = [row[column] for column in columns.split()]
        dates = [cell for cell in cells if cell and cell not in ("ND", "NA")]
        if dates:
            yield name, ("answered", "yes")
            yield f"{name}, date", ("answered", ", ".join(dates))
        else:
            yield name, _cell(cells[0], empty="no")
        line = row.get(LINES[name], "") if LINES[name] != columns else ""
        yield f"{name}, line", _cell(line)
    yield "myositis", _cell(row["myositis"])
    yield "myositis, date", _cell(row["myositis_diagnosed"])
    for name, column in COVARIATES.items():
        yield name, _cell(WORDS.get(row[column], row[column]))
    yield "last seen", _cell(row["last_seen"])


def _cell(text: str, empty: str = "") -> Given:
    text = text or empty
    if text == "NA":
        return "not applicable", ""
    return ("not documented", "") if text in ("", "ND") else ("answered", text)


def right_answers() -> dict[str, dict[str, Given]]:
    """By chart: what a careful reader answers, in the order of the form."""
    form = the_form()
    found = {}
    for row in rows(EXAMPLES / "plasma_exchange" / "charts.csv"):
        said = dict(answered(row))
        given: dict[str, Given] = {}
        for field in form.fields:
            if applies(form, field, given) is True:
                given[field.name] = said.get(field.name, ("not documented", ""))
        found[row["record_id"]] = given
    return found


def the_form() -> Form:
    study, site = read(STUDY, SITE)
    return form_of(study, site)  # type: ignore[arg-type]


def example_review(path: Path, *, blinded: bool = False) -> Store:
    """A review of the example's charts; nobody has an account yet."""
    store = create(path, the_form(), title="Made-up charts", blinded=blinded)
    persons = rows(CHARTS / "persons.csv")
    items = rows(CHARTS / "items.csv")
    notes = rows(CHARTS / "notes.csv")
    store.add_charts(
        [Chart(p["patient"], p["sex"], p["age"], False) for p in persons],
        [(i.pop("patient"), Item(**i)) for i in items],
        [Note(n["note"], n["patient"], n["time"], n["kind"], n["text"]) for n in notes],
        by="Cora",
    )
    return store
