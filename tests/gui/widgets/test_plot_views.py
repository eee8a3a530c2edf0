"""Plots are zoomed, enlarged, smoothed and read with the mouse, the wheel and keys, as a person does."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QSplitter, QToolButton, QToolTip, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.theme import LIGHT, apply_theme
from landscape_app.gui.training.entropy_plot import EntropyPlot
from landscape_app.gui.training.panel import PlotPair
from landscape_app.gui.widgets.containers import PlotGrid
from landscape_app.gui.widgets.enlarged import Enlarged, can_replace, panel_of
from landscape_app.gui.widgets.fixed import lay_out_panel
from landscape_app.gui.widgets.paragraph import elided_markup, plain_text
from landscape_app.gui.widgets.plot_parts import Line
from landscape_app.gui.widgets.plots import EpochPlot, Plot, moving_mean
from landscape_app.gui.widgets.surface.axes import PlaneAxes
from landscape_app.gui.widgets.value_plots import BarPlot
from landscape_app.gui.widgets.zoom import ZOOM, ZoomBox
from tests.gui.driving import PATIENCE

LEFT = Qt.MouseButton.LeftButton
KEYS = Qt.Key
EPOCHS = np.arange(1, 401)
NOISE = np.random.default_rng(0).normal(size=(400, 2))
VALUES = np.exp(-EPOCHS[:, None] / 100) * (1 + 0.1 * NOISE) + 0.1


def turn_wheel(plot: Plot, at: QPoint, notches: int, held: Qt.KeyboardModifier | None = None) -> None:
    """What the system sends, so that what a widget ignores goes to the one that it is in."""
    window = plot.window()
    QTest.wheelEvent(
        window.windowHandle(),
        QPointF(plot.viewport().mapTo(window, at)),
        QPoint(0, 120 * notches),
        stateKey=Qt.KeyboardModifier.NoModifier if held is None else held,
    )
    QApplication.processEvents()


def point_at(plot: Plot, at: QPoint, held: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    """What the system sends as the pointer moves: to this plot, also where another test's window lies over it."""
    place, nothing = QPointF(plot.viewport().mapToGlobal(at)), Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), place, Qt.MouseButton.NoButton, held, nothing)
    QApplication.sendEvent(plot.viewport(), event)


def drag(qtbot: QtBot, plot: Plot, start: QPoint, end: QPoint) -> None:
    qtbot.mousePress(plot.viewport(), LEFT, pos=start)
    for share in (0.3, 0.7, 1.0):
        # Moves that come faster than the screen shows them are left out.
        qtbot.wait(12)
        point_at(plot, start + (end - start) * share, LEFT)
    qtbot.mouseRelease(plot.viewport(), LEFT, pos=end)


def inside(plot: Plot, x: float = 0.5, y: float = 0.5) -> QPoint:
    """A place between the axes, as shares of their lengths from the left and from above."""
    box = plot.mapFromScene(plot.getViewBox().sceneBoundingRect()).boundingRect()
    return QPoint(box.left() + round(x * box.width()), box.top() + round(y * box.height()))


def value_at(plot: Plot, at: QPoint) -> tuple[float, float]:
    place = plot.getViewBox().mapSceneToView(plot.mapToScene(at))
    return place.x(), place.y()


def title_of(plot: Plot) -> QPoint:
    label = plot.getPlotItem().titleLabel
    return plot.mapFromScene(label.sceneBoundingRect().center())


def ranges(plot: Plot) -> np.ndarray:
    return np.array(plot.getViewBox().viewRange())


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Iterator[QWidget]:
    """Four plots in a panel that is too low for them, dressed as in the application."""
    apply_theme(qapp, LIGHT)
    window = QWidget()
    qtbot.addWidget(window)
    curves = [("validation", "held_out"), ("training", "training")]
    plots = [EpochPlot(f"plot-{i}", f"Plot {i}", "in words", LIGHT, curves) for i in range(4)]
    window.area = lay_out_panel(window, [PlotGrid(plots, most=1)])  # type: ignore[attr-defined]
    window.resize(420, 360)
    window.show()
    for plot in plots:
        plot.label_axis("bottom", "epoch")
        plot.show_data(EPOCHS, VALUES)
    qtbot.waitUntil(lambda: window.area.verticalScrollBar().maximum() > 100, timeout=PATIENCE)  # type: ignore[attr-defined]
    yield window
    for plot in plots:
        if plot.enlarged is not None:
            plot.toggle_enlarged()


