"""What ``site.yaml`` may say of event records: a warehouse, a FHIR export, a MEDS dataset.

Such records hold one row for each thing that happened, with a code. The protocol's own code lists
answer its events; a site file adds or replaces code lists where a hospital codes otherwise.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from casewise.protocol.codes import CodeList
from casewise.protocol.fields import ComparisonText, Date, Model

VISITS = ("inpatient", "emergency", "outpatient", "intensive care", "home", "any")


class EventSource(Model):
    """Where event records are. A path is relative to the site file."""

    omop: str | None = Field(
        None, description="OMOP CDM 5.3 or 5.4: a folder of Parquet or CSV files, or a .duckdb file"
    )
    fhir: str | None = Field(None, description="FHIR R4: a folder of NDJSON or Bundle files")
    meds: str | None = Field(None, description="MEDS: a dataset's folder")
    table: str | None = Field(None, description="one event a row: a CSV or Parquet file")
    schema_: str = Field("", description="of a database: the schema the tables are in")
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


NameOrCodes: TypeAlias = Annotated[
    Annotated[str, Tag("name")] | Annotated[CodeList, Tag("codes")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "codes"),
]


class EventCodes(Model):
    """How these records answer one event of the protocol: its words, as codes.

    Several keys together narrow: a condition recorded in a visit of a kind. A plain name is a
    code list's.
    """

    condition: NameOrCodes | None = None
    procedure: NameOrCodes | None = None
    drug: NameOrCodes | None = None
    measurement: NameOrCodes | None = None
    observation: NameOrCodes | None = None
    device: NameOrCodes | None = None
    visit: str | None = Field(None, description="inpatient, emergency, outpatient, intensive care")
    visit_end: str | None = Field(None, description="the end of such a visit")
    death: str | None = Field(None, description="any cause")
    value: ComparisonText | None = Field(None, description="what the measured value is")


class CovariateCodes(Model):
    """How these records answer one covariate of the protocol."""

    measurement: NameOrCodes | None = Field(None, description="a number, by its code")
    observation: NameOrCodes | None = Field(None, description="a number or text, by its code")
    yes: EventCodes | None = Field(None, description="what makes it a yes")
    values: dict[str, EventCodes] = Field({}, description="choice to what makes it that")
    unit: str = Field("", description="the unit wanted; values in others are left out and counted")
    multiply: dict[str, float] = Field({}, description="unit found to the factor that makes ours")


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
        None, description="when the records were taken; later dates are in the future"
    )
