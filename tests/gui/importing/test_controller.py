"""What becomes of a file that is handed to the window, without a main window."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from landscape_app.data.importing.folders import Files
from landscape_app.data.synthetic import two_gaussians
from landscape_app.gui.importing.controller import ImportController
from landscape_app.gui.messages import Message
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.problems.problem import Configuration
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import write_composition
from tests.gui.driving import PATIENCE


@pytest.fixture
def controller(qtbot: QtBot) -> Iterator[ImportController]:
    window = QWidget()
    qtbot.addWidget(window)
    controller = ImportController(window, LIGHT, lambda: 0)
    yield controller
    controller.end()


def test_a_composition_is_handed_on_and_a_film_is_refused(
    controller: ImportController, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "seven.json"
    path.write_text(write_composition(Composition.towards(7)), encoding="utf-8")
    with qtbot.waitSignal(controller.composition_found, timeout=PATIENCE) as found:
        controller.take(Files(path))
    assert found.args == [path]
    (tmp_path / "film.mp4").write_bytes(b"abcd")
    with qtbot.waitSignal(controller.told, timeout=PATIENCE) as told:
        controller.take(Files(tmp_path / "film.mp4"))
    (message,) = told.args
    assert isinstance(message, Message)
    assert "film.mp4" in message.text


def test_data_that_were_trained_on_are_known_by_name(controller: ImportController) -> None:
    dataset, configuration = two_gaussians(), Configuration(problem="mine")
    controller.accept(dataset, configuration)
    assert controller.known[dataset.name].configuration is configuration


def test_a_window_of_scores_that_has_gone_takes_no_colours(controller: ImportController) -> None:
    scores = QWidget()
    controller.score_drops(scores, lambda _: None, lambda _: None)
    shiboken6.delete(scores)
    controller.set_theme(DARK)
