"""What every function on arrays asks of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def sample(values: ArrayLike, name: str) -> Floats:
    """``values`` as a flat array of finite floats, which may be empty.

    Raises ``ValueError`` for text, missing or infinite values and for tables: a missing value is
    left out by the caller, who then also says how many there were.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a flat list of numbers, not {array.ndim}-dimensional")
    if array.size == 0:
        return np.empty(0)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numbers, and none of them missing")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} must be finite numbers: leave missing values out first")
    return numbers


def indicator(values: ArrayLike, name: str) -> NDArray[np.bool_]:
    """``values`` as booleans; ``ValueError`` unless each is true, false, 1 or 0."""
    numbers = sample(values, name)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise ValueError(f"{name} must be 1 or 0 (or true or false) throughout")
    return numbers.astype(np.bool_)


def labels(values: ArrayLike | Sequence[Any], name: str) -> NDArray[Any]:
    """``values`` as a flat array of comparable labels; ``ValueError`` where one is missing."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a flat list, not {array.ndim}-dimensional")
    if array.dtype.kind in "OU" and not isinstance(values, np.ndarray):
        array = np.array(
            list(cast(Sequence[Any], values)), dtype=object
        )  # as text, a missing value would be "nan"
    if array.dtype.kind == "O":
        if not all(isinstance(value, str) for value in array):
            raise ValueError(f"{name} must be all text or all numbers, and none of them missing")
        array = array.astype(np.str_)
    if array.dtype.kind not in "biufU":
        raise ValueError(f"{name} must be text or numbers")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{name} must not be missing: leave such patients out first")
    return array


def follow_up(time: ArrayLike, event: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Times at risk and event indicators, one of each a patient.

    Raises ``ValueError`` for negative times and unequal lengths.
    """
    times, events = sample(time, "time"), indicator(event, "event")
    if times.size != events.size:
        raise ValueError(f"time has {times.size} values but event has {events.size}")
    if times.size and times.min() < 0:
        raise ValueError("time must not be negative")
    return times, events


def design(covariates: ArrayLike, n: int) -> Floats:
    """The covariates as a table of floats, one row a patient."""
    table = np.asarray(covariates)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or table.shape[1] == 0 or (table.size and table.dtype.kind not in "biuf"):
        raise ValueError("covariates must be a column or a table of numbers, none missing")
    table = table.astype(np.float64)
    if table.shape[0] != n:
        raise ValueError(f"there are {n} outcomes but {table.shape[0]} rows of covariates")
    if not np.isfinite(table).all():
        raise ValueError("covariates must be finite numbers: leave missing values out first")
    return table


def check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level!r}")


def check_choice(value: str, choices: Sequence[str], name: str) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")


def columns(
    values: ArrayLike, n: int, names: Sequence[str] | None = None
) -> tuple[Floats, tuple[str, ...]]:
    """``values`` as n rows by p columns of finite floats, and the columns' names."""
    array = np.asarray(values)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2:
        raise ValueError(f"covariates must be rows by columns, not {array.ndim}-dimensional")
    if array.shape[0] != n:
        raise ValueError(f"time has {n} values but covariates have {array.shape[0]} rows")
    if array.shape[1] == 0:
        raise ValueError("there must be a covariate")
    if array.dtype.kind not in "biuf":
        raise ValueError("covariates must be numbers, and none of them missing")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("covariates must be finite numbers: leave missing values out first")
    given = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(array.shape[1]))
    if len(given) != array.shape[1]:
        raise ValueError(f"there are {array.shape[1]} covariates but {len(given)} names")
    if len(set(given)) != len(given):
        raise ValueError("two covariates have the same name")
    return numbers, given


def case_weights(values: ArrayLike | None, n: int) -> Floats:
    """A weight of 0 or more for each of n rows; 1 where none are given."""
    if values is None:
        return np.ones(n)
    weights = sample(values, "weights")
    if weights.size != n:
        raise ValueError(f"time has {n} values but weights have {weights.size}")
    if weights.size and weights.min() < 0:
        raise ValueError("weights must not be negative")
    return weights


def group_codes(values: ArrayLike | None, n: int, name: str) -> NDArray[np.intp]:
    """0, 1, 2 ... for the sorted labels of n rows; 0 throughout where none are given."""
    if values is None:
        return np.zeros(n, dtype=np.intp)
    given = labels(values, name)
    if given.size != n:
        raise ValueError(f"time has {n} values but {name} has {given.size}")
    return np.unique(given, return_inverse=True)[1].astype(np.intp)


def starts(entry: ArrayLike | None, time: Floats) -> Floats | None:
    """When each row comes under observation; ``ValueError`` unless that is before its time."""
    if entry is None:
        return None
    entries = sample(entry, "entry")
    if entries.size != time.size:
        raise ValueError(f"time has {time.size} values but entry has {entries.size}")
    late = int((entries >= time).sum())
    if late:
        raise ValueError(f"entry must be before time: it is not in {late} of {time.size} rows")
    return entries
