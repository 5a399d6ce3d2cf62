"""Until when each patient was watched for an event, and what that leaves unknown."""

from __future__ import annotations

import numpy as np

from casewise.cohort.dataset import Bools, Dataset, Floats
from casewise.protocol.model import Study
from casewise.protocol.resolve import deaths


def only_deaths(study: Study, events: tuple[str, ...]) -> bool:
    """Whether every one of ``events`` is a death, composites opened."""
    fatal = set(deaths(study))

    def is_death(event: str) -> bool:
        members = study.events[event].any_of
        return event in fatal or bool(members and all(is_death(member) for member in members))

    return all(is_death(event) for event in events)


def watched_until(dataset: Dataset, *, fatal: bool) -> Floats:
    """The last day on which the event would have been seen; NaN where nobody knows.

    A death ends the watch. For an event that is itself a death, a dated death tells the time
    before it too, even when it comes after the last contact (a registry found it).
    """
    if fatal:
        return np.where(np.isnan(dataset.death), dataset.follow_up, dataset.death)
    return np.fmin(dataset.follow_up, dataset.death)


def died_by(dataset: Dataset, day: Floats) -> Bools:
    """Dead on or before ``day``, and watched until then."""
    watched_to_death = np.isnan(dataset.follow_up) | (dataset.follow_up >= dataset.death)
    return np.asarray((dataset.death <= day) & watched_to_death, dtype=np.bool_)
