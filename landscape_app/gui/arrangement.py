"""How chains are arranged in the mosaic: which colour each has, and in which place it is."""

from __future__ import annotations

import enum
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QColor

from landscape_app.gui.class_names import MOST_COLOURS, class_colours, shortened
from landscape_app.gui.steering.context import DIGITS
from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.mosaic_picture import Tinting
from landscape_app.gui.widgets.steady_range import steady_range
from landscape_app.session import Snapshot

SORT_SECONDS = 1.0
"""Between two sortings of chains that move: in between each keeps its place, or nothing could be followed by eye."""

STEPS = 14
"""Colours of a scale: with 17 levels of ink each, they just fill the table of 256."""

AGES = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 500)
"""Ages, in steps, at which the colour changes."""


class Trait(enum.Enum):
    """What chains are told apart by."""

    NONE = "none"
    CLASS = "class"
    ENERGY = "energy"
    AGE = "age"


@dataclass(frozen=True)
class ColourScale:
    """The colours of a trait, for the key beside the mosaic.

    Attributes:
        title: what it is, with its unit.
        colours: from the least to the largest.
        labels: texts and where they stand along the scale, from 0 to 1.
    """

    title: str
    colours: tuple[QColor, ...]
    labels: tuple[tuple[float, str], ...]


KEY_ROOM, LABEL = 24, 8
"""Characters that the key to the classes' colours has room for, and most of each name."""


class Arrangement:
    """Tints and sorts chains by their traits.

    Args:
        class_names: what to call each class.

    Attributes:
        tint: by what their ink is coloured.
        sort: by what they are sorted.
    """

    def __init__(self, class_names: Sequence[str] = DIGITS) -> None:
        self.class_names = tuple(class_names)
        self.tint = Trait.NONE
        self.sort = Trait.NONE
        self._order: np.ndarray | None = None
        self._sorted_at = 0.0
        self._energies: tuple[float, float] | None = None

    @property
    def needs_classes(self) -> bool:
        """Whether snapshots have to carry predicted classes."""
        return Trait.CLASS in (self.tint, self.sort)

    def sort_afresh(self) -> None:
        """Sorts at once with the next snapshot."""
        self._sorted_at = 0.0

    def order(self, snapshot: Snapshot) -> np.ndarray | None:
        """Which chain is at each place, int, shape (n,); None where they are in their own order.

        Chains that are alike keep their order. Lowest energies and oldest chains come first.
        """
        values = _values(snapshot, self.sort)
        if values is None:
            self._order = None
            return None
        now = time.perf_counter()
        known = self._order is not None and len(self._order) == len(values)
        if not known or now - self._sorted_at >= SORT_SECONDS:
            before = self._order if known and self._order is not None else np.arange(len(values))
            key = -values if self.sort is Trait.AGE else values
            self._order = before[np.argsort(key[before], kind="stable")]
            self._sorted_at = now
        return self._order

    def tinting(self, snapshot: Snapshot, theme: Theme) -> Tinting | None:
        """The colours of the chains' ink; None where they have the theme's."""
        values = _values(snapshot, self.tint)
        if values is None:
            return None
        colours = self._colours(theme)
        if self.tint is Trait.CLASS:
            chosen = values
            if len(self.class_names) > MOST_COLOURS:
                # As there are no more colours than these, many classes share one.
                chosen = np.round(MOST_COLOURS * values / len(self.class_names)).astype(int) % MOST_COLOURS
                colours = list(theme.series[:MOST_COLOURS])
        elif self.tint is Trait.AGE:
            chosen = np.searchsorted(AGES, values, side="right")
        else:
            low, high = self._energy_range(values)
            chosen = np.clip((values - low) / (high - low) * STEPS, 0, STEPS - 1)
        return Tinting(np.stack([rgb(colour) for colour in colours]), chosen.astype(np.uint8))

    def scale(self, theme: Theme) -> ColourScale | None:
        """The key to the colours; None without a tint, or before the range of energies is known."""
        colours = tuple(self._colours(theme))
        if self.tint is Trait.CLASS:
            labels = tuple(
                ((c + 0.5) / len(self.class_names), shortened(self.class_names[c], LABEL))
                for c in _spread(self.class_names)
            )
            return ColourScale("class", colours, labels)
        if self.tint is Trait.AGE:
            labels = tuple(((AGES.index(age) + 1) / STEPS, f"{age}") for age in (1, 5, 20, 80, 500))
            return ColourScale("steps since moved", colours, labels)
        if self.tint is Trait.ENERGY and self._energies is not None:
            low, high = self._energies
            return ColourScale(
                "Σ λ f, nats",
                colours,
                tuple(
                    (share, f"{low + share * (high - low):g}".replace("-", "−")) for share in (0.0, 0.5, 1.0)
                ),
            )
        return None

    def _colours(self, theme: Theme) -> list[QColor]:
        if self.tint is Trait.CLASS:
            return class_colours(theme, len(self.class_names))
        return theme.ramp(STEPS)

    def _energy_range(self, energies: np.ndarray) -> tuple[float, float]:
        """A range in round numbers that holds nearly all energies; it changes only where it fits badly."""
        finite = energies[np.isfinite(energies)]
        low, high = np.percentile(finite, [2, 98]) if len(finite) else (0.0, 1.0)
        self._energies = steady_range(float(low), float(high), self._energies)
        return self._energies


def _spread(names: Sequence[str]) -> Sequence[int]:
    """Which of the classes there is room to name, evenly from the first to the last."""
    longest = min(LABEL, max(map(len, names), default=1))
    most = max(2, KEY_ROOM // (longest + 1))
    if len(names) <= most:
        return range(len(names))
    return [round(i * (len(names) - 1) / (most - 1)) for i in range(most)]


def _values(snapshot: Snapshot, trait: Trait) -> np.ndarray | None:
    """A trait of every chain, shape (n,); None where it is not known."""
    match trait:
        case Trait.CLASS:
            return snapshot.classes
        case Trait.ENERGY:
            return snapshot.energies
        case Trait.AGE:
            return snapshot.ages
    return None
