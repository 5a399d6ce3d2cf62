"""The files that ``casewise init`` writes: a study, a site, and made-up charts that fit them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from dataclasses import dataclass

from casewise.errors import CasewiseError, Problem

PATIENTS = 40
TAKEN = ("admission", "discharge", "death", "readmission", "bleeding", "index")

STUDY = """\
# yaml-language-server: $schema=study.schema.json
# The protocol: what the study asks, wherever the records are.
title: {title}
question: {question}

# What is looked for. site.yaml says which columns answer each.
events:
  admission:   {{visit: inpatient, condition: {condition}}}
  {treatment}: {{procedure: {treatment}}}
  discharge:   {{visit end: inpatient}}
  readmission: {{visit: inpatient, after: discharge}}
  bleeding:    {{condition: bleeding that needed a transfusion}}
  death:       {{death: any cause}}

cohort:
  index: first admission          # day 0
  include:
    adult: {{age: ">= 18"}}

# The treated first, the comparator last.
arms:
  {treatment}: {{event: {treatment}, within: 7 days}}
  {comparator}: otherwise

baseline:
  age: {{unit: years}}
  sex: {{}}
  oxygen: {{label: Oxygen on admission, choices: [none, nasal, mask]}}
  albumin: {{label: Serum albumin, unit: g/L}}

outcomes:
  death by 30 days: {{event: death, within: 30 days}}
  death or readmission by 90 days: {{any of: [death, readmission], within: 90 days}}
  hospital stay: {{time: index to discharge, competing: death}}
  survival: {{time to: death, within: 1 year, label: Survival to 1 year}}

harms:
  bleeding: {{within: 30 days, event: bleeding}}

analysis:
  primary: death by 30 days
  multiplicity: holm
  # {treatment} starts after day 0, and only those who live until then can have it: here the
  # arms are those of day 7, among the patients still watched then. "naive" would compare all.
  treatment after day 0: {{landmark: 7 days}}
"""

SITE = """\
# yaml-language-server: $schema=site.schema.json
# Where the records are, and which columns answer each event of the protocol.
# Delete the notice when your own charts stand in charts.csv.
notice: The patients are made up. Nothing here is evidence about any treatment.

records: charts.csv               # .csv, .tsv, .xlsx or .parquet: one row a patient
patient: record_id
extracted: 2025-12-31             # when the records were taken; later dates are mistakes
missing: ND                       # cells that mean: not documented

age: age
sex: {{column: sex, values: {{female: F, male: M}}}}
follow up: {{end: [last_seen, died]}}

# An empty date means that it did not happen.
events:
  admission:   {{date: admitted}}
  {treatment}: {{date: treated}}
  discharge:   {{date: discharged}}
  readmission: {{date: readmitted}}
  bleeding:    {{date: bled}}
  death:       {{date: died}}

baseline:
  oxygen: oxygen
  albumin: albumin
"""


@dataclass(frozen=True)
class Answers:
    """What the person who starts a study is asked."""

    title: str
    treatment: str
    comparator: str
    condition: str


def files(answers: Answers) -> dict[str, str]:
    """Each file's text by its name. The same answers give the same bytes.

    Raises ``CasewiseError`` when the treatment is named as one of the study's other events, or as
    the comparator.
    """
    from casewise.pipeline import schema

    _refuse_clashes(answers)
    question = f"Do patients with {answers.condition} live longer with {answers.treatment}?"
    words = {
        "title": _quoted(answers.title),
        "condition": _quoted(answers.condition),
        "treatment": _quoted(answers.treatment),
        "comparator": _quoted(answers.comparator),
        "question": _quoted(question),
    }
    return {
        "study.yaml": STUDY.format(**words),
        "site.yaml": SITE.format(**words),
        "charts.csv": charts(),
        "study.schema.json": json.dumps(schema("study"), indent=2, ensure_ascii=False) + "\n",
        "site.schema.json": json.dumps(schema("site"), indent=2, ensure_ascii=False) + "\n",
    }


def _refuse_clashes(answers: Answers) -> None:
    taken = answers.treatment.strip().lower()
    if taken in TAKEN:
        raise CasewiseError(
            Problem(
                f'"{answers.treatment}" names another event of the study that init writes',
                hint="give --treatment another name, and change it in study.yaml afterwards",
            )
        )
    if taken == answers.comparator.strip().lower():
        raise CasewiseError(Problem("the treatment and the comparator have the same name"))


def _quoted(text: str) -> str:
    """A YAML scalar that means exactly ``text``: bare where that is safe, else in quotes."""
    plain = text.replace(" ", "").replace("-", "")
    safe = plain.isalpha() and plain.isascii() and text == text.strip() and text[:1] != "-"
    return text if safe and text.lower() not in _WORDS else json.dumps(text, ensure_ascii=False)


_WORDS = {"yes", "no", "true", "false", "on", "off", "null", "y", "n", "otherwise"}


def charts() -> str:
    """Made-up patients, always the same ones, whose dates contradict nothing."""
    draw = random.Random(20)
    rows = [_chart(number, draw) for number in range(1, PATIENTS + 1)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _chart(number: int, draw: random.Random) -> dict[str, object]:
    admitted = dt.date(2022, 1, 10) + dt.timedelta(days=draw.randrange(700))

    def day(offset: int) -> dt.date:
        return admitted + dt.timedelta(days=offset)

    stay = draw.randint(5, 30)
    treated = number % 5 < 2
    dies_in = draw.randint(3, 300) if draw.random() < (0.2 if treated else 0.35) else None
    dies_here = dies_in is not None and dies_in <= stay
    leaves = dies_in if dies_here and dies_in is not None else stay
    returns = leaves + draw.randint(5, 80) if draw.random() < 0.25 and not dies_here else None
    if returns is not None and dies_in is not None and returns > dies_in:
        returns = None
    watched = dies_in if dies_in is not None else draw.randint(365, 420)
    if draw.random() < 0.08 and dies_in is None:
        watched = max(20, (returns or leaves) + 1)  # lost to follow-up early
    return {
        "record_id": f"made-up-{number:02}",
        "admitted": admitted,
        "age": draw.randint(21, 88),
        "sex": draw.choice("FM"),
        "oxygen": draw.choice(["none", "nasal", "nasal", "mask"]),
        "albumin": "ND" if draw.random() < 0.1 else draw.randint(22, 44),
        "treated": day(draw.randint(0, min(3, leaves))) if treated else "",
        "bled": day(draw.randint(1, leaves)) if draw.random() < 0.1 else "",
        "discharged": day(leaves),
        "readmitted": "" if returns is None else day(returns),
        "died": "" if dies_in is None else day(dies_in),
        "last_seen": day(watched),
    }
