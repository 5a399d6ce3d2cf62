"""What was measured: reports, and laboratory series. Used by make_notes.py alone."""

from __future__ import annotations

from chart import Chart


def tests(c: Chart) -> None:
    """Reports: high-resolution CT and lung function."""
    row = c.row
    if not row["hrct_percent"]:
        return
    c.note(
        c.admitted,
        18,
        "Radiology report",
        "High-resolution CT of the chest. Ground-glass opacity and consolidation in the lower "
        f"lobes, involving about {row['hrct_percent']}% of the lung. No pulmonary embolism. "
        "No pneumothorax or pneumomediastinum.",
        "Compared with the CT of the referring hospital, where about "
        f"{max(5, int(row['hrct_percent']) - 15)}% was involved.",
    )
    fvc = row["fvc_percent"]
    c.note(
        c.day(1),
        9,
        "Lung function",
        f"Forced vital capacity {fvc}% of predicted. Diffusing capacity could not be measured."
        if fvc != "ND"
        else "Too breathless for spirometry. No forced vital capacity was measured in this stay.",
    )


def measurements(c: Chart) -> None:
    """Laboratory series: the value of the day of admission is the one of the table."""
    row, stay = c.row, (c.date("discharged") - c.admitted).days
    for column, term, unit, drift in (
        ("pf_ratio", "PaO2/FiO2", "mm Hg", 1.012),
        ("ck", "creatine kinase", "U/L", 0.94),
        ("ferritin", "ferritin", "ng/mL", 0.96),
    ):
        if not row[column].isdigit():
            continue
        value = float(row[column])
        for day in range(0, stay + 1, 2):
            shown = int(row[column]) if day == 0 else round(value)
            c.item("measurement", c.day(day), term, value=shown, unit=unit)
            value *= drift * c.dice.uniform(0.95, 1.05)
    if c.id == "made-up-09":  # a contradiction: a mislabelled sample, taken back in a note
        c.item("measurement", c.admitted, "ferritin", value=113, unit="ng/mL")
        c.note(
            c.day(1),
            7,
            "Laboratory message",
            f"The ferritin of 113 ng/mL of yesterday is not this patient's: the sample was "
            f"mislabelled. The right value of the same day is {row['ferritin']} ng/mL.",
        )
