"""The sampler view of the real window, with mouse and keys: many chains, tints, orders, one chain, recording."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QDrag, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.arrangement import Trait
from landscape_app.gui.sampler.chain_detail import words_of_distances
from landscape_app.gui.state import Activity
from landscape_app.gui.widgets.mosaic import MosaicPicture
from landscape_app.physics.fields.pixels import InkAmount
from landscape_app.physics.space import Levels, Spins
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.neighbours import Neighbours
from landscape_app.session.provenance_in_files import read_provenance
from landscape_app.session.records import ChainHistory
from tests.gui.conftest import shown_sweep
from tests.gui.driving import PATIENCE
from tests.gui.room import cut_off

LEFT = Qt.MouseButton.LeftButton


def hold(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.sampler.state is window.engine.state, timeout=PATIENCE)


def ask_for(window: MainWindow, qtbot: QtBot, count: int) -> None:
    """Chooses a number of chains with the keys."""
    box = window.sampler.count_box
    box.setFocus()
    while box.currentData() != count:
        qtbot.keyClick(box, Qt.Key.Key_Down if box.currentData() < count else Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: window.sampler.mosaic.shown is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(window.sampler.mosaic.shown) == count, timeout=PATIENCE)


def follow(window: MainWindow, qtbot: QtBot, chain: int) -> None:
    mosaic = window.sampler.mosaic
    qtbot.mouseClick(mosaic, LEFT, pos=mosaic.image_rect(chain).center())
    qtbot.waitUntil(lambda: past(window) is not None, timeout=PATIENCE)


def past(window: MainWindow) -> ChainHistory | None:
    snapshot = window.engine.state.snapshot
    return None if snapshot is None else snapshot.followed


def test_a_chain_is_followed_through_its_past(window: MainWindow, qtbot: QtBot) -> None:
    detail = window.sampler.detail
    follow(window, qtbot, 5)
    qtbot.waitUntil(lambda: len(past(window)) > 12, timeout=PATIENCE)
    hold(window, qtbot)
    history = past(window)
    assert history is not None
    assert history.chain == 5
    snapshot = window.engine.state.snapshot
    assert snapshot is not None
    np.testing.assert_array_equal(history.x[-1], snapshot.x[5])
    qtbot.waitUntil(lambda: f"; {len(history)} are kept" in detail.scrubber.label.toolTip(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: "E" in detail.terms.text() and "−log q" in detail.terms.text(), timeout=PATIENCE)
    slider = detail.scrubber.slider
    slider.setFocus()
    for _ in range(4):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert detail.scrubber.label.text() == "−3"
    shown = detail.picture.shown
    assert shown is not None
    np.testing.assert_array_equal(shown.images[0], history.x[-4])
    assert detail.state.text() == f"step {history.steps[-4]:,}"
    # Nought has no sign of its own.
    model = round(float(history.energies[-4, history.terms.index("E")]), 1) + 0.0
    assert f"{model:+.1f}".replace("-", "−") in detail.terms.text()
    neighbours = window.engine.state.facts.neighbours  # type: ignore[union-attr]
    nearest = neighbours.nearest(history.x[-4], 3)
    assert all(f"{distance:.2f}" in detail.distance.text() for distance in nearest.distances)
    assert f"median {np.median(neighbours.held_out):.2f}" in detail.distance.text()
    # The state that is looked at stays while the chain moves on.
    first, number = history.first, detail.scrubber.state
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(past(window)) > len(history) + 3, timeout=PATIENCE)
    assert (detail.scrubber.state, past(window).first) == (number, first)  # type: ignore[union-attr]
    np.testing.assert_array_equal(detail.picture.shown.images[0], history.x[-4])  # type: ignore[union-attr]
    qtbot.mouseClick(detail.scrubber.now_button, LEFT)
    assert detail.scrubber.is_live
    qtbot.mouseClick(detail.plot.viewport(), LEFT, pos=QPoint(70, 30))
    assert not detail.scrubber.is_live
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert detail.scrubber.is_live


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Waits until panels have folded and layouts have come to rest."""
    before: list[QRect] = []
    still = 0
    for _ in range(50):
        qtbot.wait(20)
        now = [part.geometry() for part in window.findChildren(QWidget) if part.isVisible()]
        before, still = now, still + 1 if now == before else 0
        if still == 3:
            return


