"""Units of measure that are multiples of each other: milligrams and grams, per deciliter or liter.

Only what is a matter of arithmetic is known here. Between an amount and a mass (mmol/L and mg/dL)
stands a molar mass, and between activities an assay: those are the site file's to say.
"""

from __future__ import annotations

_PREFIXES = {"": 1.0, "d": 0.1, "c": 0.01, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12}
# Each dimension's units as multiples of one of them, by their plain spelling.
_MASS = {"kg": 1e3, **{f"{p}g": by for p, by in _PREFIXES.items() if p not in ("d", "c")}}
_VOLUME = {f"{p}l": by for p, by in _PREFIXES.items() if p not in ("n", "p")}
_AMOUNT = {f"{p}mol": by for p, by in _PREFIXES.items() if p not in ("d", "c")}
_LENGTH = {"m": 1.0, "cm": 0.01, "mm": 1e-3}
_SHARE = {"%": 0.01, "fraction": 1.0, "ratio": 1.0}
_PRESSURE = {"mm hg": 1.0, "kpa": 1 / 0.133322387415}
_COUNT = {"10*9/l": 1.0, "10*3/ul": 1.0, "10*12/l": 1e3, "10*6/ul": 1e3, "/ul": 1e-3, "/nl": 1.0}
_SPELLINGS = {
    "mcg": "ug",
    "mmhg": "mm hg",
    "mm[hg]": "mm hg",
    "percent": "%",
    "k/ul": "10*3/ul",
    "10^9/l": "10*9/l",
    "10^3/ul": "10*3/ul",
    "10^12/l": "10*12/l",
    "10^6/ul": "10*6/ul",
    "cells/ul": "/ul",
    "/mm3": "/ul",
}
_PER_VOLUME = (_MASS, _AMOUNT)


def plain(unit: str) -> str:
    """One spelling of a unit: lower case, one micro sign, none of UCUM's braces and brackets."""
    text = " ".join(unit.strip().lower().replace("µ", "u").replace("μ", "u").split())
    parts = [_SPELLINGS.get(part, part) for part in text.split("/")]
    joined = "/".join(parts)
    return _SPELLINGS.get(joined, joined)


def _table() -> list[dict[str, float]]:
    simple = [_MASS, _VOLUME, _AMOUNT, _LENGTH, _SHARE, _PRESSURE, _COUNT]
    per_volume = [
        {f"{top}/{under}": a / b for top, a in above.items() for under, b in _VOLUME.items()}
        for above in _PER_VOLUME
    ]
    return [*simple, *per_volume]


def multiples(wanted: str) -> dict[str, float]:
    """What makes ``wanted`` of each unit that is a multiple of it, in every spelling (lower case, u
    for micro), itself included; nothing but itself where its dimension is not known here."""
    unit = plain(wanted)
    for units in _table():
        if unit in units:
            found = {other: by / units[unit] for other, by in units.items()}
            return {spelt: by for other, by in found.items() for spelt in _spellings(other)}
    return dict.fromkeys(_spellings(unit), 1.0)


def is_known(unit: str) -> bool:
    """Whether it is one of the units that are known here."""
    return any(plain(unit) in units for units in _table())


def _spellings(unit: str) -> list[str]:
    """A plain unit in every way that it may be written."""
    made = [unit, *(other for other, same in _SPELLINGS.items() if same == unit)]
    top, slash, under = unit.partition("/")
    for other, same in _SPELLINGS.items():
        made += [other + slash + under] * (slash != "" and same == top)
        made += [top + slash + other] * (slash != "" and same == under)
    return list(dict.fromkeys(made))
