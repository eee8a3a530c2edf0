"""Two compositions side by side, on the same start and the same random numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from landscape_app.physics.chains import Chains
from landscape_app.session.composition import Composition
from landscape_app.session.continuing import follow
from landscape_app.session.records import Snapshot, SteeringRecord
from landscape_app.session.sampler import Walk
from landscape_app.session.session import Session

T = TypeVar("T")


class Comparison:
    """A second ensemble of walkers, under a composition A that stays, beside a session's own, which are B.

    Whatever is done to the session's walkers is mirrored on these first, from the same random state; then that
    state is put back, so that B does what it would have done alone. Chain i of A and of B so use the same numbers.

    Args:
        session: whose walkers are B; those of A begin as a copy of them.
        composition: A, on which `steer` puts them; None for what the session samples.

    Attributes:
        composition: A.
        walkers: its chains.
    """

    def __init__(self, session: Session, composition: Composition | None = None) -> None:
        self._session = session
        self.composition = session.composition if composition is None else composition
        own = session.walkers
        kernel = copy.deepcopy(own.kernel)
        self.walkers = Chains(own.x.clone(), own.target, kernel, own.generator, own.adapt)
        self._walk = Walk(self.walkers)
        self._walk.automatic, self._walk.ancestors = session.walk.automatic, session.walk.ancestors
        self._start = own.generator.get_state()

    def steer(self, composition: Composition, moves: int) -> tuple[SteeringRecord, SteeringRecord]:
        """Puts A's walkers on A and the session's on another composition, from the same start; returns both jumps.

        Every jump starts from the same random state, so that a small change of B is a small change of its chains.

        Raises:
            ValueError: as `Session.steer`.
        """
        session = self._session
        session.walkers.generator.set_state(self._start)
        first = self.mirror(lambda: session.steer(self.composition, moves))
        return first, session.steer(composition, moves)

    def follow(self, composition: Composition, moves: int) -> tuple[SteeringRecord, SteeringRecord] | None:
        """Takes the session's walkers along with a small change, as `follow`, and A's by the same numbers under A.

        Returns:
            How both went; None where the change is too large for that: then B is as it was, and both are to be
            steered.

        Raises:
            ValueError: as `follow`.
        """
        first = self.mirror(lambda: follow(self._session, self.composition, moves))
        second = follow(self._session, composition, moves)
        return None if first is None or second is None else (first, second)

    def mirror(self, action: Callable[[], T]) -> T:
        """Does to A what is about to be done to B; the random state is left as it was."""
        generator = self._session.walkers.generator
        state = generator.get_state()
        try:
            with self._in_place():
                return action()
        finally:
            generator.set_state(state)

    def step(self) -> None:
        """Moves A's walkers once."""
        self.mirror(self._walk.step)

    def snapshot(self, classify: bool) -> Snapshot:
        """A's walkers."""
        return self.mirror(lambda: self._session.snapshot(False, classify))

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """With A's walkers as those of the session."""
        session = self._session
        own = session.walkers, session.walk, session.composition
        session.walkers, session.walk, session.composition = self.walkers, self._walk, self.composition
        try:
            yield
        finally:
            session.walkers, session.walk, session.composition = own
