"""A chart that grows from a row of the invented table. Used by make_notes.py alone."""

from __future__ import annotations

import datetime as dt
import random

from words import short

DRUGS = {
    "mtx_aza": "methotrexate",
    "mmf": "mycophenolate",
    "pulse": "methylprednisolone 1 g a day intravenously",
    "cni": "tacrolimus",
    "ivig": "intravenous immunoglobulin (IVIG)",
    "cyc": "cyclophosphamide",
    "ritux": "rituximab",
    "jak": "tofacitinib",
}
LINES = ["", "first", "second", "third", "fourth", "fifth", "sixth"]
SUBTYPES = {
    "dermatomyositis": "dermatomyositis",
    "amyopathic": "clinically amyopathic dermatomyositis",
    "antisynthetase": "antisynthetase syndrome",
}
OXYGEN = {
    "low-flow": "low-flow oxygen by nasal cannula, 4 L/min",
    "high-flow": "high-flow nasal oxygen, 50 L/min",
    "non-invasive": "non-invasive ventilation by face mask",
}
SIGNED = {"admission": "Dr A. Invented", "progress": "Dr B. Fictional", "consult": "Dr C. Imagined"}


class Chart:
    """One made-up patient: the row of the table, and the chart that grows from it."""

    def __init__(self, row: dict[str, str], dice: random.Random) -> None:
        self.row, self.dice = row, dice
        self.id = row["record_id"]
        self.admitted = dt.date.fromisoformat(row["admitted"])
        self.she, self.her, self.woman = (
            ("she", "her", "woman") if row["sex"] == "F" else ("he", "his", "man")
        )
        self.notes: list[tuple[dt.datetime, str, str]] = []
        self.items: list[dict[str, str]] = []

    def date(self, column: str) -> dt.date | None:
        """The date in a column; None where there is none, or it is ND or NA."""
        cell = self.row[column]
        return dt.date.fromisoformat(cell) if cell[:2] in ("19", "20") else None

    def day(self, number: int) -> dt.date:
        return self.admitted + dt.timedelta(days=number)

    @property
    def exchanges(self) -> list[dt.date]:
        return [d for n in range(1, 6) if (d := self.date(f"pe_{n}"))]

    def drugs(self, before: bool) -> list[tuple[dt.date, str, int]]:
        """(start, drug, line), in order, started before the admission or from it on."""
        found = []
        for key, name in DRUGS.items():
            start = self.date(f"{key}_start")
            if start and (start < self.admitted) == before:
                found.append((start, name, int(self.row[f"{key}_line"])))
        return sorted(found)

    def note(self, day: dt.date, hour: int, kind: str, *paragraphs: str) -> None:
        head = f"MADE-UP PATIENT {self.id}. Invented for an example; no person's record.\n"
        head += f"{kind.upper()}   {short(day)}, {hour:02}:{self.dice.randrange(60):02}\n"
        body = "\n\n".join(p for p in paragraphs if p)
        clock = head.rsplit(" ", 1)[1].strip()
        time = dt.datetime.combine(day, dt.time.fromisoformat(clock))
        self.notes.append((time, kind, f"{head}\n{body}\n"))

    def item(self, domain: str, start: dt.date, term: str, **more: object) -> None:
        cells = {"patient": self.id, "domain": domain, "start": str(start), "term": term}
        self.items.append(cells | {k: str(v) for k, v in more.items()})
