"""Threats to validity, each looked for in this study's own data, whether or not anyone asked.

One function a threat, in the file of its kind; each answers with a ``Threat`` (severity ``none``
where it looked and found nothing) or ``None`` where the question does not arise.
"""

from casewise.analysis.appraisal.appraise import appraise

__all__ = ["appraise"]
