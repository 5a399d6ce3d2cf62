"""The JSON Schema of each file, for editors and for programs that read results."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import TypeAdapter

from casewise.protocol.model import Study
from casewise.protocol.site import Site
from casewise.protocol.warehouse import WarehouseSite

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(file: Literal["study", "site", "results"]) -> dict[str, Any]:
    """What an editor needs to complete and check a file's keys while it is written.

    It knows keys and values, not how names fit together: ``casewise check`` does.
    """
    if file == "results":
        from casewise.results import Results

        made = _with_infinity(Results.model_json_schema(mode="serialization"))
        return {"$schema": _DIALECT, **made, "title": "Casewise results file"}
    model: Any = Study if file == "study" else Site | WarehouseSite
    made = _as_yaml(TypeAdapter(model).json_schema(by_alias=True, mode="validation"))
    return {"$schema": _DIALECT, **made, "title": f"Casewise {file} file"}


def _with_infinity(node: Any) -> Any:
    """JSON has no infinity: results write it as text where a number stands."""
    if isinstance(node, list):
        return [_with_infinity(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "number":
        rest = {key: value for key, value in node.items() if key != "type"}
        return {"anyOf": [{"type": "number"}, {"enum": ["Infinity", "-Infinity", "NaN"]}], **rest}
    return {key: _with_infinity(value) for key, value in node.items()}


def _as_yaml(node: Any, *, keep_null: bool = False) -> Any:
    """The schema of what is written: no nulls where a key would rather be left out, no titles
    made of field names, and numbers wherever text may stand."""
    if isinstance(node, list):
        return [_as_yaml(item) for item in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):
            made[key] = {name: _as_yaml(one) for name, one in value.items()}
        elif key == "additionalProperties":
            made[key] = _as_yaml(value, keep_null=True)
        elif key != "title" and not (key == "default" and value in (None, "", [], {})):
            made[key] = _as_yaml(value) if key not in ("examples", "enum", "default") else value
    if made.get("type") == "string" and not {"enum", "const", "format"} & made.keys():
        made["type"] = ["string", "number"]
    options = made.get("anyOf")
    if options is None or keep_null:
        return made
    options = [option for option in options if option != {"type": "null"}]
    if len(options) > 1:
        return {**made, "anyOf": options}
    del made["anyOf"]
    return {**options[0], **made}
