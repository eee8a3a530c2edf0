"""Recording of the mosaic as an animation, and its controls."""

from __future__ import annotations

import enum
import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup, QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from landscape_app.counting import counted
from landscape_app.gui.messages import Message, failure_message
from landscape_app.gui.sampler.colour_key import DRAWN_HEIGHT, ColourScale, drawn_strip, drawn_words
from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_save
from landscape_app.gui.widgets.mosaic import PAPER, MosaicPicture
from landscape_app.gui.widgets.paragraph import elided_lines
from landscape_app.gui.worker import background
from landscape_app.language import tr
from landscape_app.runs import RunFileError
from landscape_app.runs.atomic import atomic_write
from landscape_app.session.memory import EXPORTING
from landscape_app.session.provenance import Provenance
from landscape_app.session.provenance_in_files import gif_comment, png_text

MOST_PIXELS = 300_000_000
"""Of all frames together: the encoders keep every frame in memory until the last, a byte a pixel."""


class AnimationFormat(enum.Enum):
    """A file format, by its name in the encoders."""

    GIF = "GIF"
    PNG = "PNG"

    @property
    def title(self) -> str:
        """Label for people."""
        return "GIF" if self is AnimationFormat.GIF else tr("Animated PNG")

    @property
    def choice(self) -> str:
        """Name in the menu's actions."""
        return "gif" if self is AnimationFormat.GIF else "animated"

    @property
    def suffix(self) -> str:
        """Endings of its files' names."""
        return f".{self.value.lower()}"


class Cancelled(Exception):
    """A person does not want the file any more."""


APART = 3
"""Pixels of an image between two mosaics side by side."""

TITLE_LINE, TITLE_MARGIN, BROAD = 16, 4, 260
"""Pixels of the file that a line of a title is high, that are free about it, and of a mosaic of one line's title."""


def title_height(width: int) -> int:
    """Pixels of the file that titles above mosaics of a width are high: narrow ones have two lines."""
    return TITLE_MARGIN + TITLE_LINE * (1 if width >= BROAD else 2)


class Beside(NamedTuple):
    """The mosaic of A to the left of that of B.

    Attributes:
        picture: of A.
        titles: of A and of B.
    """

    picture: MosaicPicture
    titles: tuple[str, str]


NO_SCALE = ColourScale("", (), ())
"""In the place of a key, where others of a recording have one."""

TEXT = PAPER - 1
"""Index of the colour of words in a table that tints do not fill."""


