"""Every patient here is made up: nobody's chart was read, and nothing here is a finding.

Writes ``persons.csv``, ``items.csv`` and ``notes.csv``, the charts of the invented patients of
``../plasma_exchange/charts.csv``, so that a careful reader arrives at that table again:

    python make_notes.py             the same files every time

The table is read once, here. What it holds is told in the notes as hospitals tell it: a date as
"the day before yesterday" or a hospital day, a denied finding beside a true one, text that was
copied forward after it ceased to be true, and two contradictions. README.md says how each is
to be read.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path

from chart import LINES, OXYGEN, SIGNED, SUBTYPES, Chart
from measured import measurements, tests
from words import ago, hospital_day, listed, short, spoken

HERE = Path(__file__).parent
TABLE = HERE.parent / "plasma_exchange" / "charts.csv"


def clinic_before(c: Chart) -> None:
    """Letters of the rheumatology clinic: the diagnosis and the lines before the admission."""
    diagnosed = c.date("myositis_diagnosed")
    if diagnosed is None or diagnosed >= c.admitted:
        return
    seen = diagnosed + dt.timedelta(days=2)
    given = c.drugs(before=True)
    subtype = SUBTYPES.get(c.row["myositis_subtype"], "inflammatory myopathy")
    c.note(
        seen,
        10,
        "Rheumatology letter",
        f"I saw this {c.woman} again. The muscle and antibody results came back, and the "
        f"diagnosis of {subtype} was made {ago(diagnosed, seen)}.",
        "There is no rash of the kind a drug makes. No relative has myositis; a sister has "
        "rheumatoid arthritis.",
        "I have asked for a chest CT and will start treatment once it is here.",
    )
    for start, name, line in given:
        written = start + dt.timedelta(days=c.dice.choice([0, 1, 2, 3]))
        c.note(
            written,
            11,
            "Rheumatology letter",
            f"{name.capitalize()} was started {ago(start, written)}, the {LINES[line]} line of "
            f"immunosuppression. Prednisolone by mouth goes on and does not count as a line.",
            "Blood counts are to be checked every two weeks.",
        )
        c.item("drug", start, name)
    if c.date("transplanted") and c.date("transplanted") < c.admitted:
        done = c.date("transplanted")
        c.note(
            done + dt.timedelta(days=30),
            9,
            "Transplant clinic",
            f"First visit after the bilateral lung transplant of {spoken(done)}. Lung function is "
            "good, no rejection on biopsy.",
        )
        c.item("procedure", done, "bilateral lung transplant")


def admission(c: Chart) -> None:
    row, day = c.row, c.admitted
    days = row["symptom_days"]
    began = (
        f"Breathlessness and dry cough since {spoken(day - dt.timedelta(days=int(days)))}."
        if days
        else "Breathless for some weeks."
    )
    lines = row["prior_lines"]
    prior = {"": "", "0": "No immunosuppression before this admission."}.get(
        lines,
        f"Lines of immunosuppression before this admission: {lines} (see the clinic's letters).",
    )
    support = ""
    if row["oxygen"]:
        support = (
            f"Came in on room air by ambulance, saturation 84%. In the emergency room "
            f"{OXYGEN[row['oxygen']]} was needed and goes on. Not intubated. Arterial gas on this "
            f"support: PaO2/FiO2 {row['pf_ratio']} mm Hg."
        )
    earlier = c.date("transplanted")
    transplant = (
        f"Bilateral lung transplant on {spoken(earlier)}."
        if earlier and earlier < day
        else "No lung transplant in the past."
    )
    muscle = {
        "no": "Muscle biopsy and myositis antibodies of last year: no myositis. Diagnosis: "
        "idiopathic interstitial pneumonia.",
        "ND": "Whether there is a muscle disease behind it was not asked or tested.",
    }.get(row["myositis"], "")
    started = [name for start, name, _ in c.drugs(before=False) if start == day]
    c.note(
        day,
        15,
        "Admission note",
        f"{row['age']}-year-old {c.woman}, admitted today with rapidly progressive interstitial "
        f"lung disease. {began} Denies fever, hemoptysis and chest pain.",
        f"Past history: {transplant} {muscle} {prior}",
        support,
        f"Treatment from today: {listed(started)}." if started else "Broad antibiotics from today.",
        f"Family: {c.her} father had a lung transplant for silicosis. "
        "Non-smoker. " + SIGNED["admission"],
    )
    c.item("visit", day, "inpatient", end=c.row["discharged"])
    c.item("condition", day, "interstitial lung disease")


def consult(c: Chart) -> None:
    """The rheumatologist's consult: diagnosis, antibodies, skin and muscle."""
    row = c.row
    if not row["myositis_subtype"] or not row["anti_mda5"]:
        return
    diagnosed = c.date("myositis_diagnosed")
    assert diagnosed is not None
    new = diagnosed >= c.admitted
    written = max(diagnosed, c.day(1))
    subtype = SUBTYPES[row["myositis_subtype"]]
    first = (
        f"The diagnosis of {subtype} was made {ago(diagnosed, written)}. It was not known before."
        if new
        else f"Known {subtype} (diagnosed on {spoken(diagnosed)})."
    )
    said = {
        "yes": "positive",
        "no": "negative",
        "ND": "sent, result never filed",
    }
    skin = (
        "No skin disease, so no CDASI."
        if row["cdasi"] == "NA"
        else f"Gottron papules and heliotrope rash; CDASI {row['cdasi']} of 100."
    )
    muscle = (
        "Muscle strength could not be tested (sedated)."
        if row["mmt8"] == "ND"
        else f"MMT8 {row['mmt8']} of 80."
    )
    c.note(
        written,
        16,
        "Rheumatology consult",
        first,
        f"Anti-MDA5 {said[row['anti_mda5']]}. Antisynthetase antibodies (Jo-1, PL-7, PL-12) "
        f"{said[row['antisynthetase']]}. Anti-Ro52 {said[row['anti_ro52']]}.",
        f"{skin} {muscle}",
        f"Creatine kinase on admission {row['ck']} U/L, ferritin on admission "
        f"{row['ferritin']} ng/mL.",
        "Plasma exchange was discussed and is kept in reserve; not started today. "
        + SIGNED["consult"],
    )


