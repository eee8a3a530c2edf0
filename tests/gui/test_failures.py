"""Failures that nobody has foreseen, in every thread: the window says so, and goes on."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui import sample_export, verify_dialog
from landscape_app.gui.application import Uncaught
from landscape_app.gui.experiments.worker import Ending, ExperimentsState, ExperimentWorker
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.messages import Message
from landscape_app.gui.playground.worker import PlaygroundWorker
from landscape_app.gui.request_worker import Answer, RequestWorker
from landscape_app.gui.sampler import recording
from landscape_app.gui.sampler.recording import AnimationFormat, RecordControls
from landscape_app.gui.state import Activity
from landscape_app.gui.verify_dialog import VerificationWork
from landscape_app.session.surface_run import SurfaceRun
from tests.gui.driving import PATIENCE, is_told, leave, missing, wait
from tests.gui.experiments.driving import Failing, Steps


def test_an_export_that_fails_in_its_own_thread_is_told(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_export, "write_samples", missing)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "chains.npz"), ""))
    window.exports.export_samples()
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert window.banner.text.text() == "The samples are not exported: “lost” is missing"
    assert window.banner.copy.isVisible()
    assert window.engine.state.activity is Activity.SAMPLING


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
        assert told[1].text == "Something went wrong in the window: “lost” is missing"
    finally:
        before = uncaught._before
        uncaught.end()
    assert (sys.excepthook, threading.excepthook) == before


@pytest.mark.parametrize("fail", [missing, leave])
def test_an_experiment_that_fails_has_ended(
    fail: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    worker = ExperimentWorker({"failing": Failing(), "steps": Steps()}, threads=1)
    worker.start()
    monkeypatch.setattr(Failing, "_figure", fail)
    worker.run("failing", {"steps": 5, "slope": 0.5, "seed": 0})
    wait(lambda: ended(worker.state))
    entry = worker.state.entries[-1]
    assert entry.ending is Ending.FAILED
    assert is_told(entry.failure, "lost" if fail is missing else "gone")
    # And where not even a result can be made of it.
    with monkeypatch.context() as broken:
        broken.setattr(worker, "_add", fail)
        worker.run("failing", {"steps": 5, "slope": 0.5, "seed": 0})
        wait(lambda: worker.state.message is not None)
        wait(lambda: worker.state.running is None)
    worker.run("steps", {"steps": 2, "slope": 0.5, "seed": 0})
    wait(lambda: len(worker.state.entries) == 2)
    assert worker.state.entries[-1].ending is Ending.COMPLETE
    worker.end()


def ended(state: ExperimentsState) -> bool:
    return state.running is None and len(state.entries) > 0


def test_the_playground_holds_where_a_step_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = PlaygroundWorker()
    with monkeypatch.context() as broken:
        broken.setattr(SurfaceRun, "step", missing)
        worker.start()
        worker.play(True)
        wait(lambda: is_told(worker.state.message))
        wait(lambda: not worker.state.moving)
    worker.play(True)
    wait(lambda: worker.state.steps > 0)
    worker.end()


def test_a_request_of_the_import_dialog_that_fails_is_over() -> None:
    def answer_of(worker: RequestWorker, do: Callable[..., Any]) -> Answer:
        worker.ask(do)
        found: list[Answer] = []
        wait(lambda: found.extend(filter(None, [worker.take()])) or found)
        assert not worker.is_busy
        return found[0]

    worker = RequestWorker("test")
    for do, words in (
        (missing, "Something went wrong: “lost” is missing"),
        (leave, "Something went wrong: gone"),
    ):
        answer = answer_of(worker, do)
        assert answer.failure == words
        assert answer.detail
    assert answer_of(worker, lambda _: "done").value == "done"
    worker.end()
    begins = iter([missing, lambda: None])
    late = RequestWorker("test", lambda: next(begins)())
    assert answer_of(late, lambda _: "never").failure == "Something went wrong: “lost” is missing"
    assert answer_of(late, lambda _: "done").value == "done"
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
    assert is_told(told.args[0], "The recording is not saved: “lost” is missing")
    assert not controls.is_writing


def test_a_verification_that_fails_says_so_of_every_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    paths = [tmp_path / f"{i}.png" for i in range(2)]
    for path in paths:
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(path)
    monkeypatch.setattr(verify_dialog, "inspect_file", missing)
    work = VerificationWork(paths)
    work.begin(None)
    wait(lambda: work.is_done)
    assert {path: rows[-1] for path, rows in work.told.items()} == dict.fromkeys(
        paths, ("problem", "Something went wrong: “lost” is missing")
    )
