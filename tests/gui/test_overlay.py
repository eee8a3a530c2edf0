"""Several results in the same panels: what is drawn once, what in a colour each, and what cannot be overlaid."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.experiments import Experiment, Finding, Parameter, Progress, Values, open_result
from landscape_app.experiments.drawing import sheet_of
from landscape_app.experiments.experiment import SEED
from landscape_app.experiments.figure import (
    RESULTS,
    Bars,
    Curve,
    Figure,
    Heatmap,
    Images,
    Mark,
    Marker,
    Panel,
    Points,
    Role,
)
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.comparison import overlaid
from landscape_app.gui.experiments.findings_table import rows_of_all
from landscape_app.gui.experiments.overlay import can_be_overlaid, overlay
from landscape_app.gui.experiments.page import Page
from landscape_app.gui.experiments.words import tell_apart
from landscape_app.gui.theme import DARK, LIGHT, Theme
from landscape_app.gui.widgets.axes_panel import AxesPanel
from landscape_app.gui.widgets.figure_view import FigureView
from landscape_app.gui.widgets.mark_items import colour_of, stroke_of
from tests.gui.driving import PATIENCE

X = np.linspace(0.0, 1.0, 5)


def panel(height: float, *more: Mark, title: str = "Lines") -> Panel:
    """A line of a result's own, and a truth that all share."""
    truth, own = Curve(X, X, "exact", Role.TRUTH, dashed=True), Curve(X, height * X, "Min-MaxEnt", Role.MODEL)
    return Panel(title, (truth, own, *more), "x", "y")


def names(panel: Panel) -> list[str]:
    return [mark.name for mark in panel.marks if not isinstance(mark, Images) and mark.name]


def test_what_all_results_share_is_drawn_once_and_the_rest_in_a_colour_each() -> None:
    one = overlay(["seed 0", "seed 1"], [panel(2), panel(3)])
    assert names(one) == ["seed 0", "seed 1", "Min-MaxEnt", "exact"]
    lines = [mark for mark in one.marks if isinstance(mark, Curve) and len(mark.x)]
    assert [line.role for line in lines] == [Role.TRUTH, Role.FIRST, Role.SECOND]
    for line, height in zip(lines, (1, 2, 3), strict=True):
        np.testing.assert_array_equal(line.y, height * X)
    data = Bars(np.arange(3.0), np.ones(2), "data", Role.DATA)
    both = overlay(["a", "b"], [panel(2, data), panel(3, data)])
    assert [mark.role for mark in both.marks if isinstance(mark, Bars)] == [Role.ANY]
    assert one.y_range is not None
    assert one.y_range[1] >= 3