def treatments(c: Chart) -> None:
    """What was started in the stay after the first day, told on the day or some days later."""
    for start, name, line in c.drugs(before=False):
        c.item("drug", start, name)
        if start == c.admitted:
            c.note(
                start,
                20,
                "Medication note",
                f"First dose given at 18:30: {name}. This is the {LINES[line]} line over the whole "
                "illness; agents started together share a line.",
            )
            continue
        discharged = c.date("discharged")
        assert discharged is not None
        written = min(start + dt.timedelta(days=c.dice.choice([0, 1, 2])), discharged)
        c.note(
            written,
            12,
            "Progress note",
            f"{name[0].upper() + name[1:]} was begun {ago(start, written)} as "
            f"{LINES[line]}-line treatment.",
            "Afebrile. No new infiltrate. Oxygen as before. " + SIGNED["progress"],
        )
    if c.row["ritux_start"] == "ND":
        c.note(
            c.day(8),
            12,
            "Progress note",
            "Rituximab: the referring hospital may have given a dose before transfer; their "
            "medication list could not be had, and no one here knows.",
        )


def exchange(c: Chart) -> None:
    """Plasma exchange: a consent, a note for the first, a table for the course."""
    days = c.exchanges
    if not days:
        if c.row["pf_ratio"]:
            c.note(
                c.day(2),
                14,
                "Apheresis consult",
                "Asked about plasma exchange. Not indicated now: plasma exchange was not "
                "performed, and no apheresis catheter was placed.",
            )
        return
    first, *others = days
    c.note(
        first - dt.timedelta(days=1),
        17,
        "Apheresis consult",
        "Plasma exchange planned for today was cancelled, since the catheter could not be placed "
        "in time. Consent signed. Catheter to go in tonight.",
    )
    c.note(
        first,
        11,
        "Procedure note",
        f"First plasma exchange today, 1.0 plasma volume against albumin. The "
        f"{LINES[int(c.row['pe_line'])]} line of treatment. No fever.",
    )
    counted = [hospital_day(d, c.admitted) for d in others]
    c.note(
        days[-1],
        17,
        "Apheresis summary",
        f"Course of five exchanges completed. After the first on {short(first)}, plasma exchange "
        f"was done on {listed(counted)} (the day of admission is hospital day 1). "
        "No further exchange is planned.",
    )
    for number, day in enumerate(days):
        # One session of each course was never entered in the structured records.
        if number != 3:
            c.item("procedure", day, "therapeutic plasma exchange")