class TakenFrame(NamedTuple):
    """One frame of a recording.

    Attributes:
        picture: a mosaic.
        theme: its colours.
        provenance: where its chains come from.
        beside: the mosaic that it is compared with, if there is one.
        key: to the colours of the tint; None without one.
    """

    picture: MosaicPicture
    theme: Theme
    provenance: Provenance | None = None
    beside: Beside | None = None
    key: ColourScale | None = None

    def as_after(self, first: TakenFrame) -> TakenFrame:
        """As a frame of a recording, whose first has a key or has none: all are of one size."""
        if (self.key is None) == (first.key is None):
            return self
        return self._replace(key=None if first.key is None else NO_SCALE)

    def size(self, scale: int) -> tuple[int, int]:
        """Height and width in pixels of the file, so many for one of an image."""
        height, width = self.picture.size
        below = 0 if self.key is None else DRAWN_HEIGHT
        if self.beside is None:
            return height * scale + below, width * scale
        high, wide = self.beside.picture.size
        title = title_height(min(wide, width) * scale)
        return max(height, high) * scale + title + below, (wide + APART + width) * scale

    @property
    def parts(self) -> tuple[MosaicPicture, MosaicPicture | None]:
        """Both mosaics, whose colours have one table: tinted both, or none."""
        if self.beside is None:
            return self.picture, None
        own, other = self.picture, self.beside.picture
        if (own.tinting is None) != (other.tinting is None):
            own, other = replace(own, tinting=None), replace(other, tinting=None)
        return own, other

    def table(self) -> np.ndarray:
        """Colours, uint8, shape (256, 3)."""
        own = self.parts[0]
        table = own.table(self.theme)
        # Where tints fill it, words have the colour that is nearest.
        if own.tinting is not None and own.inks < TEXT:
            table[TEXT] = rgb(self.theme.text)
        return table

    def indices(self, scale: int) -> np.ndarray:
        """The frame as indices into `table`, uint8, shape `size`."""
        own, other = self.parts
        if other is None and self.key is None:
            return _enlarged(own.indices(), scale)
        table = self.table().astype(int)
        ink = _nearest(table, rgb(self.theme.text))
        whole = np.full(self.size(scale), PAPER, np.uint8)
        if self.key is not None:
            self._draw_key(whole[-DRAWN_HEIGHT:], self.key, table, ink)
        if other is None or self.beside is None:
            drawn = _enlarged(own.indices(), scale)
            whole[: len(drawn)] = drawn
            return whole
        left, top = 0, title_height(min(own.size[1], other.size[1]) * scale)
        for picture, title in zip((other, own), self.beside.titles, strict=True):
            drawn = _enlarged(picture.indices(), scale)
            whole[top : top + len(drawn), left : left + drawn.shape[1]] = drawn
            whole[:top, left : left + drawn.shape[1]][_written(title, drawn.shape[1], top)] = ink
            left += drawn.shape[1] + APART * scale
        return whole

    def _draw_key(self, band: np.ndarray, key: ColourScale, table: np.ndarray, ink: int) -> None:
        """Draws the key into the lowest rows of the frame."""
        if not key.colours or self.parts[0].tinting is None:
            return
        band[drawn_words(key.title, key.labels, band.shape[1])] = ink
        rows, columns = drawn_strip(band.shape[1])
        colours = np.array([_nearest(table, rgb(colour)) for colour in key.colours], np.uint8)
        wide = max(0, columns.stop - columns.start)
        band[rows, columns] = colours[np.arange(wide) * len(colours) // max(1, wide)]

    def is_like(self, other: TakenFrame) -> bool:
        """True if both look the same: of such, files have one, which is shown longer."""
        same = self.theme is other.theme and self.key == other.key
        return same and all(
            np.array_equal(first.indices(), second.indices())
            for first, second in zip(self.pictures, other.pictures, strict=True)
        )

    @property
    def pictures(self) -> list[MosaicPicture]:
        """The mosaics."""
        return [self.picture] if self.beside is None else [self.picture, self.beside.picture]


def _nearest(table: np.ndarray, colour: np.ndarray) -> int:
    """Index of the colour of a table that is nearest to one."""
    return int(np.abs(table - colour.astype(int)).sum(1).argmin())


def _enlarged(indices: np.ndarray, scale: int) -> np.ndarray:
    return np.repeat(np.repeat(indices, scale, 0), scale, 1)


@lru_cache(maxsize=8)
def _written(title: str, width: int, height: int) -> np.ndarray:
    """Mask of a title, bool, shape (height, width)."""
    image = QImage(width, height, QImage.Format.Format_Grayscale8)
    image.fill(0)
    font = QFont()
    font.setPixelSize(13)
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(QColor(255, 255, 255))
    most = (height - TITLE_MARGIN) // TITLE_LINE
    shown = elided_lines(title, painter.fontMetrics(), width - 4, most)
    painter.drawText(image.rect().adjusted(2, 0, -2, 0), Qt.AlignmentFlag.AlignVCenter, "\n".join(shown))
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, :width] > 127


class AnimationWriting:
    """Writes a recording in a thread of its own.

    Args:
        path: of the file; an older one there is replaced once the new one is whole.
        frames: what to write.
        format: of the file.
        rate: frames a second.
        scale: pixels of the file for one of the images.
    """

    def __init__(
        self, path: Path, frames: list[TakenFrame], format: AnimationFormat, rate: int, scale: int
    ) -> None:
        self.path = path
        self.error: BaseException | None = None
        self._stopped = False
        self._seen = 0
        # The first is made by itself, and the PNG encoder goes through all frames twice.
        self._passes = 1 + len(frames) * (2 if format is AnimationFormat.PNG else 1)
        self._thread = background("animation", lambda: self._run(frames, format, rate, scale), self._fail)
        self._thread.start()

    @property
    def share(self) -> float:
        """Share that is done, 0 to 1."""
        return min(1.0, self._seen / self._passes)

    @property
    def is_done(self) -> bool:
        """True if it has ended: written, failed (`error` says why) or cancelled."""
        return not self._thread.is_alive()

    @property
    def is_cancelled(self) -> bool:
        """True if it has been told to stop."""
        return self._stopped

    def cancel(self) -> None:
        """Gives it up; no file is left."""
        self._stopped = True

    def _run(self, frames: list[TakenFrame], format: AnimationFormat, rate: int, scale: int) -> None:
        with suppress(Cancelled):
            write_animation(self.path, frames, format, rate, scale, self._advance)

    def _fail(self, error: BaseException) -> None:
        self.error = error

    def _advance(self) -> None:
        if self._stopped:
            raise Cancelled
        self._seen += 1


