"""Recordings of the mosaic: taken, limited, cancelled, written."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui.sampler import recording
from landscape_app.gui.sampler.colour_key import DRAWN_HEIGHT, ColourScale, drawn_strip
from landscape_app.gui.sampler.recording import (
    APART,
    AnimationFormat,
    Beside,
    RecordControls,
    TakenFrame,
    bytes_of,
    title_height,
    write_animation,
    write_picture,
)
from landscape_app.gui.theme import DARK, LIGHT, rgb
from landscape_app.gui.widgets.mosaic import MosaicPicture, Tinting
from landscape_app.session.composition import Composition
from landscape_app.session.provenance import Provenance, Source
from landscape_app.session.provenance_in_files import read_provenance
from tests.gui.driving import PATIENCE


def frame(seed: int, n: int = 9, tinted: bool = False) -> TakenFrame:
    rng = np.random.default_rng(seed)
    tinting = None
    if tinted:
        colours = rng.integers(0, 256, (4, 3)).astype(np.uint8)
        tinting = Tinting(colours, rng.integers(0, 4, n).astype(np.uint8))
    images = rng.integers(0, 17, (n, 8, 8)).astype(np.uint8)
    return TakenFrame(MosaicPicture(images, 17, rng.permutation(n), tinting), DARK if tinted else LIGHT)


class Camera:
    """Gives another frame every time, and remembers them."""

    def __init__(self) -> None:
        self.taken: list[TakenFrame] = []
        self.size = 9

    def __call__(self) -> TakenFrame:
        self.taken.append(frame(len(self.taken), self.size))
        return self.taken[-1]


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def controls(qtbot: QtBot, camera: Camera) -> RecordControls:
    widget = RecordControls(camera)
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def save_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path | str], None]:
    def choose(path: Path | str) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))

    return choose


def choose(controls: RecordControls, name: str) -> None:
    controls.findChild(QAction, name).trigger()  # type: ignore[union-attr]


def told(controls: RecordControls, qtbot: QtBot, act: Callable[[], object]) -> str:
    with qtbot.waitSignal(controls.told, timeout=PATIENCE) as heard:
        act()
    text: str = heard.args[0].text
    return text


def frames_of(path: Path) -> tuple[list[np.ndarray], float]:
    """Colours of every frame, and milliseconds of each."""
    with Image.open(path) as file:
        found = []
        for i in range(file.n_frames):  # type: ignore[attr-defined]
            file.seek(i)
            found.append(np.asarray(file.convert("RGB")))
        return found, float(file.info["duration"])


@pytest.mark.parametrize("format", list(AnimationFormat))
@pytest.mark.parametrize("mixed", [False, True])
def test_a_file_holds_the_colours_of_every_frame_enlarged(
    tmp_path: Path, format: AnimationFormat, mixed: bool
) -> None:
    frames = [frame(i, tinted=mixed and i > 1) for i in range(5)]
    path = tmp_path / f"chains{format.suffix}"
    write_animation(path, frames, format, rate=20, scale=3)
    found, duration = frames_of(path)
    assert duration == 50
    assert len(found) == 5
    for (picture, theme, *_), colours in zip(frames, found, strict=True):
        expected = picture.table(theme)[picture.indices()]
        np.testing.assert_array_equal(colours, expected.repeat(3, 0).repeat(3, 1))


@pytest.mark.parametrize("format", list(AnimationFormat))
def test_the_size_of_a_file_is_known_before_it_is_written(tmp_path: Path, format: AnimationFormat) -> None:
    frames, path = [frame(i, 36) for i in range(40)], tmp_path / f"chains{format.suffix}"
    write_animation(path, frames, format, rate=20, scale=4)
    # Frames written one by one have headers of their own, and share nothing with the one before.
    assert 0.7 < len(frames) * bytes_of(frames[0], format, scale=4) / path.stat().st_size < 1.6


@pytest.mark.parametrize("format", list(AnimationFormat))
def test_a_file_names_every_model_that_it_shows(tmp_path: Path, format: AnimationFormat) -> None:
    sources = [Source("digits", "d", model, 1, Composition()) for model in ("a", "a", "b")]
    frames = [frame(i)._replace(provenance=Provenance((source,))) for i, source in enumerate(sources)]
    path = tmp_path / f"chains{format.suffix}"
    write_animation(path, frames, format, rate=20, scale=1)
    document = read_provenance(path)
    assert document is not None
    assert [source["model_sha256"] for source in document["sources"]] == ["a", "b"]


def test_a_click_starts_and_a_click_stops_and_saves(
    controls: RecordControls, camera: Camera, qtbot: QtBot, tmp_path: Path, save_as: Callable
) -> None:
    for name in ("record-rate-25", "record-scale-1", "record-format-animated"):
        choose(controls, name)
    save_as(tmp_path / "mine")
    left, width = Qt.MouseButton.LeftButton, controls.sizeHint().width()
    qtbot.mouseClick(controls.button, left)
    assert controls.sizeHint().width() == width
    assert controls.button.property("recording")
    assert controls.cancel_button.isVisible()
    assert not controls.options.isVisible()
    qtbot.waitUntil(lambda: len(camera.taken) >= 6, timeout=PATIENCE)
    assert controls.button.text().startswith("■ 0.")
    assert controls.button.text().endswith(" of 5 s")
    qtbot.waitUntil(lambda: "28 × 28 pixels, about 0.0" in controls._size, timeout=PATIENCE)
    assert told(controls, qtbot, lambda: qtbot.mouseClick(controls.button, left)) == "Saved mine.png"
    assert controls.button.text() == "● Record"
    assert not controls.cancel_button.isVisible()
    assert controls.options.isVisible()
    found, duration = frames_of(tmp_path / "mine.png")
    assert duration == 40
    assert len(found) == len(camera.taken) - 1
    last = camera.taken[-1]
    np.testing.assert_array_equal(found[-1], last.picture.table(last.theme)[last.picture.indices()])


def test_it_ends_by_itself_after_its_length(
    controls: RecordControls,
    camera: Camera,
    qtbot: QtBot,
    tmp_path: Path,
    save_as: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save_as(tmp_path / "whole.gif")
    controls.rate, controls.seconds = 25, 1
    assert told(controls, qtbot, controls.toggle) == "Saved whole.gif"
    assert len(frames_of(tmp_path / "whole.gif")[0]) == 25
    # Or where the frames would fill the memory: 7 of 28 × 28 pixels, doubled.
    monkeypatch.setattr(recording, "MOST_PIXELS", 7 * 56 * 56)
    assert told(controls, qtbot, controls.toggle) == "Saved whole.gif"
    assert len(frames_of(tmp_path / "whole.gif")[0]) == 7


def test_another_number_of_chains_ends_it_with_what_there_is(
    controls: RecordControls, camera: Camera, qtbot: QtBot, tmp_path: Path, save_as: Callable
) -> None:
    save_as(tmp_path / "part.gif")
    controls.toggle()
    qtbot.waitUntil(lambda: len(camera.taken) >= 3, timeout=PATIENCE)
    camera.size = 16
    with qtbot.waitSignal(controls.told, timeout=PATIENCE):
        pass
    found, _ = frames_of(tmp_path / "part.gif")
    assert len(found) == len(camera.taken) - 2


def test_cancelling_throws_it_away(
    controls: RecordControls, camera: Camera, qtbot: QtBot, tmp_path: Path, save_as: Callable
) -> None:
    left = Qt.MouseButton.LeftButton
    controls.toggle()
    qtbot.waitUntil(lambda: len(camera.taken) >= 2, timeout=PATIENCE)
    cancelled = told(controls, qtbot, lambda: qtbot.mouseClick(controls.cancel_button, left))
    assert cancelled == "Recording thrown away"
    assert not controls.is_recording
    # The same where no file is chosen.
    save_as("")
    controls.toggle()
    assert told(controls, qtbot, controls.toggle) == "Recording thrown away"
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_being_written_can_be_cancelled_and_leaves_nothing(
    controls: RecordControls,
    qtbot: QtBot,
    tmp_path: Path,
    save_as: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, go_on = threading.Event(), threading.Event()
    indices = MosaicPicture.indices

    def slow(self: MosaicPicture) -> np.ndarray:
        started.set()
        go_on.wait(10)
        return indices(self)

    monkeypatch.setattr(MosaicPicture, "indices", slow)
    save_as(tmp_path / "never.gif")
    controls.toggle()
    controls.toggle()
    assert started.wait(10)
    qtbot.waitUntil(lambda: controls.button.text().startswith("Writing "), timeout=PATIENCE)
    assert not controls.button.isEnabled()
    assert controls.is_writing
    controls.toggle()
    assert not controls.is_recording
    qtbot.mouseClick(controls.cancel_button, Qt.MouseButton.LeftButton)
    assert told(controls, qtbot, go_on.set) == "Recording thrown away"
    assert not list(tmp_path.iterdir())
    assert controls.button.isEnabled()


def test_a_place_that_cannot_be_written_is_told(
    controls: RecordControls, camera: Camera, qtbot: QtBot, tmp_path: Path, save_as: Callable
) -> None:
    save_as(tmp_path / "missing" / "chains.gif")
    controls.toggle()
    text = told(controls, qtbot, controls.toggle)
    assert text.startswith("The recording is not saved: cannot write")
    assert "there is no folder" in text


def test_nothing_on_view_is_not_recorded(qtbot: QtBot, tmp_path: Path) -> None:
    controls = RecordControls(lambda: None)
    qtbot.addWidget(controls)
    assert told(controls, qtbot, controls.toggle) == "There is nothing to record yet"
    assert not controls.is_recording
    with pytest.raises(ValueError, match="no frame was recorded"):
        write_animation(tmp_path / "empty.gif", [], AnimationFormat.GIF, 10, 1)


@pytest.mark.parametrize("tinted", [False, True])
def test_two_that_are_compared_are_recorded_side_by_side_under_their_titles(
    tmp_path: Path, qtbot: QtBot, tinted: bool
) -> None:
    scale = 3
    pair = [frame(seed, 16, tinted) for seed in (1, 2)]
    if tinted:
        colours = pair[0].picture.tinting.colours  # type: ignore[union-attr]
        assert pair[1].picture.tinting is not None
        tinting = Tinting(colours, pair[1].picture.tinting.chosen)
        pair[1] = pair[1]._replace(picture=MosaicPicture(pair[1].picture.images, 17, None, tinting))
    b, a = pair
    both = b._replace(beside=Beside(a.picture, ("A: T = 1", "B: T = 0.25")))
    path = tmp_path / "both.gif"
    write_animation(path, [both, both], AnimationFormat.GIF, 10, scale)
    (shown, *_), _ = frames_of(path)
    assert shown.shape[:2] == both.size(scale)
    high, wide = (scale * side for side in a.picture.size)
    top = title_height(wide)
    table = a.picture.table(a.theme)
    enlarged = table[a.picture.indices()].repeat(scale, 0).repeat(scale, 1)
    np.testing.assert_array_equal(shown[top : top + high, :wide], enlarged)
    right = wide + scale * APART
    enlarged = b.picture.table(b.theme)[b.picture.indices()].repeat(scale, 0).repeat(scale, 1)
    np.testing.assert_array_equal(shown[top : top + high, right:], enlarged)
    titles = [shown[:top, :wide], shown[:top, right:]]
    paper = shown[0, wide + 1]
    written = [(title != paper).any(2).sum() for title in titles]
    assert min(written) > 30
    # The longer one has more ink.
    assert written[0] < written[1]


def test_a_tint_that_only_one_of_two_has_is_left_out() -> None:
    both = frame(1, tinted=True)._replace(beside=Beside(frame(2).picture, ("A", "B")))
    assert both.parts[0].tinting is None
    assert both.indices(1).shape == both.size(1)


def test_frames_that_are_alike_are_counted_as_they_are_written(tmp_path: Path, qtbot: QtBot) -> None:
    first, second = frame(1), frame(2)
    taken = iter([first, first, second, second, second, first])
    controls = RecordControls(lambda: next(taken, first))
    qtbot.addWidget(controls)
    controls._frames = [first, first, second, second, second, first]
    assert controls._size.startswith("3 frames of ")
    path = tmp_path / "alike.gif"
    write_animation(path, controls._frames, AnimationFormat.GIF, 10, 1)
    assert len(frames_of(path)[0]) == 3


def test_a_picture_is_saved_from_the_menu_and_its_folder_is_told(
    controls: RecordControls, qtbot: QtBot, tmp_path: Path, save_as: Callable[[Path | str], None]
) -> None:
    save_as(tmp_path / "one")
    with qtbot.waitSignal(controls.told, timeout=PATIENCE) as heard:
        choose(controls, "record-picture")
    message = heard.args[0]
    assert message.text == "Saved one.png"
    assert message.detail == str(tmp_path.resolve())
    with Image.open(tmp_path / "one.png") as file:
        assert file.size == (56, 56)


def test_the_choices_of_a_recording_stand_below_headings(controls: RecordControls) -> None:
    menu = controls.options.menu()
    assert menu is not None
    headings = [action.text() for action in menu.actions() if action.text() and not action.isEnabled()]
    assert headings == ["File", "Length at most", "Frames a second", "Pixels for one of an image"]


SCALE = ColourScale(
    "E − training, nats",
    tuple(QColor(colour) for colour in ("#204080", "#a02060", "#c06010")),
    ((0.0, "−20"), (0.5, "5"), (1.0, "30")),
)


def keyed(seed: int, n: int = 100) -> TakenFrame:
    """A tinted frame with the key to its colours."""
    colours = np.stack([rgb(colour) for colour in SCALE.colours])
    chosen = np.random.default_rng(seed).integers(0, 3, n).astype(np.uint8)
    plain = frame(seed, n)
    return plain._replace(picture=replace(plain.picture, tinting=Tinting(colours, chosen)), key=SCALE)


@pytest.mark.parametrize("compared", [False, True])
def test_a_tinted_picture_has_the_key_to_its_colours(tmp_path: Path, qtbot: QtBot, compared: bool) -> None:
    one = keyed(1)
    if compared:
        one = one._replace(beside=Beside(keyed(2).picture, ("A: the model alone, T = 1", "B: T = 0.5")))
    path = tmp_path / "one.png"
    write_picture(path, one, 3)
    with Image.open(path) as file:
        pixels = np.asarray(file.convert("RGB"))
    assert pixels.shape[:2] == one.size(3)
    bare = one._replace(key=None)
    assert one.size(3) == (bare.size(3)[0] + DRAWN_HEIGHT, bare.size(3)[1])
    band = pixels[-DRAWN_HEIGHT:]
    np.testing.assert_array_equal(pixels[:-DRAWN_HEIGHT], bare.table()[bare.indices(3)])
    rows, columns = drawn_strip(pixels.shape[1])
    strip = band[rows, columns]
    # From the least to the largest, in colours of the images.
    for place, colour in zip((0, strip.shape[1] // 2, -1), SCALE.colours, strict=True):
        assert (strip[:, place] == rgb(colour)).all()
    text = (band == rgb(LIGHT.text)).all(2)
    assert text[: rows.start].any()
    assert text[rows.stop :].any()


def test_frames_of_a_recording_stay_of_one_size_where_the_tint_changes(
    qtbot: QtBot, tmp_path: Path, save_as: Callable[[Path | str], None]
) -> None:
    plain = frame(1, 100)
    for first, later in ((plain, keyed(2)), (keyed(2), plain)):
        taken = iter([first, first, later])
        controls = RecordControls(lambda taken=taken, later=later: next(taken, later))  # type: ignore[misc]
        qtbot.addWidget(controls)
        save_as("")
        controls.toggle()
        qtbot.waitUntil(lambda controls=controls: len(controls._frames) > 4, timeout=PATIENCE)  # type: ignore[misc]
        assert controls.is_recording
        frames = list(controls._frames)
        controls.cancel()
        assert len({one.size(1) for one in frames}) == 1
        path = tmp_path / "some.gif"
        write_animation(path, frames, AnimationFormat.GIF, 10, 1)
        assert len(frames_of(path)[0]) == 2


def test_the_title_of_a_narrow_picture_has_a_second_line() -> None:
    title = "A: the model alone, T = 1"
    one, two = (title_height(width) for width in (300, 150))
    assert one < two
    narrow = recording._written(title, 150, two)
    assert narrow[: two // 2].any()
    assert narrow[two // 2 :].any()
    # No more than half as many letters would fit into a line.
    assert narrow.sum() > 1.4 * recording._written(title, 100, one).sum()
