"""Records: each kind of source answers with the same canonical tables."""

from casewise.records.canonical import Records
from casewise.records.opening import (
    open,  # the step's name in the design
    open_warehouse,
)

__all__ = ["Records", "open", "open_warehouse"]
