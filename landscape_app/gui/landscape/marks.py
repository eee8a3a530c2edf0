"""What is drawn of chains, in the coordinates of a plot."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from landscape_app.session import EnsembleSnapshot

Lift = Callable[[np.ndarray], np.ndarray]
"""From places in the space, shape (…, coordinates), to points of the plot, shape (…, 2)."""


class Marks(NamedTuple):
    """Points of a plot, x and y in the last axis; steps are in order, the oldest first.

    Attributes:
        chains: where the chains are, shape (chains, 2).
        followed: index of the chain that is followed; None for none.
        places: where it was before, between and after its last steps, shape (steps + 1, 2) or (0, 2).
        proposals: where it was to go, shape (steps, 2).
        accepted: whether it went there, bool, shape (steps,).
        path: through which places to the last proposal, shape (points, 2), or (0, 2) where it jumped.
        tracks: where all have been, shape (steps + 1, chains, 2); None where they are not shown.
    """

    chains: np.ndarray
    followed: int | None
    places: np.ndarray
    proposals: np.ndarray
    accepted: np.ndarray
    path: np.ndarray
    tracks: np.ndarray | None


NOTHING = np.zeros((0, 2))
NO_MARKS = Marks(NOTHING, None, NOTHING, NOTHING, np.zeros(0, bool), NOTHING, None)


def marks_of(view: EnsembleSnapshot, lift: Lift) -> Marks:
    """The marks of an ensemble."""
    chains = lift(view.positions)
    tracks = None if view.tracks is None else lift(view.tracks)
    trajectory = view.trajectory
    if trajectory is None:
        return NO_MARKS._replace(chains=chains, tracks=tracks)
    return Marks(
        chains=chains,
        followed=trajectory.chain,
        places=lift(trajectory.places),
        proposals=lift(trajectory.proposals),
        accepted=trajectory.accepted,
        path=NOTHING if trajectory.path is None else lift(trajectory.path),
        tracks=tracks,
    )
