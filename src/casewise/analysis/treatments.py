"""Treatments received: how many, in which line, from which day."""

from __future__ import annotations

import numpy as np

from casewise import results
from casewise.analysis.arms import masks
from casewise.cohort.dataset import Bools, Dataset, TreatmentColumns
from casewise.protocol.model import Study
from casewise.protocol.resolve import label


def treatments(study: Study, dataset: Dataset) -> tuple[results.Treatment, ...]:
    return tuple(
        results.Treatment(
            name=columns.name,
            label=label(study, columns.name),
            arms={arm: _cell(columns, mask) for arm, mask in masks(dataset)},
        )
        for columns in dataset.treatments
    )


def _cell(columns: TreatmentColumns, mask: Bools) -> results.TreatmentCell:
    received = columns.received
    days = received.day[mask & ~np.isnan(received.day)]
    lines, patients = np.unique(
        columns.line[mask & received.happened & ~np.isnan(columns.line)], return_counts=True
    )
    return results.TreatmentCell(
        n=int(mask.sum()),
        received=int(received.happened[mask].sum()),
        not_documented=int(received.unknown[mask].sum()),
        undated=int(received.undated[mask].sum()),
        lines={f"{line:g}": int(n) for line, n in zip(lines, patients, strict=True)},
        day_median=float(np.median(days)) if len(days) else None,
        day_minimum=float(days.min()) if len(days) else None,
        day_maximum=float(days.max()) if len(days) else None,
    )
