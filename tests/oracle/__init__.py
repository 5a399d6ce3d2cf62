"""What a protocol means, in plain Python: the definition that the SQL is held against.

The slowest and clearest way to say it: one patient after the other, loops and dates, no SQL. Read
``events`` for what counts as an occurrence and what a window holds, ``criteria`` for the three
answers to a question, ``patients`` for who is in, in which arm, and with what.
"""

from oracle.patients import Patient, meaning
from oracle.records import Rows

__all__ = ["Patient", "Rows", "meaning"]