def await_words(window: MainWindow, qtbot: QtBot) -> None:
    """Waits for what the followed chain is near to, which comes frames after its terms and may take another line."""
    detail = window.sampler.detail
    qtbot.waitUntil(lambda: detail._history is not None, timeout=PATIENCE)
    with qtbot.waitSignal(detail._timer.timeout, timeout=PATIENCE):
        pass
    settle(qtbot, window)


@pytest.mark.parametrize("comparing", [False, True])
def test_following_a_chain_leaves_the_mosaic_more_than_half_of_its_area(
    own_window: MainWindow, qtbot: QtBot, comparing: bool
) -> None:
    window = own_window
    sampler = window.sampler
    if comparing:
        qtbot.keyClick(window, Qt.Key.Key_C)
        qtbot.waitUntil(sampler.compared.mosaic.isVisible, timeout=PATIENCE)
    for size in ((1280, 800), (900, 600), (1920, 1200)):
        window.resize(*size)
        settle(qtbot, window)
        before = sampler.mosaic.image_rect(0).width()
        follow(window, qtbot, 5)
        settle(qtbot, window)
        # A hundred images in a square: the area goes as the square of an image's side, give or take a pixel of it.
        assert (sampler.mosaic.image_rect(0).width() + 1) ** 2 > before**2 / 2
        assert sampler.detail.isVisible()
        assert cut_off(window) == []
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        settle(qtbot, window)
        assert sampler.mosaic.image_rect(0).width() == before


