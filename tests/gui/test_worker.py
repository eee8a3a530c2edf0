"""The background thread of a window, with a step that only counts: no session, no window."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from landscape_app.gui.worker import CommandQueue, Countdown, Scheduler, Worker, WorkerState, command

PATIENCE = 60.0


@dataclass(frozen=True, eq=False)
class Count(WorkerState):
    """State of a worker that counts.

    Attributes:
        steps: done.
        moving: whether more are done.
        total: of what was added.
        closed: whether the thread has cleaned up.
    """

    steps: int = 0
    moving: bool = False
    total: int = 0
    closed: bool = False


class Counter(Worker[Count]):
    """Counts while it moves; fails where it is told to."""

    def __init__(self) -> None:
        super().__init__("counter", Count())
        self.steps: Iterator[int] = count(1)
        self.error: BaseException | None = None
        self.threads: set[int] = set()

    @property
    def timeout(self) -> float | None:
        return 0.0 if self.state.moving else None

    def step(self) -> None:
        if self.state.moving:
            self.threads.add(threading.get_ident())
            if self.error is not None:
                raise self.error
            self.update(steps=next(self.steps))

    def pause_all(self) -> None:
        self.update(moving=False)

    def close(self) -> None:
        self.update(closed=True)

    @command()
    def play(self, moving: bool) -> None:
        self.update(moving=moving)

    @command()
    def add(self, number: int) -> None:
        self.update(total=self.state.total + number)

    @command(replaces="set")
    def set(self, number: int) -> None:
        self.update(total=number)

    @command()
    def add_twice(self, number: int) -> None:
        self.add(number)
        assert self.state.total == number
        self.add(number)

    @command()
    def fail(self, error: BaseException) -> None:
        raise error


@pytest.fixture
def worker() -> Iterator[Counter]:
    worker = Counter()
    yield worker
    worker.end()


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_commands_are_done_between_two_steps_in_the_thread_of_the_steps(worker: Counter) -> None:
    places: list[int] = []
    worker.start()
    worker.play(True)
    worker.post(lambda: places.append(threading.get_ident()))
    wait(lambda: worker.state.steps > 2 and len(places) == 1)
    assert worker.threads == set(places)
    assert threading.get_ident() not in places
    worker.play(False)
    wait(lambda: not worker.state.moving)
    held = worker.state.steps
    time.sleep(0.02)
    assert worker.state.steps == held


def test_a_state_that_was_taken_never_changes(worker: Counter) -> None:
    worker.start()
    worker.play(True)
    wait(lambda: worker.state.steps > 0)
    state = worker.state
    steps = state.steps
    wait(lambda: worker.state.steps > steps)
    assert state.steps == steps


def test_the_caller_does_not_wait_for_a_step_that_takes_long(worker: Counter) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    worker.start()
    worker.post(lambda: (begun.set(), goes_on.wait(PATIENCE)))
    assert begun.wait(PATIENCE)
    worker.add(1)
    assert worker.state.total == 0
    goes_on.set()
    wait(lambda: worker.state.total == 1)


def test_turns_can_be_taken_without_the_thread(worker: Counter) -> None:
    worker.play(True)
    worker.add(2)
    assert not worker.state.moving
    worker.turn()
    assert (worker.state.steps, worker.state.total) == (1, 2)
    worker.turn()
    assert worker.state.steps == 2


def test_a_later_command_of_a_name_replaces_those_that_wait_and_the_others_keep_their_order(
    worker: Counter,
) -> None:
    for action in (
        lambda: worker.set(5),
        lambda: worker.add(1),
        lambda: worker.set(7),
        lambda: worker.add(2),
    ):
        action()
    worker.turn()
    assert worker.state.total == 9


def test_a_command_that_calls_another_runs_it_at_once(worker: Counter) -> None:
    worker.add_twice(3)
    worker.turn()
    assert worker.state.total == 6
    assert worker.state.message is None


@pytest.mark.parametrize("error", [ValueError("out of range"), KeyError("lost"), SystemExit("gone")])
def test_a_command_that_fails_is_told_and_the_others_are_done(worker: Counter, error: BaseException) -> None:
    worker.start()
    worker.add(1)
    worker.fail(error)
    worker.add(1)
    wait(lambda: worker.state.total == 2)
    assert worker.state.message_number == 1
    assert worker.state.message is not None
    assert worker.state.message.kind == "error"
    assert str(error.args[0]) in worker.state.message.text
    assert worker.is_alive


def test_a_step_that_fails_again_and_again_is_not_tried_for_ever(worker: Counter) -> None:
    worker.error = KeyError("lost")
    worker.start()
    worker.play(True)
    wait(lambda: not worker.state.moving and worker.state.message_number > 0)
    told = worker.state.message_number
    worker.error = None
    worker.play(True)
    wait(lambda: worker.state.steps > 0)
    assert worker.state.message_number == told


def test_a_single_failure_of_a_step_does_not_pause(worker: Counter) -> None:
    worker.play(True)
    worker.error = KeyError("lost")
    worker.turn()
    worker.error = None
    worker.turn()
    worker.error = KeyError("lost")
    worker.turn()
    assert worker.state.moving


def test_a_thread_that_cannot_even_tell_says_that_it_has_ended_and_can_start_again(
    worker: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.start()
    with monkeypatch.context() as broken:
        broken.setattr(worker, "tell", lambda *_: worker.steps.no_such_thing)  # type: ignore[attr-defined]
        worker.fail(ValueError("odd"))
        wait(lambda: not worker.is_alive)
    assert worker.state.message is not None
    worker.start()
    worker.add(4)
    wait(lambda: worker.state.total == 4)


def test_the_end_comes_after_the_commands_that_wait_and_cleans_up(worker: Counter) -> None:
    worker.start()
    worker.play(True)
    for _ in range(10):
        worker.add(1)
    worker.end()
    assert not worker.is_alive
    assert worker.state.total == 10
    assert worker.state.closed


def test_an_end_that_is_not_waited_for_returns_at_once(worker: Counter) -> None:
    goes_on = threading.Event()
    worker.start()
    worker.post(lambda: (goes_on.wait(PATIENCE), None)[1])
    worker.end(timeout=0.0)
    assert worker.is_alive
    goes_on.set()
    wait(lambda: not worker.is_alive)


def test_a_queue_waits_for_the_first_command_only() -> None:
    commands = CommandQueue()
    assert commands.take(0.0) == []
    commands.post(lambda: None)
    commands.post(lambda: None, "a")
    commands.post(lambda: None, "a")
    assert [c.replaces for c in commands.take(None)] == ["", "a"]
    assert commands.take(0.001) == []


def test_steps_are_spaced_evenly_and_what_is_late_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    scheduler = Scheduler()
    assert scheduler.is_step_due(0.5)
    assert scheduler.timeout() == pytest.approx(0.5)
    now[0] += 0.4
    assert not scheduler.is_step_due(0.5)
    # A little late: the next one makes up for it.
    now[0] += 0.15
    assert scheduler.is_step_due(0.5)
    assert scheduler.timeout() == pytest.approx(0.45)
    # Much later: one step makes up for it, not the nineteen that were missed.
    now[0] += 10.0
    assert [scheduler.is_step_due(0.5) for _ in range(19)].count(True) == 2
    scheduler.trigger("step")
    assert scheduler.timeout() == 0.0


def test_a_rate_is_that_of_the_last_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    scheduler = Scheduler()
    rates = []
    for _ in range(40):
        rates.append(scheduler.rate())
        now[0] += 0.1
    assert rates[0] == 0.0
    assert rates[-1] == pytest.approx(10.0)
    assert scheduler.is_due("figures", 1.0)
    assert not scheduler.is_due("figures", 1.0)
    scheduler.restart()
    assert scheduler.is_due("figures", 1.0)


def test_the_time_left_is_what_the_last_half_minute_says() -> None:
    countdown = Countdown()
    assert countdown.left(0.0, now=0.0) is None
    assert countdown.left(0.01, now=1.0) is None
    # A hundredth a second: 90 s are left of 100.
    for second in range(2, 11):
        left = countdown.left(second / 100, now=float(second))
    assert left == pytest.approx(90)
    # It becomes half as fast; after half a minute nothing of before counts.
    for second in range(1, 41):
        left = countdown.left(0.1 + second / 200, now=10.0 + second)
    assert left == pytest.approx(0.7 * 200, rel=0.01)
    # An epoch that takes longer than that has a beginning too.
    assert countdown.left(0.4, now=110.0) == pytest.approx(0.6 / (0.1 / 60), rel=0.02)
    countdown.restart()
    assert countdown.left(0.5, now=111.0) is None


def test_the_time_left_forgets_a_share_that_has_become_less() -> None:
    countdown = Countdown()
    for second in range(11):
        countdown.left(0.2 + second / 100, now=float(second))
    # Another work, a quarter of an hour later: what it did is not an average over that.
    assert countdown.left(0.01, now=900.0) is None
    assert countdown.left(0.4, now=904.0) == pytest.approx(0.6 * 4 / 0.39)


def test_wishes_are_told_until_they_are_begun() -> None:
    worker = Counter()
    wishes: list[tuple[str, ...]] = []
    worker.post(lambda: wishes.append(worker.wishes(0.0)), wish="")
    worker.post(lambda: None, replaces="place", wish="dropped")
    worker.post(lambda: None)
    worker.post(lambda: wishes.append(worker.wishes(0.0)), replaces="place", wish="to be written")
    assert worker.wishes(0.0) == ("", "dropped", "to be written")
    assert worker.wishes(60.0) == ()
    worker.turn()
    assert wishes == [("to be written",), ()]


COMPUTING = """
import sys, threading, time
import torch
from landscape_app.gui.worker import background, end_at_once

