"""A review of two made-up charts, read by two, wherever a review can be made."""

from __future__ import annotations

from pathlib import Path

from casewise.review import answers, assigning
from casewise.review.form import Field, Form, ShowWhen
from casewise.review.store import Chart, Item, Note, Store, create

Place = Path | str
FORM = Form(
    title="Made-up charts",
    fields=(
        Field(name="ventilated", type="yes or no", words=("intubated",)),
        Field(
            name="ventilated on",
            type="date",
            low="2020-01-01",
            show_when=ShowWhen(field="ventilated", is_=("yes",)),
        ),
        Field(name="ferritin", type="number", unit="ng/mL", low="0", high="100000"),
        Field(name="died", type="yes or no", blinded=True),
    ),
)
TEXT = "She was intubated on the ninth of March. No transplant."


def review(place: Place, share: float = 1.0, *, blinded: bool = False) -> Store:
    store = create(place, FORM, title="Made up", blinded=blinded)
    for name, role in (("Cora", "coordinator"), ("Ann", "abstractor"), ("Bo", "abstractor")):
        store.add_account(name, role, "hash", by="Cora")  # type: ignore[arg-type]
    store.add_account("Jude", "adjudicator", "hash", by="Cora")
    store.add_charts(
        [Chart("p1", "F", "61", False), Chart("p2", "M", "40", False)],
        [("p1", Item("drug", "2020-03-01", "", "prednisone", "40", "mg"))],
        [Note("n1", "p1", "2020-03-10T08:00", "progress", TEXT)],
        by="Cora",
    )
    assigning.assign(store, ["Ann", "Bo"], share, by="Cora", seed=1)
    return store


def fill(store: Store, chart: str, who: str, **values: str) -> None:
    given = {"ventilated": "no", "ferritin": "900", "died": "no"} | values
    for field, value in given.items():
        name = field.replace("_", " ")
        status = "not documented" if value == "?" else "answered"
        base = answers.of_chart(store, chart, who)
        answers.save(
            store,
            *(chart, name, who),
            status=status,  # type: ignore[arg-type]
            value="" if value == "?" else value,
            base=base[name].version if name in base else 0,
        )
    answers.finish(store, chart, who)