@pytest.mark.parametrize("size", [(900, 600), (1280, 800), (1920, 1200)])
def test_two_mosaics_fill_the_room_that_there_is_above_their_words(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    sampler = window.sampler
    window.steering.set_comparing(True)
    qtbot.waitUntil(sampler.compared.mosaic.isVisible, timeout=PATIENCE)
    window.resize(*size)
    settle(qtbot, window)
    shown = sampler.mosaic.shown
    assert shown is not None
    room = QSize(sampler.mosaic.width(), sampler._area.height() - sampler._words)
    square = MosaicPicture(shown.images, shown.levels)
    for mosaic in (sampler.mosaic, sampler.compared.mosaic):
        # Halves are narrow: more rows than columns make each image larger than in a square.
        assert mosaic.shown is not None
        assert mosaic.shown.rows > mosaic.shown.columns
        scale = mosaic.image_rect(0).height() / shown.images.shape[1]
        assert scale > square.height_in(room) / square.size[0]
    # The words stand close to what they are about.
    lowest = sampler.mosaic.image_rect(len(shown) - 1).bottom()
    gap = sampler.outcomes.mapTo(window, QPoint()).y() - sampler.mosaic.mapTo(window, QPoint(0, lowest)).y()
    assert gap < 30
    assert cut_off(window) == []
    window.steering.set_comparing(False)
    qtbot.waitUntil(lambda: not sampler.compared.mosaic.isVisible(), timeout=PATIENCE)
    assert sampler.mosaic.shown is not None
    assert sampler.mosaic.shown.in_row is None


def test_a_chain_of_two_compositions_leaves_the_panels_where_they_are(
    window: MainWindow, qtbot: QtBot
) -> None:
    """So little height that beside the mosaics there is more of it, where there is not the width."""
    sampler = window.sampler
    window.resize(1300, 640)
    sampler.kernel_controls.setMinimumHeight(240)
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(sampler.compared.mosaic.isVisible, timeout=PATIENCE)
    follow(window, qtbot, 5)
    settle(qtbot, window)
    tabs, needed = window.tabifiedDockWidgets(window.docks[0]), window.minimumSizeHint().width()
    sampler.kernel_controls.setMinimumHeight(0)
    assert sampler.detail.isVisible()
    assert tabs == []
    assert needed <= 1300


def test_the_edge_between_mosaic_and_detail_stays_where_it_is_put(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    follow(window, qtbot, 5)
    await_words(window, qtbot)
    body, detail = window.sampler.findChild(QSplitter, "mosaic-and-detail"), window.sampler.detail
    edge = body.handle(1)
    before = detail.height()
    qtbot.mousePress(edge, LEFT, pos=edge.rect().center())
    qtbot.mouseMove(edge, edge.rect().center() - QPoint(0, 80))
    qtbot.mouseRelease(edge, LEFT, pos=edge.rect().center() - QPoint(0, 80))
    grown = detail.height()
    assert grown > before + 60
    assert detail.picture.height() > 64
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    follow(window, qtbot, 6)
    QApplication.processEvents()
    assert detail.height() == grown
    window.sampler._edges.clear()


def test_a_field_joins_the_terms_that_pull(window: MainWindow, qtbot: QtBot) -> None:
    follow(window, qtbot, 2)
    qtbot.keyClick(window, Qt.Key.Key_7)
    qtbot.waitUntil(lambda: "V[7]" in window.sampler.detail.terms.text(), timeout=PATIENCE)
    history = past(window)
    assert history is not None
    assert np.isfinite(history.pulls[-1, history.terms.index("V[7]")])


def test_one_chain_restarts_by_button_and_by_key(window: MainWindow, qtbot: QtBot) -> None:
    hold(window, qtbot)
    follow(window, qtbot, 9)

    def restarted(act: Callable[[], None]) -> None:
        before = window.engine.state.snapshot
        assert before is not None
        act()

        def changed() -> bool:
            images = window.engine.state.snapshot.x
            return (images != before.x).any((1, 2)).nonzero()[0].tolist() == [9]

        qtbot.waitUntil(changed, timeout=PATIENCE)

    restarted(lambda: qtbot.mouseClick(window.sampler.detail.restart_button, LEFT))
    restarted(lambda: qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier))
    assert np.isnan(past(window).acceptance[-2:]).all()  # type: ignore[union-attr]


def test_tints_and_orders_go_with_keys_and_the_selection_stays_with_its_chain(
    window: MainWindow, qtbot: QtBot
) -> None:
    sampler = window.sampler
    follow(window, qtbot, 11)
    plain = sampler.mosaic.pixels
    assert (plain.max(2) - plain.min(2)).max() < 30
    for trait, title in (
        (Trait.CLASS, "class"),
        (Trait.ENERGY, "E − training, nats"),
        (Trait.AGE, "steps since moved"),
    ):
        qtbot.keyClick(window, Qt.Key.Key_T)
        assert sampler.tools.tint is trait
        qtbot.waitUntil(
            lambda title=title: (
                sampler.colour_key.scale is not None and sampler.colour_key.scale.title == title
            ),
            timeout=PATIENCE,
        )
        assert sampler.mosaic.shown.tinting is not None  # type: ignore[union-attr]
        qtbot.keyClick(window, Qt.Key.Key_S)
        assert sampler.tools.order is trait
        qtbot.waitUntil(lambda: sampler.mosaic.shown.order is not None, timeout=PATIENCE)
    hold(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: sampler.state is window.engine.state, timeout=PATIENCE)
    shown, snapshot = sampler.mosaic.shown, sampler.state.snapshot
    assert shown is not None
    assert (np.diff(snapshot.ages[shown.order]) <= 0).all()
    qtbot.keyClick(window, Qt.Key.Key_S)
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert sampler.mosaic.shown.order is None  # type: ignore[union-attr]
    assert sampler.colour_key.scale is None
    assert sampler.mosaic.selection == 11


def test_four_thousand_chains_are_shown_enlarged_and_let_go(window: MainWindow, qtbot: QtBot) -> None:
    sampler = window.sampler
    follow(window, qtbot, 60)
    ask_for(window, qtbot, 4096)
    assert sampler.caption.text().startswith("4,096 Markov chains")
    start = shown_sweep(window)
    qtbot.waitUntil(lambda: shown_sweep(window) > start + 2, timeout=PATIENCE)
    control = Qt.KeyboardModifier.ControlModifier
    for _ in range(6):
        qtbot.keyClick(window, Qt.Key.Key_Plus, control)
    assert sampler.mosaic.zoom == pytest.approx(1.25**6)
    assert sampler.tools.zoom_button.text() == "3.8×"
    qtbot.keyClick(window, Qt.Key.Key_Minus, control)
    assert sampler.tools.zoom_button.text() == "3.1×"
    qtbot.mouseClick(sampler.tools.zoom_button, LEFT)
    assert sampler.mosaic.zoom == 1
    ask_for(window, qtbot, 16)
    # The chain that was followed is gone.
    qtbot.waitUntil(lambda: not sampler.detail.isVisible(), timeout=PATIENCE)
    assert sampler.mosaic.selection is None
    qtbot.waitUntil(lambda: past(window) is None, timeout=PATIENCE)


def test_images_are_dragged_out_and_saved_as_png(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[QMimeData] = []

    def drop(self: QDrag, *_: object) -> Qt.DropAction:
        dropped.append(self.mimeData())
        path = Path(self.mimeData().urls()[0].toLocalFile())
        files.append((path.name, np.asarray(Image.open(path).convert("L"))))
        documents.append(read_provenance(path))
        return Qt.DropAction.CopyAction

    files: list[tuple[str, np.ndarray]] = []
    documents: list[dict[str, Any] | None] = []
    monkeypatch.setattr(QDrag, "exec", drop)
    hold(window, qtbot)
    follow(window, qtbot, 3)
    qtbot.waitUntil(lambda: window.sampler.state is window.engine.state, timeout=PATIENCE)
    snapshot = window.engine.state.snapshot
    assert snapshot is not None
    expected = (255 - np.round(snapshot.x[3] / 16 * 255)).repeat(16, 0).repeat(16, 1)
    detail = window.sampler.detail
    for widget in (window.sampler.mosaic, detail.picture):
        start = widget.image_rect(3 if widget is window.sampler.mosaic else 0).center()
        QTest.mousePress(widget, LEFT, pos=start)
        QTest.mouseMove(widget, start + QPoint(15, 15))
        QTest.mouseRelease(widget, LEFT, pos=start)
    assert [name for name, _ in files] == [f"chain-4-step-{shown_sweep(window)}.png"] * 2
    for _, pixels in files:
        np.testing.assert_array_equal(pixels, expected)
    assert QImage(dropped[0].imageData()).width() == 128
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    qtbot.mouseClick(detail.save_button, LEFT)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "mine.png").convert("L")), expected)
    assert "Saved mine.png" in window.banner.text.text()
    documents.append(read_provenance(tmp_path / "mine.png"))
    pasted = json.loads(QImage(dropped[0].imageData()).text("Provenance"))
    assert snapshot.source is not None
    for document in (*documents, pasted):
        assert document is not None
        (source,) = document["sources"]
        assert source["model_sha256"] == snapshot.source.model_sha256
        assert source["formula"] == "H(x) = Σᵢ λᵢ fᵢ(x)"
        assert document["sampling"]["steps"] == shown_sweep(window)


