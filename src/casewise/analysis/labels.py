"""Binary outcomes as labels: for whom each is known, and whether it happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from casewise.analysis.binary import lost_before
from casewise.cohort.dataset import Bools, Dataset
from casewise.protocol.model import Study


@dataclass(frozen=True)
class Labels:
    """One outcome, a row a patient of the dataset. ``happened`` means something where ``known``."""

    name: str
    known: Bools
    happened: Bools


def labels(study: Study, dataset: Dataset) -> tuple[Labels, ...]:
    """Each binary outcome as the study counts it.

    Patients whom the analysis leaves out of its denominator have no label: those for whom the
    records do not say, to whom it cannot apply, and, unless the protocol counts them, those lost
    before the horizon.
    """
    made = []
    for name, outcome in study.outcomes.items():
        event = dataset.outcomes[name].event
        if outcome.kind != "binary" or event is None:
            continue
        lost = lost_before(study, dataset, outcome, dataset.outcomes[name])
        rule = outcome.lost or "excluded"
        unknown = event.unknown | event.inapplicable
        unknown |= dataset.outcomes[name].had_before(len(dataset))
        known = ~(unknown | lost) if rule == "excluded" else ~unknown
        happened = event.happened | lost if rule == "event" else event.happened
        made.append(Labels(name, np.asarray(known), np.asarray(happened)))
    return tuple(made)
