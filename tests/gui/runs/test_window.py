"""The window of runs by mouse and keys: listed, searched, named, compared, deleted and brought back, opened."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLineEdit
from pytestqt.qtbot import QtBot

from landscape_app.data import Dataset
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.runs.comparison import ComparisonPage, ComparisonPlot
from landscape_app.gui.runs.folders import MOST_OPENED, Folders
from landscape_app.gui.runs.run_table import NOTE, SAVED, TITLE, describe
from landscape_app.gui.runs.window import RunsWindow
from landscape_app.gui.runs.worker import RunsWorker
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.runs.autosave import autosave_folder
from landscape_app.runs.notes import notes_path, read_notes
from landscape_app.session.dataset_io import save_data
from landscape_app.session.run_curves import MeanCurve
from tests.gui.driving import PATIENCE, click
from tests.gui.test_reachable import check, check_menus
from tests.small_runs import small_run

Runs = Callable[..., RunsWindow]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Two repeats, and a run of another way of fitting."""
    folder = tmp_path_factory.mktemp("trained")
    plans = {"a1": {"seed": 1}, "a2": {"seed": 2}, "b": {"seed": 1, "fit": "mean-field"}}
    return {name: small_run(folder / f"{name}.h5", **plan).read_bytes() for name, plan in plans.items()}


