"""The background thread of a window: commands applied between steps, and the latest state in a mailbox."""

from __future__ import annotations

import functools
import os
import queue
import sys
import threading
import time
import weakref
from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

from landscape_app.gui.messages import Message, failure_message
from landscape_app.session.device import available_cores
from landscape_app.session.memory import Work

MOST_FAILURES = 2
"""Steps in a row that may fail before the worker pauses."""

LATEST = 0.1
"""Seconds of delay that evenly spaced steps make up for; later ones are left out."""

RATE_SECONDS = 2.0

WAITING_SECONDS = 0.5
"""Seconds that what a user wishes may wait before the window says so: sooner, it would only flicker."""

FRAME_SECONDS = 1 / 60

_THREADS: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
"""Those that `background` has made."""


def compute_threads() -> int:
    """Compute threads of a worker: all cores this process may use but one, which is left to the window."""
    return max(1, available_cores() - 1)


def background(
    name: str, work: Callable[[], object], failed: Callable[[BaseException], object], daemon: bool = True
) -> threading.Thread:
    """A thread, not yet started, that hands on whatever its work raises, so that it never ends in silence.

    Args:
        name: of the thread.
        work: done in it.
        failed: given the error, in that thread.
        daemon: whether the program may end before it.
    """

    def run() -> None:
        try:
            work()
        except BaseException as error:  # sys.exit too would end the thread without a word
            failed(error)

    thread = threading.Thread(target=run, name=name, daemon=daemon)
    _THREADS.add(thread)
    return thread


def end_at_once(code: int) -> None:
    """Ends the program where a background thread still computes, and does nothing where none does.

    Python stops such a thread where it next asks for the interpreter. Within an operator of torch that aborts the
    process, after the window has closed in good order.

    Args:
        code: of the process.
    """
    running = [thread for thread in _THREADS if thread.is_alive()]
    if not any(thread.daemon for thread in running):
        return
    for thread in running:
        if not thread.daemon:
            thread.join()
    for stream in (sys.stdout, sys.stderr):
        # A program without a terminal may have none.
        if stream is not None:
            stream.flush()
    os._exit(code)


class Command(NamedTuple):
    """Something to do between two steps.

    Attributes:
        action: called in the worker's thread.
        replaces: commands of the same name that still wait are dropped; "" for none.
        wish: of the user, in words, which the window shows while it waits; "" for one that needs no words of its own,
            None where it is no wish.
        posted: seconds of this machine's clock.
    """

    action: Callable[[], None]
    replaces: str
    wish: str | None = None
    posted: float = 0.0


class CommandQueue:
    """Commands that any thread posts, and one thread takes."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._waiting: dict[int, Command] = {}
        self._lock = threading.Lock()

    def post(self, action: Callable[[], None], replaces: str = "", wish: str | None = None) -> None:
        """Adds a command; returns at once."""
        added = Command(action, replaces, wish, time.perf_counter())
        with self._lock:
            self._waiting[id(added)] = added
        self._queue.put(added)

    def began(self, command: Command) -> None:
        """Takes note that a command waits no longer."""
        with self._lock:
            self._waiting.pop(id(command), None)

    def wishes(self, seconds: float) -> tuple[str, ...]:
        """Wishes of the user that have waited for so many seconds, in words, in order; for any thread."""
        before = time.perf_counter() - seconds
        with self._lock:
            waiting = tuple(self._waiting.values())
        return tuple(c.wish for c in waiting if c.wish is not None and c.posted <= before)

    def take(self, timeout: float | None) -> list[Command]:
        """The commands that wait, the latest of each name; for the first, waits so many seconds, or for ever."""
        waiting: list[Command] = []
        try:
            waiting.append(self._queue.get(block=timeout != 0.0, timeout=timeout or None))
            while True:
                waiting.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        last = {command.replaces: command for command in waiting}
        kept = [c for c in waiting if not c.replaces or last[c.replaces] is c]
        for dropped in waiting:
            if all(dropped is not c for c in kept):
                self.began(dropped)
        return kept


class Scheduler:
    """Times at which things that are done at intervals are due, and the rate of steps."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forgets everything: all is due, and no step is counted."""
        self._due: dict[str, float] = {}
        self._ticks: list[float] = []

    def is_due(self, what: str, interval: float) -> bool:
        """True where it is time for something, which is then due again after `interval` seconds."""
        now = time.perf_counter()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + interval
        return True

    def is_step_due(self, interval: float) -> bool:
        """True where it is time for the next of steps that are evenly spaced in time, however late it is asked."""
        now = time.perf_counter()
        if now < self._due.get("step", 0.0):
            return False
        self._due["step"] = max(self._due.get("step", now) + interval, now - LATEST)
        return True

    def timeout(self) -> float:
        """Seconds until the next step is due."""
        return max(0.0, self._due.get("step", 0.0) - time.perf_counter())

    def trigger(self, what: str) -> None:
        """Makes something due at once."""
        self._due.pop(what, None)

    def rate(self) -> float:
        """Steps a second over the last two seconds; counts one now."""
        now = time.perf_counter()
        self._ticks = [tick for tick in self._ticks if tick > now - RATE_SECONDS]
        self._ticks.append(now)
        span = now - self._ticks[0]
        return (len(self._ticks) - 1) / span if span > 0 else 0.0


