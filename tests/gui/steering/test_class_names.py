"""Classes that have names, in colour: on buttons, in menus, in formulas, with mouse and keys."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.arrangement import Trait
from landscape_app.gui.steering.targets import MOST_ROWS, ClassButtons, TargetGrid
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.widgets.mosaic import MosaicPicture, Tinting
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.problems.proposal import proposal_for
from landscape_app.session.checkpoint import save_session
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import read_composition, write_composition
from landscape_app.session.session import Session
from tests.gui.steering.conftest import PATIENCE, arrives, click

NAMES = ("crimson", "navy & white", "a very long name of a colour, indeed", *(f"shade {i}" for i in range(9)))


def coloured() -> Dataset:
    """Images of one colour each, of twelve classes."""
    random = np.random.default_rng(0)
    labels = np.arange(96) % len(NAMES)
    items = random.integers(0, 2, (96, 8, 8, 3)).astype(np.uint8)
    items[np.arange(96), :, :, labels % 3] += 3
    items[:, :, :4] += (labels // 3)[:, None, None, None].astype(np.uint8) // 2
    split = np.arange(72), np.arange(72, 96)
    return Dataset("shades", Kind.LEVELS, items, *split, labels=labels, levels=6, class_names=NAMES)


@pytest.fixture(scope="module")
def coloured_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few epochs on the coloured images."""
    data = coloured()
    session = Session(
        proposal_for(data).chosen(chains=32).configuration, "cpu", sampler_chains=16, dataset=data
    )
    session.train_classifier(epochs=3)
    list(islice(session.train(), 3))
    list(session.collect_samples(size=64, spacing=1))
    path = tmp_path_factory.mktemp("coloured") / "shades.h5"
    save_session(session, path)
    return path


@pytest.fixture
def window(opened: Callable[[Path], MainWindow], coloured_run: Path, qtbot: QtBot) -> MainWindow:
    window = opened(coloured_run)
    qtbot.waitUntil(lambda: len(window.steering.targets.buttons()) == len(NAMES), timeout=PATIENCE)
    qtbot.waitUntil(window.steering.targets.button(0).isEnabled, timeout=PATIENCE)
    return window


def test_every_class_has_a_button_with_its_name(window: MainWindow, qtbot: QtBot) -> None:
    buttons = window.steering.targets.buttons()
    assert [button.text() for button in buttons[:3]] == ["crimson", "navy && white", "a very long…"]
    assert NAMES[2] in buttons[2].toolTip()
    assert "(key 2)" in buttons[2].toolTip()
    assert "key" not in buttons[11].toolTip()
    click(qtbot, buttons[11])
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 11, timeout=PATIENCE)
    assert "log p(shade 8 | x)" in window.steering.formula.text()
    assert window.steering.layers.lines[0].layer.title == "shade 8"
    qtbot.waitUntil(lambda: "shade 8" in window.sampler.outcomes.b.share.text(), timeout=PATIENCE)


def test_number_keys_choose_the_first_ten(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 1, timeout=PATIENCE)
    assert window.steering.targets.button(1).isChecked()
    action = window.findChild(QAction, "action-target-1")
    assert isinstance(action, QAction)
    assert action.text() == "Steer to navy && white"
    assert window.steering._target_grid.title.text() == "Steer to …"


def test_a_layer_of_several_classes_speaks_of_them_by_name(window: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, window.steering.targets.button(0))
    line = window.steering.layers.lines[0]
    window.steering.layers.select(line)
    controls = line.controls
    qtbot.waitUntil(controls.buttons[1].isEnabled, timeout=PATIENCE)
    click(qtbot, controls.buttons[1])
    arrives(window, qtbot)
    assert window.steering.composition.conditions[0].label == "crimson or navy & white"
    assert controls.shares[1].accessibleName() == "Share of class navy & white"


def test_coloured_chains_are_drawn_in_their_colours_and_tinted_below(
    window: MainWindow, qtbot: QtBot
) -> None:
    shown = window.sampler.mosaic.shown
    assert shown is not None
    assert shown.is_coloured
    pixels = window.sampler.mosaic.pixels.astype(int)
    image = shown.images[0]
    np.testing.assert_allclose(pixels[1:9, 1:9], np.round(image * 51.0), atol=1)
    tints = window.sampler.tools.tint_box
    tints.setCurrentIndex(tints.findData(Trait.CLASS.value))
    qtbot.waitUntil(
        lambda: window.sampler.mosaic.shown is not None and window.sampler.mosaic.shown.tinting is not None,
        timeout=PATIENCE,
    )
    tinted = window.sampler.mosaic.shown
    assert tinted is not None
    assert tinted.cell[0] == 8 + tinted.band + 1


def test_a_run_of_digits_has_its_ten_buttons_back(window: MainWindow, small_run: Path, qtbot: QtBot) -> None:
    window.engine.open(small_run)
    qtbot.waitUntil(lambda: len(window.steering.targets.buttons()) == 10, timeout=PATIENCE)
    assert [button.text() for button in window.steering.targets.buttons()] == [str(c) for c in range(10)]
    assert window.findChild(QAction, "action-target-7").text() == "Make it a 7"  # type: ignore[union-attr]


def test_hundreds_of_classes_scroll(qtbot: QtBot) -> None:
    grid = TargetGrid([f"class number {i}" for i in range(300)])
    qtbot.addWidget(grid.card)
    grid.card.resize(300, 500)
    grid.card.show()
    buttons = grid.targets.grid
    assert isinstance(buttons, ClassButtons)
    assert len(buttons.buttons) == 300
    one_row = buttons.buttons[0].height() + 5
    assert buttons.height() <= MOST_ROWS * one_row + 5
    assert buttons.buttons[299].visibleRegion().isEmpty()
    grid.card.activateWindow()
    buttons.buttons[299].setEnabled(True)
    buttons.buttons[299].setFocus()
    qtbot.waitUntil(lambda: not buttons.buttons[299].visibleRegion().isEmpty(), timeout=PATIENCE)


def test_names_make_no_other_condition_and_are_in_no_file() -> None:
    plain = Composition.towards(1)
    called = plain.named(NAMES)
    assert called == plain
    assert called.formula.endswith("log p(navy & white | x)")
    assert write_composition(called) == write_composition(plain)
    assert read_composition(write_composition(called)).composition == plain
    assert Composition.towards(1).named([str(c) for c in range(10)]).conditions[0].names == ()
    with pytest.raises(ValueError, match="as many names"):
        replace(ClassCondition((1, 2)), names=("one",))


def test_the_colours_of_a_picture_are_the_nearest_that_the_table_has() -> None:
    images = (
        torch.randint(0, 9, (5, 6, 7, 3), generator=torch.Generator().manual_seed(0)).to(torch.uint8).numpy()
    )
    order = np.array([3, 1, 0, 4, 2])
    tinting = Tinting(np.array([[255, 0, 0], [0, 0, 255]], np.uint8), np.array([0, 1, 0, 1, 1], np.uint8))
    picture = MosaicPicture(images, 9, order, tinting, in_row=5)
    pixels = picture.table(LIGHT)[picture.indices()].astype(float)
    first = pixels[1:7, 1:8]
    assert np.abs(first - images[3] * (255 / 8)).max() <= 255 / 10 + 1
    assert (pixels[7 : 7 + picture.band, 1:8] == [0, 0, 255]).all()