def test_an_earlier_state_is_not_said_to_be_of_a_later_composition(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(window, qtbot, 3)
    qtbot.waitUntil(lambda: len(past(window)) > 4, timeout=PATIENCE)
    window.steering.set_target(7)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 7, timeout=PATIENCE)
    # A jump has no proposal; two steps have followed it.
    qtbot.waitUntil(lambda: np.isnan(past(window).acceptance[1:-2]).any(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: np.isfinite(past(window).acceptance[-2:]).all(), timeout=PATIENCE)
    hold(window, qtbot)
    detail, told = window.sampler.detail, []
    for state in (detail.scrubber.state, detail.scrubber.state - 1, past(window).first):
        detail.scrubber.go_to(state)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "one.png"), ""))
        qtbot.mouseClick(detail.save_button, LEFT)
        document = read_provenance(tmp_path / "one.png")
        assert document is not None
        told.append((document["sources"][0]["formula"], document["sources"][0]["model_sha256"]))
    now = (window.engine.state.composition.formula, window.engine.state.snapshot.source.model_sha256)
    assert told == [now, now, (None, "")]


def test_the_window_records_what_it_shows_and_chains_that_train_are_followed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "all.gif"), ""))
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    record = window.sampler.record
    qtbot.keyClick(window, Qt.Key.Key_R, keys)
    assert record.is_recording
    qtbot.waitUntil(lambda: len(record._frames) > 2, timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_R, keys)
    qtbot.waitUntil(lambda: "Saved all.gif" in window.banner.text.text(), timeout=PATIENCE)
    with Image.open(tmp_path / "all.gif") as file:
        assert file.size == (2 * (10 * 9 + 1), 2 * (10 * 9 + 1))
    follow(window, qtbot, 1)
    qtbot.mouseClick(window.toolbar.train_button, LEFT)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.TRAINING, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.snapshot.training, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(past(window)) > 8, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.sampler.detail.restart_button.isEnabled(), timeout=PATIENCE)

    def is_the_chain_s_past() -> bool:
        # Its last states are added some times a second only.
        snapshot = window.engine.state.snapshot
        return np.array_equal(snapshot.followed.x[-1], snapshot.x[1])

    qtbot.waitUntil(is_the_chain_s_past, timeout=PATIENCE)
    assert window.engine.state.snapshot.ages is not None


