"""Failures that nobody has foreseen, in every thread: the window says so, and goes on."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui import sample_export, verify_dialog
from landscape_app.gui.application import Uncaught
from landscape_app.gui.engine import Engine
from landscape_app.gui.experiments.runner import Bench, Ending, Runner
from landscape_app.gui.frame import Activity, Message
from landscape_app.gui.importing.worker import Outcome, Worker
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.playground.runner import PlaygroundRunner
from landscape_app.gui.sampler import recording
from landscape_app.gui.sampler.recording import AnimationFormat, RecordControls
from landscape_app.gui.verify_dialog import VerificationWork
from landscape_app.session import SurfaceRun
from tests.gui.driving import PATIENCE
from tests.gui.experiments.driving import Failing, Steps


def missing(*_: Any, **__: Any) -> Any:
    raise KeyError("lost")


def leave(*_: Any, **__: Any) -> Any:
    sys.exit("gone")


def wait(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < deadline, "it has not come"
        time.sleep(0.002)


def is_told(message: Message | None, words: str = "KeyError 'lost'") -> bool:
    return message is not None and message.kind == "error" and words in message.text


@pytest.fixture
def engine(small_run: Path) -> Iterator[Engine]:
    """A running engine on the small run, without a window."""
    engine = Engine(threads=1)
    engine.start()
    engine.open(small_run)
    wait(lambda: engine.frame.sweep is not None)
    yield engine
    engine.stop()


def test_an_export_that_fails_in_its_own_thread_is_told(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_export, "write_samples", missing)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "chains.npz"), ""))
    window.exports.export_samples()
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert window.banner.text.text() == "The samples are not exported: KeyError 'lost'"
    assert window.banner.copy.isVisible()
    assert window.engine.frame.activity is Activity.SAMPLING


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("fail", [missing, leave])
def test_what_no_thread_of_ours_catches_is_told_in_the_window(
    fail: Callable[[], None], qtbot: QtBot, capsys: pytest.CaptureFixture
) -> None:
    told: list[Message] = []
    places: list[threading.Thread] = []
    uncaught = Uncaught()
    uncaught.told.connect(lambda message: (told.append(message), places.append(threading.current_thread())))
    try:
        thread = threading.Thread(target=fail, name="somewhere")
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: len(told) == 1, timeout=PATIENCE)
        assert "went wrong in the thread “somewhere”: " in told[0].text
        assert "in fail" in told[0].detail or fail.__name__ in told[0].detail
        assert told[0].detail in capsys.readouterr().err
        assert places == [threading.main_thread()]
        sys.excepthook(KeyError, KeyError("lost"), None)
        qtbot.waitUntil(lambda: len(told) == 2, timeout=PATIENCE)
        assert told[1].text == "Something went wrong in the window: KeyError 'lost'"
    finally:
        before = uncaught._before
        uncaught.end()
    assert (sys.excepthook, threading.excepthook) == before


@pytest.mark.parametrize("fail", [missing, leave])
def test_a_step_that_fails_again_and_again_is_not_tried_for_ever(
    engine: Engine, fail: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = engine.frame.message_number
    with monkeypatch.context() as broken:
        broken.setattr(engine.driver.steering, "before_step", fail)
        broken.setattr(engine.driver.landscape, "step", fail)
        wait(lambda: engine.frame.activity is Activity.STILL)
        wait(lambda: engine.frame.message_number >= before + 2)
        told = engine.frame.message_number
        answered = threading.Event()
        engine.take_state(lambda _: answered.set())
        assert answered.wait(PATIENCE / 1000)
        # One more for the command, after which the step was tried.
        assert engine.frame.message_number <= told + 1
        assert is_told(engine.frame.message, "lost" if fail is missing else "gone")
    engine.play(True)
    sweep = engine.frame.sweep
    wait(lambda: engine.frame.sweep is not sweep)
    assert engine.frame.activity is Activity.SAMPLING


def test_the_engine_survives_a_failure_of_its_own(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(type(engine.driver), "patience", property(missing))
        wait(lambda: engine.frame.activity is Activity.STILL)
        assert is_told(engine.frame.message)
    engine.play(True)
    wait(lambda: engine.frame.activity is Activity.SAMPLING)


def test_an_engine_that_cannot_even_tell_says_that_it_has_stopped(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(engine.driver, "tell", missing)
        broken.setattr(engine.driver.steering, "before_step", missing)
        wait(lambda: not engine.is_alive)
    frame = engine.frame
    assert is_told(frame.message, "The engine has stopped. KeyError 'lost'")
    assert is_told(frame.message, "it offers the run as it was last recorded")
    assert frame.activity is Activity.STILL
    assert frame.busy == "The engine has stopped"


@pytest.mark.parametrize("fail", [missing, leave])
def test_an_experiment_that_fails_has_ended(
    fail: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    runner = Runner({"failing": Failing(), "steps": Steps()}, threads=1)
    runner.start()
    monkeypatch.setattr(Failing, "_figure", fail)
    runner.run("failing", {"steps": 5, "slope": 0.5, "seed": 0})
    wait(lambda: ended(runner.bench))
    entry = runner.bench.entries[-1]
    assert entry.ending is Ending.FAILED
    assert is_told(entry.failure, "lost" if fail is missing else "gone")
    # And where not even a result can be made of it.
    with monkeypatch.context() as broken:
        broken.setattr(runner, "_add", fail)
        runner.run("failing", {"steps": 5, "slope": 0.5, "seed": 0})
        wait(lambda: runner.bench.message is not None)
        wait(lambda: runner.bench.running is None)
    runner.run("steps", {"steps": 2, "slope": 0.5, "seed": 0})
    wait(lambda: len(runner.bench.entries) == 2)
    assert runner.bench.entries[-1].ending is Ending.COMPLETE
    runner.end()


def ended(bench: Bench) -> bool:
    return bench.running is None and len(bench.entries) > 0


def test_the_playground_holds_where_a_step_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = PlaygroundRunner()
    with monkeypatch.context() as broken:
        broken.setattr(SurfaceRun, "step", missing)
        runner.start()
        runner.play(True)
        wait(lambda: is_told(runner.scene.message))
        wait(lambda: not runner.scene.moving)
    runner.play(True)
    wait(lambda: runner.scene.steps > 0)
    runner.end()


def test_a_request_of_the_import_dialog_that_fails_is_over() -> None:
    def outcome_of(worker: Worker, do: Callable[..., Any]) -> Outcome:
        worker.ask(do)
        found: list[Outcome] = []
        wait(lambda: found.extend(filter(None, [worker.take()])) or found)
        assert not worker.is_busy
        return found[0]

    worker = Worker("test")
    for do, words in (
        (missing, "Something went wrong: KeyError 'lost'"),
        (leave, "Something went wrong: gone"),
    ):
        outcome = outcome_of(worker, do)
        assert outcome.failure == words
        assert outcome.detail
    assert outcome_of(worker, lambda _: "done").value == "done"
    worker.end()
    begins = iter([missing, lambda: None])
    late = Worker("test", lambda: next(begins)())
    assert outcome_of(late, lambda _: "never").failure == "Something went wrong: KeyError 'lost'"
    assert outcome_of(late, lambda _: "done").value == "done"
    late.end()


def test_a_recording_that_cannot_be_written_is_told(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "write_animation", missing)
    controls = RecordControls(lambda: None)
    qtbot.addWidget(controls)
    controls._writing = recording.AnimationWriting(tmp_path / "a.gif", [], AnimationFormat.GIF, 10, 1)
    with qtbot.waitSignal(controls.told, timeout=PATIENCE) as told:
        controls._watch.start()
    assert is_told(told.args[0], "The recording is not saved: KeyError 'lost'")
    assert not controls.is_writing


def test_a_verification_that_fails_says_so_of_every_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    paths = [tmp_path / f"{i}.png" for i in range(2)]
    for path in paths:
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(path)
    monkeypatch.setattr(verify_dialog, "first_look", missing)
    work = VerificationWork(paths)
    work.begin(None)
    wait(lambda: work.is_done)
    assert {path: rows[-1] for path, rows in work.told.items()} == dict.fromkeys(
        paths, ("problem", "Something went wrong: KeyError 'lost'")
    )
