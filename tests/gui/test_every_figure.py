"""Every label and figure of the window in a dozen states, against what the session says when it is asked itself."""

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtWidgets import QAbstractButton, QLabel, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.cli.info import info
from landscape_app.gui.landscape.map import MapKey, Pick
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.widgets.plots import Plot
from landscape_app.physics.estimate import Estimate, share_in_words
from landscape_app.problems import PROBLEMS
from landscape_app.session.checkpoint import save_session
from landscape_app.session.composition import Composition
from landscape_app.session.session import Session
from tests.gui.driving import PATIENCE

PYTHON = re.compile(
    r"\b(None|nan|NaN|-?inf|True|False|tuple|dict|dtype|ndarray|NoneType|[A-Za-z]+Error|lambda|object at)\b"
    r"|<class|Tensor\("
)
"""Words that only a program says."""

OF_ENERGIES = re.compile(r"(log Z|log P|log q|log p\(|E [−0-9]|⟨H⟩|[Bb]arrier|rises|falls to)[^.;]*[0-9]")
"""Sentences that tell an energy or what it is the logarithm of."""

MANY = 100
"""Texts that there are at least, whatever the window shows."""

FORMULA = re.compile(r"H\(x\) = |^[AB]: ")


class Reading:
    """Texts of visible widgets, plots and tables at one moment, with their names.

    Args:
        window: of which; it shows its latest state.

    Attributes:
        texts: without their markup, by the path of the widget.
        cut: plots that are narrower than their titles.
    """

    def __init__(self, window: MainWindow) -> None:
        self.texts: dict[str, str] = {}
        self.cut: list[str] = []
        for widget in window.findChildren(QWidget):
            if not widget.isVisible() or widget.visibleRegion().isEmpty():
                continue
            if (
                isinstance(widget, Plot)
                and widget.getPlotItem().titleLabel.item.boundingRect().width() > widget.width()
            ):
                self.cut.append(widget.objectName())
            for name, text in self._read(widget):
                plain = html.unescape(re.sub("<[^>]*>", " ", text)).replace("\xa0", " ").strip()
                if plain:
                    self.texts[f"{widget.window().objectName()}/{_path(widget)}/{name}"] = plain

    def _read(self, widget: QWidget) -> Iterator[tuple[str, str]]:
        if isinstance(widget, QLabel | QAbstractButton):
            yield "text", widget.text()
        if isinstance(widget, MapKey):
            yield "key", widget.text
        if isinstance(widget, Plot):
            yield "title", widget.getPlotItem().titleLabel.text
            yield from widget._axis_names.items()
            for number, column in enumerate(widget.series()):
                for place, (name, _) in enumerate(column.columns):
                    yield f"column {number}.{place}", name
        if isinstance(widget, QTableWidget):
            for row in range(widget.rowCount()):
                for place in range(widget.columnCount()):
                    item = widget.item(row, place)
                    yield f"cell {row}.{place}", "" if item is None else item.text()
        yield "said", widget.accessibleDescription()
        yield "tooltip", widget.toolTip()

    def check(self) -> None:
        """No word of Python, no hyphen for a minus, no energy without its unit, no strength run into its term."""
        assert len(self.texts) > MANY
        assert not self.cut
        for name, text in self.texts.items():
            assert not PYTHON.search(text), (name, text)
            if not name.endswith("/tooltip"):
                assert not re.search(r"(^|[\s(])-[0-9]", text), (name, text)
                # How far a search has come, "Barrier … 40%", is no energy.
                energies = re.sub(r"\nUnder .*|A: H\(x\).*|… [0-9]+%", "", text)
                if OF_ENERGIES.search(energies) and not FORMULA.search(energies):
                    assert "nats" in energies, (name, text)
            assert not re.search(r"[0-9] (½|Σ|log|V\[)", text), (name, text)


def _path(widget: QWidget) -> str:
    names = []
    above: QWidget | None = widget
    while above is not None and not above.isWindow():
        names.append(above.objectName() or type(above).__name__)
        above = above.parentWidget()
    same = [] if widget.parentWidget() is None else widget.parentWidget().children()
    return "/".join(reversed(names)) + f"#{same.index(widget) if widget in same else 0}"