def complications(c: Chart) -> None:
    ventilated = c.date("ventilated")
    discharged = c.date("discharged")
    assert discharged is not None
    if ventilated:
        written = min(ventilated + dt.timedelta(days=2), discharged)
        c.note(
            written,
            8,
            "Intensive care note",
            f"Was intubated {ago(ventilated, written)} for exhaustion and has been ventilated "
            "since. Sedated, prone. Pneumothorax was ruled out on film.",
        )
        c.item("procedure", ventilated, "endotracheal intubation")
        if written < discharged:
            # Copied forward: it repeats a line that was true before the intubation.
            c.note(
                written,
                13,
                "Progress note",
                f"[copied from {short(c.admitted)}] {OXYGEN[c.row['oxygen']].capitalize()}. Not "
                "intubated.",
                "Plan unchanged.",
            )
    elif c.row["pf_ratio"]:
        c.note(
            c.day(3),
            8,
            "Intensive care note",
            "Seen for possible intubation. Tires but clears. Intubation was not needed; "
            "no mechanical ventilation.",
        )
    line = c.date("line_infection")
    if line:
        written = line + dt.timedelta(days=1)
        c.note(
            written,
            10,
            "Infectious diseases",
            f"Bloodstream infection from the central line: both cultures drawn {ago(line, written)}"
            " grew Staphylococcus aureus, the catheter's tip too. Line removed. No endocarditis.",
        )
    bleeding = c.date("bleeding")
    if bleeding:
        written = min(bleeding + dt.timedelta(days=1), discharged)
        c.note(
            written,
            9,
            "Progress note",
            f"Bleeding from the catheter site {ago(bleeding, written)}, two units of red cells "
            "transfused. No hemoptysis, no melena.",
        )
    for column in ("hypotension_1", "hypotension_2"):
        fall = c.date(column)
        if fall:
            c.note(
                fall,
                12,
                "Procedure note",
                "Blood pressure fell to 74/40 half an hour into the plasma exchange, which was "
                "interrupted for 20 minutes, then completed. No vasopressor.",
            )


def summary(c: Chart) -> None:
    row = c.row
    discharged = c.date("discharged")
    assert discharged is not None
    died = c.date("died") == discharged
    transplanted = c.date("transplanted")
    if transplanted and transplanted > c.admitted:
        written = transplanted + dt.timedelta(days=1)
        c.note(
            written,
            7,
            "Surgery note",
            f"Bilateral lung transplant {ago(transplanted, written)}, ventilated until then as a "
            "bridge. Graft function good. No reoperation.",
        )
        c.item("procedure", transplanted, "bilateral lung transplant")
    harms = []
    if row["pf_ratio"]:
        harms = [
            "" if c.date("line_infection") else "No bloodstream infection from a central line.",
            {
                "ND": "The transfusion record of this stay is missing; bleeding cannot be judged."
            }.get(
                row["bleeding"],
                ""
                if c.date("bleeding")
                else "No bleeding that needed a transfusion or a procedure.",
            ),
        ]
        if c.exchanges and not c.date("hypotension_1"):
            harms.append("No fall in blood pressure during the exchanges.")
    confusion = ""
    if c.id == "made-up-12":  # a contradiction: the procedure's own note is right
        wrong = c.exchanges[0] - dt.timedelta(days=1)
        confusion = f"Plasma exchange from {short(wrong)}, five sessions."
    elif c.exchanges:
        confusion = f"Five plasma exchanges, the last on {spoken(c.exchanges[-1])}."
    if died:
        c.note(
            discharged,
            22,
            "Death note",
            "Oxygenation failed despite all support. No heartbeat, no breath. Time of death 21:40 "
            "today. Family present. No autopsy.",
        )
        c.note(discharged, 23, "Discharge summary", confusion, *harms)
        c.item("death", discharged, "died")
        return
    c.note(
        discharged,
        11,
        "Discharge summary",
        f"Goes home {ago(discharged, discharged)} on "
        f"{c.dice.choice(['2 L/min', '1 L/min', 'no'])} oxygen after a stay that began on "
        f"{spoken(c.admitted)}. {confusion}",
        *harms,
        "No lung transplant in this stay."
        if not (transplanted and transplanted > c.admitted) and row["pf_ratio"]
        else "",
    )


