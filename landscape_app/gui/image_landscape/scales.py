"""Colours for numbers: from low to high, and around zero, in either theme."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from landscape_app.gui.theme import Theme, rgb

STEPS = 64
"""Colours of a scale from low to high."""

ROUND = 5.0
"""Ends of a scale of energies are multiples of so many nats, so that they seldom move."""

BEYOND = 0.15
"""How far a scale of energies reaches beyond the data's on either side, in spans of theirs."""


def rising_colours(theme: Theme) -> np.ndarray:
    """Colours from low to high, all legible on the theme's surface, uint8, shape (STEPS, 3)."""
    first, last = (0.18, 1.0) if theme.dark else (0.0, 0.86)
    table = pg.colormap.get("plasma").map(np.linspace(first, last, STEPS), mode="byte")
    return np.asarray(table)[:, :3]


def signed_colours(theme: Theme) -> np.ndarray:
    """Colours from negative over none to positive, uint8, shape (255, 3)."""
    paper = rgb(theme.paper).astype(float)
    share = np.linspace(0, 1, 128)[:, None]
    below = paper + share * (rgb(theme.accent) - paper)
    above = paper + share * (rgb(theme.danger) - paper)
    return np.concatenate([below[:0:-1], above]).round().astype(np.uint8)


def ink_colours(theme: Theme) -> np.ndarray:
    """Colours from nothing to much, uint8, shape (128, 3)."""
    return signed_colours(theme)[127:]


def colour_numbers(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Which of `count` colours each value has on a scale from low to high, int, same shape; ends are held."""
    share = (np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-9)
    return np.clip((share * count).astype(int), 0, count - 1)


def energy_range(values: np.ndarray) -> tuple[float, float]:
    """A scale for chains around the energies of data, nats, shape (n,): its ends are round."""
    low, high = np.percentile(values, [1, 99])
    beyond = BEYOND * (high - low) + 1e-6
    return ROUND * float(np.floor((low - beyond) / ROUND)), ROUND * float(np.ceil((high + beyond) / ROUND))


def signed_range(values: np.ndarray) -> float:
    """The end of a scale around zero that holds all values, with one digit."""
    most = float(np.abs(values).max(initial=0.0))
    if most <= 0:
        return 1.0
    digit = 10.0 ** np.floor(np.log10(most))
    return float(np.ceil(most / digit) * digit)
