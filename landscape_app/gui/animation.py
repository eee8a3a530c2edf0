"""Recordings of a mosaic, written as an animated GIF or PNG."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from landscape_app.gui.failures import background
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mosaic_picture import MosaicPicture
from landscape_app.runs.whole_file import written_whole
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
        """What a person calls it."""
        return "GIF" if self is AnimationFormat.GIF else "Animated PNG"

    @property
    def suffix(self) -> str:
        """How its files' names end."""
        return f".{self.value.lower()}"


class Cancelled(Exception):
    """A person does not want the file any more."""


class TakenFrame(NamedTuple):
    """One frame of a recording: what a mosaic showed, in which colours, and where its chains come from."""

    picture: MosaicPicture
    theme: Theme
    provenance: Provenance | None = None


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
        """Whether it has ended: written, failed (`error` says why) or cancelled."""
        return not self._thread.is_alive()

    @property
    def is_cancelled(self) -> bool:
        """Whether it has been told to stop."""
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
        raise ValueError("there is nothing to write: no frame was recorded")
    sequence = _Frames(frames, format, scale, advance)
    provenance = _provenance(frames)
    options: dict[str, Any] = (
        {"optimize": False, "comment": gif_comment(provenance)}
        if format is AnimationFormat.GIF
        else {"compress_level": 4, "pnginfo": png_text(provenance)}
    )
    first = next(iter(sequence))
    with written_whole(path) as part, part.open("wb") as file:
        first.save(
            file,
            format.value,
            save_all=True,
            append_images=_Rest(sequence),
            duration=1000 / rate,
            loop=0,
            **options,
        )


def _provenance(frames: list[TakenFrame]) -> Provenance | None:
    """Where all frames come from: the last one's, with the sources of all."""
    known = [frame.provenance for frame in frames if frame.provenance is not None]
    if not known:
        return None
    return replace(known[-1], sources=tuple(source for one in known for source in one.sources))


class _Frames:
    """The frames as images; can be gone through again."""

    def __init__(
        self, frames: list[TakenFrame], format: AnimationFormat, scale: int, advance: Callable[[], None]
    ) -> None:
        self._frames, self._scale, self._advance = frames, scale, advance
        tables = {frame.picture.table(frame.theme).tobytes() for frame in frames}
        # A PNG has one table of colours for all of its frames.
        self._coloured = format is AnimationFormat.PNG and len(tables) > 1

    def __iter__(self) -> Iterator[Image.Image]:
        for picture, theme, _ in self._frames:
            self._advance()
            indices = np.repeat(np.repeat(picture.indices(), self._scale, 0), self._scale, 1)
            image = Image.fromarray(indices)
            image.putpalette(picture.table(theme).tobytes())
            yield image.convert("RGB") if self._coloured else image


class _Rest:
    """All frames but the first; can be gone through again."""

    def __init__(self, frames: _Frames) -> None:
        self._frames = frames

    def __iter__(self) -> Iterator[Image.Image]:
        images = iter(self._frames)
        next(images)
        yield from images
