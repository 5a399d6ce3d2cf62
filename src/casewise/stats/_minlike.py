"""Fisher's minlike P values of all tables with the same margins at once."""

from __future__ import annotations

import numpy as np

from casewise.stats._conditional import TIE, Floats, hypergeometric_weights, probabilities
from casewise.stats._counts import TINY


def minlike_p_values(n_1: int, n_0: int, events: int) -> tuple[int, Floats]:
    """The least possible number of treated patients with the event, and P from it upwards."""
    f = probabilities(hypergeometric_weights(n_1, n_0, events), 0.0)
    order = np.argsort(f)
    cumulative = np.cumsum(f[order])
    last = np.searchsorted(f[order], f * (1 + TIE), side="right") - 1
    return max(0, events - n_0), np.clip(cumulative[last], TINY, 1.0)
