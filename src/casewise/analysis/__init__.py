"""From the dataset to results: baseline, outcomes, harms, treatments."""

from casewise.analysis.run import run

__all__ = ["run"]
