"""Letters as patterns of spins, for networks that remember them."""

import numpy as np

from landscape_app.data.dataset import Dataset
from landscape_app.data.patterns import of_patterns

SIDE = 8
"""Spins along an edge."""

ROWS = {
    "A": "182424427E424242",
    "C": "3C4240404040423C",
    "J": "0E04040404444438",
    "N": "4262524A46424242",
    "T": "7E18181818181818",
    "X": "4242241818244242",
}
"""Eight rows of eight pixels for each letter, a byte a row in hexadecimal, its highest bit on the left."""


def letters() -> Dataset:
    """Six letters on 8 × 8 spins, +1 where there is ink; held out are damaged copies of them."""
    return of_patterns("letters", np.stack([_pattern(rows) for rows in ROWS.values()]), tuple(ROWS))


def _pattern(rows: str) -> np.ndarray:
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(rows), np.uint8))
    return (2 * bits.astype(np.int8) - 1).reshape(SIDE, SIDE)
