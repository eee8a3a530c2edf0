"""The three-starts test while it runs in the engine's thread, and its ladder for whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable

from landscape_app.session import STARTS, LadderWatch, Session, StartsRecord, ThreeStarts
from landscape_app.session.journal import Action, StartsTested
from landscape_app.session.three_starts import LEAST_STEPS


class StartsTest:
    """One run of the test, a step at a time.

    Args:
        session: whose model.

    Attributes:
        watch: what is seen of the test's ladder, also when it has ended.
    """

    def __init__(self, session: Session) -> None:
        test = ThreeStarts(session)
        self.watch = LadderWatch(test.ladder, STARTS)
        test.ladder.on_step = self.watch.observe
        self._done = 0
        self._records = test.run()

    def step(self) -> StartsRecord | None:
        """The next step; None where the test has ended."""
        record = next(self._records, None)
        self._done = self._done if record is None else record.steps
        return record

    def end(self, note: Callable[[Action], None]) -> None:
        """Notes the test in a journal, where it has come to a judgement."""
        if self._done >= LEAST_STEPS:
            note(StartsTested(self._done))