def test_many_terms_stand_above_a_picture_that_is_whole(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    detail = window.sampler.detail
    layers = tuple(Layer(InkAmount(share), 1.0) for share in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7))
    mosaic = window.sampler.mosaic
    qtbot.mouseClick(mosaic, LEFT, pos=mosaic.image_rect(1).center())
    window.steering.edit(Composition(layers))
    line = detail.terms.fontMetrics().height()
    qtbot.waitUntil(lambda: detail.terms.height() > 2 * line, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: detail.terms.geometry().bottom() < detail.picture.geometry().top(), timeout=PATIENCE
    )
    assert detail.state.geometry().bottom() < detail.terms.geometry().top()
    assert detail.rect().contains(detail.picture.geometry())
    assert detail.rect().contains(detail.scrubber.geometry())


def test_the_place_of_a_chain_is_that_of_its_own_terms(window: MainWindow, qtbot: QtBot) -> None:
    """And not of the many terms of the one that was followed before."""
    sampler = window.sampler
    window.resize(900, 600)
    for layers in (
        tuple(Layer(InkAmount(share), 1.0) for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
        (),
    ):
        window.steering.edit(Composition(layers))
        qtbot.waitUntil(
            lambda layers=layers: window.engine.state.composition.layers == layers, timeout=PATIENCE
        )
        follow(window, qtbot, 3)
        qtbot.waitUntil(
            lambda layers=layers: ("ink" in sampler.detail.terms.text()) == bool(layers), timeout=PATIENCE
        )
        await_words(window, qtbot)
        placed = sampler._body.orientation(), sampler._body.sizes()
        sampler._place_detail()
        settle(qtbot, window)
        assert (sampler._body.orientation(), sampler._body.sizes()) == placed
        qtbot.keyClick(window, Qt.Key.Key_Escape)


def test_the_image_that_is_saved_is_the_one_on_view(window: MainWindow, qtbot: QtBot) -> None:
    """Also while the chain moves, where the past that is known may end some steps before."""
    detail = window.sampler.detail
    follow(window, qtbot, 2)
    window.engine.set_speed(1e4)
    for _ in range(10):
        qtbot.wait(20)
        picture = detail._chain_picture()
        assert picture is not None
        np.testing.assert_array_equal(picture.image, detail.picture.shown.images[0])


def test_a_tooltip_says_what_distances_are_of(window: MainWindow) -> None:
    facts = window.engine.state.facts
    assert facts is not None
    for space, words in (
        (facts.space, "training images, the grey of a pixel scaled"),
        (Levels((8, 8, 3), 9), "each of a pixel's three colours"),
        (Spins((6, 6)), "−1 counted as 0"),
        (Levels((12,), 4), "training rows, the values of a column"),
    ):
        items = np.zeros((2, *space.shape), np.float32)
        neighbours = Neighbours(items, items, space.distance_unit, space.distance_meaning)
        assert words in words_of_distances(replace(facts, space=space, neighbours=neighbours))