@pytest.fixture
def folder(trained: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The autosaved runs, one below them, a file that is damaged, and one of data, which is not listed."""
    monkeypatch.setattr(
        "landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )
    folder = autosave_folder()
    (folder / "older").mkdir(parents=True)
    for name, image in trained.items():
        (folder / ("older" if name == "b" else "") / f"{name}.h5").write_bytes(image)
    (folder / "torn.h5").write_bytes(trained["b"][:-100])
    save_data(Dataset.of_points([[float(i), float(i % 3)] for i in range(9)]), folder / "data.h5")
    return folder


@pytest.fixture
def runs(folder: Path, settings: QSettings, qtbot: QtBot) -> Iterator[RunsWindow]:
    """The window on them, once all are listed."""
    window = RunsWindow(LIGHT, settings)
    window.bring_up()
    qtbot.waitUntil(lambda: len(window.table.shown) == 4, timeout=PATIENCE)
    yield window
    window.end()
    window.deleteLater()


def titles(window: RunsWindow) -> list[str]:
    return [row.title for row in window.table.shown]


def choose(window: RunsWindow, *names: str) -> None:
    """Selects runs by their titles with the mouse and Ctrl."""
    view = window.table
    view.clearSelection()
    model = view.model()
    for row in range(model.rowCount()):
        index = model.index(row, TITLE)
        if index.data().removeprefix("⚠ ") in names:
            view.selectionModel().select(
                index, view.selectionModel().SelectionFlag.Select | view.selectionModel().SelectionFlag.Rows
            )


def test_every_run_is_listed_with_its_samples_and_a_damaged_file_with_its_reason(
    runs: RunsWindow, qtbot: QtBot
) -> None:
    runs.table.sort_by(TITLE)
    assert titles(runs) == ["a1", "a2", "b", "torn"]
    assert "3 runs; 1 file cannot be read as a run" in runs.status.text()
    a1, _, b, torn = runs.table.shown
    assert b.path.parent.name == "older"
    assert "damaged, cut short" in describe(torn)
    assert "Not listed" in describe(torn)
    assert "nats a row (test)" in describe(a1)
    assert runs.table.textElideMode() is Qt.TextElideMode.ElideMiddle
    assert sum(runs.table.columnWidth(number) for number in range(SAVED + 1)) < 1_254
    assert a1.settings.startswith("seed 1")
    qtbot.waitUntil(lambda: not runs.table.waiting, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: set(runs.worker.state.thumbnails) == {a1.path, runs.table.shown[1].path, b.path},
        timeout=PATIENCE,
    )
    runs.poll()
    index = runs.table.model().index(0, TITLE)
    pixels = [index.data(Qt.ItemDataRole.DecorationRole).toImage()]
    runs.set_theme(DARK)
    pixels.append(runs.table.model().index(0, TITLE).data(Qt.ItemDataRole.DecorationRole).toImage())
    assert pixels[0] != pixels[1]


def test_every_control_is_named_and_reached_and_every_key_means_one_thing(
    runs: RunsWindow, qtbot: QtBot
) -> None:
    choose(runs, "a1", "b")
    check(runs)
    check_menus(runs)
    click(qtbot, runs.compare_button)
    qtbot.waitUntil(runs.comparison.table.isVisible, timeout=PATIENCE)
    check(runs)


def test_words_find_runs_and_a_title_and_a_note_are_kept(runs: RunsWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(runs.search, "mean field")
    assert titles(runs) == ["b"]
    qtbot.keyClick(runs.search, Qt.Key.Key_Return)
    assert runs.table.hasFocus()
    qtbot.keyClick(runs, Qt.Key.Key_F2)
    editor = runs.table.findChild(QLineEdit)
    assert editor.text() == "b"
    editor.setText("one sweep")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: titles(runs) == ["one sweep"], timeout=PATIENCE)
    runs.search.setText("sweep")
    runs.annotate()
    editor = runs.table.findChildren(QLineEdit)[-1]
    editor.setText("for the talk")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: runs.table.model().index(0, NOTE).data() == "for the talk", timeout=PATIENCE)
    runs.search.setText("talk")
    assert titles(runs) == ["one sweep"]
    (kept,) = read_notes().known
    assert (kept.title, kept.note) == ("one sweep", "for the talk")
    runs.search.setText("nothing like it")
    assert titles(runs) == []
    assert "No run" in runs.table.empty


def test_the_list_follows_its_folder(
    runs: RunsWindow, folder: Path, trained: dict[str, bytes], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landscape_app.gui.runs.worker.LOOK_SECONDS", 0.05)
    runs.worker.watch(runs.folders.whole, ())
    (folder / "torn.h5").unlink()
    (folder / "new.h5").write_bytes(trained["a1"])
    qtbot.waitUntil(lambda: sorted(titles(runs)) == ["a1", "a2", "b", "new"], timeout=PATIENCE)


def test_what_is_deleted_comes_back_and_what_is_on_view_stays(
    runs: RunsWindow, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(runs, "b")
    click(qtbot, runs.delete_button)
    choose(runs, "a1", "torn")
    click(qtbot, runs.delete_button)
    qtbot.waitUntil(lambda: sorted(titles(runs)) == ["a2"], timeout=PATIENCE)
    assert not (folder / "a1.h5").exists()
    assert runs.undo_bar.isVisible()
    assert "2 files" in runs.undo_bar.text.text()
    click(qtbot, runs.undo_bar.undo)
    qtbot.waitUntil(lambda: "b.h5" in runs.undo_bar.text.text(), timeout=PATIENCE)
    qtbot.keyClick(runs, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(titles(runs)) == 4, timeout=PATIENCE)
    assert (folder / "a1.h5").exists()
    assert not runs.undo_bar.isVisible()
    runs._on_view = (folder / "a2.h5").resolve()
    choose(runs, "a2")
    qtbot.keyClick(runs.table, Qt.Key.Key_Delete)
    assert "is on view" in runs.banner.text.text()
    monkeypatch.setattr("landscape_app.runs.trash.is_locked", lambda _: True)
    choose(runs, "a1")
    qtbot.keyClick(runs.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "is being trained" in runs.banner.text.text(), timeout=PATIENCE)
    assert len(titles(runs)) == 4


def test_a_damaged_file_of_notes_is_told_and_the_runs_are_listed(
    folder: Path, settings: QSettings, qtbot: QtBot
) -> None:
    notes_path().write_text("{")
    window = RunsWindow(LIGHT, settings)
    window.bring_up()
    qtbot.waitUntil(lambda: len(window.table.shown) == 4, timeout=PATIENCE)
    assert "it is damaged" in window.banner.text.text()
    window.end()
    window.deleteLater()


def test_runs_are_compared_repeats_together(runs: RunsWindow, qtbot: QtBot) -> None:
    choose(runs, "a1")
    assert not runs.compare_button.isEnabled()
    choose(runs, "a1", "a2", "b", "torn")
    qtbot.keyClick(runs, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    table = runs.comparison.table
    qtbot.waitUntil(table.isVisible, timeout=PATIENCE)
    heads = [table.horizontalHeaderItem(column).text() for column in range(1, table.columnCount())]
    assert sorted(len(head.split(",")) for head in heads) == [1, 2]
    rows = [table.item(row, 0).text() for row in range(table.rowCount())]
    assert rows[0] == "epochs"
    assert rows[-2:] == ["fit", "seed"]
    assert "paired by item" in table.item(rows.index("held-out nats less the first"), 2).text()
    plots = runs.comparison.findChildren(ComparisonPlot)
    assert {plot.objectName() for plot in plots} >= {
        "plot-validation-of-runs",
        "plot-acceptance-rate-of-runs",
    }
    by_epoch = plots[0].series()[0].x
    runs.comparison.axis.setCurrentIndex(1)
    QApplication.processEvents()
    by_time = runs.comparison.findChildren(ComparisonPlot)[-1].series()[0].x
    assert (by_epoch[0], by_time[0]) == ("epoch", "seconds of training")
    runs.set_theme(DARK)


def test_what_cannot_be_compared_is_told_and_waiting_can_end(
    runs: RunsWindow, folder: Path, qtbot: QtBot
) -> None:
    choose(runs, "a1", "b")
    (folder / "a1.h5").unlink()
    click(qtbot, runs.compare_button)
    qtbot.waitUntil(lambda: "a1.h5" in runs.comparison.message.text(), timeout=PATIENCE)
    choose(runs, "a2", "b")
    runs.compare()
    runs.comparison.cancel.click()
    message = runs.comparison.message
    assert "Select two runs or more" in message.text()
    for width in (runs.width(), 520):
        runs.resize(width, 600)
        QApplication.processEvents()
        assert message.height() >= message.heightForWidth(message.width())
        assert message.geometry().center().x() == pytest.approx(runs.comparison.width() / 2, abs=2)


def test_the_band_of_a_plot_is_that_of_its_curve(qtbot: QtBot) -> None:
    plot = ComparisonPlot("entropy", LIGHT, by_time=True)
    qtbot.addWidget(plot)
    one = MeanCurve(
        np.array([0.0, 2.0, 4.0]), np.array([3.0, 2.0, 1.0]), np.array([0.5, 0.5, 0.25]), np.zeros(3, bool)
    )
    other = MeanCurve(np.array([1.0, 2.0]), np.array([9.0, 8.0]), np.zeros(2), np.zeros(2, bool))
    plot.show_means([("one", "0", one), ("other", "8", other)])
    low, high, band = plot._bands[0]
    np.testing.assert_array_equal(low.getData()[1], [2.5, 1.5, 0.75])
    np.testing.assert_array_equal(high.getData()[1], [3.5, 2.5, 1.25])
    assert band.isVisible()
    assert not plot._bands[1][2].isVisible()
    np.testing.assert_array_equal(plot.series()[1].x[1], other.places)
    x, y = plot.lines[1].getData()
    np.testing.assert_array_equal(y[np.isin(x, other.places)], other.values)
    plot.smooth(30)
    assert "smoothed over 30 seconds" in plot._shown_title
    plot.show_means([])
    assert plot.series() == []


def test_bounds_of_a_curve_are_read_and_exported_as_bounds(qtbot: QtBot) -> None:
    plot = ComparisonPlot("entropy", LIGHT)
    qtbot.addWidget(plot)
    places, values, reach = np.array([0.0, 2.0]), np.array([3.0, 2.0]), np.array([0.5, 0.75])
    bounded = MeanCurve(places, values, reach, np.array([False, True]))
    plot.show_means(
        [("one", "0", bounded), ("two", "8", MeanCurve(places, values, reach, np.zeros(2, bool)))]
    )
    plot.show_cursor(2)
    assert plot.accessibleDescription() == "Epoch 2: one 1.25 to 2.75, two 2"
    plot.show_cursor(0)
    assert plot.accessibleDescription() == "Epoch 0: one 3, two 3"
    of_one, of_two = (dict(series.values) for series in plot.series())
    np.testing.assert_array_equal(of_one["one"], [3, np.nan])
    np.testing.assert_array_equal(of_one["± one"], [0.5, np.nan])
    np.testing.assert_array_equal(of_one["one, lower"], [np.nan, 1.25])
    np.testing.assert_array_equal(of_one["one, upper"], [np.nan, 2.75])
    assert list(of_two) == ["two", "± two"]


def test_folders_are_added_remembered_and_left_out(
    runs: RunsWindow,
    trained: dict[str, bytes],
    settings: QSettings,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "mine" / "deep").mkdir(parents=True)
    (tmp_path / "mine" / "deep" / "other.h5").write_bytes(trained["a2"])
    folders = Folders(settings)
    folders.note_opened(tmp_path / "mine")
    assert folders.shallow == [tmp_path / "mine"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "mine"))
    click(qtbot, runs.add_button)
    qtbot.waitUntil(lambda: "other" in titles(runs), timeout=PATIENCE)
    folders.add(tmp_path / "mine" / "deep")
    folders.note_opened(tmp_path / "mine" / "deep")
    assert folders.whole == [autosave_folder(), tmp_path / "mine"]
    assert folders.shallow == []
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_: (str(tmp_path / "mine"), True))
    runs._ask_for_folder_to_leave_out()
    qtbot.waitUntil(lambda: "other" not in titles(runs), timeout=PATIENCE)
    runs._ask_for_folder_to_leave_out()
    assert "Only the autosaved runs" in runs.banner.text.text()
    for number in range(MOST_OPENED + 5):
        folders.note_opened(tmp_path / str(number))
    assert len(folders.shallow) == MOST_OPENED
    assert folders.shallow[0] == tmp_path / str(MOST_OPENED + 4)


def test_a_worker_that_nobody_watches_waits(folder: Path) -> None:
    worker = RunsWorker()
    assert worker.timeout is None
    worker.watch([folder], ())
    worker.turn()
    while worker.timeout == 0.0:
        worker.turn()
    assert worker.timeout > 0.0
    assert len(worker.state.rows) == 4
    rows = worker.state.rows
    worker._due = time.monotonic()
    worker.turn()
    assert worker.state.rows is rows
    worker.watch((), ())
    worker._do(0.0)
    assert worker.timeout is None


def test_a_double_click_opens_the_run_in_the_main_window_which_lists_its_folder(
    window: MainWindow, folder: Path, qtbot: QtBot
) -> None:
    window.settings.clear()
    qtbot.keyClick(
        window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    runs = window.runs
    assert runs is not None
    qtbot.waitUntil(lambda: len(runs.table.shown) == 4, timeout=PATIENCE)
    runs.search.setText("mean field")
    place = runs.table.visualRect(runs.table.model().index(0, 1)).center()
    asked: list[bool] = []
    window.may_discard = lambda: bool(asked.append(True)) or len(asked) > 1  # type: ignore[method-assign]
    number = window.engine.state.facts.number
    for _ in range(2):
        qtbot.mouseClick(runs.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(runs.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(asked) == 2
    qtbot.waitUntil(lambda: window.engine.state.facts.number == number + 1, timeout=PATIENCE)
    assert window.engine.state.facts.path.name == "b.h5"
    qtbot.waitUntil(lambda: runs._on_view is not None and runs._on_view.name == "b.h5", timeout=PATIENCE)


def test_what_is_being_evaluated_is_not_cut(qtbot: QtBot) -> None:
    pane = ComparisonPage(LIGHT)
    qtbot.addWidget(pane)
    pane.resize(1200, 700)
    pane.show()
    pane._say("Evaluating 2 runs on their held-out items …", busy=True)
    QApplication.processEvents()
    message = pane.message
    assert message.height() >= message.heightForWidth(message.width())
    assert abs(message.geometry().center().x() - pane.progress.geometry().center().x()) <= 1
