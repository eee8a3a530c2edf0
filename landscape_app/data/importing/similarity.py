"""Weights of aligned sequences by how many others are nearly the same."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

SIMILARITY = 0.8
"""Share of equal positions from which on sequences count as one, if nothing else is said."""

BLOCK = 1_024
"""Sequences that are compared with as many others at once."""


def similarity_weights(
    letters: npt.NDArray[np.integer],
    similarity: float = SIMILARITY,
    progress: Callable[[float], object] | None = None,
) -> npt.NDArray[np.float64]:
    """1/m of each sequence, m those with at least a share of its letters at the same positions, itself among them.

    Their sum is the effective number of sequences, Meff. Gaps are letters like others. Equal letters are counted by
    products of matrices of indicators, block by block: n² L q / 2 multiplications for n sequences of L positions and
    q letters.

    Args:
        letters: numbers from 0 of the letters, shape (n, positions).
        similarity: the share, above 0 and at most 1.
        progress: is told the share that is done.

    Raises:
        ValueError: the share is out of its range.

    Source: Morcos et al., "Direct-coupling analysis of residue coevolution captures native contacts across many
    protein families" (2011), equation 4.
    """
    if not 0 < similarity <= 1:
        raise ValueError(f"the share of equal positions must be above 0 and at most 1, got {similarity:g}")
    count, positions = letters.shape
    least = math.ceil(similarity * positions - 1e-9)
    kinds = np.arange(int(letters.max()) + 1)
    alike = np.zeros(count, np.int64)
    starts = range(0, count, BLOCK)
    pairs, done = len(starts) * (len(starts) + 1) // 2, 0

    def indicators(start: int) -> npt.NDArray[np.float32]:
        block = letters[start : start + BLOCK]
        return (block[:, :, None] == kinds).reshape(len(block), -1).astype(np.float32)

    for start in starts:
        here = indicators(start)
        for other in range(start, count, BLOCK):
            there = here if other == start else indicators(other)
            close = here @ there.T >= least - 0.5
            alike[start : start + BLOCK] += close.sum(1)
            if other != start:
                alike[other : other + BLOCK] += close.sum(0)
            done += 1
            if progress is not None:
                progress(done / pairs)
    return 1.0 / alike