@pytest.fixture
def plot(panel: QWidget) -> EpochPlot:
    (plot,) = panel.findChildren(EpochPlot, "plot-0")
    return plot


def test_the_wheel_scrolls_a_panel_and_zooms_with_ctrl_or_where_the_plot_is_enlarged(
    panel: QWidget, plot: EpochPlot, qtbot: QtBot
) -> None:
    bar = panel.area.verticalScrollBar()  # type: ignore[attr-defined]
    whole, at = ranges(plot), inside(plot, 0.3, 0.4)
    turn_wheel(plot, at, -1)
    assert bar.value() > 0
    np.testing.assert_array_equal(ranges(plot), whole)
    bar.setValue(0)
    under = value_at(plot, at)
    turn_wheel(plot, at, 2, Qt.KeyboardModifier.ControlModifier)
    assert bar.value() == 0
    assert (np.ptp(ranges(plot), axis=1) < 0.8 * np.ptp(whole, axis=1)).all()
    # What is under the pointer stays there.
    assert value_at(plot, at) == pytest.approx(under, rel=1e-6)
    qtbot.mouseDClick(plot.viewport(), LEFT, pos=at)
    np.testing.assert_allclose(ranges(plot), whole)
    # Over an axis it zooms along that alone.
    foot = plot.mapFromScene(plot.getAxis("bottom").sceneBoundingRect().center())
    turn_wheel(plot, foot, -1)
    assert bar.value() > 0
    turn_wheel(plot, foot, 2, Qt.KeyboardModifier.ControlModifier)
    assert np.ptp(ranges(plot)[0]) < 0.8 * np.ptp(whole[0])
    np.testing.assert_allclose(ranges(plot)[1], whole[1])
    qtbot.keyClick(plot, KEYS.Key_Backspace)
    qtbot.keyClick(plot, KEYS.Key_F11)
    before = ranges(plot)
    turn_wheel(plot, inside(plot), 1)
    assert (np.ptp(ranges(plot), axis=1) < np.ptp(before, axis=1)).all()
    qtbot.keyClick(plot, KEYS.Key_Escape)
    bar.setValue(0)
    turn_wheel(plot, inside(plot), -1)
    assert bar.value() > 0


def test_a_box_is_shown_and_stays_while_numbers_come_until_a_double_click(
    plot: EpochPlot, qtbot: QtBot
) -> None:
    whole = ranges(plot)
    start, end = inside(plot, 0.2, 0.3), inside(plot, 0.6, 0.8)
    corners = np.sort(np.array([value_at(plot, start), value_at(plot, end)]).T)
    drag(qtbot, plot, start, end)
    # To a pixel of the box.
    np.testing.assert_allclose(ranges(plot), corners, atol=0.02 * np.ptp(whole, axis=1).max())
    assert np.abs((ranges(plot) - corners) / np.ptp(whole, axis=1)[:, None]).max() < 0.01
    zoomed = ranges(plot)
    plot.show_data(np.arange(1, 801), np.concatenate([VALUES, VALUES + 5]))
    np.testing.assert_array_equal(ranges(plot), zoomed)
    drag(qtbot, plot, inside(plot, 0.2, 0.5), inside(plot, 0.6, 0.5))
    np.testing.assert_allclose(ranges(plot)[1], zoomed[1])
    assert np.ptp(ranges(plot)[0]) == pytest.approx(0.4 * np.ptp(zoomed[0]), rel=0.05)
    qtbot.mouseDClick(plot.viewport(), LEFT, pos=inside(plot))
    left, right = ranges(plot)[0]
    assert (left, right) == pytest.approx((-16, 816))
    assert ranges(plot)[1][1] > 5


def test_keys_zoom_and_show_all_again(plot: EpochPlot, qtbot: QtBot) -> None:
    whole = ranges(plot)
    qtbot.keyClick(plot, KEYS.Key_PageUp)
    np.testing.assert_allclose(np.ptp(ranges(plot), axis=1), ZOOM * np.ptp(whole, axis=1))
    qtbot.keyClick(plot, KEYS.Key_PageDown)
    np.testing.assert_allclose(ranges(plot), whole)
    qtbot.keyClick(plot, KEYS.Key_PageUp)
    qtbot.keyClick(plot, KEYS.Key_Backspace)
    np.testing.assert_allclose(ranges(plot), whole)
    assert isinstance(plot.getViewBox(), ZoomBox)