COUNTED_SECONDS, LEAST_COUNTED = 30.0, 3.0
"""Seconds of a work that say how fast it goes on, and fewest that say anything."""


class Countdown:
    """Time that a work still takes, from the share that its last seconds have done."""

    def __init__(self) -> None:
        self._done: deque[tuple[float, float]] = deque()

    def restart(self) -> None:
        """Forgets how it went so far."""
        self._done.clear()

    def left(self, share: float, now: float | None = None) -> float | None:
        """Seconds left; None where too little has been done to say.

        Args:
            share: that is done by now, 0 to 1.
            now: seconds of a clock; None for this machine's.
        """
        now = time.perf_counter() if now is None else now
        if self._done and share < self._done[-1][1]:
            # Another work, or a longer plan: the share of before was of something else.
            self._done.clear()
        self._done.append((now, share))
        # One moment before the last seconds stays, so that an epoch longer than these has a beginning.
        while len(self._done) > 2 and self._done[1][0] <= now - COUNTED_SECONDS:
            self._done.popleft()
        began, before = self._done[0]
        if now - began < LEAST_COUNTED or share <= before:
            return None
        return (1 - share) * (now - began) / (share - before)


@dataclass(frozen=True, eq=False)
class WorkerState:
    """Everything a window shows of a worker, at one moment; replaced whole, never changed.

    Attributes:
        message: the last thing to tell; `message_number` grows with every new one.
    """

    message: Message | None = None
    message_number: int = 0

    def has_failed_since(self, earlier: WorkerState) -> bool:
        """True where there is a failure to tell that an earlier state did not have."""
        failed = self.message is not None and self.message.kind == "error"
        return failed and self.message_number != earlier.message_number


S = TypeVar("S", bound=WorkerState)
W = TypeVar("W", bound="Worker[Any]")
P = ParamSpec("P")


