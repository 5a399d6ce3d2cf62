"""Covariates as columns of numbers, for models: one for a number or a yes, several for a category.

A category has a column for each value that occurs but the first. A column that is the same for
everybody adjusts nothing and is left out. Names stay with the columns, so that a reason can be
told in the words of the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from casewise.cohort.dataset import KNOWN, Bools, Covariate, Dataset, Floats
from casewise.protocol.model import Study


@dataclass(frozen=True)
class Columns:
    """n rows by k columns, NaN where not known; the covariate and the label of each column."""

    table: Floats
    covariates: tuple[str, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> Bools:
        return np.asarray(~np.isnan(self.table).any(axis=1))

    def of(self, rows: Bools) -> Columns:
        """The columns of some patients, without those that are the same for all of these."""
        table = self.table[rows]
        varies = [j for j in range(table.shape[1]) if np.unique(_finite(table[:, j])).size > 1]
        gone = [label for j, label in enumerate(self.labels) if j not in set(varies)]
        note = f"the same for everybody, and so not adjusted for: {', '.join(gone)}"
        return replace(
            self,
            table=table[:, varies],
            covariates=tuple(self.covariates[j] for j in varies),
            labels=tuple(self.labels[j] for j in varies),
            notes=(*self.notes, note) if gone else self.notes,
        )


def chosen(study: Study, dataset: Dataset) -> tuple[Covariate, ...]:
    """What the protocol adjusts for; all that is known at the index date where it does not say."""
    adjust = study.analysis.adjust
    names = adjust.for_ if adjust else ()
    return tuple(c for c in dataset.baseline if (c.name in names if names else not c.after_index))


def columns(covariates: tuple[Covariate, ...], indicators: bool) -> Columns:
    """The covariates of all patients as columns.

    With ``indicators`` nothing stays unknown: a number that is not documented is the mean of those
    that are, a yes or no is no, a category is a value of its own, and each such covariate has
    another column that says so.
    """
    parts: list[Floats] = []
    names: list[str] = []
    labels: list[str] = []
    for covariate in covariates:
        known = covariate.status == KNOWN
        for label, values in _of(covariate, known):
            filled = values.copy()
            if indicators:
                fill = float(values[known].mean()) if known.any() else 0.0
                filled[~known] = fill if covariate.kind == "number" else 0.0
            parts.append(filled)
            names.append(covariate.name)
            labels.append(label)
        if indicators and not known.all():
            parts.append((~known).astype(np.float64))
            names.append(covariate.name)
            labels.append(f"{covariate.label}: not documented")
    table = np.column_stack(parts) if parts else np.empty((0, 0))
    return Columns(table, tuple(names), tuple(labels))


def _of(covariate: Covariate, known: Bools) -> list[tuple[str, Floats]]:
    if covariate.kind != "category":
        values = np.full(known.size, np.nan)
        values[known] = covariate.values[known].astype(np.float64)
        return [(covariate.label, values)]
    present = [v for v in covariate.levels if (covariate.values[known] == v).any()]
    made = []
    for level in present[1:] or present:
        values = np.where(known, covariate.values == level, np.nan).astype(np.float64)
        made.append((f"{covariate.label}: {level}", values))
    return made


def _finite(column: Floats) -> Floats:
    kept: Floats = column[~np.isnan(column)]
    return kept
