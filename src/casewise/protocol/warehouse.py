"""What ``site.yaml`` may say of event records: a warehouse, a FHIR export, a MEDS dataset.

Such records hold one row for each thing that happened, with a code. The protocol's own code lists
answer its events; a site file adds or replaces code lists where a hospital codes otherwise.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from casewise.engine.address import address, is_address
from casewise.protocol.codes import CodeList
from casewise.protocol.fields import ComparisonText, Date, Model
from casewise.protocol.nearest import nearest

VISITS = ("inpatient", "emergency", "outpatient", "intensive care", "home", "any")


class EventSource(Model):
    """Where event records are. A path is relative to the site file."""

    omop: str | None = Field(
        None,
        description="OMOP CDM 5.3 or 5.4: a folder of Parquet or CSV files, a .duckdb file, or a "
        "database: postgresql://USER@HOST:PORT/DATABASE or spark://HOST:PORT",
    )
    fhir: str | None = Field(None, description="FHIR R4: a folder of NDJSON or Bundle files")
    meds: str | None = Field(None, description="MEDS: a dataset's folder")
    table: str | None = Field(None, description="one event a row: a CSV or Parquet file")
    schema_: str = Field("", description="of a database: the schema the tables are in")
    vocabulary_schema: str = Field(
        "", description="of a database: the schema of concept, concept_ancestor and the like"
    )
    time_zone: str = Field(
        "", description="where an OMOP CDM's moments with a time zone were: Europe/Berlin"
    )
    columns: dict[str, str] = Field(
        {}, description="of a table: which column is patient, time, code, vocabulary, value, ..."
    )

    @model_validator(mode="after")
    def _one(self) -> EventSource:
        named = [key for key in ("omop", "fhir", "meds", "table") if getattr(self, key)]
        if len(named) != 1:
            raise ValueError("records are one of: omop, fhir, meds, or a table with columns")
        if self.table is not None and not self.columns:
            raise ValueError('a table of events needs its "columns": {patient: ..., time: ...}')
        if (self.schema_ or self.vocabulary_schema) and self.omop is None:
            raise ValueError(f'"schema" is of an OMOP CDM in a database, not of {named[0]}')
        if self.time_zone:
            if self.omop is None:
                raise ValueError(f'"time zone" is of an OMOP CDM, not of {named[0]}')
            _known_zone(self.time_zone)
        if is_address(self.path):
            if self.omop is None:
                raise ValueError(f"a database holds an OMOP CDM: {named[0]} is read from files")
            address(self.path)  # raises ValueError
        return self

    @property
    def kind(self) -> Literal["omop", "fhir", "meds", "table"]:
        for key in ("omop", "fhir", "meds"):
            if getattr(self, key):
                return key
        return "table"

    @property
    def path(self) -> str:
        return self.omop or self.fhir or self.meds or self.table or ""


def _known_zone(zone: str) -> None:
    from zoneinfo import available_timezones

    known = available_timezones()
    if known and zone not in known:
        hint = nearest(zone, sorted(known)) or "write one such as Europe/Berlin, or UTC"
        raise ValueError(f'"{zone}" is not a time zone; {hint}')


NameOrCodes: TypeAlias = Annotated[
    Annotated[str, Tag("name")] | Annotated[CodeList, Tag("codes")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "codes"),
]


CODED = ("condition", "procedure", "drug", "measurement", "observation", "device")


class EventCodes(Model):
    """How these records answer one event of the protocol, in the place of its words.

    Several keys together narrow: a condition recorded in a visit of a kind. A plain name is a
    code list's.
    """

    condition: NameOrCodes | None = Field(None, description="a diagnosis or finding, by its code")
    procedure: NameOrCodes | None = Field(None, description="something done, by its code")
    drug: NameOrCodes | None = Field(None, description="a medicine, by its code")
    measurement: NameOrCodes | None = Field(None, description="a test, by its code")
    observation: NameOrCodes | None = Field(None, description="another fact, by its code")
    device: NameOrCodes | None = Field(None, description="a device, by its code")
    visit: str | None = Field(None, description="inpatient, emergency, outpatient, intensive care")
    visit_end: str | None = Field(None, description="the end of such a visit")
    death: NameOrCodes | None = Field(None, description="any cause, or the cause by its code")
    value: ComparisonText | None = Field(None, description="what the measured value is")
    unit: str = Field("", description="the unit wanted of its value, where not the protocol's")
    multiply: dict[str, float] = Field({}, description="unit found to the factor that makes ours")
    line: bool = Field(False, description="its value is the line of therapy, by OMOP's episodes")
    not_documented: EventCodes | None = Field(
        None, description="the record that says: nobody knows whether it happened"
    )
    not_applicable: EventCodes | None = Field(
        None, description="the record that says: it cannot happen to this patient"
    )

    @model_validator(mode="after")
    def _says_what(self) -> EventCodes:
        kinds = [*self.coded(), *(k for k in ("visit", "visit_end") if getattr(self, k))]
        if not kinds:
            raise ValueError(f"an event is one of {', '.join(CODED)}, visit, visit end or death")
        if self.visit is not None and self.visit_end is not None:
            raise ValueError("an event is the start of a visit or its end, not both")
        in_visit = self.visit is not None or self.visit_end is not None
        if len(self.coded()) > 1 and not in_visit:
            listed = " and ".join(self.coded())
            raise ValueError(f"{listed} together need the visit that both were recorded in")
        if self.death is not None and len(kinds) > 1:
            raise ValueError("a death stands alone")
        if self.value is not None and (len(self.coded()) != 1 or in_visit):
            raise ValueError('a "value" belongs to one measurement or observation alone')
        if (self.unit or self.multiply) and (len(self.coded()) != 1 or in_visit or self.death):
            raise ValueError('"unit" and "multiply" belong to one measurement, observation or drug')
        if self.line and (len(kinds) != 1 or not (self.drug or self.procedure)):
            raise ValueError('a "line" of therapy belongs to one drug or procedure')
        if self.line and (self.value is not None or self.unit):
            raise ValueError('the value is a "line" of therapy or a measured one, not both')
        for key, part in self.silences().items():
            if part.line or part.silences():
                raise ValueError(f'"{key}" is one record, and says nothing further')
        return self

    def silences(self) -> dict[str, EventCodes]:
        """What the records say in the place of whether it happened, by the status that gives."""
        return _silences(self.not_documented, self.not_applicable)

    def coded(self) -> dict[str, str | CodeList]:
        """The code lists, or their names, by domain."""
        keys = (*CODED, "death")
        return {key: getattr(self, key) for key in keys if getattr(self, key) is not None}


def _silences(nobody_knows: EventCodes | None, cannot: EventCodes | None) -> dict[str, EventCodes]:
    said = {"not documented": nobody_knows, "not applicable": cannot}
    return {status: codes for status, codes in said.items() if codes is not None}


class CovariateCodes(Model):
    """How these records answer one covariate of the protocol."""

    measurement: NameOrCodes | None = Field(None, description="a number, by its code")
    observation: NameOrCodes | None = Field(None, description="a number or text, by its code")
    yes: EventCodes | None = Field(None, description="what makes it a yes")
    values: dict[str, EventCodes] = Field({}, description="choice to what makes it that")
    unit: str = Field("", description="the unit wanted; values in others are left out and counted")
    multiply: dict[str, float] = Field({}, description="unit found to the factor that makes ours")
    not_documented: EventCodes | None = Field(
        None, description="the record that says: nobody knows"
    )
    not_applicable: EventCodes | None = Field(
        None, description="the record that says: it cannot be asked of this patient"
    )

    @model_validator(mode="after")
    def _one_way(self) -> CovariateCodes:
        ways = [
            key for key in ("measurement", "observation", "yes", "values") if getattr(self, key)
        ]
        if len(ways) != 1:
            raise ValueError("a covariate is one of: measurement, observation, yes, values")
        if (self.unit or self.multiply) and ways[0] not in ("measurement", "observation"):
            raise ValueError(f'"unit" and "multiply" belong to a measurement, not to "{ways[0]}"')
        if self.multiply and not self.unit:
            raise ValueError('"multiply" makes a unit of others; "unit" says which')
        return self

    def silences(self) -> dict[str, EventCodes]:
        """What the records say in the place of a value, by the status that gives."""
        return _silences(self.not_documented, self.not_applicable)


class WarehouseSite(Model):
    """Event records, and how they answer each event and covariate of the protocol."""

    records: EventSource = Field(description="where the records are")
    notice: str = Field("", description="printed on top of the report: that patients are made up")
    codes: dict[str, CodeList] = Field({}, description="code lists that add to the protocol's")
    events: dict[str, EventCodes] = Field(
        {}, description="events whose words in the protocol are not enough here"
    )
    baseline: dict[str, CovariateCodes] = Field({}, description="covariates, by their codes")
    extracted: Date | None = Field(
        None, description="when the records were taken; later dates are in the future; else today"
    )
    accept: tuple[Literal["codes without records"], ...] = Field(
        (), description="what a run goes on with, and reports: code lists that match no record"
    )
