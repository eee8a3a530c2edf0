"""One thing at a time in a background thread; a later request overtakes an earlier one. Nothing here knows Qt."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import NamedTuple

from landscape_app.gui.commands import CommandQueue
from landscape_app.gui.failures import background, failure_message
from landscape_app.session.memory import IMPORTING

LEAVE_SECONDS = 20.0
"""That the application waits at its end for what is going on."""

Report = Callable[[float], None]
"""Told from 0 to 1 how much is done; raises `Overtaken` where nobody waits for it any longer."""


class Overtaken(Exception):
    """Something else was asked for meanwhile, or nothing any more."""


class Outcome(NamedTuple):
    """What came of a request.

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


class Worker:
    """Does what it is asked, in a thread that begins with the first request.

    Args:
        name: of the thread.
        begin: done once in the thread, before anything else; where it fails, so does the request.

    Attributes:
        share: how much of the present request is done, 0 to 1.
    """

    def __init__(self, name: str, begin: Callable[[], object] = lambda: None) -> None:
        self.share = 0.0
        self._outcome = Outcome(0)
        self._taken = 0
        self._commands = CommandQueue()
        self._begin = begin
        self._begun = False
        self._asked = 0
        self._ending = False
        self._name = name
        self._thread = self._new_thread()

    @property
    def is_busy(self) -> bool:
        """Whether the last request has not come to its end."""
        return self._asked != self._outcome.number

    def take(self) -> Outcome | None:
        """What came of the last request, once; None before there is that."""
        outcome = self._outcome
        if outcome.number != self._asked or outcome.number == self._taken:
            return None
        self._taken = outcome.number
        return outcome

    def ask(self, do: Callable[[Report], object]) -> None:
        """Has something done in place of whatever is going on; returns at once.

        Args:
            do: told where to report to; whatever it raises becomes the failure of the outcome.
        """
        self._asked += 1
        number = self._asked
        self.share = 0.0
        self._commands.post(lambda: self._do(number, do), replaces="request")
        if not self._thread.is_alive() and not self._ending:
            # Python ends a thread that it finds in a C++ library by ending the process.
            atexit.register(self._leave)
            self._thread = self._new_thread()
            self._thread.start()

    def drop(self) -> None:
        """Waits for nothing any longer."""
        self._asked += 1
        self.share = 0.0
        self._outcome = Outcome(self._asked)
        self._taken = self._asked

    def end(self) -> None:
        """Ends the thread once what it does has noticed; waits for nothing."""
        self._ending = True
        self.drop()
        self._commands.post(lambda: None)

    def _leave(self) -> None:
        self.end()
        self._thread.join(LEAVE_SECONDS)

    def _new_thread(self) -> threading.Thread:
        return background(self._name, self._run, self._fail)

    def _run(self) -> None:
        while not self._ending:
            for command in self._commands.take(None):
                command.action()
        atexit.unregister(self._leave)

    def _do(self, number: int, do: Callable[[Report], object]) -> None:
        def report(share: float) -> None:
            if number != self._asked:
                raise Overtaken
            self.share = share

        try:
            report(0.0)
            if not self._begun:
                self._begin()
                self._begun = True
            outcome = Outcome(number, do(report))
        except Overtaken:
            return
        except BaseException as error:
            outcome = _failed(number, error)
        if number == self._asked:
            self._outcome = outcome

    def _fail(self, error: BaseException) -> None:
        """The thread has ended; the next request begins another."""
        atexit.unregister(self._leave)
        self._outcome = _failed(self._asked, error)


def _failed(number: int, error: BaseException) -> Outcome:
    message = failure_message(error, work=IMPORTING)
    return Outcome(number, failure=message.text[:1].upper() + message.text[1:], detail=message.detail)
