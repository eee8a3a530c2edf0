"""The picker of devices: what it lists, what it remembers, and the run that goes where it says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from landscape_app.gui import engine as engine_module
from landscape_app.gui.application import remembered_engine
from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity, Compute
from landscape_app.gui.toolbar import threads_to_offer
from landscape_app.physics.kernels import kernel_name
from landscape_app.problems import PROBLEMS
from landscape_app.session import checkpoint, device, session
from landscape_app.session.composition import Composition
from landscape_app.session.device import DeviceChoice, DeviceInfo, available_cores
from landscape_app.session.ensemble_size import EnsembleSize
from landscape_app.session.provenance import model_fingerprint
from landscape_app.session.session import Session
from tests.gui.driving import PATIENCE

CPU = DeviceInfo("cpu", "CPU, 1 thread")
BROKEN = DeviceInfo("cuda:0", "Fake Accelerator 9000")
OTHER = "cpu:0"
"""The CPU by another name, which torch knows: it stands for a second device that works."""


@pytest.fixture
def broken_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lists a GPU on which the first computation fails."""
    if torch.cuda.is_available():
        pytest.skip("this machine's first GPU works")
    for module in (engine_module, device):
        monkeypatch.setattr(module, "available_devices", lambda: (CPU, BROKEN))


@pytest.fixture
def second_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two devices that work."""
    resolve = device.resolve_device

    def resolved(name: str = "auto", fall_back: bool = False) -> DeviceChoice:
        return DeviceChoice(torch.device(OTHER)) if name == OTHER else resolve(name, fall_back)

    for module in (engine_module, session, checkpoint):
        monkeypatch.setattr(module, "resolve_device", resolved)
    monkeypatch.setattr(engine_module, "available_devices", lambda: (CPU, DeviceInfo(OTHER, "Another")))


@pytest.fixture
def engine(small_run: Path) -> Engine:
    """An engine whose turns the test takes, on the small run."""
    engine = Engine(threads=1)
    engine.set_speed(float("inf"))
    engine.compute_on(Compute("cpu", 1))
    engine.open(small_run)
    turn(engine, 2)
    return engine


def turn(engine: Engine, times: int = 1) -> None:
    for _ in range(times):
        engine.post(lambda: None)
        engine.turn()


def session_of(engine: Engine) -> Session:
    return engine.session


def test_numbers_of_threads_leave_a_core_to_the_window() -> None:
    assert threads_to_offer(1) == [1]
    assert threads_to_offer(2) == [1, 2]
    assert threads_to_offer(12) == [1, 2, 4, 8, 11, 12]


@pytest.mark.usefixtures("second_device")
@pytest.mark.parametrize("trains", [False, True])
def test_the_run_on_view_goes_to_the_device_that_is_chosen(engine: Engine, trains: bool) -> None:
    before = session_of(engine)
    engine.restart("chains", 24)
    engine.set_kernel("single-site")
    engine.compose(Composition.towards(3))
    turn(engine)
    if trains:
        engine.train()
        turn(engine, 2)
    epoch, history = before.trainer.epoch, list(before.history["epoch"])
    engine.compute_on(Compute(OTHER, 1))
    engine._do(0.0)
    moved, state = session_of(engine), engine.state
    assert moved is not before
    assert str(moved.device) == state.compute.device == state.facts.device == OTHER
    assert model_fingerprint(moved.model) == model_fingerprint(before.model)
    assert (moved.trainer.epoch, list(moved.history["epoch"])) == (epoch, history)
    assert moved.composition == before.composition == state.composition
    assert len(moved.sampler.chains) == 24
    assert kernel_name(moved.sampler.chains.kernel) == "single-site"
    assert moved.lineage is before.lineage
    assert state.unsaved == trains
    assert state.activity is (Activity.TRAINING if trains else Activity.SAMPLING)
    turn(engine, 2)
    if trains:
        assert moved.trainer.epoch > epoch
    else:
        assert moved.sampler.steps > 0
    # And what comes next is made there.
    engine.open(engine.state.facts.path)
    turn(engine)
    assert str(session_of(engine).device) == OTHER


@pytest.mark.usefixtures("broken_gpu")
def test_a_device_that_does_not_work_leaves_the_cpu_to_compute(engine: Engine) -> None:
    before = session_of(engine)
    engine.compute_on(Compute("cuda:0", 1))
    turn(engine)
    state = engine.state
    assert session_of(engine) is before
    assert state.compute == Compute("cpu", 1)
    assert state.message.kind == "warning"
    assert state.message.text.startswith("cuda:0 does not work (")
    assert state.message.text.endswith("; the CPU computes instead")
    engine.compute_on(Compute("nonsense", 1))
    turn(engine)
    assert "no device is called 'nonsense'" in engine.state.message.text
    steps = before.sampler.steps
    turn(engine, 2)
    assert before.sampler.steps > steps


@pytest.mark.usefixtures("broken_gpu")
def test_a_remembered_device_that_is_gone_is_told_with_the_first_run(
    make_window: Callable[[], MainWindow], small_run: Path, qtbot: QtBot
) -> None:
    window = make_window()
    window.engine.compute_on(Compute("cuda:7", 1))
    window.engine.open(small_run)
    qtbot.waitUntil(lambda: window.engine.state.facts is not None, timeout=PATIENCE)
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert window.banner.text.text() == (
        "This machine has no cuda:7 device that torch can use; the CPU computes instead"
    )


@pytest.mark.usefixtures("second_device")
def test_a_run_that_fails_on_a_device_stays_or_opens_on_the_cpu(
    engine: Engine, small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = checkpoint.restore

    def fail_there(moved: Session, *rest: object) -> None:
        if str(moved.device) == OTHER:
            raise RuntimeError("CUDA error: unspecified launch failure")
        restore(moved, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint, "restore", fail_there)
    before = session_of(engine)
    engine.compute_on(Compute(OTHER, 1))
    turn(engine)
    assert session_of(engine) is before
    assert "unspecified launch failure; the CPU computes instead" in engine.state.message.text
    engine._device = OTHER
    engine.open(small_run)
    turn(engine)
    assert session_of(engine) is not before
    assert str(session_of(engine).device) == "cpu"
    assert "unspecified launch failure; the CPU computes instead" in engine.state.message.text
    assert engine.state.compute == Compute("cpu", 1)


@pytest.fixture
def threads() -> Iterator[None]:
    """The number of threads of the other tests is put back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("broken_gpu", "threads")