def test_the_stroke_says_what_a_curve_is() -> None:
    rivals = [Curve(X, height * X**2, "VAE", Role.RIVAL) for height in (2, 3)]
    one = overlay(["a", "b"], [panel(2, rivals[0]), panel(3, rivals[1])])
    drawn = [mark for mark in one.marks if isinstance(mark, Curve) and len(mark.x) and mark.role in RESULTS]
    assert [(mark.role, stroke_of(mark)) for mark in drawn] == [
        (role, style)
        for role in (Role.FIRST, Role.SECOND)
        for style in (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
    ]
    samples = {mark.name: mark for mark in one.marks if isinstance(mark, Curve) and mark.role is Role.ANY}
    assert {name: stroke_of(mark) for name, mark in samples.items()} == {
        "Min-MaxEnt": Qt.PenStyle.SolidLine,
        "VAE": Qt.PenStyle.DashLine,
    }


def test_names_and_titles_that_differ_are_all_said() -> None:
    bars = [Bars(np.arange(3.0), np.array([h, 1.0]), f"{h} points") for h in (10, 20)]
    one = overlay(
        ["a", "b"], [panel(2, bars[0], title="At epoch 10"), panel(3, bars[1], title="At epoch 20")]
    )
    assert one.title == "At epoch 10 / At epoch 20"
    assert "10 points / 20 points" in names(one)


def test_histograms_are_overlaid_as_outlines() -> None:
    bars = [Bars(np.array([0.0, 1.0, 3.0]), np.array([h, 1.0]), "energies", Role.DATA) for h in (2.0, 5.0)]
    one = overlay(["a", "b"], [Panel("Bars", (some,)) for some in bars])
    outline = one.marks[-1]
    assert isinstance(outline, Curve)
    np.testing.assert_array_equal(outline.x, [0, 0, 1, 1, 3, 3])
    np.testing.assert_array_equal(outline.y, [0, 5, 5, 1, 1, 0])
    assert outline.role is Role.SECOND
    assert stroke_of(outline) is Qt.PenStyle.DotLine


def test_a_result_that_was_stopped_before_a_panel_is_left_out_there() -> None:
    full, stopped = Figure(((panel(2), panel(4)),)), Figure(((panel(3),),))
    first, second = overlaid(["full", "stopped"], [full, stopped]).panels
    assert names(first)[:2] == ["full", "stopped"]
    assert "stopped" not in names(second)
    assert second.marks


@pytest.mark.parametrize(
    "marks",
    [
        [Heatmap(X, X, np.full((5, 5), height), "density") for height in (1.0, 2.0)],
        [Images(np.full((2, 4, 4), level), 2, 16.0) for level in (1, 2)],
    ],
)
def test_what_colours_cannot_tell_apart_stands_side_by_side(marks: list[Mark]) -> None:
    figures = [
        Figure(((panel(height), Panel("Plane", (mark,))), (panel(height),)))
        for height, mark in zip((2, 3), marks, strict=True)
    ]
    rows = overlaid(["a", "b"], figures).rows
    assert [len(row) for row in rows] == [1, 1, 2]
    assert [one.title for one in rows[-1]] == ["a\nPlane", "b\nPlane"]


def test_dots_of_several_meanings_are_not_overlaid() -> None:
    data = [Points(X, height * X, "data") for height in (2, 3)]
    chains = [Points(X, height * X**2, "chains", Role.MODEL) for height in (2, 3)]
    assert can_be_overlaid([panel(2, data[0]), panel(3, data[1])])
    assert not can_be_overlaid([panel(2, data[0], chains[0]), panel(3, data[1], chains[1])])


def test_every_kind_of_mark_is_drawn_on_the_screen_and_on_paper(qtbot: QtBot) -> None:
    def marks(height: float) -> tuple[Mark, ...]:
        return (
            Points(X, height * X, "dots", Role.MODEL, error=X / 10),
            Bars(np.arange(3.0), np.array([height, 1.0]), "bars"),
            Marker(height, "level", upright=False, role=Role.RIVAL),
            Curve(X, height + X, "band", Role.OTHER, low=X, high=X + height),
        )

    figure = overlaid(["a", "b"], [Figure(((panel(h, *marks(h)),),)) for h in (2.0, 3.0)])
    view = FigureView("figure", LIGHT)
    qtbot.addWidget(view)
    view.show_figure(figure)
    assert view.cards[0].legend.names == ("a", "b", "Min-MaxEnt", "dots", "bars", "level", "band", "exact")
    axes = sheet_of(figure, "Overlaid").axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()][:2] == ["a", "b"]
    view.grab()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_result_has_a_colour_of_its_own_that_can_be_read(theme: Theme) -> None:
    colours = {colour_of(role, theme).name() for role in (*RESULTS, Role.ANY, Role.TRUTH)}
    assert len(colours) == len(RESULTS) + 2
    for role in RESULTS:
        assert _contrast(colour_of(role, theme).getRgbF(), theme) > 3


