"""Plots and finding of chains, by mouse: those on view, and those of a file that another program made."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.gui.equilibrium.chain_plots import CorrelationPlot, RankPlot, TracePlot
from landscape_app.gui.equilibrium.chains_controller import ChainsController
from landscape_app.gui.equilibrium.chains_page import WAITING, ChainsPage
from landscape_app.gui.equilibrium.chains_worker import ChainsState, ChainsWorker
from landscape_app.gui.equilibrium.figures_table import FiguresTable
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.messages import Message
from landscape_app.gui.state import DEFAULT_SPEED
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.widgets.corner import NOTHING, CornerView
from landscape_app.physics.chain_statistics import ChainDraws, judge_chains
from landscape_app.session.chain_plots import ChainPlots, Corner
from landscape_app.session.chains_file import read_chains, write_chains
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE
from tests.physics.autoregression import autoregressive


def click(qtbot: QtBot, widget: QAbstractButton) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def some_draws(chains: int = 4, **attributes: object) -> ChainDraws:
    quantities = {name: autoregressive(0.0, chains, 300, k) for k, name in enumerate(("a", "b", "c"))}
    return ChainDraws("made", quantities, **attributes)  # type: ignore[arg-type]


def state_of(draws: ChainDraws, quantity: str = "a") -> ChainsState:
    return ChainsState(
        draws=draws,
        diagnosis=judge_chains(draws),
        plots=ChainPlots.of(draws, quantity),
        corner=Corner.of(draws),
    )


@pytest.fixture
def page(qtbot: QtBot) -> ChainsPage:
    page = ChainsPage(LIGHT)
    qtbot.addWidget(page)
    page.resize(480, 600)
    page.show()
    return page


def test_pages_are_turned_by_mouse_and_every_plot_says_what_its_axes_are(
    page: ChainsPage, qtbot: QtBot
) -> None:
    page.show_chains(state_of(some_draws(units={"a": "nats"}, burn_in=100, spacing=2)))
    axes = {
        "trace": (page.trace, "step of the chains", "a (nats)"),
        "ranks": (
            page.ranks,
            "rank among the draws of all chains (%, 0 = lowest)",
            "draws of a chain in 5%",
        ),
        "correlation": (page.correlation, "lag (steps of the chains)", "ρ (1 at lag 0)"),
    }
    for theme in (LIGHT, DARK):
        page.set_theme(theme)
        for name, (plot, bottom, left) in axes.items():
            click(qtbot, page.pages.button(name))
            assert plot.isVisible()
            assert plot.named_axis("bottom", "") == bottom
            assert plot.named_axis("left", "") == left
            plot.grab()
    (trace,) = page.trace.series()
    assert trace.x[1].tolist() == list(range(2, 602, 2))
    assert [name for name, _ in trace.values] == [f"a (nats), chain {k}" for k in (1, 2, 3, 4)]
    (ranks,) = page.ranks.series()
    assert sum(int(column.sum()) for _, column in ranks.values[:4]) == 4 * 200
    (correlation,) = page.correlation.series()
    assert correlation.values[0][1][0] == pytest.approx(1)


def test_a_click_on_a_row_of_figures_asks_for_its_plots(page: ChainsPage, qtbot: QtBot) -> None:
    page.show_chains(state_of(some_draws()))
    click(qtbot, page.pages.button("figures"))
    place = page.figures.visualItemRect(page.figures.item(1, 0)).center()
    with qtbot.waitSignal(page.quantity_chosen) as chosen:
        qtbot.mouseClick(page.figures.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["b"]


def test_figures_that_are_not_good_are_bold(qtbot: QtBot) -> None:
    table = FiguresTable()
    qtbot.addWidget(table)
    table.show()
    draws = some_draws()
    draws.quantities["b"][1] += 5
    found = judge_chains(draws)
    table.show_diagnosis(found)
    rows = {table.item(row, 0).text(): row for row in range(3)}  # type: ignore[union-attr]
    bold = {name: table.item(row, 5).font().bold() for name, row in rows.items()}  # type: ignore[union-attr]
    assert bold == {"a": found.quantities[0].r_hat > 1.01, "b": True, "c": found.quantities[2].r_hat > 1.01}
    assert table.item(rows["b"], 3).font().bold()  # type: ignore[union-attr]
    table.show_diagnosis(None)
    assert table.rowCount() == 0


def test_figures_scroll_sideways_before_a_name_is_cut(qtbot: QtBot) -> None:
    table = FiguresTable()
    qtbot.addWidget(table)
    table.show()
    header = table.horizontalHeader()
    needed = header.sectionSizeHint(0)
    for width in (300, 900, 320):
        table.resize(width, 200)
        QApplication.sendPostedEvents()
        assert header.sectionSize(0) >= needed
    assert table.horizontalScrollBar().maximum() > 0
    table.resize(900, 200)
    QApplication.sendPostedEvents()
    assert header.length() == table.viewport().width()


def test_the_finding_is_said_with_what_it_does_not_say(page: ChainsPage) -> None:
    assert page.finding.text() == WAITING
    page.show_chains(state_of(some_draws()))
    assert "No disagreement found" in page.finding.text()
    assert "does not say that these 4 chains have reached equilibrium" in page.finding.text()
    assert LIGHT.model not in page.finding.text()
    draws = some_draws()
    draws.quantities["a"][2] = 1.0
    page.show_chains(state_of(draws))
    assert "Frozen" in page.finding.text()
    assert "chain 3 never changes a" in page.finding.text()
    page.show_chains(ChainsState(failure="x < y holds nothing"))
    assert "x &lt; y holds nothing" in page.finding.text()


@pytest.mark.parametrize("chains", [1, 3, 20])
def test_plots_of_any_number_of_chains(qtbot: QtBot, chains: int) -> None:
    plots = ChainPlots.of(some_draws(chains), "a")
    for plot in (TracePlot(LIGHT), RankPlot(DARK), CorrelationPlot(LIGHT)):
        qtbot.addWidget(plot)
        plot.resize(400, 300)
        plot.show()
        plot.show_plots(plots)
        plot.grab()
        plot.show_plots(ChainPlots.of(ChainDraws("still", {"a": np.ones((2, 50))}), "a"))
        plot.show_plots(None)
        assert plot.series() == []


def test_the_corner_has_a_cell_for_every_pair_and_describes_it(qtbot: QtBot) -> None:
    view = CornerView(LIGHT)
    qtbot.addWidget(view)
    view.resize(420, 400)
    view.grab()
    draws = some_draws(coordinates=("a", "b", "c"), units={"b": "<m>"})
    view.show_corner(Corner.of(draws, np.random.default_rng(0).normal(size=(200, 3))))
    for size in ((420, 400), (184, 120), (900, 1000)):
        view.resize(*size)
        cells = [view.cell(across, up) for up in range(3) for across in range(up + 1)]
        assert all(view.rect().toRectF().contains(cell) for cell in cells)
        assert not any(a.intersects(b) for k, a in enumerate(cells) for b in cells[:k])
        view.grab()
    assert "b (&lt;m&gt;)</b> against <b>a" in view.describe(view.cell(0, 1).center().toPoint())
    assert "Density of c" in view.describe(view.cell(2, 2).center().toPoint())
    assert [len(series.values) for series in view.series()] == [2, 2, 2]
    view.show_corner(None)
    assert view.series() == []
    assert "two coordinates" in NOTHING


def chains_of(window: MainWindow, qtbot: QtBot) -> ChainsPage:
    """The page, turned to by mouse."""
    window.docks[2].raise_()
    click(qtbot, window.equilibrium.pages.button("chains"))
    page = window.equilibrium.chains
    assert page.isVisible()
    return page


def test_the_chains_on_view_are_recorded_and_plotted_while_the_page_is_open(
    window: MainWindow, qtbot: QtBot
) -> None:
    worker = window.chains.worker
    assert window.engine.state.draws is None
    page = chains_of(window, qtbot)
    window.engine.set_speed(1e9)
    qtbot.waitUntil(
        lambda: worker.state.draws is not None and worker.state.draws.draws > 40, timeout=PATIENCE
    )
    window.engine.set_speed(DEFAULT_SPEED)
    qtbot.waitUntil(page.quantity.isEnabled, timeout=PATIENCE)
    names = [page.quantity.itemText(k) for k in range(page.quantity.count())]
    assert names[:2] == ["energy", "ink"]
    for name in page.pages.names:
        click(qtbot, page.pages.button(name))
        QApplication.processEvents()
        assert unexplained(window) == []
    assert unreached(window) == []
    click(qtbot, page.pages.button("trace"))
    page.quantity.setFocus()
    qtbot.keyClick(page.quantity, Qt.Key.Key_Down)
    qtbot.waitUntil(
        lambda: worker.state.plots is not None and worker.state.plots.quantity == "ink", timeout=PATIENCE
    )
    qtbot.waitUntil(lambda: page.trace.named_axis("left", "") == "ink (mean level)", timeout=PATIENCE)
    click(qtbot, window.equilibrium.pages.button("plots"))
    qtbot.waitUntil(lambda: window.engine.state.draws is None, timeout=PATIENCE)


def test_a_file_is_opened_judged_and_exported_by_mouse(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = some_draws()
    draws.quantities["b"][2] = 0.5
    write_chains(tmp_path / "theirs.nc", draws)
    page, worker = chains_of(window, qtbot), window.chains.worker
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(tmp_path / "theirs.nc")], ""))
    click(qtbot, page.open_button)
    qtbot.waitUntil(lambda: "chain 3 never changes b" in page.finding.text(), timeout=PATIENCE)
    assert page.source.currentText() == "theirs.nc"
    # What is wrong is plotted at once.
    assert page.quantity.currentText() == "b"
    out = tmp_path / "ours.zarr"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    click(qtbot, page.export_button)
    qtbot.waitUntil(out.is_dir, timeout=PATIENCE)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "ours"), "Table (*.csv)"))
    click(qtbot, page.export_button)
    qtbot.waitUntil((tmp_path / "ours.csv").is_file, timeout=PATIENCE)
    np.testing.assert_array_equal(read_chains(tmp_path / "ours.csv").quantities["a"], draws.quantities["a"])
    # Back to the chains on view, as they are recorded.
    page.source.setFocus()
    qtbot.keyClick(page.source, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: not worker.state.from_file, timeout=PATIENCE)


def test_a_file_that_cannot_be_read_is_told_and_nothing_is_lost(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.npz").write_bytes(b"PK and no more")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(tmp_path / "broken.npz")], ""))
    action = window.findChild(QAction, "action-open-chains-file")
    assert isinstance(action, QAction)
    action.trigger()
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert not window.chains.worker.state.from_file
    assert window.chains.worker.is_alive
    assert window.equilibrium.chains.isVisible()


def test_what_cannot_be_written_is_refused_before(
    page: ChainsPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = ChainsController(page, page)
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: told.append(arguments[2]))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "draws.txt"), ""))
    controller.ask_to_export()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "draws.nc"), ""))
    controller.ask_to_export()
    assert "are written to .nc, .zarr, .npz, .csv" in told[0]
    assert "no folder" in told[1]
    controller.end()


def turned(worker: ChainsWorker, act: Callable[[], None]) -> ChainsState:
    """State of a worker after a command, done here rather than in its thread."""
    act()
    worker.post(lambda: None)
    worker.turn()
    return worker.state


def test_draws_on_view_are_judged_at_rests_and_those_of_a_file_stay(tmp_path: Path) -> None:
    worker = ChainsWorker()
    assert worker.timeout is None
    first = turned(worker, lambda: worker.show(some_draws(coordinates=("a", "b")), np.zeros((5, 2))))
    assert first.draws is not None
    assert first.corner is not None
    assert first.corner.data_densities is not None
    # The next ones wait.
    worker.show(some_draws(3))
    worker.post(lambda: None)
    worker.turn()
    assert worker.state.draws is first.draws
    assert worker.timeout is not None
    path = tmp_path / "file.npz"
    write_chains(path, some_draws(2))
    opened = turned(worker, lambda: worker.open([path]))
    assert opened.from_file
    assert opened.draws is not None
    assert opened.draws.chains == 2
    still = turned(worker, lambda: worker.show(None))
    assert still.draws is opened.draws
    assert turned(worker, lambda: worker.choose("c")).plots.quantity == "c"  # type: ignore[union-attr]
    assert turned(worker, lambda: worker.look_at(False)).draws is None
    failed = turned(worker, lambda: worker.export(tmp_path / "none.nc", {}))
    assert failed.message == Message("error", "there are no draws to write yet")
    constant = turned(worker, lambda: worker.show(ChainDraws("still", {"x": np.ones((2, 30))})))
    worker._due = 0.0
    constant = turned(worker, lambda: None)
    assert constant.diagnosis is None
    assert "nothing that can be judged" in constant.failure
