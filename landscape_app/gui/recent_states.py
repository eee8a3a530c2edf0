"""The last states of all chains on view, for an animation of where they have just been."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from landscape_app.gui.state import EngineState
from landscape_app.session import Snapshot
from landscape_app.session.provenance import Source
from landscape_app.session.sample_file import MOST_FRAMES

MOST_BYTES = 2**25
"""That are kept of configurations."""


class Past(NamedTuple):
    """Where chains have been.

    Attributes:
        x: configurations in few bytes (`Space.compact`), oldest first, shape (times, n, *shape).
        sources: what they were drawn from, one for each time.
    """

    x: np.ndarray
    sources: tuple[Source, ...]


class RecentStates:
    """Keeps what the window has shown of the chains, as long as they are the same chains."""

    def __init__(self) -> None:
        self._snapshots: deque[Snapshot] = deque(maxlen=MOST_FRAMES)
        self._number: int | None = None

    def note(self, state: EngineState) -> None:
        """Takes note of a state."""
        snapshot, kept = state.snapshot, self._snapshots
        if snapshot is None or state.facts is None or (kept and snapshot is kept[-1]):
            return
        others = kept and (
            (kept[-1].training, kept[-1].x.shape) != (snapshot.training, snapshot.x.shape)
            or self._number != state.facts.number
        )
        if others:
            kept.clear()
        self._number = state.facts.number
        # A snapshot that only shows the same states otherwise, tinted for one, is not another time.
        if not kept or not np.array_equal(kept[-1].x, snapshot.x):
            kept.append(snapshot)
        while len(kept) > 1 and len(kept) * snapshot.x.nbytes > MOST_BYTES:
            kept.popleft()

    @property
    def past(self) -> Past | None:
        """What is kept; None before there are chains."""
        if not self._snapshots:
            return None
        sources = tuple(s.source for s in self._snapshots if s.source is not None)
        return Past(np.stack([snapshot.x for snapshot in self._snapshots]), sources)