def numbers_in(text: str) -> list[float]:
    return [
        float(n.replace("−", "-").replace(",", "")) for n in re.findall(r"[+−]?[0-9][0-9,]*\.?[0-9]*", text)
    ]


@pytest.fixture(autouse=True)
def short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, numbers in {
        "landscape.barrier": {"IMAGES": 8, "MOST_STEPS": 15},
        "landscape.minima": {"IMAGES": 5, "MOST_STEPS": 10, "LOWEST": 3},
    }.items():
        for name, value in numbers.items():
            monkeypatch.setattr(f"landscape_app.session.{module}.{name}", value)


class Reader:
    """Brings a window to its states, and reads it when it has come there."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot

    @property
    def session(self) -> Session:
        return self.window.engine.session

    @property
    def state(self) -> EngineState:
        assert self.window.shown is not None
        return self.window.shown

    def wait(self, holds: Callable[[EngineState], object]) -> None:
        self.qtbot.waitUntil(
            lambda: self.window.shown is not None and bool(holds(self.window.shown)), timeout=PATIENCE
        )

    def read(self) -> Reading:
        """The window with all that it has to show drawn."""
        self.wait(lambda state: state is self.window.engine.state)
        self.window.training.redraw(everything=True)
        self.window.training._turn = 0
        self.window.training._show_figures(self.state)
        self.window.sampler.detail._show_readings()
        reading = Reading(self.window)
        reading.check()
        return reading

    def hold(self) -> None:
        self.window.engine.play(False)
        self.wait(lambda state: state.activity is Activity.STILL)
        # What was asked for before has been done, too.
        self.window.engine.follow_chain(3)
        self.wait(lambda state: state.snapshot.followed is not None)

    def energies(self, x: torch.Tensor) -> np.ndarray:
        """E of configurations from the mean of the training items, nats, evaluated anew."""
        model = self.session.model
        with torch.no_grad():
            f = model.observables(x)
            of_data = model.observables(self.session.training_items)
        return ((f - of_data.mean(0)) @ model.multipliers).double().numpy()

    def surprisals(self, x: torch.Tensor) -> np.ndarray:
        """−log P from the training items' mean, nats."""
        base = self.session.model.base_measure
        log_q = base.log_prob(x) - base.log_prob(self.session.training_items).mean()
        return self.energies(x) - log_q.double().numpy()


def figure(window: MainWindow, name: str) -> str:
    return window.training.figures[name].value.text()


def check_training(reader: Reader) -> None:
    """The training panel: counts, the violation as the sum of its residuals, and what energies are centred on."""
    window, session = reader.window, reader.session
    history = session.history
    rests_on = "" if session.model_epoch == session.trainer.epoch else f"{session.model_epoch:,} of "
    assert figure(window, "epoch") == f"{rests_on}{session.trainer.epoch:,}"
    chi = window.training.metrics["chi"].series()[0]
    assert chi.x[1][-1] == session.trainer.epoch == history["epoch"][-1]
    z = window.training.residuals.series()[0].values[0][1]
    of_training = float(chi.values[0][1][-1])
    assert of_training == pytest.approx(float((history["residuals"][-1].astype(float) ** 2).sum()), rel=1e-4)
    # Of a model that is kept the bars and the figure are those on fresh chains, whose noise they have.
    adequacy = session.adequacy
    expected_chi = of_training if adequacy is None else adequacy.chi_squared
    assert float((z.astype(float) ** 2).sum()) == pytest.approx(expected_chi, rel=1e-4)
    assert numbers_in(figure(window, "chi"))[0] == pytest.approx(float((z**2).sum()), rel=0.06)
    gap = window.training.metrics["gap"].series()[0]
    expected = history["energy_held_out"][-1] - history["energy_training"][-1]
    assert gap.values[0][0] == "validation (nats)"
    assert gap.values[0][1][-1] == pytest.approx(float(expected))