class Worker(Generic[S]):
    """A background thread that does one step after the other, and commands between two of them.

    Methods that are a `command` return at once. Commands are done in order, each whether or not another failed; a
    failure becomes a message. `state` is the mailbox: the window looks into it at the screen's rate, so that neither
    thread waits for the other. No tensor is in it. Nothing here knows Qt.

    Args:
        name: of the thread.
        state: the first.

    Attributes:
        state: the latest.
    """

    def __init__(self, name: str, state: S) -> None:
        self.state = state
        self._commands = CommandQueue()
        self._name = name
        self._thread = background(name, self._run, self.died)
        self._working: int | None = None
        self._ending = False
        self._failures = 0

    @property
    def is_alive(self) -> bool:
        """True while commands are done."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Starts the thread; one that has died of a failure is followed by another."""
        if not self._thread.is_alive():
            if self._thread.ident is not None:
                self._thread = background(self._name, self._run, self.died)
            self._thread.start()

    def end(self, timeout: float = 30.0) -> None:
        """Ends the thread when the commands that wait are done; waits so many seconds for that."""
        self.post(self._end)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def post(self, action: Callable[[], None], replaces: str = "", wish: str | None = None) -> None:
        """Has something done in the thread, between two steps.

        Args:
            action: what to do.
            replaces: actions posted under the same name that still wait are dropped; "" for none.
            wish: as of `Command`.
        """
        self._commands.post(action, replaces, wish)

    def wishes(self, seconds: float = WAITING_SECONDS) -> tuple[str, ...]:
        """Wishes of the user that have waited for so many seconds, in words, in order; for any thread."""
        return self._commands.wishes(seconds)

    def turn(self) -> None:
        """One turn of the thread: the commands that wait, and the next step; waits where there is neither."""
        before, self._working = self._working, threading.get_ident()
        try:
            self._do(self.timeout)
            if self._ending:
                return
            self._failures = 0 if self._attempt(self.step) else self._failures + 1
            if self._failures >= MOST_FAILURES:
                self._failures = 0
                self._attempt(self.pause_all)
        finally:
            self._working = before

    @property
    def is_own_thread(self) -> bool:
        """True where the caller runs in the worker's thread, between two steps or in one."""
        return self._working == threading.get_ident()

    # What a worker is made of.

    def begin(self) -> None:
        """Done first in the thread."""

    @property
    def timeout(self) -> float | None:
        """Seconds that commands may be waited for before the next step; None where there is no step to do."""
        return None

    def step(self) -> None:
        """The next step of whatever is going on, if anything is."""

    def pause_all(self) -> None:
        """Stops all that goes on by itself, as it fails again and again."""

    def handle(self, error: BaseException) -> bool:
        """Tells of a failure; returns whether its cause is gone, so that nothing speaks against the next step."""
        self.tell(*failure_message(error))
        return False

    def close(self) -> None:
        """Done last in the thread."""

    def died(self, error: BaseException) -> None:
        """The thread has ended, as a failure could not even be told."""
        self.update(message=failure_message(error), message_number=self.state.message_number + 1)

    # What a worker does with its state.

    def update(self, **changes: object) -> None:
        """Replaces the state by one with these changes; in the worker's thread."""
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Leaves a message for the user."""
        self.update(message=Message(kind, text, detail), message_number=self.state.message_number + 1)

    def _run(self) -> None:
        self._working = threading.get_ident()
        self._attempt(self.begin)
        while not self._ending:
            if not self._attempt(self.turn):
                self._attempt(self.pause_all)
                self._do(None)

    def _end(self) -> None:
        self._ending = True
        self.close()

    def _do(self, timeout: float | None) -> None:
        """The commands that wait; for the first, waits so many seconds, or for ever."""
        for command in self._commands.take(timeout):
            self._commands.began(command)
            self._attempt(command.action)

    def _attempt(self, action: Callable[[], None]) -> bool:
        """Does something, and tells of its failure: the one place that catches all of them.

        Returns:
            False where it failed and may fail again.
        """
        try:
            action()
        except BaseException as error:
            return self.handle(error)
        return True


def command(
    replaces: str = "",
    wish: str | None = None,
) -> Callable[[Callable[Concatenate[W, P], None]], Callable[Concatenate[W, P], None]]:
    """Makes a method of a worker a command: it is done in the worker's thread, between two steps.

    Called from another thread the method returns at once; called from the worker's own it runs as it is.

    Args:
        replaces: commands of the same name that still wait are dropped; "" for none.
        wish: as of `Command`.
    """

    def decorate(method: Callable[Concatenate[W, P], None]) -> Callable[Concatenate[W, P], None]:
        @functools.wraps(method)
        def posted(self: W, /, *args: P.args, **kwargs: P.kwargs) -> None:
            if self.is_own_thread:
                method(self, *args, **kwargs)
            else:
                self.post(lambda: method(self, *args, **kwargs), replaces, wish)

        return posted

    return decorate


@dataclass(frozen=True, eq=False)
class MovingState(WorkerState):
    """State of a worker that moves something.

    Attributes:
        steps: since the start.
        moving: whether steps are made by themselves.
        rate: steps a second.
    """

    steps: int = 0
    moving: bool = False
    rate: float = 0.0


M = TypeVar("M", bound=MovingState)


class MovingWorker(Worker[M]):
    """Makes steps at a speed, or one by one.

    Args:
        name: of the thread.
        state: the first.
        speed: steps a second; infinity for as fast as can be.
        work: of which messages about memory speak.
    """

    def __init__(self, name: str, state: M, speed: float, work: Work) -> None:
        super().__init__(name, state)
        self._scheduler = Scheduler()
        self._speed = speed
        self._work = work

    @property
    def timeout(self) -> float | None:
        """Seconds until the next step is due."""
        return self._scheduler.timeout() if self.state.moving else None

    def step(self) -> None:
        """The next step, where it is due."""
        if self.state.moving and self._scheduler.is_step_due(1 / self._speed):
            self.move()

    @abstractmethod
    def move(self) -> None:
        """Makes one step, whether or not it is due."""

    @abstractmethod
    def show_all(self, **changes: object) -> None:
        """Leaves everything as it is after the last step, and these changes of the state with it."""

    def handle(self, error: BaseException) -> bool:
        """Tells of a failure; makes no more steps, but where only a command was refused."""
        if not isinstance(error, ValueError):
            self.update(moving=False)
        self.tell(*failure_message(error, work=self._work))
        return True

    @command()
    def play(self, moving: bool) -> None:
        """Makes steps by itself, or no more; what stands still then is the last."""
        self._scheduler.restart()
        self.show_all(moving=moving, rate=0.0)

    @command(replaces="speed")
    def set_speed(self, steps_per_second: float) -> None:
        """Steps a second; infinity for as fast as can be."""
        self._speed = steps_per_second
        self._scheduler.trigger("step")
