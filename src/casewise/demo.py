"""The bundled example, and its results held against the published figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from casewise.errors import Problem, ProtocolError
from casewise.results import Results

_BUNDLED = "plasma_exchange"


@dataclass(frozen=True, slots=True)
class Row:
    """One published figure and ours, both as the paper writes it."""

    what: str
    published: str
    ours: str

    @property
    def agrees(self) -> bool:
        return self.published == self.ours


def folder() -> Path:
    """The example's folder: inside the installed package, or in the checkout beside ``src``."""
    here = Path(__file__).resolve()
    places = (here.parent / "examples", here.parents[2] / "examples")
    for place in places:
        if (place / _BUNDLED / "study.yaml").is_file():
            return place / _BUNDLED
    raise FileNotFoundError(f"the example is in neither {places[0]} nor {places[1]}")


def compare(results: Results, published_path: str | Path) -> list[Row]:
    """Each figure of ``published.yaml`` beside the one in ``results``, in the file's order.

    ``find`` is a path through ``results.json``, its parts joined by dots; an item of a list is
    named by its ``name``. What stands there decides how it is written, as the paper writes it: a
    P value to 2 decimals, a count as it is, an arm of a duration as "median [q1–q3]" to 1 decimal,
    an arm of a binary outcome in whole percent. Halves are rounded up.

    Raises ``ProtocolError`` where a path leads nowhere. Cost: linear in the number of figures.
    """
    from ruamel.yaml import YAML  # not before it is used: slow to import

    path = Path(published_path)
    figures = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["figures"]
    everything = results.to_dict()
    return [
        Row(
            figure["what"],
            str(figure["published"]),
            _written(_found(everything, figure["find"], path.name), figure["find"]),
        )
        for figure in figures
    ]


def _found(everything: Mapping[str, Any], path: str, file: str) -> Any:
    place: Any = everything
    for part in path.split("."):
        if isinstance(place, list):
            place = {item["name"]: item for item in place if "name" in item}
        if not isinstance(place, Mapping) or part not in place:
            known = ", ".join(place) if isinstance(place, Mapping) else "nothing more"
            raise ProtocolError(
                Problem(
                    f'"{path}" is not in the results: no "{part}"', file, hint=f"there is: {known}"
                )
            )
        place = place[part]
    return place


def _written(found: Any, path: str) -> str:
    if isinstance(found, Mapping) and "median" in found:
        median, q1, q3 = (_rounded(found[key], 1) for key in ("median", "q1", "q3"))
        return f"{median} [{q1}–{q3}]"
    if isinstance(found, Mapping) and found.get("n") and "events" in found:
        return f"{_rounded(100 * found['events'] / found['n'], 0)}%"
    if isinstance(found, int):
        return str(found)
    return _rounded(found, 2) if path.endswith("p_value") else str(found)


def _rounded(value: float | None, digits: int) -> str:
    if value is None:
        return "undefined"
    step = Decimal(1).scaleb(-digits)
    return str(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP))
