"""Published results held against what could have produced them.

``read_published`` reads what a paper prints; ``recheck`` answers for each figure. Nothing here
sees a patient: a summary and arithmetic are all it takes.
"""

from casewise.recheck.answers import Answer, OutcomeAnswers, Recheck
from casewise.recheck.model import Published
from casewise.recheck.reading import read_published
from casewise.recheck.run import recheck

__all__ = ["Answer", "OutcomeAnswers", "Published", "Recheck", "read_published", "recheck"]
