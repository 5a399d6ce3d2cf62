"""The words that stand with every table and figure of a comparison known to be biased."""

from __future__ import annotations

from casewise.report.table import capital
from casewise.results import Results, TimeToEventOutcome

TIMED = ("time_to_event", "survival", "incidence")  # parts that hold times to event alone
MIXED = ("outcomes", "forest", "results")  # parts that hold every outcome


def bias(results: Results, part: str) -> str:
    """What is said of this part; empty where its comparison is not known to be biased."""
    zero = results.time_zero
    if zero is None or not zero.label:
        return ""
    if zero.choice == "naive":
        return capital(zero.label)
    timed = all(isinstance(outcome, TimeToEventOutcome) for outcome in results.outcomes.values())
    if part in TIMED or (part in MIXED and timed and not results.harms):
        return ""
    but = "but for times to event: " if part in MIXED else ""
    return capital(but + zero.label)
