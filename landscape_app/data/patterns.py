"""Patterns of spins to be remembered, as a data set: they teach, and damaged copies of them are held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.language import tr

DAMAGED = 5
"""Copies of every pattern that are held out, each with some spins turned over."""

DAMAGE = 0.1
"""Share of these spins."""

LEAST_PATTERNS, MOST_PATTERNS = 2, 64


def of_patterns(name: str, patterns: np.ndarray, names: Sequence[str] = ()) -> Dataset:
    """A data set of patterns, each a class of its own.

    Args:
        name: of the data set.
        patterns: spins ±1, shape (n, *shape).
        names: what to call each; none where its number says it.

    Raises:
        ValueError: there are fewer than `LEAST_PATTERNS` or more than `MOST_PATTERNS`.
    """
    count = len(patterns)
    if not LEAST_PATTERNS <= count <= MOST_PATTERNS:
        raise ValueError(
            tr(
                "{least} to {most} patterns can be remembered here, got {count}",
                least=LEAST_PATTERNS,
                most=MOST_PATTERNS,
                count=count,
            )
        )
    patterns = patterns.astype(np.int8)
    damaged = np.repeat(patterns, DAMAGED, axis=0)
    turned = np.random.default_rng(0).random(damaged.shape) < DAMAGE
    items = np.concatenate([patterns, np.where(turned, -damaged, damaged)])
    numbers = np.arange(count)
    labels = np.concatenate([numbers, np.repeat(numbers, DAMAGED)])
    return Dataset(
        name,
        Kind.SPINS,
        items,
        numbers,
        np.arange(count, len(items)),
        labels,
        class_names=tuple(names),
    )