def afterwards(c: Chart) -> None:
    for column, reason in (
        (
            "readmitted",
            "with worse interstitial lung disease: new ground-glass opacity, no infection found",
        ),
        ("readmitted_other", "for a fracture of the wrist; the lung disease is stable, not worse"),
    ):
        back = c.date(column)
        if back:
            c.note(back, 16, "Admission note", f"Admitted again today {reason}.")
            c.item("visit", back, "inpatient", end=back + dt.timedelta(days=6))
    died, last, discharged = c.date("died"), c.date("last_seen"), c.date("discharged")
    assert last is not None
    assert discharged is not None
    if died and died > discharged:
        written = died + dt.timedelta(days=1)
        c.note(
            written,
            9,
            "Letter",
            f"This patient died {ago(died, written)} on our ward, of the lung disease.",
        )
        c.item("death", died, "died")
        return
    if died:
        return
    middle = discharged + (last - discharged) / 2
    if not c.date("readmitted") and (last - discharged).days > 60:
        c.note(
            middle,
            10,
            "Clinic note",
            "Stable, walks a kilometre. No admission anywhere since the discharge."
            if not c.date("readmitted_other")
            else "Stable. Wrist healed.",
        )
    c.note(
        last,
        10,
        "Clinic note",
        "Seen today, alive. Has not been listed for a lung transplant. "
        "No record after this visit: moves away, or the next visit is still to come.",
    )
    c.item("visit", last, "outpatient")


def charts() -> list[Chart]:
    made = []
    with TABLE.open(encoding="utf-8", newline="") as rows:
        for number, row in enumerate(csv.DictReader(rows)):
            chart = Chart(row, random.Random(1000 + number))
            for part in (
                *(clinic_before, admission, tests, consult, treatments, exchange),
                *(complications, summary, afterwards, measurements),
            ):
                part(chart)
            chart.notes.sort(key=lambda note: note[0])
            chart.items.sort(key=lambda item: (item["start"], item["domain"], item["term"]))
            made.append(chart)
    return made


def write(folder: Path = HERE) -> None:
    """The three files of the charts."""
    tables: dict[str, tuple[list[str], list[dict[str, object]]]] = {
        "persons.csv": (["patient", "sex", "age"], []),
        "items.csv": (["patient", "domain", "start", "end", "term", "value", "unit"], []),
        "notes.csv": (["note", "patient", "time", "kind", "text"], []),
    }
    for chart in charts():
        tables["persons.csv"][1].append(
            {"patient": chart.id, "sex": chart.row["sex"], "age": chart.row["age"]}
        )
        tables["items.csv"][1].extend(chart.items)
        for number, (time, kind, text) in enumerate(chart.notes, start=1):
            name = f"{chart.id}-n{number:02}"
            tables["notes.csv"][1].append(
                {"note": name, "patient": chart.id, "time": time, "kind": kind, "text": text}
            )
    for name, (columns, rows) in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    write()
