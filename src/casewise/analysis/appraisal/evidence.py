"""What every threat is looked for in, and how its finding is put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from casewise.cohort.dataset import Bools, Dataset
from casewise.protocol.model import Study
from casewise.results import BaselineRow, BinaryOutcome, Outcome, Threat

ORDER = {"high": 0, "moderate": 1, "low": 2, "none": 3}


@dataclass(frozen=True)
class Evidence:
    """A study, its patients, and what was found of its outcomes and baseline."""

    study: Study
    dataset: Dataset
    outcomes: Mapping[str, Outcome]
    baseline: tuple[BaselineRow, ...]

    @property
    def alpha(self) -> float:
        return 1 - self.study.analysis.level

    def arm(self, name: str) -> Bools:
        return np.asarray(self.dataset.arm == self.dataset.arms.index(name))

    def binary(self) -> dict[str, BinaryOutcome]:
        return {n: o for n, o in self.outcomes.items() if isinstance(o, BinaryOutcome)}


def nothing(threat: str, finding: str) -> Threat:
    return Threat(threat=threat, severity="none", finding=finding, remedy="")


def patients(count: int) -> str:
    return f"{count:,} patient{'' if count == 1 else 's'}"


def listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
