"""Code lists: the codes that mean one thing, by vocabulary, named so that a protocol can say it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from casewise.protocol.fields import Model, YesOrNo


def _listed(value: object) -> object:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, list | tuple):
        return tuple(
            str(one) if isinstance(one, str | int | float) and not isinstance(one, bool) else one
            for one in value
        )
    return value


_Code = Annotated[str, Field(min_length=1)]
CodeText: TypeAlias = Annotated[
    tuple[_Code, ...],
    BeforeValidator(_listed, json_schema_input_type=_Code | tuple[_Code, ...]),
]

# Key in YAML: OMOP's vocabulary_id, FHIR's system.
VOCABULARIES: dict[str, tuple[str, str]] = {
    "icd10cm": ("ICD10CM", "http://hl7.org/fhir/sid/icd-10-cm"),
    "icd10": ("ICD10", "http://hl7.org/fhir/sid/icd-10"),
    "icd9cm": ("ICD9CM", "http://hl7.org/fhir/sid/icd-9-cm"),
    "icd10pcs": ("ICD10PCS", "http://www.cms.gov/Medicare/Coding/ICD10"),
    "icd9proc": ("ICD9Proc", "http://hl7.org/fhir/sid/icd-9-cm"),
    "cpt4": ("CPT4", "http://www.ama-assn.org/go/cpt"),
    "hcpcs": ("HCPCS", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
    "snomed": ("SNOMED", "http://snomed.info/sct"),
    "rxnorm": ("RxNorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
    "ndc": ("NDC", "http://hl7.org/fhir/sid/ndc"),
    "atc": ("ATC", "http://www.whocc.no/atc"),
    "loinc": ("LOINC", "http://loinc.org"),
    "cvx": ("CVX", "http://hl7.org/fhir/sid/cvx"),
}


class Codes(Model):
    """Codes by vocabulary. A ``*`` at the end stands for any further characters (``M33.*``)."""

    omop: CodeText = Field((), description="OMOP concept ids")
    icd10cm: CodeText = Field((), description="ICD-10-CM, with or without the point")
    icd10: CodeText = Field((), description="ICD-10 of the WHO")
    icd9cm: CodeText = Field((), description="ICD-9-CM diagnoses")
    icd10pcs: CodeText = Field((), description="ICD-10-PCS procedures")
    icd9proc: CodeText = Field((), description="ICD-9-CM procedures")
    cpt4: CodeText = Field((), description="CPT procedures")
    hcpcs: CodeText = Field((), description="HCPCS")
    snomed: CodeText = Field((), description="SNOMED CT")
    rxnorm: CodeText = Field((), description="RxNorm")
    ndc: CodeText = Field((), description="National Drug Code")
    atc: CodeText = Field((), description="ATC classes of drugs")
    loinc: CodeText = Field((), description="LOINC")
    cvx: CodeText = Field((), description="CVX vaccines")
    local: CodeText = Field((), description="the records' own codes, of any vocabulary")
    file: str | None = Field(
        None, description="a CSV with the columns vocabulary, code, term and, if some, include"
    )

    @model_validator(mode="after")
    def _numbered(self) -> Codes:
        for code in self.omop:
            if not code.isdecimal():
                raise ValueError(f'an OMOP concept id is a whole number; found "{code}"')
        return self

    def written(self) -> dict[str, tuple[str, ...]]:
        """The codes by key, those written here (not those of ``file``)."""
        keys = ("omop", *VOCABULARIES, "local")
        return {key: getattr(self, key) for key in keys if getattr(self, key)}


class CodeList(Codes):
    """A named code list (concept set)."""

    descendants: YesOrNo = Field(False, description="with everything under them in the vocabulary")
    except_: Codes | None = Field(None, description="codes left out, with their descendants")
    label: str = Field("", description="what it is, in words")

    @model_validator(mode="after")
    def _not_empty(self) -> CodeList:
        if not self.written() and self.file is None:
            raise ValueError(
                "a code list has codes: {icd10cm: [M33.*]}, {omop: [192671]} or {file: codes.csv}"
            )
        return self
