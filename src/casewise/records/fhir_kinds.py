"""Where each kind of FHIR resource says who, when and what. Paths are JSON paths of FHIR R4.

``refused`` are the statuses whose resources say that something did *not* happen, or that the
record is a mistake; they are left out and counted. ``doubtful`` ones are kept and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from casewise.protocol.codes import VOCABULARIES

Statuses = Mapping[str, tuple[str, ...]]

NOT_DONE = ("entered-in-error", "not-done")


@dataclass(frozen=True)
class Kind:
    """``start``, ``end``: the paths of a date, the first that is there counts. ``recorded``: when
    it was written down, where that can be long after it happened."""

    name: str
    domain: str
    start: tuple[str, ...]
    end: tuple[str, ...] = ()
    recorded: str = ""
    concept: str = "code"
    patient: str = "subject"
    visit: str = "encounter"
    refused: Statuses = field(default_factory=dict)
    doubtful: Statuses = field(default_factory=dict)
    # The path of a quantity, and that of a duration in days after the start.
    quantity: str = ""
    days: str = ""
    medication: bool = False


_VERIFIED = "verificationStatus.coding[*].code"
# Before R4 the status was a word by itself.
_REFUTED = dict.fromkeys((_VERIFIED, "verificationStatus"), ("entered-in-error", "refuted"))
_UNSURE = dict.fromkeys(
    (_VERIFIED, "verificationStatus"), ("unconfirmed", "provisional", "differential")
)

KINDS = (
    Kind(
        "Condition",
        "condition",
        start=("onsetDateTime", "onsetPeriod.start", "recordedDate"),
        end=("abatementDateTime", "abatementPeriod.end"),
        recorded="recordedDate",
        refused=_REFUTED,
        doubtful=_UNSURE,
    ),
    Kind(
        "Procedure",
        "procedure",
        start=("performedDateTime", "performedPeriod.start", "performedPeriod.end"),
        end=("performedPeriod.end",),
        refused={"status": (*NOT_DONE, "preparation")},
    ),
    Kind(
        "MedicationRequest",
        "drug",
        start=("authoredOn", "dispenseRequest.validityPeriod.start"),
        end=("dispenseRequest.validityPeriod.end",),
        concept="medicationCodeableConcept",
        refused={
            "status": ("entered-in-error", "cancelled", "draft"),
            "intent": ("proposal", "plan"),
            "doNotPerform": ("true",),
        },
        days="dispenseRequest.expectedSupplyDuration",
        medication=True,
    ),
    Kind(
        "MedicationAdministration",
        "drug",
        start=("effectiveDateTime", "effectivePeriod.start"),
        end=("effectivePeriod.end",),
        concept="medicationCodeableConcept",
        visit="context",
        refused={"status": NOT_DONE},
        quantity="dosage.dose",
        medication=True,
    ),
    Kind(
        "MedicationStatement",
        "drug",
        start=("effectiveDateTime", "effectivePeriod.start", "dateAsserted"),
        end=("effectivePeriod.end",),
        recorded="dateAsserted",
        concept="medicationCodeableConcept",
        visit="context",
        refused={"status": ("entered-in-error", "not-taken", "intended")},
        medication=True,
    ),
    Kind(
        "MedicationDispense",
        "drug",
        start=("whenHandedOver", "whenPrepared"),
        concept="medicationCodeableConcept",
        visit="context",
        refused={"status": ("entered-in-error", "cancelled", "declined", "preparation")},
        days="daysSupply",
        medication=True,
    ),
    Kind(
        "Immunization",
        "drug",
        start=("occurrenceDateTime", "recorded"),
        recorded="recorded",
        concept="vaccineCode",
        patient="patient",
        refused={"status": NOT_DONE},
        quantity="doseQuantity",
    ),
    Kind(
        "Observation",
        "observation",
        start=("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued"),
        end=("effectivePeriod.end",),
        refused={"status": ("entered-in-error", "cancelled", "registered")},
        quantity="valueQuantity",
    ),
    Kind(
        "AllergyIntolerance",
        "observation",
        start=("onsetDateTime", "onsetPeriod.start", "recordedDate"),
        recorded="recordedDate",
        patient="patient",
        refused=_REFUTED,
        doubtful={_VERIFIED: ("unconfirmed", "presumed")},
    ),
    # R4 says of a device who has it, not since when.
    Kind(
        "Device",
        "device",
        start=(),
        concept="type",
        patient="patient",
        visit="",
        refused={"status": ("entered-in-error",)},
    ),
)

# Kinds that answer for others, besides those above.
SUPPORTING = ("Patient", "Encounter", "Medication", "DocumentReference")

# Encounter.class (HL7's ActCode) and, where a site says it by type alone, SNOMED CT.
VISIT_KINDS = {
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "SS": "inpatient",
    "EMER": "emergency",
    "AMB": "outpatient",
    "VR": "outpatient",
    "PRENC": "outpatient",
    "HH": "home",
}
VISIT_TYPES = {
    "305351004": "intensive care",
    "32485007": "inpatient",
    "50849002": "emergency",
}
VISITS_REFUSED = ("entered-in-error", "cancelled", "planned")

# Domains of an Observation by its category; of another category, a number makes a measurement.
CATEGORIES = {
    "laboratory": "measurement",
    "vital-signs": "measurement",
    "imaging": "measurement",
    "exam": "measurement",
    "social-history": "observation",
    "survey": "observation",
}

_OIDS = {
    "2.16.840.1.113883.6.90": "ICD10CM",
    "2.16.840.1.113883.6.3": "ICD10",
    "2.16.840.1.113883.6.103": "ICD9CM",
    "2.16.840.1.113883.6.104": "ICD9Proc",
    "2.16.840.1.113883.6.4": "ICD10PCS",
    "2.16.840.1.113883.6.12": "CPT4",
    "2.16.840.1.113883.6.285": "HCPCS",
    "2.16.840.1.113883.6.96": "SNOMED",
    "2.16.840.1.113883.6.88": "RxNorm",
    "2.16.840.1.113883.6.69": "NDC",
    "2.16.840.1.113883.6.73": "ATC",
    "2.16.840.1.113883.6.1": "LOINC",
    "2.16.840.1.113883.12.292": "CVX",
}


def systems() -> dict[str, str]:
    """OMOP's vocabulary_id by FHIR system, written as ``normal_system`` of the SQL does."""
    made = {f"urn:oid:{oid}": vocabulary for oid, vocabulary in _OIDS.items()}
    made["http://hl7.org/fhir/sid/icd-10-pcs"] = "ICD10PCS"
    for vocabulary, system in VOCABULARIES.values():
        # ICD-9-CM's two halves have one system: procedures are told apart by their resource.
        if vocabulary != "ICD9Proc":
            made[system.lower().replace("https://", "http://").rstrip("/")] = vocabulary
    return made