def write_animation(
    path: Path,
    frames: list[TakenFrame],
    format: AnimationFormat,
    rate: int,
    scale: int,
    advance: Callable[[], None] = lambda: None,
) -> None:
    """Writes frames to a file that plays for ever.

    Args:
        path: of the file.
        frames: at least one, all of the same size.
        format: of the file.
        rate: frames a second; a GIF counts in hundredths of a second.
        scale: pixels of the file for one of the images.
        advance: called for every frame that is encoded, or gone through; what it raises ends the writing.

    Raises:
        RunFileError: the file cannot be written.
        ValueError: there is no frame.
    """
    if not frames:
        raise ValueError(tr("there is nothing to write: no frame was recorded"))
    sequence = _Frames(frames, format, scale, advance)
    provenance = _provenance(frames)
    options: dict[str, Any] = (
        {"optimize": False, "comment": gif_comment(provenance)}
        if format is AnimationFormat.GIF
        else {"compress_level": 4, "pnginfo": png_text(provenance)}
    )
    first = next(iter(sequence))
    with atomic_write(path) as part, part.open("wb") as file:
        first.save(
            file,
            format.value,
            save_all=True,
            append_images=_Rest(sequence),
            duration=1000 / rate,
            loop=0,
            **options,
        )


def write_picture(path: Path, frame: TakenFrame, scale: int) -> None:
    """Writes one frame as a PNG.

    Args:
        path: of the file.
        frame: what to write.
        scale: pixels of the file for one of the images.

    Raises:
        RunFileError: the file cannot be written.
    """
    (image,) = _Frames([frame], AnimationFormat.PNG, scale, lambda: None)
    with atomic_write(path) as part, part.open("wb") as file:
        image.save(file, "PNG", pnginfo=png_text(_provenance([frame])))


def _provenance(frames: list[TakenFrame]) -> Provenance | None:
    """Provenance of all frames: the last one's, with the sources of all."""
    known = [frame.provenance for frame in frames if frame.provenance is not None]
    if not known:
        return None
    return replace(known[-1], sources=tuple(source for one in known for source in one.sources))


def bytes_of(frame: TakenFrame, format: AnimationFormat, scale: int) -> int:
    """Size of a file of one frame, by which that of many is estimated.

    Args:
        frame: the frame.
        format: of the file.
        scale: pixels of the file for one of the images.
    """
    (image,) = _Frames([frame], format, scale, lambda: None)
    file = io.BytesIO()
    image.save(file, format.value, **({"compress_level": 4} if format is AnimationFormat.PNG else {}))
    return file.tell()


class FrameSize:
    """Size of a file of one frame, found out in a thread of its own.

    Args:
        frame: the frame.
        format: of the file.
        scale: pixels of the file for one of the images.

    Attributes:
        bytes: the size; None until it is known.
    """

    def __init__(self, frame: TakenFrame, format: AnimationFormat, scale: int) -> None:
        self.bytes: int | None = None
        background("size of a frame", lambda: self._run(frame, format, scale), lambda _: None).start()

    def _run(self, frame: TakenFrame, format: AnimationFormat, scale: int) -> None:
        self.bytes = bytes_of(frame, format, scale)


class _Frames:
    """The frames as images; can be gone through again."""

    def __init__(
        self, frames: list[TakenFrame], format: AnimationFormat, scale: int, advance: Callable[[], None]
    ) -> None:
        self._frames, self._scale, self._advance = frames, scale, advance
        tables = {frame.table().tobytes() for frame in frames}
        # A PNG has one table of colours for all of its frames.
        self._coloured = format is AnimationFormat.PNG and len(tables) > 1

    def __iter__(self) -> Iterator[Image.Image]:
        for frame in self._frames:
            self._advance()
            image = Image.fromarray(frame.indices(self._scale))
            image.putpalette(frame.table().tobytes())
            yield image.convert("RGB") if self._coloured else image


class _Rest:
    """All frames but the first; can be gone through again."""

    def __init__(self, frames: _Frames) -> None:
        self._frames = frames

    def __iter__(self) -> Iterator[Image.Image]:
        images = iter(self._frames)
        next(images)
        yield from images


RATES = (10, 20, 25)
"""Frames a second: those whose length a GIF can say, in hundredths of a second."""

SECONDS = (2, 5, 10, 20)
SCALES = (1, 2, 4, 8)

T = TypeVar("T")

WATCH_MILLISECONDS = 60
"""Between two looks at how far the file is."""


