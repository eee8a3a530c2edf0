"""A small trained run, and a window on it."""

import gc
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial, partialmethod
from itertools import islice
from pathlib import Path

import pytest
from pyqtgraph.util.garbage_collector import GarbageCollector
from PySide6.QtCore import QEvent, QRect, QSettings
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from landscape_app.data import Dataset
from landscape_app.gui.engine import DEFAULT_CHAINS, Engine
from landscape_app.gui.exports import ExportDialog
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import DEFAULT_SPEED, Activity
from landscape_app.gui.theme import LIGHT, apply_theme
from landscape_app.gui.widgets import screens
from landscape_app.physics.space import Space
from landscape_app.problems import PROBLEMS
from landscape_app.problems.problem import Configuration
from landscape_app.runs.run_file import RunState, read_run
from landscape_app.runs.trust import trust_path
from landscape_app.session import convergence
from landscape_app.session.checkpoint import save_session
from landscape_app.session.composition import Composition
from landscape_app.session.neighbours import Neighbours
from landscape_app.session.session import Session
from tests import fresh_chains
from tests.gui.driving import show_until


@pytest.fixture(autouse=True, scope="module")
def garbage(qapp: QApplication) -> Iterator[GarbageCollector]:
    """Collects garbage in the window's thread alone, as the application does."""
    collector = GarbageCollector()
    yield collector
    collector.timer.stop()
    gc.enable()


@pytest.fixture(autouse=True)
def collected(garbage: GarbageCollector) -> Iterator[None]:
    """Looks for garbage after a test, whose windows may have had no time to."""
    yield
    garbage.check()


