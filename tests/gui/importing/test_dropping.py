"""What is dropped on the window is opened by what it is, and own images are trained on as they were previewed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QGraphicsView, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from landscape_app.data.importing import open_source
from landscape_app.data.importing.folders import Files
from landscape_app.data.importing.images import ImageOptions, convert
from landscape_app.gui.importing.dialog import ImportDialog, StartPage
from landscape_app.gui.importing.file_type import refusal
from landscape_app.gui.importing.preview import DatasetPreview, ImagePreview
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity, Origin
from landscape_app.physics.chain_statistics import ChainDraws
from landscape_app.runs import run_file
from landscape_app.session.chains_file import write_chains
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import write_composition
from landscape_app.session.dataset_io import open_data
from landscape_app.session.provenance import Provenance
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE, begin_run, click
from tests.gui.importing.driving import (
    complaint,
    dialog_of,
    drop,
    enter,
    page_of,
    type_into,
    wait_ready,
)


@pytest.fixture
def dialog(window: MainWindow, pictures: Path, qtbot: QtBot) -> ImportDialog:
    """The import dialog on the pictures, which were dropped on the window."""
    drop(window, pictures)
    found = dialog_of(window, qtbot)
    wait_ready(found, qtbot)
    return found


def test_a_folder_is_previewed_changed_and_trained_on(
    window: MainWindow, dialog: ImportDialog, pictures: Path, qtbot: QtBot
) -> None:
    page = page_of(dialog)
    assert "60 of 61 images" in page.summary.text()
    assert "2 classes: lying (30), standing (30)" in page.summary.text()
    assert "48 to learn from, 12 held out" in page.summary.text()
    assert "lying/broken.png" in page.left_out.text()
    assert page.not_used.text() == "Not used: 2 files (no images: 1 .txt; hidden: 1)"
    assert not page.not_used.isHidden()
    assert "--folds 5" in page.summary.text()
    assert isinstance(page.preview, ImagePreview)
    before = page.preview.converted.pixels.copy()
    type_into(qtbot, dialog, "levels", "2")
    type_into(qtbot, dialog, "height", "6")
    assert "6 × 12, 2 levels" in page.preview.caption.text()
    assert not np.array_equal(page.preview.converted.pixels, before)
    assert dialog.chosen is None
    wait_ready(dialog, qtbot)
    qtbot.waitUntil(lambda: "an epoch" in page.cost.text(), timeout=PATIENCE)
    type_into(qtbot, dialog, "observables", "3")
    qtbot.mouseClick(dialog.foot.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: window.engine.state.activity is Activity.TRAINING and window.engine.state.epoch > 2,
        timeout=PATIENCE,
    )
    assert window.importing.dialog is None
    facts = window.engine.state.facts
    assert facts is not None
    assert facts.configuration.observables == 3
    assert (facts.space.levels, facts.classes) == (2, 2)
    options = ImageOptions(6, 12, 2)
    source = open_source(pictures)
    wanted = {
        convert(source.read(i), options).tobytes()
        for i in range(source.count)
        if "broken" not in source.label_of(i)
    }
    assert {image.tobytes() for image in facts.training_items} <= wanted
    assert window.toolbar.on_view.text().startswith("bars · ")
    assert window.windowTitle().startswith("bars – new run")


def test_several_images_are_one_data_set(window: MainWindow, pictures: Path, qtbot: QtBot) -> None:
    chosen = sorted(file for file in pictures.rglob("*.png") if "broken" not in file.name)[:40]
    drop(window, *chosen)
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    page = page_of(dialog)
    assert page.title.text() == f"40 files in {pictures.name}"
    assert "40 images" in page.summary.text()
    assert "2 classes: lying (30), standing (10)" in page.summary.text()
    # Read otherwise, it is still of these.
    page.reading.paper.box.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.found not in (None, page), timeout=PATIENCE)
    wait_ready(dialog, qtbot)
    assert "40 images" in page_of(dialog).summary.text()
    # In the dialog too, what is no data set is refused with the reason, and nothing is lost.
    page = page_of(dialog)
    drop(dialog, chosen[0], chosen[0].with_name("table.csv"))
    assert "table.csv is neither" in dialog.foot.state.text()
    assert dialog.found is page


def test_what_is_chosen_adds_up_to_what_can_be_read(dialog: ImportDialog, qtbot: QtBot) -> None:
    page = page_of(dialog)

    def taken() -> tuple[int, int]:
        """Once it is read: in the data set, as the boxes say."""
        wait_ready(dialog, qtbot)
        dataset, _ = dialog.chosen  # type: ignore[misc]
        counts = len(dataset.training), len(dataset.held_out)
        assert counts == (page.form.training.value, page.form.held_out.value)
        return counts

    assert taken() == (48, 12)
    type_into(qtbot, dialog, "levels", "4")
    assert dialog.chosen is None
    assert taken() == (48, 12)
    type_into(qtbot, dialog, "training", "30")
    type_into(qtbot, dialog, "held-out", "29")
    assert taken() == (30, 29)
    type_into(qtbot, dialog, "held-out", "31")
    assert "1 to 30 beside 30" in complaint(dialog, "held-out")
    type_into(qtbot, dialog, "training", "60")
    assert "from 2 to 59" in complaint(dialog, "training")


def test_own_data_stay_among_what_can_be_learned(
    window: MainWindow, dialog: ImportDialog, small_problem: None, quick_classifier: None, qtbot: QtBot
) -> None:
    qtbot.mouseClick(dialog.foot.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.toolbar.on_view.text().startswith("bars"), timeout=PATIENCE)
    items = window.engine.state.facts.training_items
    qtbot.waitUntil(lambda: window.engine.state.epoch > 1, timeout=PATIENCE)
    window.may_discard = lambda: True  # type: ignore[method-assign]
    for problem in ("digits", "bars"):
        begin_run(window, qtbot, problem, train=False)
        qtbot.waitUntil(
            lambda problem=problem: window.engine.state.facts.configuration.problem == problem,
            timeout=PATIENCE,
        )
        qtbot.waitUntil(window.toolbar.reset_button.isEnabled, timeout=PATIENCE)
    assert np.array_equal(window.engine.state.facts.training_items, items)


def test_a_wrong_number_is_refused_where_it_is_typed(dialog: ImportDialog, qtbot: QtBot) -> None:
    for name, text, words in (
        ("levels", "300", "from 2 to 256"),
        ("width", "7", "an even number"),
        ("training", "59", "1 beside 59"),
        ("observables", "0", "from 1 to 1,024"),
    ):
        type_into(qtbot, dialog, name, text)
        assert words in complaint(dialog, "held-out" if name == "training" else name)
        assert dialog.chosen is None
        qtbot.waitUntil(lambda: "Mend" in dialog.foot.state.text(), timeout=PATIENCE)
        assert not dialog.foot.train.isEnabled()
        right = {"levels": "4", "width": "8", "training": "40", "observables": "5"}[name]
        type_into(qtbot, dialog, name, right)
        wait_ready(dialog, qtbot)


def test_a_name_of_a_shipped_data_set_is_refused(dialog: ImportDialog, qtbot: QtBot) -> None:
    page = page_of(dialog)
    page.form.name.line.selectAll()
    qtbot.keyClicks(page.form.name.line, "digits")
    assert "comes with Landscape" in page.form.name.complaint.text()
    assert dialog.chosen is None


def test_data_are_saved_as_the_command_line_does_and_dropped_again(
    window: MainWindow, dialog: ImportDialog, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "saved.h5"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(path), ""))
    click(qtbot, dialog.foot.save)
    qtbot.waitUntil(lambda: "Saved" in dialog.foot.state.text(), timeout=PATIENCE)
    dataset, _ = open_data(path)
    assert dataset.class_names == ("lying", "standing")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.importing.dialog is None, timeout=PATIENCE)
    read: list[Path] = []
    read_image = run_file._read_image
    monkeypatch.setattr(run_file, "_read_image", lambda path: read.append(path) or read_image(path))
    drop(window, path)
    again = dialog_of(window, qtbot)
    wait_ready(again, qtbot)
    assert read == [path]
    page = page_of(again)
    assert "60 items of 12 × 12" in page.summary.text()
    assert isinstance(page.preview, DatasetPreview)
    assert page.preview.view.pixels.any()
    type_into(qtbot, again, "training", "20")
    assert page.form.held_out.value == 40
    wait_ready(again, qtbot)
    assert len(again.chosen[0].training) == 20


def test_a_file_is_taken_wherever_it_is_dragged(window: MainWindow, small_run: Path) -> None:
    highlight = window.importing.drops.highlight
    window.docks[1].raise_()
    plot = window.training.findChild(QGraphicsView)
    for widget in (window.sampler.mosaic, plot.viewport(), window.steering.targets.button(0), window.toolbar):
        highlight.hide()
        enter(widget, small_run)
        assert highlight.isVisible()
        assert highlight.size() == window.size()
        QApplication.sendEvent(widget, QDragLeaveEvent())
        assert not highlight.isVisible()


def test_a_run_that_is_dropped_is_opened(window: MainWindow, small_run: Path, qtbot: QtBot) -> None:
    number = window.engine.state.facts.number
    drop(window, small_run)
    qtbot.waitUntil(lambda: window.engine.state.facts.number > number, timeout=PATIENCE)
    assert window.engine.state.facts.path == small_run


def test_a_composition_that_is_dropped_is_opened(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "seven.json"
    path.write_text(write_composition(Composition.towards(7)))
    drop(window, path)
    qtbot.waitUntil(lambda: window.steering.composition.target == 7, timeout=PATIENCE)


@pytest.mark.parametrize("ending", [".npz", ".h5", ".gif"])
def test_samples_that_landscape_has_generated_are_verified_or_imported(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = tmp_path / f"samples{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.exports.export_samples()
    qtbot.waitUntil(lambda: window.banner.tells("Exported "), timeout=PATIENCE)
    drop(window, path)
    box = question(window, qtbot)
    assert box.text() == f"{path.name} holds samples that Landscape has generated."
    assert window.importing.dialog is None
    press(box, qtbot, "generated-look")
    qtbot.waitUntil(lambda: window.exports.dialog is not None, timeout=PATIENCE)
    assert window.exports.dialog.isVisible()
    window.exports.dialog.reject()
    drop(window, path)
    press(question(window, qtbot), qtbot, "generated-use")
    assert dialog_of(window, qtbot).isVisible()


def test_draws_that_landscape_has_written_are_judged(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    draws = np.random.default_rng(0).normal(size=(4, 100))
    path = tmp_path / "draws.npz"
    write_chains(path, ChainDraws("chains", {"energy": draws}), {"provenance": Provenance((), {}).to_json()})
    drop(window, path)
    box = question(window, qtbot)
    assert box.text() == "draws.npz holds draws of chains that Landscape has written."
    press(box, qtbot, "generated-look")
    qtbot.waitUntil(lambda: window.chains.worker.state.draws is not None, timeout=PATIENCE)
    assert window.equilibrium.pages.button("chains").isChecked()
    assert window.importing.dialog is None


def question(window: MainWindow, qtbot: QtBot) -> QMessageBox:
    """The question about a file that was dropped."""
    found: list[QMessageBox] = []

    def is_there() -> bool:
        found[:] = [box for box in window.findChildren(QMessageBox, "generated") if box.isVisible()]
        return bool(found)

    qtbot.waitUntil(is_there, timeout=PATIENCE)
    return found[0]


def press(box: QMessageBox, qtbot: QtBot, name: str) -> None:
    button = box.findChild(QPushButton, name)
    assert button is not None
    click(qtbot, button)


def test_a_window_begins_with_a_run_and_with_another_file_beside_the_model_that_ships(
    make_window: Callable[[], MainWindow], small_run: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "seven.json"
    path.write_text(write_composition(Composition.towards(7)))
    window = make_window()
    window.begin_with(small_run)
    qtbot.waitUntil(lambda: window.engine.state.facts is not None, timeout=PATIENCE)
    assert window.engine.state.facts.path == small_run
    window = make_window()
    window.begin_with(path)
    qtbot.waitUntil(lambda: window.steering.composition.target == 7, timeout=PATIENCE)
    assert window.engine.state.facts.origin is Origin.SHIPPED


def test_what_cannot_be_used_is_named_in_one_message(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"%PDF")
    (tmp_path / "damaged.h5").write_bytes(b"nothing of the kind")
    enter(window, tmp_path / "letter.pdf")
    assert window.importing.drops.highlight.isVisible()
    assert "cannot be used" in window.importing.drops.highlight.text
    for files, words in (
        (["letter.pdf"], "cannot use letter.pdf: it takes a run"),
        (["letter.pdf", "damaged.h5"], "2 files at once are one data set only where all are images"),
        (["damaged.h5"], "damaged, cut short or of another format"),
    ):
        window.banner.hide()
        drop(window, *(tmp_path / name for name in files))
        qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
        assert words in window.banner.text.text()
        assert not window.importing.drops.highlight.isVisible()
    assert window.importing.dialog is None


def test_a_folder_without_images_says_so_and_asks_again(
    window: MainWindow, tmp_path: Path, pictures: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    drop(window, tmp_path / "empty")
    dialog = dialog_of(window, qtbot)
    qtbot.waitUntil(lambda: "has no images" in dialog.start.message.text(), timeout=PATIENCE)
    assert unexplained(dialog) == []
    assert unreached(dialog) == []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a: str(pictures))
    click(qtbot, dialog.start.folder)
    wait_ready(dialog, qtbot)


def test_the_menu_opens_the_dialog_and_every_control_of_it_is_named_and_reached(
    window: MainWindow, pictures: Path, qtbot: QtBot
) -> None:
    qtbot.keyClick(
        window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    dialog = dialog_of(window, qtbot)
    qtbot.waitUntil(dialog.isActiveWindow, timeout=PATIENCE)
    assert unexplained(dialog) == []
    assert unreached(dialog) == []
    drop(dialog, pictures)
    wait_ready(dialog, qtbot)
    assert unexplained(dialog) == []
    assert unreached(dialog) == []


def test_a_single_image_is_refused_with_what_else_to_do(tmp_path: Path) -> None:
    told = refusal(tmp_path / "sevens.png")
    assert "or their folder" in told
    assert "Verify image" in told
    assert "Verify image" not in refusal(tmp_path / "notes.md")


def test_what_is_wrong_with_a_file_names_it_as_it_is_called(qtbot: QtBot, tmp_path: Path) -> None:
    page = StartPage()
    qtbot.addWidget(page)
    page.complain(Files(tmp_path / "readme.txt"), "Readme has a header, and no rows below it")
    assert page.message.text() == "readme.txt has a header, and no rows below it"
    page.complain(Files(tmp_path / "empty"), "empty has no images")
    assert page.message.text() == "empty has no images"
