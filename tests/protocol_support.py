"""A small protocol and site file that fit together, and their reading with a part replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from casewise import protocol
from casewise.errors import ProtocolError

STUDY = """\
title: A made-up study
events:
  admission: {visit: inpatient}
  discharge: {visit end: inpatient}
  exchange: {procedure: plasma exchange}
  transplant: {procedure: lung transplant}
  readmission: {visit: inpatient, after: discharge}
  death: {death: any cause}
cohort:
  index: first admission
  include:
    adult: {age: ">= 18"}
  exclude:
    transplant before: {event: transplant, until: index}
arms:
  exchange: {event: exchange, within: 30 days}
  no exchange: otherwise
baseline:
  age: {unit: years}
  sex: {}
  severity: {choices: [mild, moderate, severe]}
  FVC: {unit: "% of predicted"}
  smoker: {type: yes or no}
outcomes:
  death by 30 days: {event: death, within: 30 days}
  hospital stay: {time: index to discharge, competing: death}
  survival: {time to: death, within: 1 year}
harms:
  bleeding: {event: transplant, within: 30 days}
treatments:
  exchange: {until: discharge}
analysis:
  primary: death by 30 days
"""

SITE = """\
records: charts.csv
patient: id
age: age
sex: {column: sex, values: {female: F, male: M}}
follow up: last_seen
events:
  admission: {date: admitted}
  discharge: {date: discharged}
  exchange: {date: exchanged}
  transplant: {date: transplanted}
  readmission: {date: readmitted}
  death: {date: died}
baseline:
  severity: {column: severity, values: {mild: 1, moderate: 2, severe: 3}}
  FVC: fvc
  smoker: smoker
"""


def changed(text: str, old: str, new: str) -> str:
    """``text`` with the first ``old`` replaced; it has to be there."""
    assert old in text
    return text.replace(old, new, 1)


def told(folder: Path, study: str | bytes = STUDY, site: str | bytes = SITE) -> str:
    """What a reader of these two files is told, word for word, with the files' names alone."""
    for name, text in (("study.yaml", study), ("site.yaml", site)):
        data = text.encode() if isinstance(text, str) else text
        (folder / name).write_bytes(data)
    with pytest.raises(ProtocolError) as caught:
        protocol.read(folder / "study.yaml", folder / "site.yaml")
    return str(caught.value).replace(f"{folder}/", "")