class RecordControls(QWidget):
    """Start, stop, options and cancel.

    Args:
        take: the frame to record now; None where there is nothing on view.

    Signals:
        told: something to tell the person, a `Message`.

    Attributes:
        format: of the file.
        rate: frames a second.
        seconds: after which recording ends by itself.
        scale: pixels of the file for one of the images.
    """

    told = Signal(object)

    def __init__(self, take: Callable[[], TakenFrame | None]) -> None:
        super().__init__()
        self.setObjectName("record-controls")
        self._take = take
        self._frames: list[TakenFrame] = []
        self._began: float | None = None
        self._writing: AnimationWriting | None = None
        self._of_frame: FrameSize | None = None
        self.format, self.rate, self.seconds, self.scale = AnimationFormat.GIF, 20, 5, 2
        self.button = set_name(QToolButton(), "record", text=tr("● Record"))
        self.button.setAccessibleName(tr("Record the mosaic"))
        self.button.clicked.connect(self.toggle)
        self.options = set_name(QToolButton(), "record-options", text="▾")
        self.options.setAccessibleName(tr("What to record"))
        self.options.setToolTip(tr("File format, length, frames a second and size of a recording"))
        self.options.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.options.setMenu(self._menu())
        self.cancel_button = set_name(QToolButton(), "record-cancel", text="✕")
        self.cancel_button.setAccessibleName(tr("Cancel the recording"))
        self.cancel_button.setToolTip(tr("Throw the recording away"))
        self.cancel_button.clicked.connect(self.cancel)
        self._clock = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._tick)
        self._watch = QTimer(self, interval=WATCH_MILLISECONDS)
        self._watch.timeout.connect(self._look)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.button, self.options, self.cancel_button):
            widget.setProperty("small", True)
            layout.addWidget(widget)
        # One takes the other's place, so that nothing beside them moves.
        width = max(self.options.sizeHint().width(), self.cancel_button.sizeHint().width())
        for widget in (self.options, self.cancel_button):
            widget.setFixedWidth(width)
        self.button.setMinimumWidth(self.fontMetrics().horizontalAdvance(tr("■ 20.0 of 20 s")) + 10)
        self._show()

    @property
    def is_recording(self) -> bool:
        """True if frames are being taken."""
        return self._began is not None

    @property
    def is_writing(self) -> bool:
        """True if a file is being written."""
        return self._writing is not None

    def toggle(self) -> None:
        """Starts to record, or stops and asks where to save."""
        if self.is_recording:
            self._finish()
        elif not self.is_writing:
            self._start()

    def cancel(self) -> None:
        """Throws the recording away, or the file that is being written."""
        if self._writing is not None:
            self._writing.cancel()
        elif self.is_recording:
            self._stop()
            self._frames = []
            self.told.emit(Message("done", tr("Recording thrown away")))

    def _start(self) -> None:
        first = self._take()
        if first is None:
            self.told.emit(Message("error", tr("There is nothing to record yet")))
            return
        self._frames = []
        self._of_frame = FrameSize(first, self.format, self.scale)
        self._began = time.perf_counter()
        self._clock.start(1000 // self.rate)
        self._tick()

    def _stop(self) -> None:
        self._clock.stop()
        self._began = None
        self._show()

    def _tick(self) -> None:
        """Takes a frame; the last where the time or the memory ends, or the mosaic becomes another size."""
        frame = self._take()
        if frame is None:
            return
        if self._frames:
            frame = frame.as_after(self._frames[0])
            if self._frames[0].size(1) != frame.size(1):
                self._finish()
                return
        self._frames.append(frame)
        if len(self._frames) >= self._limit(frame):
            self._finish()
        else:
            self._show()

    def _limit(self, frame: TakenFrame) -> int:
        """Most frames."""
        height, width = frame.size(self.scale)
        return max(2, min(self.seconds * self.rate, MOST_PIXELS // (height * width)))

    def _finish(self) -> None:
        """Asks where to save what there is, and begins to write it."""
        self._stop()
        suffix = self.format.suffix
        name, _ = ask_to_save(
            self,
            tr("Save the recording: {size}", size=self._size),
            f"chains{suffix}",
            f"{self.format.title} (*{suffix})",
        )
        frames, self._frames = self._frames, []
        if not name:
            self.told.emit(Message("done", tr("Recording thrown away")))
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(suffix)
        self._writing = AnimationWriting(path, frames, self.format, self.rate, self.scale)
        self._watch.start()
        self._show()

    @property
    def _size(self) -> str:
        """Size of the file that the frames will make, in words."""
        height, width = self._frames[0].size(self.scale)
        different = 1 + sum(not one.is_like(other) for one, other in pairwise(self._frames))
        words = tr(
            "{frames} of {width:,} × {height:,} pixels",
            frames=counted(different, "frame"),
            width=width,
            height=height,
        )
        if self._of_frame is None or self._of_frame.bytes is None:
            return words
        return tr(
            "{words}, about {size:.2g} MB",
            words=words,
            size=different * self._of_frame.bytes / 1e6,
        )

    def _look(self) -> None:
        """Shows the progress of the file, and tells when it is there."""
        writing = self._writing
        if writing is None or not writing.is_done:
            self._show()
            return
        self._watch.stop()
        self._writing = None
        self._show()
        if writing.error is not None:
            self.told.emit(failure_message(writing.error, tr("The recording is not saved: "), EXPORTING))
        elif writing.is_cancelled:
            self.told.emit(Message("done", tr("Recording thrown away")))
        else:
            self._tell_saved(writing.path)

    def _tell_saved(self, path: Path) -> None:
        folder = str(path.resolve().parent)
        self.told.emit(Message("done", tr("Saved {name}", name=path.name), folder))

    def save_picture(self) -> None:
        """Asks where to save what is on view now, and saves it: both mosaics where two are compared."""
        frame = self._take()
        if frame is None:
            self.told.emit(Message("error", tr("There is nothing to record yet")))
            return
        name, _ = ask_to_save(self, tr("Save the picture"), "chains.png", "PNG (*.png)")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
        try:
            write_picture(path, frame, self.scale)
        except RunFileError as error:
            self.told.emit(failure_message(error, tr("The picture is not saved: "), EXPORTING))
            return
        self._tell_saved(path)

    def _show(self) -> None:
        recording, writing = self.is_recording, self._writing
        if recording:
            self.button.setText(
                tr(
                    "■ {elapsed:.1f} of {seconds} s",
                    elapsed=len(self._frames) / self.rate,
                    seconds=self.seconds,
                )
            )
        elif writing is not None:
            self.button.setText(tr("Writing {share:.0%}", share=writing.share))
        else:
            self.button.setText(tr("● Record"))
        self.button.setToolTip(
            tr("Stop, and choose where to save the recording (Ctrl+Shift+R)")
            if recording
            else tr(
                "Record the mosaic as {format}: {seconds} s at most, {rate} frames a second, "
                "{scale} × {scale} pixels for one of an image (Ctrl+Shift+R)",
                format=self.format.title,
                seconds=self.seconds,
                rate=self.rate,
                scale=self.scale,
            )
        )
        self.button.setEnabled(writing is None)
        active = recording or writing is not None
        self.options.setVisible(not active)
        self.cancel_button.setVisible(active)
        if self.button.property("recording") != recording:
            self.button.setProperty("recording", recording)
            self.button.style().polish(self.button)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        picture = menu.addAction(tr("Save a picture…"))
        picture.setObjectName("record-picture")
        picture.setToolTip(tr("What the mosaic shows now, as a PNG; of two that are compared, both"))
        picture.triggered.connect(self.save_picture)
        self._choices(menu, tr("File"), tuple(AnimationFormat), self.format, "format", lambda f: f.title)
        self._choices(
            menu,
            tr("Length at most"),
            SECONDS,
            self.seconds,
            "seconds",
            lambda s: tr("{seconds} seconds", seconds=s),
        )
        self._choices(menu, tr("Frames a second"), RATES, self.rate, "rate", str)
        self._choices(
            menu, tr("Pixels for one of an image"), SCALES, self.scale, "scale", lambda s: f"{s} × {s}"
        )
        return menu

    def _choices(
        self, menu: QMenu, title: str, values: Sequence[T], chosen: T, name: str, text: Callable[[T], str]
    ) -> None:
        menu.addSeparator()
        # A section of Qt's has no text where a style sheet draws it.
        heading = menu.addAction(title)
        heading.setEnabled(False)
        heading.setToolTip(tr("Of the next recording"))
        group = QActionGroup(menu)
        for value in values:
            action = menu.addAction(text(value))
            choice = value.choice if isinstance(value, AnimationFormat) else value
            action.setObjectName(f"record-{name}-{choice}")
            action.setCheckable(True)
            action.setChecked(value == chosen)
            action.triggered.connect(lambda _=False, value=value: self._choose(name, value))
            group.addAction(action)

    def _choose(self, name: str, value: object) -> None:
        setattr(self, name, value)
        self._show()