def test_the_picker_is_reached_by_keys_and_remembers(
    own_window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = own_window
    monkeypatch.setattr("landscape_app.gui.toolbar.available_cores", lambda: 2)
    box = window.toolbar.device_box
    qtbot.waitUntil(lambda: box.count() > 1, timeout=PATIENCE)
    window.toolbar._show_device(window.engine.state)
    assert [box.itemText(i) for i in range(box.count())] == [
        "CPU, 1 thread",
        "CPU, 2 threads",
        "Fake Accelerator 9000",
    ]
    assert box.currentText() == "CPU, 1 thread"
    qtbot.keyClick(box, Qt.Key.Key_Down)
    # Until the window shows it: the other devices are offered with as many threads as it knows of.
    qtbot.waitUntil(
        lambda: window.shown is not None and window.shown.compute == Compute("cpu", 2), timeout=PATIENCE
    )
    assert remembered_engine(window.settings).compute == Compute("cpu", min(2, available_cores()))
    qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: "does not work (" in window.banner.text.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: box.currentText() == "CPU, 2 threads", timeout=PATIENCE)
    assert window.engine.state.activity is Activity.SAMPLING
    assert remembered_engine(window.settings).compute.device == "cuda:0"
    assert remembered_engine(window.settings, "mps").compute.device == "mps"


def test_what_the_settings_do_not_say_is_usual(settings: QSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered_engine(settings).compute == Engine().compute
    for nonsense in ("0", "-3", "many"):
        settings.setValue("compute/threads", nonsense)
        assert remembered_engine(settings).compute == Engine().compute
    settings.setValue("compute/threads", "10000")
    assert remembered_engine(settings).compute.threads == available_cores()


def test_a_new_run_has_the_chains_that_its_device_moves_and_says_so(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = EnsembleSize(4, 16, 0.002, 1_000_000, "cuda:0")
    plan = replace(PROBLEMS["two-gaussians"].defaults, chains=4, replicas=2)
    sized = (replace(plan, chains=16), found)
    monkeypatch.setattr(engine_module, "sized", lambda *_: sized)
    monkeypatch.setattr(engine_module, "has_proposed_chains", lambda *_: True)
    engine.new(plan, False)
    turn(engine)
    assert session_of(engine).configuration.chains == len(session_of(engine).trainer.ensemble) == 16
    assert engine.state.facts.configuration.chains == 16
    assert engine.state.message.text == found.sentence
    # A number that somebody has chosen stays.
    monkeypatch.setattr(engine_module, "has_proposed_chains", lambda *_: False)
    engine.new(plan, False)
    turn(engine)
    assert session_of(engine).configuration.chains == 4
