"""A study of the 28 simulated persons of synthea27nj, an OMOP CDM 5.4 without concept_ancestor."""

STUDY = """\
title: Sinusitis of women and men
events:
  sinusitis: {condition: viral sinusitis, visit: outpatient}
  admission: {visit: inpatient}
  discharge: {visit end: inpatient}
  acetaminophen: {drug: acetaminophen}
  high pressure: {measurement: systolic blood pressure, value: ">= 130"}
  death: {death: any cause}
cohort:
  index: first sinusitis
  include:
    observed for a year before: {observed: 365 days}
arms:
  women: {sex: female}
  men: otherwise
baseline:
  age: {unit: years}
  systolic pressure: {unit: "mm[Hg]", until: index}
  anemia: {type: yes or no}
  acetaminophen:
  high pressure:
outcomes:
  death by 10 years: {event: death, within: 10 years}
  admission by 10 years: {event: admission, within: 10 years, lost: event-free}
codes:
  viral sinusitis: {snomed: 444814009}
  acetaminophen: {rxnorm: [313782, 313820]}
  systolic blood pressure: {loinc: 8480-6}
  anemia: {snomed: 271737000}
"""
SITE = """\
records: {omop: synthea27nj}
extracted: 2022-10-10
notice: These patients are simulated.
baseline:
  systolic pressure: {measurement: systolic blood pressure, unit: "mm[Hg]"}
  anemia: {yes: {condition: anemia}}
"""
