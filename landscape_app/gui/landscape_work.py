"""The landscape's searches while they run in the engine's thread, a short step at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from landscape_app.gui.worker import Scheduler
from landscape_app.physics.space import Levels
from landscape_app.session import (
    BarrierRecord,
    BarrierSearch,
    ImageLandscape,
    ImageMap,
    MinimaRecord,
    MinimaSearch,
    Session,
    dissect,
)

RECORD_SECONDS = 0.05
"""Between two records of a search that are shown."""


class LandscapeWork:
    """One search at a time on the landscape of the session on view.

    Searches draw no random numbers and leave the session as it is; each keeps the Hamiltonian it began under.

    Args:
        publish: called with the landscape whenever there is more of it.
    """

    def __init__(self, publish: Callable[[ImageLandscape | None], None]) -> None:
        self._publish = publish
        self._session: Session | None = None
        self._known: ImageLandscape | None = None
        self._steps: Iterator[BarrierRecord | MinimaRecord] | None = None
        self._scheduler = Scheduler()

    @property
    def is_searching(self) -> bool:
        """Whether a search is going on."""
        return self._steps is not None

    def adopt(self, session: Session) -> ImageLandscape | None:
        """Turns to another session; returns the landscape as it is known, None where there are no images."""
        has_images = isinstance(session.space, Levels) and len(session.space.shape) == 2
        known = ImageLandscape(ImageMap.of(session)) if has_images else None
        self._steps = None
        self._session, self._known = session if has_images else None, known
        return known

    def forget(self) -> None:
        """Ends what is going on and drops what was found: the model is about to change."""
        self._steps = None
        if self._known is not None:
            self._show(ImageLandscape(self._known.map))

    def find_barrier(self, first: np.ndarray, second: np.ndarray) -> None:
        """Begins to look for the lowest pass between two images, uint8, each of shape (*shape).

        Raises:
            ValueError: the two are the same.
        """
        if self._session is not None and self._known is not None:
            session = self._session
            ends = torch.stack([self._image(first), self._image(second)])
            search = BarrierSearch(
                session.sampler.chains.target, session.training_items, ends, session.composition.formula
            )
            self._begin(search.run(), replace(self._known, barrier=None, searching="barrier"))

    def find_minima(self) -> None:
        """Begins to descend from the walkers as they stand."""
        if self._session is not None and self._known is not None:
            session = self._session
            search = MinimaSearch(
                session.sampler.chains.target,
                session.training_items,
                session.sampler.chains.x.clone(),
                session.composition.formula,
            )
            self._begin(search.run(), replace(self._known, minima=None, searching="minima"))

    def dissect(self, image: np.ndarray) -> None:
        """Takes −log P of an image apart, uint8, shape (*shape)."""
        if self._session is not None and self._known is not None:
            session = self._session
            record = dissect(
                session.sampler.chains.target,
                session.training_items,
                self._image(image),
                session.composition.formula,
            )
            self._show(replace(self._known, dissection=record))

    def stop(self) -> None:
        """Ends the search; what it found stays."""
        self._steps = None
        if self._known is not None:
            self._show(replace(self._known, searching=""))

    def step(self) -> None:
        """The next step of the search, if there is one."""
        if self._steps is None or self._known is None:
            return
        try:
            record = next(self._steps, None)
        except Exception:
            self.stop()
            raise
        if record is None:
            self.stop()
            return
        if isinstance(record, BarrierRecord):
            self._known = replace(self._known, barrier=record)
        else:
            self._known = replace(self._known, minima=record)
        if record.is_done or self._scheduler.is_due("record", RECORD_SECONDS):
            self._publish(self._known)

    def _begin(self, steps: Iterator[BarrierRecord | MinimaRecord], known: ImageLandscape) -> None:
        self._steps = steps
        self._show(known)

    def _show(self, known: ImageLandscape) -> None:
        self._known = known
        self._publish(known)

    def _image(self, image: np.ndarray) -> Tensor:
        assert self._session is not None
        return torch.as_tensor(image).float().to(self._session.device)
