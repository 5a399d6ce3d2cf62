"""The P of an exact test whose tables are the paths through a network, stage by stage.

A path's log probability is the sum of its steps'; as many paths pass through one node, what can
still follow is worked out once a node. Mehta and Patel's idea, without their bounds' shortcuts.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from casewise.stats._conditional import TIE

Floats = NDArray[np.float64]
Node: TypeAlias = Hashable
# one stage: from each node, the steps as (node reached, log weight, how many such steps)
Stage: TypeAlias = Mapping[Node, Sequence[tuple[Node, float, int]]]

# Sums of log weights that differ by less are one: far below the tolerance for ties.
_SAME = 1e-10


class TooLargeError(Exception):
    """The network has more partial sums than the caller allows."""


def probability_no_more_likely(
    stages: Sequence[Stage], start: Node, observed: float, most: int
) -> float:
    """The share of the paths' total weight on paths whose log weight is at most ``observed``.

    Raises ``TooLargeError`` when more than ``most`` distinct partial sums have to be kept.
    """
    reach = _reach(stages)
    bound = observed + TIE
    log_total = reach[0][start][0]
    kept: dict[Node, tuple[Floats, Floats]] = {start: (np.zeros(1), np.ones(1))}
    p = 0.0
    work = 0
    for k, stage in enumerate(stages):
        arriving: dict[Node, list[tuple[Floats, Floats]]] = {}
        for node, (sums, counts) in kept.items():
            for child, weight, times in stage[node]:
                arriving.setdefault(child, []).append((sums + weight, counts * times))
        kept = {}
        for child, parts in arriving.items():
            sums, counts = _merged(parts)
            log_all, highest, lowest = reach[k + 1].get(child, (0.0, 0.0, 0.0))
            settled = sums + highest <= bound
            p += float(np.exp(sums[settled] + log_all - log_total) @ counts[settled])
            open_ = ~settled & (sums + lowest <= bound)
            if open_.any():
                kept[child] = sums[open_], counts[open_]
                work += int(open_.sum())
        if work > most:
            raise TooLargeError
    return min(1.0, p)


def _reach(stages: Sequence[Stage]) -> list[dict[Node, tuple[float, float, float]]]:
    """Of each stage's nodes: log of the total weight of the paths from there to the end, and the
    highest and the lowest log weight of one. Nodes after the last stage have weight 1.
    """
    following: dict[Node, tuple[float, float, float]] = {}
    answer = [following]
    for stage in reversed(stages):
        here = {}
        for node, steps in stage.items():
            ends = [following.get(child, (0.0, 0.0, 0.0)) for child, _, _ in steps]
            totals = [
                weight + math.log(times) + end[0]
                for (_, weight, times), end in zip(steps, ends, strict=True)
            ]
            top = max(totals)
            here[node] = (
                top + math.log(sum(math.exp(total - top) for total in totals)),
                max(step[1] + end[1] for step, end in zip(steps, ends, strict=True)),
                min(step[1] + end[2] for step, end in zip(steps, ends, strict=True)),
            )
        following = here
        answer.append(here)
    return answer[::-1]


def _merged(parts: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Equal sums made one, with their counts added."""
    if len(parts) == 1:
        return parts[0]
    sums = np.concatenate([part[0] for part in parts])
    counts = np.concatenate([part[1] for part in parts])
    order = np.argsort(sums)
    sums, counts = sums[order], counts[order]
    first = np.flatnonzero(np.diff(sums, prepend=-np.inf) > _SAME)
    return sums[first], np.add.reduceat(counts, first)