began = threading.Event()

def compute():
    matrix = torch.randn(40, 40)
    while True:
        leaf = matrix.clone().requires_grad_()
        torch.autograd.grad((leaf @ leaf).sum(), leaf)
        began.set()

end_at_once(1)
background("computing", compute, print).start()
written = background("writing", lambda: (time.sleep(0.5), print("written", flush=True)), print, daemon=False)
written.start()
began.wait()
print("said", end="")
end_at_once(3)
"""


def test_a_program_ends_with_its_code_while_a_thread_computes() -> None:
    """Python ends it by an abort otherwise, in one of a few attempts."""
    done = subprocess.run(
        [sys.executable, "-c", COMPUTING], capture_output=True, text=True, timeout=10 * PATIENCE
    )
    assert (done.returncode, done.stderr) == (3, "")
    assert "said" in done.stdout
    assert "written\n" in done.stdout


HURRIED = """
import sys
from landscape_app.cli import main
from landscape_app.gui.worker import Worker

end = Worker.end
Worker.end = lambda self, timeout=0.0: end(self, 0.0)
sys.argv = ["landscape", "gui", "--screenshot", "window.png", "--after", "0"]
sys.exit(main())
"""


@pytest.mark.slow
def test_a_window_that_closes_before_its_model_is_open_ends_in_good_order(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HURRIED], cwd=tmp_path, capture_output=True, text=True, timeout=10 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert "terminate" not in done.stderr
    assert (tmp_path / "window.png").stat().st_size > 10_000
