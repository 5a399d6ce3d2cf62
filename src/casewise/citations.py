"""The one registry of sources: docstrings name a key, the report's methods text prints it.

A key is ``author`` + ``year`` in lower case (``fisher1935``). Docstrings cite it as
``[fisher1935]``; a test fails when a docstring names a key that is not here, and when an
entry here is cited nowhere.
"""

from __future__ import annotations

CITATIONS: dict[str, str] = {
    "baptista1977": (
        "Baptista J, Pike MC. Exact two-sided confidence limits for the odds ratio in a 2 x 2 "
        "table. J R Stat Soc Ser C Appl Stat. 1977;26(2):214-220."
    ),
    "blaker2000": (
        "Blaker H. Confidence curves and improved exact confidence intervals for discrete "
        "distributions. Can J Stat. 2000;28(4):783-798."
    ),
    "campbell2007": (
        "Campbell I. Chi-squared and Fisher-Irwin tests of two-by-two tables with small sample "
        "recommendations. Stat Med. 2007;26(19):3661-3675."
    ),
    "cornfield1956": (
        "Cornfield J. A statistical problem arising from retrospective studies. In: Proceedings of "
        "the Third Berkeley Symposium on Mathematical Statistics and Probability. Vol 4. "
        "University of California Press; 1956:135-148."
    ),
    "fay2010": (
        "Fay MP. Confidence intervals that match Fisher's exact or Blaker's exact tests. "
        "Biostatistics. 2010;11(2):373-374."
    ),
    "fisher1935": ("Fisher RA. The logic of inductive inference. J R Stat Soc. 1935;98(1):39-82."),
    "koopman1984": (
        "Koopman PAR. Confidence intervals for the ratio of two binomial proportions. Biometrics. "
        "1984;40(2):513-517."
    ),
    "lancaster1961": (
        "Lancaster HO. Significance tests in discrete distributions. J Am Stat Assoc. "
        "1961;56(294):223-234."
    ),
    "miettinen1985": (
        "Miettinen O, Nurminen M. Comparative analysis of two rates. Stat Med. 1985;4(2):213-226."
    ),
    "newcombe1998": (
        "Newcombe RG. Interval estimation for the difference between independent proportions: "
        "comparison of eleven methods. Stat Med. 1998;17(8):873-890."
    ),
}


def cite(key: str) -> str:
    """The full reference for ``key``; ``KeyError`` when the registry does not have it."""
    return CITATIONS[key]