def _contrast(rgb: tuple[float, ...], theme: Theme) -> float:
    """Contrast ratio to the surface of a plot (WCAG 2.1)."""

    def luminance(channels: np.ndarray) -> float:
        linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    surface = np.array([int(theme.surface[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    high, low = sorted([luminance(np.array(rgb[:3])), luminance(surface)], reverse=True)
    return (high + 0.05) / (low + 0.05)


class Lines(Experiment):
    """A line whose slope is chosen, beside one that is not."""

    name = "lines"
    title = "Lines"
    paper = "figure 0"
    summary = "It draws lines."
    parameters = (Parameter("slope", "Slope", 1.0, 2.0, 0.1, 9.0, "Of the line.", whole=False), SEED)
    minutes = (0.1, 0.1)

    def run(self, values: Values) -> Iterator[Progress]:
        """One step."""
        found = Finding("0", "Slope", "any", f"{values['slope']:g}", True)
        yield Progress(1.0, "", Figure(((panel(values["slope"]),),)), (found,))


@pytest.fixture
def browser(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    browser = Browser({"lines": Lines()}, LIGHT, settings, threads=1)
    qtbot.addWidget(browser)
    browser.resize(1100, 700)
    browser.show()
    yield browser
    browser.end()


def run(qtbot: QtBot, browser: Browser, slope: float) -> None:
    page, before = browser.page, len(browser.runner.bench.entries)
    page.form.box("slope").set_value(slope)
    qtbot.mouseClick(page.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(browser.runner.bench.entries) > before, timeout=PATIENCE)
    browser.poll()


def tick(qtbot: QtBot, page: Page, rows: range) -> None:
    page.results.setFocus()
    for row in rows:
        page.results.setCurrentRow(row)
        qtbot.keyClick(page.results, Qt.Key.Key_Space)


def test_ticked_results_are_overlaid_by_a_click_and_saved_so(
    browser: Browser, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.page
    for slope in (2.0, 3.0):
        run(qtbot, browser, slope)
    assert not page.overlay_button.isEnabled()
    tick(qtbot, page, range(2))
    qtbot.mouseClick(page.overlay_button, Qt.MouseButton.LeftButton)
    assert page.view.verdict.text() == "2 results overlaid"
    (card,) = page.view.figure.cards
    assert card.legend.names == ("slope 2", "slope 3", "Min-MaxEnt", "exact")
    assert isinstance(card.content, AxesPanel)
    colours = {item._items[-1].opts["pen"].color().name() for item in card.content._marks[-2:]}
    assert colours == set(LIGHT.results[:2])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    page.save_shown()
    qtbot.waitUntil(lambda: (tmp_path / "lines.h5").exists(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: browser.runner.bench.message is not None, timeout=PATIENCE)
    saved = open_result(tmp_path / "lines.h5")
    assert names(saved.figure.panels[0])[:2] == ["slope 2", "slope 3"]
    qtbot.mouseClick(page.compare_button, Qt.MouseButton.LeftButton)
    assert page.view.verdict.text() == "2 results side by side"


class Slow(Lines):
    """Says that it has begun, and waits with its figure until it may go on."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def run(self, values: Values) -> Iterator[Progress]:
        """Waits, then does it."""
        while not self.gate.is_set():
            yield Progress(0.1, "Thinking", Figure())
            time.sleep(0.002)
        yield from super().run(values)


def test_a_figure_that_has_not_begun_is_announced_and_not_said_to_be_kept(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    browser = Browser({"lines": Slow()}, LIGHT, settings, threads=1)
    qtbot.addWidget(browser)
    page = browser.page
    page.start()

    def says(text: str) -> bool:
        browser.poll()
        return page.view.verdict.text() == text

    qtbot.waitUntil(lambda: says("Running · 10%"), timeout=PATIENCE)
    assert page.view.pages.currentIndex() == 0
    assert page.view.empty.text() == "The figure appears here with its first numbers."
    page.halt()
    qtbot.waitUntil(lambda: says("■ Stopped at 10%"), timeout=PATIENCE)
    assert "kept" not in page.view.detail.text()
    browser.end()


def test_more_results_than_there_are_colours_are_not_overlaid(browser: Browser, qtbot: QtBot) -> None:
    page = browser.page
    for number in range(len(RESULTS) + 1):
        run(qtbot, browser, 1.0 + number)
    tick(qtbot, page, range(len(RESULTS)))
    assert page.overlay_button.isEnabled()
    tick(qtbot, page, range(len(RESULTS), len(RESULTS) + 1))
    assert not page.overlay_button.isEnabled()
    assert page.compare_button.isEnabled()


def test_the_table_of_several_says_every_expectation() -> None:
    one, other = (
        [Finding("0", "S", f"{expected} nats", "1.0 nats", True), Finding("0", "KL", "0", "0", True)]
        for expected in (1, 2)
    )
    rows = rows_of_all(["a", "b"], [one, other])
    assert [row[2].text for row in rows.cells] == ["1 nats / 2 nats", "0"]
    assert [row[3].text for row in rows.cells] == ["✓ good: 1.0 nats", "✓ good: 0"]


def test_results_are_told_apart_by_what_differs() -> None:
    experiment = Lines()
    a, b = {"slope": 2.0, "seed": 0.0}, {"slope": 2.0, "seed": 1.0}
    assert tell_apart(experiment, [a, b]) == ["seed 0", "seed 1"]
    assert tell_apart(experiment, [a, {**b, "slope": 3.0}]) == ["seed 0 · slope 2", "seed 1 · slope 3"]
    assert tell_apart(experiment, [a, a]) == ["seed 0 · full (1)", "seed 0 · full (2)"]