@pytest.fixture(autouse=True, scope="session")
def large_screen() -> Iterator[None]:
    """Windows of their usual size fit on the screen, which is smaller where there is no display."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screens, "room_for", lambda _: QRect(0, 0, 1920, 1200))
        yield


@pytest.fixture(autouse=True, scope="session")
def same_neighbours() -> Iterator[None]:
    """Distances between the same data are computed once, and not whenever a run comes on view."""
    of, known = Neighbours.of, dict[object, Neighbours]()

    def found(data: Dataset, space: Space) -> Neighbours:
        key = (data.training_items.tobytes(), data.held_out_items.tobytes(), space)
        if key not in known:
            known[key] = of(data, space)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Neighbours, "of", found)
        yield


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run file of a few epochs with few chains and a small network, its classifier barely trained.

    It is opened for most tests, and read from the disk for the first.
    """
    session = Session(Configuration(chains=64, channels=(4, 8)), device="cpu", sampler_chains=16)
    session.train_classifier(epochs=6)
    for _ in islice(session.train(), 8):
        pass
    for _ in session.collect_samples(size=640, spacing=5):
        pass
    small = tmp_path_factory.mktemp("runs") / "small.h5"
    save_session(session, small)
    known = read_run(small)

    def read(path: Path) -> RunState:
        return deepcopy(known) if path == small else read_run(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscape_app.session.checkpoint.read_run", read)
        yield small


@pytest.fixture(autouse=True)
def usual_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export is as it is proposed, without a dialog that is waited for."""
    monkeypatch.setattr(ExportDialog, "exec", lambda _: QDialog.DialogCode.Accepted)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Forgets afterwards which Python files a test has said to trust."""
    yield
    trust_path().unlink(missing_ok=True)


@pytest.fixture
def settings(tmp_path: Path, qapp: QApplication) -> QSettings:
    """Where windows beside the main one remember what they do; they are dressed in the light theme."""
    apply_theme(qapp, LIGHT)
    return QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def small_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """New runs of few chains and small networks, so that an epoch is quick."""
    digits = PROBLEMS["digits"]
    small = replace(digits, defaults=replace(digits.defaults, chains=64, channels=(4, 8)))
    monkeypatch.setitem(PROBLEMS, "digits", small)


@pytest.fixture
def quick_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classifiers that learn for moments only, where their quality does not matter."""
    training = Session.classifier_training

    def quick(self: Session, epochs: int = 60, seed: int | None = None) -> Iterator[float]:
        return training(self, epochs // 20, seed)

    monkeypatch.setattr(Session, "classifier_training", quick)


@pytest.fixture(autouse=True)
def quick_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings that end with short measurements."""
    fresh_chains.quick_measurements(monkeypatch.setattr)


@pytest.fixture
def quick_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A convergence test of fewer chains, which tunes and moves less before it is judged."""
    shorten_convergence_tests(monkeypatch)


def shorten_convergence_tests(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Session, "convergence_test", partialmethod(Session.convergence_test, columns=8))
    patch.setattr(convergence, "TUNING_ROUNDS", 2)
    patch.setattr(convergence, "LEAST_STEPS", 2 * convergence.CHECK_STEPS)


@pytest.fixture
def make_window(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], MainWindow]]:
    """Makes windows that are closed afterwards, without a question about unsaved epochs."""
    windows: list[MainWindow] = []

    def make() -> MainWindow:
        windows.append(shown_window(tmp_path / "settings.ini"))
        return windows[-1]

    yield make
    for window in windows:
        end(window)


@pytest.fixture(scope="session")
def shared_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """One window for all tests, as making it takes longer than most of them; `opened` brings a run on view."""
    window = shown_window(tmp_path_factory.mktemp("shared") / "settings.ini")
    rest(window)
    yield window
    end(window)


@pytest.fixture
def used_window(shared_window: MainWindow) -> Iterator[MainWindow]:
    """The window that tests share, as good as new but for the run of another test, if there is one."""
    renew(shared_window)
    yield shared_window
    rest(shared_window)


@pytest.fixture
def opened(used_window: MainWindow) -> Callable[[Path], MainWindow]:
    """Opens a run in the window that tests share, and waits until its chains move."""
    return partial(open_anew, used_window)


@pytest.fixture
def window(opened: Callable[[Path], MainWindow], small_run: Path) -> MainWindow:
    """The window that tests share, as good as new on the small run, its chains moving."""
    return opened(small_run)


@pytest.fixture
def own_window(make_window: Callable[[], MainWindow], small_run: Path) -> MainWindow:
    """A window on the small run, its chains moving, for a test that closes it or changes it for good."""
    window = make_window()
    window.engine.open(small_run)
    show_until(lambda: shown_sweep(window) > 0)
    return window


def open_anew(window: MainWindow, run: Path) -> MainWindow:
    """Opens a run in a window that is as good as new, and waits until its chains move."""
    facts = window.engine.state.facts
    number = -1 if facts is None else facts.number
    window.engine.open(run)
    show_until(
        lambda: (
            window.shown is not None
            and window.shown.facts is not None
            and window.shown.facts.number > number
            and window.shown.composition == Composition()
            and window.shown.activity is Activity.SAMPLING
            and shown_sweep(window) > 0
        )
    )
    # What was told of the run before.
    window.banner.hide()
    return window


def renew(window: MainWindow) -> None:
    """Puts all but the run of a window back to where a new one has it."""
    # Where a test has put another in its place.
    vars(window).pop("may_discard", None)
    window.settings.clear()
    apply_theme(application(), LIGHT)
    if window.theme is not LIGHT:
        window.set_theme(LIGHT)
    window.setGeometry(0, 0, 1280, 800)
    window._timer.start()
    for dock in window.docks:
        dock.show()
    window.docks[1].raise_()
    window.importing.known.clear()
    window.guide.end()
    window.welcome.offer(None)
    window.steering.class_strength = 4.0
    sampler = window.sampler
    sampler.select(None)
    for box in (sampler.tools.tint_box, sampler.tools.sort_box):
        box.setCurrentIndex(0)
    sampler.mosaic.reset_zoom()
    sampler.data_beside.setChecked(False)
    snapshot = window.engine.state.snapshot
    if snapshot is not None and len(snapshot.x) != DEFAULT_CHAINS:
        window.engine.restart("noise", DEFAULT_CHAINS)
    sampler.count_box.setCurrentIndex(sampler.count_box.findData(DEFAULT_CHAINS))
    window.engine.set_speed(DEFAULT_SPEED)
    if window.training.observables.shown is not window.training.residuals:
        window.training.observables.turn()
    window.equilibrium.pages.button("plots").click()
    window.landscape.pages.button("map").click()
    places = window.landscape.map_page
    places.colour_box.setCurrentIndex(0)
    for switch in (places.training, places.held_out):
        switch.setChecked(True)
    # Another window may have had the keys.
    window.activateWindow()


def rest(window: MainWindow) -> None:
    """Ends all that goes on in a window, and the windows that it has opened, so that it takes no time."""
    engine = window.engine
    window.make_way(False)
    engine.pause()
    engine.post(partial(quiet, engine))
    for dialog in window.findChildren(QDialog):
        # One that is closed would give its answer again.
        if dialog.isVisible():
            dialog.reject()
    for name in ("experiments", "playground", "bounds", "lattice", "observables", "runs", "scores"):
        other = getattr(window, name)
        if other is not None:
            other.close() if name in ("bounds", "observables") else other.end()
            other.deleteLater()
            setattr(window, name, None)
    window._timer.stop()
    # Out of the way of the pointer: one that was hidden would not have the keys again where there is no display.
    window.move(10_000, 10_000)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def quiet(engine: Engine) -> None:
    """Stops all that an engine does by itself; what it has told is forgotten, and what the user has trusted."""
    engine.pause_all()
    engine._stop_following()
    engine.session.composer.trusted.clear()
    engine.update(trusted=frozenset(), message=None)


def application() -> QApplication:
    """The application that all windows belong to."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application


def shown_window(settings: Path) -> MainWindow:
    """A window in the light theme, without a run."""
    apply_theme(application(), LIGHT)
    window = MainWindow(Engine(threads=1), LIGHT, QSettings(str(settings), QSettings.Format.IniFormat))
    window.show()
    return window


def end(window: MainWindow) -> None:
    """Closes a window for good: one that is only closed keeps its thousand widgets, and each is dressed again."""
    window.may_discard = lambda: True  # type: ignore[method-assign]
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def shown_sweep(window: MainWindow) -> int:
    """Steps of the chains that the window has shown."""
    state = window.engine.state
    return state.sweep.sweep if state.sweep is not None else 0
