"""A background thread that answers one request at a time; a later one overtakes an earlier one."""

from __future__ import annotations

import atexit
import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from landscape_app.counting import capitalised
from landscape_app.gui.messages import failure_message
from landscape_app.gui.worker import Worker, WorkerState
from landscape_app.language import tr
from landscape_app.runs import RunState
from landscape_app.session.memory import ANYTHING, Work

LEAVE_SECONDS = 20.0
"""Longest wait of the application, at its end, for what is going on."""

Report = Callable[[float], None]
"""Told from 0 to 1 how much is done; raises `Overtaken` where nobody waits for it any longer."""


class Overtaken(Exception):
    """Something else was asked for meanwhile, or nothing any more."""


class Answer(NamedTuple):
    """Answer to a request.

    Attributes:
        number: of the request.
        value: what was asked for; None where it failed.
        failure: why it failed, in words; empty where it did not.
        detail: the technical part of an unforeseen failure.
    """

    number: int
    value: object | None = None
    failure: str = ""
    detail: str = ""


NOTHING = Answer(0)
"""Before the first request has come to its end."""


@dataclass(frozen=True, eq=False)
class RequestState(WorkerState):
    """The request that is done, and the last that has come to its end.

    Attributes:
        number: of the request that is done.
        share: how much of it is done, 0 to 1.
        answer: of the last request that was not overtaken.
    """

    number: int = 0
    share: float = 0.0
    answer: Answer = NOTHING


class RequestWorker(Worker[RequestState]):
    """Does what it is asked, in a thread that begins with the first request.

    Args:
        name: of the thread.
        prepare: done once in the thread, before anything else; where it fails, so does the request.
        work: of which messages about memory speak.
    """

    def __init__(
        self, name: str, prepare: Callable[[], object] = lambda: None, work: Work = ANYTHING
    ) -> None:
        super().__init__(name, RequestState())
        self._work = work
        self._prepare = prepare
        self._prepared = False
        self._asked = self._taken = 0
        self._closed = False

    @property
    def share(self) -> float:
        """Share of the last request that is done, 0 to 1."""
        state = self.state
        return state.share if state.number == self._asked else 0.0

    @property
    def is_busy(self) -> bool:
        """True while the last request has not come to its end."""
        return self._asked not in (self._taken, self.state.answer.number)

    def take(self) -> Answer | None:
        """The answer to the last request, once; None before there is one."""
        answer = self.state.answer
        if answer.number != self._asked or answer.number == self._taken:
            return None
        self._taken = answer.number
        return answer

    def ask(self, do: Callable[[Report], object]) -> None:
        """Has something done in place of whatever is going on; returns at once.

        Args:
            do: told where to report to; whatever it raises becomes the failure of the answer.
        """
        self._asked += 1
        if self._closed:
            return
        number = self._asked
        self.post(lambda: self._answer(number, do), replaces="request")
        if not self.is_alive:
            # Python ends a thread that it finds in a C++ library by ending the process.
            atexit.register(self._leave)
            self.start()

    def drop(self) -> None:
        """Waits for nothing any longer."""
        self._asked += 1
        self._taken = self._asked

    def end(self, timeout: float = 0.0) -> None:
        """Ends the thread once what it does has noticed; waits so many seconds for that."""
        self._closed = True
        self.drop()
        super().end(timeout)

    def close(self) -> None:
        """Lets the application end without a wait."""
        atexit.unregister(self._leave)

    def died(self, error: BaseException) -> None:
        """The thread has ended; the next request begins another."""
        self.close()
        self.update(answer=self._failed(self._asked, error))

    def _leave(self) -> None:
        self.end(LEAVE_SECONDS)

    def _answer(self, number: int, do: Callable[[Report], object]) -> None:
        def report(share: float) -> None:
            if number != self._asked:
                raise Overtaken
            self.update(number=number, share=share)

        try:
            report(0.0)
            if not self._prepared:
                self._prepare()
                self._prepared = True
            answer = Answer(number, do(report))
        except Overtaken:
            return
        except BaseException as error:
            answer = self._failed(number, error)
        if number == self._asked:
            self.update(answer=answer)

    def _failed(self, number: int, error: BaseException) -> Answer:
        message = failure_message(error, work=self._work)
        return Answer(number, failure=capitalised(message.text), detail=message.detail)


TakeRun = Callable[[Callable[[RunState | None], None]], None]
"""Hands a copy of the run on view to a function, in the engine's thread."""

WAIT_SECONDS = 0.1


class RunOnView:
    """A copy of the run on view as it is now, which the engine hands over between two of its steps.

    Args:
        take_run: asks the engine for it.
    """

    def __init__(self, take_run: TakeRun) -> None:
        self._runs: queue.SimpleQueue[RunState | None] = queue.SimpleQueue()
        take_run(self._runs.put)

    def wait(self, report: Report) -> RunState:
        """The run, once it is there.

        Args:
            report: is told that nothing is done yet, again and again: it may end the wait.

        Raises:
            ValueError: no run is on view.
        """
        while True:
            report(0.0)
            try:
                state = self._runs.get(timeout=WAIT_SECONDS)
            except queue.Empty:
                continue
            if state is None:
                raise ValueError(tr("there is no model on view yet: open a run, or train one"))
            return state