def test_a_map_is_dragged_and_zoomed_by_the_wheel_alone(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    plane = PlaneAxes(LIGHT)
    QVBoxLayout(window).addWidget(plane)
    window.resize(400, 400)
    window.show()
    plane.set_bounds(((-1.0, 1.0), (-1.0, 1.0)))
    whole, at = ranges(plane), inside(plane)
    turn_wheel(plane, at, 1)
    assert (np.ptp(ranges(plane), axis=1) < np.ptp(whole, axis=1)).all()
    before = value_at(plane, at)
    drag(qtbot, plane, at, at + QPoint(40, 0))
    assert value_at(plane, at + QPoint(40, 0))[0] == pytest.approx(before[0], abs=0.02)
    qtbot.mouseDClick(plane.viewport(), LEFT, pos=at)
    np.testing.assert_allclose(ranges(plane), whole)


def test_a_click_on_the_title_enlarges_over_the_panel_and_esc_puts_back(
    panel: QWidget, plot: EpochPlot, qtbot: QtBot
) -> None:
    card, place, largest = plot.parentWidget(), plot.geometry(), plot.maximumSize()
    point_at(plot, title_of(plot))
    assert plot.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    qtbot.mouseClick(plot.viewport(), LEFT, pos=title_of(plot))
    cover = plot.enlarged
    assert isinstance(cover, Enlarged)
    assert (cover.parentWidget(), panel_of(plot)) == (panel, panel)
    assert cover.geometry() == panel.rect()
    assert plot.height() > 0.7 * panel.height()
    assert plot.hasFocus()
    panel.resize(500, 420)
    QApplication.processEvents()
    assert cover.geometry() == panel.rect()
    panel.resize(420, 360)
    # Its buttons do what the menu does.
    (whole,) = cover.findChildren(QToolButton, "enlarged-whole")
    assert not whole.isEnabled()
    qtbot.keyClick(plot, KEYS.Key_PageUp)
    zoomed = ranges(plot)
    qtbot.mouseClick(whole, LEFT)
    assert np.ptp(ranges(plot)[0]) > np.ptp(zoomed[0])
    # Esc works wherever the focus is.
    whole.setFocus()
    qtbot.keyClick(cover, KEYS.Key_Escape)
    assert plot.enlarged is None
    assert plot.parentWidget() is card
    QApplication.processEvents()
    assert plot.isVisible()
    assert plot.geometry() == place
    assert plot.maximumSize() == largest


def test_plots_go_back_to_stacks_and_splitters(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    both = BarPlot("bars", "Bars", "", LIGHT, 1.0), EpochPlot("curve", "Curve", "", LIGHT, [("c", "accent")])
    pair, single = PlotPair(both, ("b", "c")), EpochPlot("other", "Other", "", LIGHT, [("c", "accent")])
    splitter = QSplitter()
    splitter.addWidget(pair)
    splitter.addWidget(single)
    QVBoxLayout(window).addWidget(splitter)
    window.resize(600, 300)
    window.show()
    for plot in (both[0], single):
        plot.toggle_enlarged()
        assert plot.isVisible()
        # The other is turned to meanwhile.
        if plot is both[0]:
            pair.turn()
            assert both[1].isVisible()
        plot.toggle_enlarged()
        QApplication.processEvents()
    assert [both[0].isVisible(), both[1].isVisible(), single.isVisible()] == [False, True, True]
    assert [splitter.indexOf(pair), splitter.indexOf(single)] == [0, 1]
    assert not can_replace(window)


def test_a_logarithmic_axis_is_offered_where_all_numbers_have_a_logarithm(
    plot: EpochPlot, qtbot: QtBot
) -> None:
    actions = {action.objectName(): action for action in plot.view_actions()}
    actions["log-y"].trigger()
    low, high = ranges(plot)[1]
    assert (10**low, 10**high) == pytest.approx((VALUES.min(), VALUES.max()), rel=0.3)
    np.testing.assert_allclose(plot.lines[0].getData()[1], np.log10(VALUES[:, 0]))
    # A number without one makes the axis linear, and the menu says why.
    below = VALUES.copy()
    below[7, 1] = -0.25
    plot.show_data(EPOCHS, below)
    np.testing.assert_allclose(plot.lines[1].getData()[1], below[:, 1])
    actions = {action.objectName(): action for action in plot.view_actions()}
    assert not actions["log-y"].isEnabled()
    assert actions["log-y"].toolTip() == "A logarithm needs numbers above 0, and the least here is −0.25"
    assert actions["log-x"].isEnabled()
    actions["log-x"].trigger()
    np.testing.assert_allclose(plot.lines[0].getData()[0], np.log10(EPOCHS))
    plot.show_cursor(100)
    assert plot._cursor is not None
    assert plot._cursor.value() == pytest.approx(2.0)
    plot.set_log("x", False)
    assert plot._cursor.value() == pytest.approx(100)
    assert ranges(plot)[0] == pytest.approx((-8, 408))


def test_a_line_without_a_place_on_a_logarithmic_axis_is_not_drawn(qapp: QApplication) -> None:
    line = Line(0.0, angle=0)
    line.setLogMode(False, True)
    assert line.opacity() == 0
    assert line.dataBounds(1) is None
    line.setPos(100.0)
    assert (line.value(), line.opacity()) == (2.0, 1.0)
    line.setLogMode(False, False)
    assert line.value() == 100.0


def test_marks_of_the_entropy_lie_on_its_curve_also_on_a_logarithmic_axis(qtbot: QtBot) -> None:
    plot = EntropyPlot("plot-entropy", "", LIGHT)
    qtbot.addWidget(plot)
    epochs, values = np.array([10, 100, 1000]), np.array([[9.0, 9, 9], [8, 8, 8.5], [7, 7, 9]])
    plot.show_measurements(epochs, values, np.full((3, 3), 0.5))
    plot.set_log("x", True)
    assert plot.best is not None
    assert [part.tolist() for part in plot.best.getData()] == [[2.0], [8.5]]
    np.testing.assert_allclose(plot.edges[0][0].getData()[0], [1, 2, 3])
    assert "smoothing" not in [action.objectName() for action in plot.view_actions()]


@pytest.mark.parametrize("width", [1, 2, 7, 30, 1000])
def test_a_smoothed_curve_is_the_mean_over_its_epochs(width: int) -> None:
    rng = np.random.default_rng(1)
    epochs = np.sort(rng.choice(500, 90, replace=False))
    values = 1e6 + rng.normal(size=(90, 3))
    values[rng.random((90, 3)) < 0.2] = np.nan
    values[:, 2] = np.nan
    rows = np.array([0, 5, 44, 88, 89])
    found = moving_mean(epochs, values, width, rows)
    for at, row in zip(found, rows, strict=True):
        within = (epochs > epochs[row] - width / 2) & (epochs <= epochs[row] + width / 2)
        for value, column in zip(at, values[within].T, strict=True):
            known = column[~np.isnan(column)]
            expected = np.mean(known) if len(known) else np.nan
            np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_smoothing_keeps_the_raw_curve_faint_behind_and_says_over_how_many_epochs(
    plot: EpochPlot, qtbot: QtBot
) -> None:
    (smoothing,) = [action for action in plot.view_actions() if action.objectName() == "smoothing"]
    (chosen,) = [action for action in smoothing.menu().actions() if action.objectName() == "smooth-30"]
    chosen.trigger()
    assert "smoothed over 30 epochs" in plain_text(plot._shown_title)
    np.testing.assert_allclose(plot.raw[0].getData()[1], VALUES[:, 0])
    middle = VALUES[185:215, 0].mean()
    assert plot.lines[0].getData()[1][199] == pytest.approx(middle)
    assert plot.raw[0].opts["pen"].color().alphaF() < 0.4
    plot.show_cursor(200)
    assert f"{middle:.3g}" in plot._shown_title
    names = [name for name, _ in plot.series()[0].values]
    assert names[2] == "validation, smoothed over 30 epochs"
    plot.smooth(0)
    assert plot.raw[0].getData() == (None, None)
    assert "smoothed" not in plot._shown_title


def test_names_stay_beside_their_values_at_the_cross_hair(plot: EpochPlot, qtbot: QtBot) -> None:
    at = inside(plot, 0.5)
    heard: list[int] = []
    plot.hovered.connect(heard.append)
    plot.hovered.connect(plot.show_cursor)
    point_at(plot, at)
    assert heard[-1] > 0
    row = heard[-1] - 1
    assert plain_text(plot._shown_title) == (
        f"Plot 0 · {heard[-1]}: validation {VALUES[row, 0]:.3g}  training {VALUES[row, 1]:.3g}"
    )
    # In a narrow plot first the title gives way, then letters of the names.
    titles = [plain_text(title) for title in plot._titles]
    assert titles[-2:] == [
        f"{heard[-1]}: validation {VALUES[row, 0]:.3g}  training {VALUES[row, 1]:.3g}",
        f"{heard[-1]}: valid. {VALUES[row, 0]:.3g}  train. {VALUES[row, 1]:.3g}",
    ]
    # Of many curves the nearest to the pointer is read, by keys the outermost.
    many = np.arange(5.0)[None, :] + np.zeros((400, 1))
    plot.set_curves([(f"λ{i + 1}", str(i)) for i in range(5)])
    plot.show_data(EPOCHS, many)
    plot._pointed = 2.2
    plot.show_cursor(7)
    assert plain_text(plot._shown_title) == "Plot 0 · 7: λ3 2"
    plot._pointed = None
    plot.show_cursor(8)
    assert plain_text(plot._shown_title) == "Plot 0 · 8: λ1 0  λ5 4"


def test_a_plot_is_explained_over_its_title_and_never_over_its_curves(
    plot: EpochPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda *arguments: told.append(arguments[1]))

    def rest(at: QPoint) -> None:
        event = QHelpEvent(QEvent.Type.ToolTip, at, plot.viewport().mapToGlobal(at))
        QApplication.sendEvent(plot.viewport(), event)

    rest(inside(plot))
    assert told == []
    rest(title_of(plot))
    assert told[0].startswith("in words")
    assert "F11" in told[0]
    assert "Ctrl" in told[0]


@pytest.mark.parametrize("width", [190, 260, 340])
def test_a_title_keeps_clear_of_the_button_beside_it(qtbot: QtBot, width: int) -> None:
    both = (
        BarPlot("bars", "Constraint residuals zᵢ", "", LIGHT, 0.1),
        EpochPlot("curves", "Multipliers λᵢ", "", LIGHT, [], zero_line=True),
    )
    pair = PlotPair(both, ("zᵢ", "λᵢ"))
    qtbot.addWidget(pair)
    pair.resize(width, 160)
    pair.show()
    both[0].show_values(np.linspace(-1, 1, 16), 0.234)
    QApplication.processEvents()
    title = both[0].getPlotItem().titleLabel.item
    shown = both[0].mapFromScene(title.sceneBoundingRect()).boundingRect()
    button = pair.button.geometry()
    assert QRectF(shown).adjusted(4, 0, -4, 0).right() <= button.left()
    assert shown.left() >= 0
    assert ("…" in title.toPlainText()) == (width < 250)


def test_rich_text_is_cut_within_its_tags(qapp: QApplication) -> None:
    metrics = QFontMetrics(QLabel().font())
    markup = 'Entropy: <span style="color:#123456">a &amp; b</span>  <span>validation</span>'
    assert plain_text(markup) == "Entropy: a & b  validation"
    assert elided_markup(markup, metrics, 10_000) == markup
    for width in range(20, metrics.horizontalAdvance(plain_text(markup))):
        cut = elided_markup(markup, metrics, width)
        assert metrics.horizontalAdvance(plain_text(cut)) <= width + 1
        assert plain_text(cut).endswith("…")
        assert plain_text(markup).startswith(plain_text(cut)[:-1])
        assert cut.count("<span") == cut.count("</span>") == 2


def test_an_empty_plot_says_why_in_its_middle(plot: EpochPlot) -> None:
    plot.show_note("Fitting the base measure, epoch 12")
    assert plot._note is not None
    assert plot._note.isVisible()
    assert plot._note.geometry().contains(inside(plot))
    plot.show_note("")
    assert not plot._note.isVisible()


def test_names_of_curves_are_abbreviated_before_one_of_them_is_cut(qtbot: QtBot) -> None:
    names = (("zurückgehalten", "held_out"), ("Ketten", "model"), ("12345.678 Nats", "training"))
    plot = EpochPlot("curves", "⟨H⟩:", "", LIGHT, names)
    qtbot.addWidget(plot)
    plot.resize(600, 160)
    plot.show()
    QApplication.processEvents()
    title = plot.getPlotItem().titleLabel.item
    assert title.toPlainText() == "⟨H⟩: – – zurückgehalten — Ketten – · 12345.678 Nats"
    plot.resize(260, 160)
    QApplication.processEvents()
    assert title.toPlainText() == "⟨H⟩: – – zurüc. — Ketten – · 12345.678 Nats"
