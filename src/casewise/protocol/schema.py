"""The JSON Schema of the two files, for editors."""

from __future__ import annotations

from typing import Any, Literal

from casewise.protocol.model import Study
from casewise.protocol.site import Site

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(file: Literal["study", "site"]) -> dict[str, Any]:
    """What an editor needs to complete and check a file's keys while it is written."""
    model = Study if file == "study" else Site
    made = model.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": _DIALECT, **made, "title": f"Casewise {file} file"}
