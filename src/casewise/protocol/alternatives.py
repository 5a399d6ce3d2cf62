"""A protocol with the parts changed that one of its alternatives names."""

from __future__ import annotations

from typing import Any

from casewise.protocol.model import Study


def changed(study: Study, name: str) -> Study:
    """The study under alternative ``name``. Raises ``pydantic.ValidationError`` where the parts
    do not fit."""
    return Study.model_validate(whole(study, name))


def whole(study: Study, name: str) -> dict[str, Any]:
    """All that the alternative says, as data."""
    data = study.model_dump(by_alias=True, exclude_unset=True, mode="json")
    data.get("analysis", {}).pop("alternatives", None)
    return _merged(data, study.analysis.alternatives[name])


def _merged(data: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    made = dict(data)
    for key, value in parts.items():
        if isinstance(value, dict) and isinstance(made.get(key), dict):
            made[key] = _merged(made[key], value)
        else:
            made[key] = value
    return made
