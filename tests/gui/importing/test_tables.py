"""A table that is dropped on the window: its columns are chosen, looked at, and learned as points, spins or words."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from landscape_app.data import ColumnMeaning, Dataset
from landscape_app.data.dataset import Kind
from landscape_app.data.importing import large_text, tables
from landscape_app.data.importing.folders import Files
from landscape_app.experiments.figure import Bars, Heatmap, Points
from landscape_app.gui.importing import preview as preview_module
from landscape_app.gui.importing.dialog import SIDE, ImportDialog
from landscape_app.gui.importing.forms import TableForm
from landscape_app.gui.importing.preview import WIDEST, TablePreview, panel_of
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import DARK
from landscape_app.session.chain_plots import Corner
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE
from tests.gui.importing.driving import complaint, dialog_of, drop, page_of, wait_ready


@pytest.fixture
def dialog(window: MainWindow, survey: Path, qtbot: QtBot) -> ImportDialog:
    """The import dialog on the survey, which was dropped on the window."""
    drop(window, survey)
    found = dialog_of(window, qtbot)
    wait_ready(found, qtbot)
    return found


LONG = "the name of a column that says at length what was measured there, and when"


def test_long_names_of_columns_and_values_end_with_dots_and_are_told_whole(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(0)
    words = ["red", "green", "a shade that only a painter would tell from the others"]
    rows = [f"{a},{b}" for a, b in rng.choice(words, (90, 2))]
    path = tmp_path / "shades.csv"
    path.write_text("\n".join([f'front,"{LONG}"', *rows]) + "\n")
    drop(window, path)
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    preview = page_of(dialog).preview
    assert isinstance(preview, TablePreview)
    head = preview.rows.horizontalHeaderItem(1)
    assert (head.text(), head.toolTip()) == (LONG, LONG)
    assert all(preview.rows.columnWidth(i) <= WIDEST for i in (0, 1))
    assert not form_of(dialog).columns.horizontalScrollBar().isVisible()
    assert LONG in form_of(dialog).columns.item(1).toolTip()
    plot = preview.plot.plot

    qtbot.waitUntil(lambda: plot.image is not None, timeout=PATIENCE)
    assert plot.panel.x_names == ((1.0, "front"), (2.0, LONG))
    assert [place for place, _ in plot.panel.y_names] == [0.0, 1.0, 2.0]
    assert {text for _, text in plot.panel.y_names} == set(words)
    assert plot.panel.y_label == "value"


def form_of(dialog: ImportDialog) -> TableForm:
    form = page_of(dialog).form
    assert isinstance(form, TableForm)
    return form


def switch_column(dialog: ImportDialog, name: str) -> None:
    """Goes to a column with the keys, and switches it on or off with Space."""
    columns = form_of(dialog).columns
    columns.setFocus()
    names = [str(columns.item(i).data(Qt.ItemDataRole.UserRole)) for i in range(columns.count())]
    while columns.currentRow() != names.index(name):
        down = columns.currentRow() < names.index(name)
        QTest.keyClick(columns, Qt.Key.Key_Down if down else Qt.Key.Key_Up)
    QTest.keyClick(columns, Qt.Key.Key_Space)


def choose_kind(dialog: ImportDialog, kind: Kind) -> None:
    box = form_of(dialog).kind.box
    box.setFocus()
    while form_of(dialog).kind.value != kind.value:
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down if before < box.findData(kind.value) else Qt.Key.Key_Up)
        assert box.currentIndex() != before


def test_columns_are_chosen_looked_at_and_trained_on(
    window: MainWindow, dialog: ImportDialog, survey: Path, qtbot: QtBot
) -> None:
    page = page_of(dialog)
    preview = page.preview
    assert isinstance(preview, TablePreview)
    assert "121 rows and 4 columns" in page.summary.text()
    assert "line 122 (column 'width': no value)" in page.left_out.text()
    assert "with an empty cell, left out" in page.left_out.text()
    assert "--folds" not in page.summary.text()
    foot, row = dialog.foot, dialog.foot.layout()
    assert row.indexOf(foot.score) < min(row.indexOf(one) for one in (foot.another, foot.save, foot.cancel))
    assert (form_of(dialog).options.kind, len(form_of(dialog).options.columns)) == (Kind.MIXED, 4)
    corner = preview.plot.corner
    assert corner.isVisible()
    assert [series.x[0] for series in corner.series()] == ["length", "width", "side", "above"]
    choose_kind(dialog, Kind.POINTS)
    wait_ready(dialog, qtbot)
    assert len(form_of(dialog).options.columns) == 3
    assert "not used" not in page.summary.text()
    assert preview.rows.item(0, 2).text() == "left"
    switch_column(dialog, "above")
    wait_ready(dialog, qtbot)
    assert not corner.isVisible()
    assert isinstance(preview.plot.plot.panel.marks[0], Points)
    assert (preview.plot.plot.panel.x_label, preview.plot.plot.panel.y_label) == ("length", "width")
    switch_column(dialog, "width")
    wait_ready(dialog, qtbot)
    assert isinstance(preview.plot.plot.panel.marks[0], Bars)
    faint = preview.rows.item(0, 1).foreground().color()
    assert faint != preview.rows.item(0, 0).foreground().color()
    switch_column(dialog, "length")
    assert "one column" in complaint(dialog, "columns")
    assert dialog.chosen is None
    switch_column(dialog, "length")
    switch_column(dialog, "width")
    wait_ready(dialog, qtbot)
    assert unexplained(dialog) == []
    assert unreached(dialog) == []
    qtbot.mouseClick(dialog.foot.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: window.engine.state.activity is Activity.TRAINING and window.engine.state.epoch > 2,
        timeout=PATIENCE,
    )
    facts = window.engine.state.facts
    assert facts is not None
    table = np.genfromtxt(survey, delimiter=",", skip_header=1, usecols=(0, 1), max_rows=120)
    rows = {tuple(row) for row in table.astype(np.float32).tolist()}
    assert {tuple(row) for row in facts.training_items.tolist()} <= rows
    assert len(facts.training_items) == 96
    points = window.sampler.points
    assert points.isVisible()
    plane = points.landscape.plane
    qtbot.waitUntil(lambda: plane.named_axis("bottom", "") == "length", timeout=PATIENCE)
    assert plane.named_axis("left", "") == "width"


def test_two_valued_columns_are_spins_and_words_are_categories(
    window: MainWindow, dialog: ImportDialog, qtbot: QtBot
) -> None:
    page = page_of(dialog)
    preview = page.preview
    assert isinstance(preview, TablePreview)
    choose_kind(dialog, Kind.SPINS)
    wait_ready(dialog, qtbot)
    dataset, _ = dialog.chosen
    assert (dataset.kind, [column.name for column in dataset.columns]) == (Kind.SPINS, ["side", "above"])
    (bars,) = preview.plot.plot.panel.marks
    assert isinstance(bars, Bars)
    assert np.allclose(bars.heights, (dataset.items == 1).mean(0))
    choose_kind(dialog, Kind.LEVELS)
    wait_ready(dialog, qtbot)
    dataset, _ = dialog.chosen
    assert dataset.kind is Kind.LEVELS
    (heat,) = preview.plot.plot.panel.marks
    assert isinstance(heat, Heatmap)
    assert np.allclose(heat.values.sum(0), 1)
    window.set_theme(DARK)
    qtbot.mouseClick(dialog.foot.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.engine.state.epoch > 1, timeout=PATIENCE)
    assert window.engine.state.message is None or window.engine.state.message.kind != "error"


def test_the_landscape_of_images_leaves_nothing_behind_for_a_table(
    window: MainWindow, survey: Path, qtbot: QtBot
) -> None:
    window.landscape_dock.raise_()
    plot = window.landscape.map_page.plot
    qtbot.waitUntil(lambda: "training" in plot.clouds, timeout=PATIENCE)
    plot.picked.emit(plot.clouds["training"].pick(0), False)
    assert window.landscape.chosen.first.pick is not None
    drop(window, survey)
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    qtbot.mouseClick(dialog.foot.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.shown is not None and window.shown.landscape is None, timeout=PATIENCE)
    assert plot.clouds == {}
    assert plot.getAxis("bottom").labelText == '<span style="font-size:7.5pt"></span>'
    assert window.landscape.chosen.first.pick is None
    window.docks[1].raise_()


def test_a_file_is_read_otherwise_and_a_column_is_of_another_type(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{a:.3f},{b},{-9999 if i % 20 == 3 else round(c, 2)}"
        for i, (a, b, c) in enumerate(
            zip(rng.normal(size=80), rng.integers(1, 4, 80), rng.normal(size=80), strict=True)
        )
    ]
    (tmp_path / "codes.csv").write_text("\n".join(["2019,2020,2021", *rows]) + "\n")
    drop(window, tmp_path / "codes.csv")
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    assert "80 rows and 3 columns" in page_of(dialog).summary.text()
    assert "add it to the missing values" in page_of(dialog).summary.text()
    assert "--" not in page_of(dialog).summary.text()
    header = page_of(dialog).reading.header.box
    header.setFocus()
    QTest.keyClick(header, Qt.Key.Key_End)
    qtbot.waitUntil(
        lambda: "81 rows" in dialog.found.summary.text() if dialog.found else False, timeout=PATIENCE
    )
    wait_ready(dialog, qtbot)
    header = page_of(dialog).reading.header.box
    header.setFocus()
    QTest.keyClick(header, Qt.Key.Key_Home)
    qtbot.waitUntil(
        lambda: "80 rows" in dialog.found.summary.text() if dialog.found else False, timeout=PATIENCE
    )
    line = page_of(dialog).reading.missing
    line.setFocus()
    qtbot.keyClicks(line, "-9999")
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: dialog.found is not None and "2021: −2" in form_of(dialog).columns.item(2).text(),
        timeout=PATIENCE,
    )
    wait_ready(dialog, qtbot)
    assert dialog.chosen is not None
    assert dialog.chosen[0].items.shape == (76, 3)
    form = form_of(dialog)
    assert "costs 4 rows" in form.columns.item(2).text()
    form.columns.setCurrentRow(1)
    assert form.type.value == "whole number"
    form.type.box.setFocus()
    while form.type.value != "text":
        QTest.keyClick(form.type.box, Qt.Key.Key_Down)
    wait_ready(dialog, qtbot)
    assert [column.name for column in dialog.chosen[0].columns] == ["2019", "2021"]


def test_frequencies_are_held_out_by_count_and_sequences_by_their_similarity(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [f"{a},{b},{n}" for (a, b), n in zip(["ax", "ay", "bx", "by"], (40, 10, 20, 30), strict=True)]
    (tmp_path / "cells.csv").write_text("\n".join(["left,right,count", *rows]) + "\n")
    drop(window, tmp_path / "cells.csv")
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    form, summary = form_of(dialog), page_of(dialog).summary
    assert "75 to learn from, 25 held out. Column 'count' says" in summary.text()
    assert (form.training.value, form.held_out.value) == (3, 1)
    assert not form.similarity.isVisible()
    form.columns.setCurrentRow(2)
    assert form.type.value == "frequency"
    dialog.reject()
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACD-"), (12, 10))[rng.integers(0, 12, 40)]
    (tmp_path / "family.fasta").write_text("".join(f">s\n{''.join(row)}\n" for row in letters))
    drop(window, tmp_path / "family.fasta")
    qtbot.waitUntil(lambda: window.importing.dialog not in (None, dialog), timeout=PATIENCE)
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    assert "40 are worth Meff = " in page_of(dialog).summary.text()
    assert form_of(dialog).similarity.isVisible()
    assert not page_of(dialog).proposal.numbers["observables"].isVisible()


def test_the_beginning_of_a_large_table_is_seen_before_all_of_it_and_cancel_ends_the_reading(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROW_BY_ROW", 1_000)
    monkeypatch.setattr(large_text, "SAMPLE_LETTERS", 1_000)
    monkeypatch.setattr(large_text, "BLOCK", 4_000)
    monkeypatch.setattr(large_text, "MOST_CELLS", 1_000)
    may_go_on = threading.Event()

    class Slow(large_text.RowDraw):
        def keys(self, count: int) -> np.ndarray:
            may_go_on.wait(0.05)
            return super().keys(count)

    monkeypatch.setattr(large_text, "RowDraw", Slow)
    rng = np.random.default_rng(0)
    path = tmp_path / "long.csv"
    path.write_text("\n".join(["a,b", *(f"{a:.6f},{b:.6f}" for a, b in rng.normal(size=(20_000, 2)))]))
    drop(window, path)
    dialog = dialog_of(window, qtbot)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=PATIENCE)
    first = page_of(dialog)
    assert first.summary.text().startswith("The first 52 rows of a table of 2 columns; all are being read")
    assert not first.form.isEnabled()
    assert dialog.chosen is None
    assert not dialog.foot.train.isEnabled()
    qtbot.waitUntil(lambda: 0 < dialog.foot.progress.value() < 800, timeout=PATIENCE)
    may_go_on.set()
    wait_ready(dialog, qtbot)
    text = page_of(dialog).summary.text()
    assert text.startswith("A table of 20,000 rows and 2 columns. 400 to learn from, 100 held out")
    assert "19,500 not drawn: of so large a table 500 rows are read, at random, seed 0" in text
    may_go_on.clear()
    dialog.open_files(Files(path))
    qtbot.waitUntil(lambda: 0 < dialog.foot.progress.value() < 800, timeout=PATIENCE)
    reader = next(thread for thread in threading.enumerate() if thread.name == "import")
    qtbot.mouseClick(dialog.foot.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not reader.is_alive(), timeout=PATIENCE)
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["long.csv"]


def test_rows_are_held_out_as_a_column_says_and_text_is_marked_by_the_mouse(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{i // 4},{x:.3f},{y:.3f},{'test' if i < 12 else 'train'},said {i} once"
        for i, (x, y) in enumerate(rng.normal(size=(80, 2)))
    ]
    path = tmp_path / "trial.csv"
    path.write_text("\n".join(["person,dose,answer,part,remark", *rows]) + "\n")
    drop(window, path)
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    form, page = form_of(dialog), page_of(dialog)
    assert "'part' says train or test" in page.summary.text()
    assert "--" not in page.summary.text()
    assert "remark" in page.not_used.text()
    columns = form.columns
    place = columns.visualItemRect(columns.item(4)).center()
    QTest.mouseClick(columns.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert columns.currentRow() == 4
    assert form.type.value == "identifier"
    form.way.box.setFocus()
    QTest.keyClick(form.way.box, Qt.Key.Key_Down)
    wait_ready(dialog, qtbot)
    assert dialog.chosen is not None
    dataset = dialog.chosen[0]
    assert dataset.held_out.tolist() == list(range(12))
    assert "part" not in [column.name for column in dataset.columns]
    QTest.keyClick(form.way.box, Qt.Key.Key_Down)
    assert form.divider.isVisible()
    wait_ready(dialog, qtbot)
    held_out = {i // 4 for i in dialog.chosen[0].held_out.tolist()}
    assert held_out.isdisjoint(i // 4 for i in dialog.chosen[0].training.tolist())
    assert "person" not in [column.name for column in dialog.chosen[0].columns]
    assert "part" in [column.name for column in dialog.chosen[0].columns]
    assert page.form.parentWidget().minimumSizeHint().width() <= SIDE


def test_some_rows_of_a_table_whose_rows_go_round_look_like_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_module, "MOST_COUNTED", 1_000)
    goes_round = np.stack([np.arange(6_000) % 3, np.arange(6_000) // 2_000], axis=1).astype(np.uint8)
    meanings = tuple(ColumnMeaning(name, ("a", "b", "c")) for name in ("turn", "part"))
    dataset = Dataset(
        "turns",
        Kind.LEVELS,
        goes_round,
        np.arange(5_000),
        np.arange(5_000, 6_000),
        levels=3,
        columns=meanings,
    )
    (heat,) = panel_of(dataset).marks
    assert isinstance(heat, Heatmap)
    # Five standard errors of a share of a third among 500 rows.
    np.testing.assert_allclose(heat.values, 1 / 3, atol=5 * np.sqrt(2 / 9 / 500))
    dots = Corner.of_rows(meanings, *[goes_round.astype(float)] * 2, np.zeros((0, 2))).data_dots
    assert dots[:, 1].min() < 1 / 3 < 2 / 3 < dots[:, 1].max()
