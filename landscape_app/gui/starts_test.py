"""The three-starts test while it runs in the engine's thread, and its ladder for whoever looks at it."""

from __future__ import annotations

from landscape_app.session import STARTS, LadderWatch, Session, StartsRecord, ThreeStarts


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
        self._steps = test.run()

    def step(self) -> StartsRecord | None:
        """The next step; None where the test has ended."""
        return next(self._steps, None)
