"""From a protocol and records to one row a patient, by SQL that a person can read."""

from casewise.cohort.build import build
from casewise.cohort.counting import Counts, count
from casewise.cohort.dataset import Dataset

__all__ = ["Counts", "Dataset", "build", "count"]