def check_chains(reader: Reader) -> None:
    """Caption, tooltips and terms of the chains that are held."""
    window, session, state = reader.window, reader.session, reader.state
    chains = session.sampler.chains.x
    assert window.sampler.caption.text().startswith(f"{len(chains):,} Markov chains")
    said = window.sampler.mosaic.describe(3)
    energy = reader.energies(chains[3:4])[0]
    assert "nats from the training mean" in said
    assert numbers_in(said.partition("E ")[2])[0] == pytest.approx(energy, abs=0.06)
    if window.sampler.detail.isVisible():
        history = state.snapshot.followed
        assert window.sampler.detail.state.text().startswith(f"step {history.steps[-1]:,}")
        if state.sweep is not None:
            assert history.steps[-1] == state.sweep.sweep
            assert f"step {state.sweep.sweep:,}" in window.sampler.caption.text()


def test_every_label_and_figure_of_the_window_is_that_of_its_session(
    window: MainWindow,
    qtbot: QtBot,
    quick_starts: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader = Reader(window, qtbot)
    # Opened, its chains moving; then held, one of them followed.
    reader.read()
    window.sampler.select(3)
    reader.hold()
    reader.read()
    check_training(reader)
    check_chains(reader)
    terms = window.sampler.detail.terms.text()
    parts = numbers_in(re.sub(r"\([0-9.]+\)", "", html.unescape(re.sub("<[^>]*>", " ", terms))))
    x = reader.session.sampler.chains.x[3:4]
    assert parts[-1] == pytest.approx(reader.surprisals(x)[0], abs=0.06)
    assert parts[-1] == pytest.approx(sum(parts[:-1]), abs=0.16)

    # Steered to a class.
    window.steering.set_target(7)
    reader.wait(lambda state: state.steering is not None and state.composition.target == 7)
    reader.hold()
    reading = reader.read()
    session = reader.session
    with torch.no_grad():
        classes = session.classifier(session.sampler.chains.x).argmax(1)
    share = float((classes == 7).float().mean())
    expected = share_in_words(Estimate.share(share, session.sampler.worth()))
    assert window.sampler.outcomes.b.share.text() == f"{expected} of the chains read as 7"
    assert window.steering.formula.text() == "H(x) = Σᵢ λᵢ fᵢ(x) − 4 · log p(7 | x)"
    steering = reader.state.steering
    of = f"of {steering.weighted_samples:,}"
    assert any(of in text and f"{steering.ancestors} ancestors" in text for text in reading.texts.values())
    assert steering.ancestors <= steering.chains == len(session.sampler.chains.x)
    check_chains(reader)

    # Compared with the trained model.
    window.steering.tools.compare.click()
    reader.wait(lambda state: state.compared is not None)
    window.steering.clear()
    reader.wait(lambda state: state.composition.is_model)
    reading = reader.read()
    titles = window.sampler.titles.a, window.sampler.titles.b
    assert [title.text() for title in titles] == ["A: 7 (α = 4)", "B: the model alone"]
    assert [title.toolTip() for title in titles] == [
        "A: H(x) = Σᵢ λᵢ fᵢ(x) − 4 · log p(7 | x)",
        "B: H(x) = Σᵢ λᵢ fᵢ(x)",
    ]
    window.steering.tools.compare.click()
    reader.wait(lambda state: state.compared is None)

    check_landscape(reader)
    check_convergence(reader)

    # Training, paused, and finished.
    epochs = reader.session.trainer.epoch
    window.engine.plan_epochs(epochs + 400)
    window._bring_up(window.docks[1])
    window.engine.train()
    reader.wait(lambda state: state.activity is Activity.TRAINING and state.epoch > epochs + 1)
    Reading(window).check()
    window.engine.pause()
    reader.wait(lambda state: state.activity is not Activity.TRAINING)
    reader.hold()
    reader.read()
    check_training(reader)
    window.engine.plan_epochs(reader.session.trainer.epoch + 2)
    window.engine.train()
    reader.wait(lambda state: state.kept is not None)
    reader.hold()
    reader.read()
    check_training(reader)
    check_finished(reader, tmp_path / "finished.h5", capsys)


def check_landscape(reader: Reader) -> None:
    """Map, barrier, minima and dissection of two training images."""
    window, session = reader.window, reader.session
    panel = window.landscape
    window._bring_up(window.landscape_dock)
    panel.pages.button("map").click()
    reader.qtbot.waitUntil(lambda: "chain" in panel.map_page.plot.clouds, timeout=PATIENCE)
    reader.read()
    data = session.training_items
    training = panel.map_page.plot.clouds["training"]
    np.testing.assert_allclose(training.surprisals, reader.surprisals(data), atol=2e-3)
    assert float(training.surprisals.mean()) == pytest.approx(0.0, abs=2e-3)
    lines = training.describe(5).splitlines()
    assert lines[2].endswith("nats from training")
    assert numbers_in(lines[2])[0] == pytest.approx(reader.surprisals(data[5:6])[0], abs=0.06)

    images = reader.state.facts.training_items
    for letter, index in ((False, 5), (True, 120)):
        panel.choose(Pick(f"Training image {index + 1}", images[index]), letter)
    panel.ask("barrier")
    reader.wait(lambda state: state.landscape.barrier is not None and state.landscape.barrier.is_done)
    reader.read()
    record = reader.state.landscape.barrier
    curve, dots, top = panel.barrier.plot.series()
    energy = curve.values[0][1]
    ends = data[[5, 120]]
    np.testing.assert_allclose(energy[[0, -1]], reader.surprisals(ends), atol=2e-3)
    between = (curve.x[1] >= dots.x[1][0]) & (curve.x[1] <= dots.x[1][1])
    assert float(top.values[0][1][0]) == pytest.approx(float(energy[between].max()), abs=1e-3)
    told = numbers_in(panel.barrier.summary.text())
    heights = float(top.values[0][1][0]) - dots.values[0][1]
    named = "minima" if all(record.are_minima) else "ends of the descents"
    assert dots.x[0].startswith(named)
    assert panel.barrier.summary.text().startswith("Barrier") == all(record.are_minima)
    np.testing.assert_allclose(told[:2], heights, atol=0.06)

    panel.ask("minima")
    reader.wait(lambda state: state.landscape.minima is not None and state.landscape.minima.is_done)
    reader.read()
    found = reader.state.landscape.minima
    lowest = torch.as_tensor(found.images).float()
    np.testing.assert_allclose(found.energies, reader.surprisals(lowest), atol=2e-3)
    assert numbers_in(panel.minima.summary.text())[:2] == [found.found, len(session.sampler.chains.x)]
    # No pixel's next level lies lower.
    for image, height in zip(lowest, found.energies, strict=True):
        moves = torch.cat([torch.eye(64), -torch.eye(64)]).view(-1, 8, 8)
        beside = image + moves
        allowed = ((beside >= 0) & (beside <= 16)).flatten(1).all(1)
        assert reader.surprisals(beside[allowed]).min() > height - 5e-3

    panel.ask("dissect")
    reader.wait(lambda state: state.landscape.dissection is not None)
    reader.read()
    said = numbers_in(panel.dissection.summary.text())
    excess = reader.surprisals(data[5:6])[0]
    assert said[0] == pytest.approx(abs(excess), abs=0.06)
    assert ("above" if excess >= 0 else "below") in panel.dissection.summary.text()


def check_convergence(reader: Reader) -> None:
    """The step that is told is the last on the axis; entropies have errors, and follow from log Z."""
    window = reader.window
    window._bring_up(window.docks[2])
    panel = window.equilibrium
    panel.pages.button("plots").click()
    window.engine.test_convergence()
    reader.wait(lambda state: state.convergence is not None and state.convergence.diagnosis is not None)
    window.engine.stop_test()
    reader.wait(lambda state: not state.testing)
    reader.read()
    record = reader.state.convergence
    (step,) = (int(n) for n in numbers_in(panel.status.text()))
    axis = panel.energies.series()[0]
    assert axis.x[0] == "step after the temperatures are set"
    assert axis.x[1][-1] == step == record.steps
    assert len(axis.x[1]) == len(record.trace)
    np.testing.assert_allclose([column[-1] for _, column in axis.values], record.trace[-1], rtol=1e-6)
    if not record.thermometry.log_partition.is_bracket:
        entropy = numbers_in(panel.entropy.text())
        assert entropy[0] == pytest.approx(record.thermometry.entropy.value, abs=0.006)
        assert "±" in panel.entropy.text()
    assert "nats" in panel.details.text()
    assert numbers_in(panel.details.text().partition(" round trips")[0].rpartition("·")[2]) == [
        record.round_trips
    ]
    panel.pages.button("means").click()
    reader.read()
    rows = {panel.means.item(row, 0).text(): row for row in range(panel.means.rowCount())}
    with torch.no_grad():
        data = reader.session.model.observables(reader.session.training_items).mean(0)
    cell = panel.means.item(rows["f3"], 2).text()
    assert numbers_in(cell)[0] == pytest.approx(float(data[2]), abs=2e-3 * max(1.0, abs(float(data[2]))))


def check_finished(reader: Reader, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The figures of the window are those that the command prints of the file."""
    window, session = reader.window, reader.session
    assert session.kept is not None
    save_session(session, path)
    capsys.readouterr()
    info(path, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    kept = window.shown.kept
    assert printed["kept_epoch"] == kept.epoch
    name, nats = kept.verdict
    value = {"Test": "test_nats", "Validation": "validation_nats"}[name]
    shown = figure(window, "nats")
    if not nats.is_bracket:
        assert numbers_in(shown)[0] == pytest.approx(printed[value], abs=0.06)
        assert numbers_in(shown)[1] == pytest.approx(printed[f"{value}_error"], abs=0.06)
    caption = window.training.figures["nats"].caption.text()
    assert caption == f"{name} nats, epoch {printed['kept_epoch']:,.0f}"
    curves = window.training.entropy.series()[0]
    if printed["kept_epoch"] in curves.x[1]:
        row = list(curves.x[1]).index(printed["kept_epoch"])
        by_name = {column: numbers[row] for column, numbers in curves.values}
        assert by_name["S (nats)"] == pytest.approx(printed["entropy"])
        assert by_name["validation (nats)"] == pytest.approx(printed["validation_nats"])
        assert by_name["standard error of S (nats)"] == pytest.approx(printed["entropy_error"])
    # −⟨log P⟩ of the test set, by log Z and the energies evaluated anew.
    items = session.test_items if name == "Test" else session.validation_items
    model = session.model
    with torch.no_grad():
        surprisal = model.energy(items) - model.base_measure.log_prob(items)
    assert printed[value] == pytest.approx(float(surprisal.mean()) + printed["log_partition"], abs=2e-2)


def test_entropy_of_coordinates_is_called_differential_and_agrees_with_the_command(
    make_window: Callable[[], MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    window = make_window()
    reader = Reader(window, qtbot)
    # Nothing is open yet.
    Reading(window).check()
    assert {figure(window, name) for name in ("gradient", "chi", "nats", "acceptance")} == {"–"}
    plan = replace(PROBLEMS["two-gaussians"].defaults, chains=64, planned_epochs=6)
    window.engine.new(plan, train=True)
    reader.wait(lambda state: state.kept is not None)
    window.engine.play(False)
    reader.wait(lambda state: state.activity is Activity.STILL)
    reader.read()
    check_training(reader)
    assert "a density, per unit of each column, as the data have it" in window.training.entropy.toolTip()
    assert window.training.entropy.series()[0].values[0][0] == "S (nats, differential)"
    assert window.equilibrium.entropy_name.text() == "Differential entropy S (nats)"
    assert "below zero" in window.equilibrium.entropy.toolTip()

    path = tmp_path / "points.h5"
    save_session(reader.session, path)
    capsys.readouterr()
    info(path, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    # S = −∫ p log p by a sum over a fine grid, in the unit of the coordinate.
    x = torch.linspace(-60, 60, 60_001).unsqueeze(1)
    model = reader.session.model
    with torch.no_grad():
        log_weight = (model.base_measure.log_prob(x) - model.energy(x)).double()
    width = 120 / 60_000
    log_p = log_weight - (log_weight.exp().sum() * width).log()
    entropy = float(-(log_p.exp() * log_p).sum() * width)
    assert printed["entropy"] == pytest.approx(entropy, abs=1e-3)
    curves = window.training.entropy.series()[0]
    assert curves.values[0][1][-1] == pytest.approx(entropy, abs=1e-3)
    info(path)
    assert "differential entropy" in capsys.readouterr().out
    assert window.steering.formula.text() == Composition().formula
