"""Images of one's own on their way to a data set: a common size, levels of grey or of three colours, and a split."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from landscape_app.data.dataset import MOST_CLASSES, MOST_VALUES, Dataset, Kind, stratified_split
from landscape_app.language import english_of, tr

MOST_SIDE = 64
"""Longest side of an image in a data set, in pixels."""

USUAL_SIDE, USUAL_LEVELS = 32, 17
"""Size and levels that larger images and finer levels are brought to where nothing else is said."""

USUAL_COLOUR_LEVELS = 9
"""Levels of each colour: three times as many numbers a pixel leave less room for finer ones."""

COLOURS = 3
"""Red, green and blue, in this order."""

COLOURED = 0.04
"""Difference of two colours of a pixel, from 0 to 1, from which on it is not grey."""

LIGHT = 0.75
"""Least brightness of paper, from 0 to 1."""

OWN_SPLIT = tr("as the source is divided")
"""Split of a source that says itself what is held out."""

MOST_NAMED = 20
"""Images left out that a message names one by one."""


class ImportFailure(ValueError):
    """Error of a source that cannot be made a data set; the message says what, why and what to do."""


def reason_of(error: BaseException) -> str:
    """Why a library could not read something, in a line."""
    if isinstance(error, KeyError) and error.args:
        return tr("“{name}” is missing", name=error.args[0])
    text = getattr(error, "strerror", None) or str(error)
    if "truncated file" in text:
        # HDF5 says so in its own terms.
        return tr("it is cut short")
    return text.splitlines()[0] if text else tr("no reason is given")


def damaged(path: Path | str, error: BaseException) -> ImportFailure:
    """Failure of a file that a library could not read, with its reason."""
    return ImportFailure(
        tr(
            "{path} cannot be read: it is damaged or of another format ({why})",
            path=path,
            why=reason_of(error),
        )
    )


class LeftOut(NamedTuple):
    """An image that was left out.

    Attributes:
        name: of the file.
        reason: why, in words.
    """

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class ImageSource:
    """Images as they lie somewhere, read one by one.

    Attributes:
        name: what to call the data set.
        count: number of images.
        read: the grey image at an index, float32 from 0 to 1, shape (height, width); raises ImportFailure.
        size: height and width of the image to go by.
        levels: grey levels that the source itself tells apart.
        labels: class of each, int64, shape (count,); None where there are none.
        class_names: a name for every class; empty where they are numbers.
        label_of: what to call an image in a message, by index.
        read_colour: the same in red, green and blue, shape (height, width, 3); None where all are grey.
        held_out_mask: images that the source itself holds out, bool, shape (count,); None where it does not say.
        left_out: what lies beside the images and is none.
        not_used: names of arrays that are not taken, and numbers of files beside images by the reason.
        warnings: what looks odd.
        classes_from: where the classes were found, in words, where that is a guess; empty where nobody doubts them.
        beyond: number of images that are not among these, as there are too many, by the reason.
        is_beginning: whether these are only the first ones, such as for a preview.
        arrays: names of the arrays of the file that can be chosen, the one that is taken first; none of other files.
        of_rows: whether they were rows of numbers, which could be a table too.
        black_and_white: numbers of the source that stand for 0 and 1; None of image files of eight bits.
        paper: colour below what is transparent.
        light_paper: whether these are image files with dark ink on light paper, as scans are.
        sizes: number of sizes that were met among them.
    """

    name: str
    count: int
    read: Callable[[int], npt.NDArray[np.float32]]
    size: tuple[int, int]
    levels: int = 256
    labels: npt.NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    label_of: Callable[[int], str] = field(default=lambda i: tr("image {number:,}", number=i + 1))
    read_colour: Callable[[int], npt.NDArray[np.float32]] | None = None
    held_out_mask: npt.NDArray[np.bool_] | None = None
    left_out: tuple[LeftOut, ...] = ()
    not_used: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    classes_from: str = ""
    beyond: Mapping[str, int] = field(default_factory=dict)
    is_beginning: bool = False
    arrays: tuple[str, ...] = ()
    of_rows: bool = False
    black_and_white: tuple[float, float] | None = None
    paper: str = "white"
    light_paper: bool = False
    sizes: int = 1

    def with_more(self, **changes: Any) -> ImageSource:
        """The same with some attributes changed."""
        return replace(self, **changes)

    def without_classes(self) -> ImageSource:
        """The same, its classes left aside."""
        return replace(self, labels=None, class_names=(), classes_from="")

    @property
    def is_coloured(self) -> bool:
        """True if there are colours to keep."""
        return self.read_colour is not None


@dataclass(frozen=True)
class ImageOptions:
    """Forms that make a data set of images.

    Attributes:
        height: pixels, even, up to `MOST_SIDE`.
        width: likewise.
        levels: of grey, or of each colour, 2 to 256.
        invert: whether dark becomes ink: level 0 is paper.
        held_out: share of the images that no model learns from.
        most: images to take, drawn with a fixed seed and all classes alike where there are more; in place of one
            that cannot be read comes another, of its class if there is one.
        colour: whether the three colours are kept; grey images then have three equal ones.

    Raises:
        ValueError: one is out of its range.
    """

    height: int
    width: int
    levels: int = USUAL_LEVELS
    invert: bool = False
    held_out: float = 0.2
    most: int | None = None
    colour: bool = False

    def __post_init__(self) -> None:
        for name, side in (("height", self.height), ("width", self.width)):
            if not (2 <= side <= MOST_SIDE and side % 2 == 0):
                raise ValueError(
                    f"the {name} must be an even number of pixels from 2 to {MOST_SIDE}, got {side}"
                )
        if not 2 <= self.levels <= 256:
            raise ValueError(f"the number of levels must be 2 to 256, got {self.levels}")
        if not 0 < self.held_out < 1:
            raise ValueError(f"the share held out must lie between 0 and 1, got {self.held_out:g}")
        if self.most is not None and self.most < 3:
            raise ValueError(f"three images at least are needed, got {self.most}")

    @classmethod
    def proposed(cls, source: ImageSource, colour: bool | None = None) -> ImageOptions:
        """Options that suit a source: size and levels where they are not more than usual, its colours, and its ink.

        Args:
            source: the images.
            colour: whether to keep their colours; None where there are any.
        """
        scale = min(1.0, USUAL_SIDE / max(source.size))
        height, width = (max(2, 2 * round(side * scale / 2)) for side in source.size)
        colour = source.is_coloured if colour is None else colour
        usual = USUAL_COLOUR_LEVELS if colour else USUAL_LEVELS
        levels = source.levels if source.levels <= 2 * usual else usual
        most = MOST_VALUES // (height * width * (COLOURS if colour else 1))
        invert = source.light_paper and not colour
        return cls(height, width, levels, invert, most=most if source.count > most else None, colour=colour)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an image in the data set: (height, width), or (height, width, 3)."""
        return (self.height, self.width, COLOURS) if self.colour else (self.height, self.width)


class Imported(NamedTuple):
    """A data set made of a source, and what did not come along.

    Attributes:
        dataset: of the items that were taken.
        left_out: images and rows that could not be read, and files beside images that are none.
        not_used: names of columns and arrays that were not taken, and numbers of files that were passed over, with
            the reason in brackets where there is one.
        warnings: what looks odd among what was taken.
        variance: share of the variance that principal components hold; None where there are none.
        split: how the held-out items were chosen, in words.
        beyond: number of items of the source that were not drawn, as so many are not taken, by the reason.
        images: how images were read (`as_read`); empty of tables.
    """

    dataset: Dataset
    left_out: tuple[LeftOut, ...] = ()
    not_used: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    variance: float | None = None
    split: str = ""
    beyond: Mapping[str, int] = MappingProxyType({})
    images: Mapping[str, object] = MappingProxyType({})

    @property
    def omissions(self) -> str:
        """Losses of an import, in words; empty where there are none."""
        count = len(self.left_out)
        rows = tr("{count:,} left out: {names}", count=count, names=named(self.left_out)) if count else ""
        rows = "; ".join(filter(None, (rows, self.not_drawn)))
        first, more = self.not_used[:MOST_NAMED], len(self.not_used) - MOST_NAMED
        names = ", ".join(first)
        if more > 0:
            names = tr("{names} and {count:,} more", names=names, count=more)
        others = tr("not used: {names}", names=names)
        return "; ".join(filter(None, (rows, others if first else "")))

    @property
    def not_drawn(self) -> str:
        """Items that were not drawn, in words; empty where all were."""
        return "; ".join(f"{count:,} {reason}" for reason, count in self.beyond.items())

    @property
    def reading(self) -> dict[str, object]:
        """Losses and oddities as JSON values, in English: left-out items by reason, unused parts, and so on."""
        return {
            "left_out": {
                **Counter(english_of(item.reason) for item in self.left_out),
                **{english_of(reason): count for reason, count in self.beyond.items()},
            },
            "not_used": [english_of(name) for name in self.not_used],
            "warnings": [english_of(warning) for warning in self.warnings],
            "split": english_of(self.split),
            **({"images": dict(self.images)} if self.images else {}),
        }

    def as_json(self) -> dict[str, object]:
        """Description of the data, and `reading`."""
        return self.dataset.as_json() | self.reading

    def told(self) -> Imported:
        """The same, its data set with `reading`."""
        return self._replace(dataset=replace(self.dataset, reading=self.reading))


def convert(image: npt.NDArray[np.float32], options: ImageOptions) -> npt.NDArray[np.uint8]:
    """An image in the size and levels of the options: averaged where it shrinks.

    Args:
        image: from 0 to 1, grey of shape (any height, any width), or coloured with three more at the end.
        options: size and levels.

    Returns:
        uint8 from 0 to levels − 1, shape `options.shape`; a coloured image that is to be grey by its luminance.
    """
    if options.colour:
        planes = [image] * COLOURS if image.ndim == 2 else list(np.moveaxis(image, -1, 0))
        return np.stack([_converted(plane, options) for plane in planes], axis=-1)
    return _converted(in_grey(image), options)


def luminance(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Grey of red, green and blue, shape (…, 3) to (…) (ITU-R BT.601)."""
    return image @ np.array([0.299, 0.587, 0.114], np.float32)


def in_grey(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """An image, grey or coloured, shape (height, width) or with three more, in grey."""
    return image if image.ndim == 2 else luminance(image)


def has_light_paper(images: Sequence[npt.NDArray[np.float32]]) -> bool:
    """True if grey images, from 0 to 1, are dark ink on light paper: borders are light, and lighter than the rest."""
    scans = 0
    for image in images:
        border = np.median(np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]))
        scans += bool(border >= LIGHT and image.mean() < border)
    return 2 * scans > len(images)


def has_colour(image: npt.NDArray[np.float32]) -> bool:
    """True if an image, from 0 to 1, shape (height, width, 3), is more than grey."""
    return bool((image.max(-1) - image.min(-1) > COLOURED).any())


def _converted(plane: npt.NDArray[np.float32], options: ImageOptions) -> npt.NDArray[np.uint8]:
    if plane.shape != (options.height, options.width):
        shrinks = options.height <= plane.shape[0] and options.width <= plane.shape[1]
        way = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
        whole = Image.fromarray(np.ascontiguousarray(plane))
        plane = np.asarray(whole.resize((options.width, options.height), way))
    unit = np.clip(plane, 0.0, 1.0)
    if options.invert:
        unit = 1.0 - unit
    return np.rint(unit * (options.levels - 1)).astype(np.uint8)


def preview(
    source: ImageSource, options: ImageOptions, count: int = 35
) -> tuple[npt.NDArray[np.uint8], tuple[LeftOut, ...]]:
    """Some of the images as the data set would have them, and those of these that cannot be read.

    Returns:
        uint8, shape (up to `count`, *options.shape), evenly spread over the source.
    """
    left_out: list[LeftOut] = []
    chosen = np.linspace(0, source.count - 1, min(count, source.count)).astype(int)
    images = [image for _, image in _readable(source, options, chosen.tolist(), left_out)]
    empty = np.zeros((0, *options.shape), np.uint8)
    return np.stack(images) if images else empty, tuple(left_out)


def import_images(
    source: ImageSource, options: ImageOptions, progress: Callable[[int], None] | None = None
) -> Imported:
    """The data set of a source's images; those that cannot be read are left out and named.

    Args:
        source: where they lie.
        options: size, levels, split.
        progress: is told after each image how many are done.

    Raises:
        ImportFailure: fewer than three images can be read, or they are more than a data set holds.
    """
    size = math.prod(options.shape)
    chosen, spare = _chosen(source, options)
    if len(chosen) * size > MOST_VALUES:
        raise ImportFailure(
            tr(
                "{count:,} images of {height} × {width} pixels are more than the "
                "{most:,} numbers that a data set holds; take {room:,} images or smaller ones",
                count=len(chosen),
                height=options.height,
                width=options.width,
                most=MOST_VALUES,
                room=MOST_VALUES // size,
            )
        )
    left_out: list[LeftOut] = []
    items = np.empty((len(chosen), *options.shape), np.uint8)
    kept: list[int] = []
    for done, (index, image) in enumerate(_readable(source, options, chosen, left_out, spare), start=1):
        items[len(kept)] = image
        kept.append(index)
        if progress is not None:
            progress(min(done + len(left_out), len(chosen)))
    if len(kept) < 3:
        why = f": {named(left_out)}" if left_out else ""
        raise ImportFailure(
            tr(
                "{name} has {count} readable images, three at least are needed{why}",
                name=source.name,
                count=len(kept),
                why=why,
            )
        )
    items = items[: len(kept)]
    if (items == items[0]).all():
        raise ImportFailure(
            tr(
                "all {count:,} images of {name} are the same in {levels} levels: there is nothing "
                "to learn; if they are drawn on nothing, take another paper (--paper black)",
                count=len(items),
                name=source.name,
                levels=options.levels,
            )
        )
    labels = None if source.labels is None else source.labels[kept]
    given = None if source.held_out_mask is None else source.held_out_mask[kept]
    if given is not None and given.any() and (~given).sum() >= 2:
        training, held_out = np.flatnonzero(~given), np.flatnonzero(given)
        split = OWN_SPLIT
    else:
        training, held_out = stratified_split(len(kept), labels, options.held_out)
        split = (
            tr("at random, seed {seed}", seed=0)
            if labels is None
            else tr("at random, seed {seed}, the same share of every class", seed=0)
        )
    not_drawn = tr("not drawn: {count:,} images are taken, at random, seed 0", count=len(kept))
    rest = source.count - len(kept) - len(left_out)
    return Imported(
        Dataset(
            name=source.name,
            kind=Kind.LEVELS,
            items=items,
            training=training,
            held_out=held_out,
            labels=labels,
            levels=options.levels,
            class_names=source.class_names,
        ),
        (*source.left_out, *left_out),
        source.not_used,
        (*_guesses(source), *source.warnings, *_odd(items, training, held_out)),
        split=split,
        beyond=dict(source.beyond) | ({not_drawn: rest} if rest else {}),
        images=as_read(source, options),
    ).told()


def as_read(source: ImageSource, options: ImageOptions) -> dict[str, object]:
    """JSON values that tell how the images of a source were read, so that others are read alike.

    The usual height and width of the source, whether dark is ink, the colour below what is transparent, and the
    numbers that stand for 0 and 1 where the files do not say it.
    """
    light = source.black_and_white
    return {
        "size": list(source.size),
        "invert": options.invert,
        "paper": source.paper,
        "black_and_white": None if light is None else list(light),
    }


def _guesses(source: ImageSource) -> Iterator[str]:
    """Classes that are a guess, in words."""
    if source.labels is not None and source.classes_from:
        counts = np.bincount(source.labels)
        names = [f"{name} ({count:,})" for name, count in zip(source.class_names, counts, strict=True)]
        listed, more = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
        if more > 0:
            listed = tr("{names} and {count} more", names=listed, count=more)
        yield (
            tr(
                "classes are taken from {source}: {names}; if they are none, leave them out (--no-classes)",
                source=source.classes_from,
                names=listed,
            )
        )


def _odd(
    items: npt.NDArray[np.uint8], training: npt.NDArray[np.int64], held_out: npt.NDArray[np.int64]
) -> Iterator[str]:
    """Duplicates among images, and blank ones, in words."""
    prints = [item.tobytes() for item in items]
    again = len(prints) - len(set(prints))
    if again:
        held = {prints[i] for i in held_out.tolist()}
        across = sum(prints[i] in held for i in training.tolist())
        text = (
            tr("1 of {all:,} images is the same as another one", all=len(items))
            if again == 1
            else tr("{count:,} of {all:,} images are the same as another one", count=again, all=len(items))
        )
        yield in_both_sets(text, across)
    flat = items.reshape(len(items), -1)
    blank = int((flat.min(1) == flat.max(1)).sum())
    if blank:
        yield tr("{count:,} of {all:,} images have the same level everywhere", count=blank, all=len(items))


def in_both_sets(text: str, count: int) -> str:
    """A sentence about items, with the number of those that are in training and held out; as it is for none."""
    if not count:
        return text
    return tr("{text}, {count:,} of them both in training and held out", text=text, count=count)


def named(left_out: list[LeftOut] | tuple[LeftOut, ...], most: int = MOST_NAMED) -> str:
    """The images left out, in words, the first of them by name."""
    first = "; ".join(f"{one.name} ({one.reason})" for one in left_out[:most])
    more = len(left_out) - most
    return first if more <= 0 else tr("{names}; and {count:,} more", names=first, count=more)


def class_numbers(names: list[str]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """A number for each name, and the names in the order of their numbers.

    Raises:
        ImportFailure: there are more classes than a data set may have.
    """
    known = sorted(set(names), key=natural)
    if len(known) > MOST_CLASSES:
        raise ImportFailure(
            tr(
                "{count:,} classes are more than the {most:,} that a data set may have",
                count=len(known),
                most=MOST_CLASSES,
            )
        )
    number = {name: i for i, name in enumerate(known)}
    return np.array([number[name] for name in names], np.int64), tuple(known)


def numbered(labels: Iterable[object]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Classes of labels by their numbers, and their names; none for digits, whose numbers say it."""
    words = [value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in labels]
    numbers, names = class_numbers(words)
    return numbers, () if names == tuple(map(str, range(len(names)))) else names


def natural(word: str) -> tuple[int, float, str]:
    """Order of words: numbers by their size, before all others by the alphabet."""
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    return (0, value, word) if math.isfinite(value) else (1, 0.0, word.casefold())


def _chosen(source: ImageSource, options: ImageOptions) -> tuple[list[int], list[int]]:
    """The images to take, and the others."""
    if options.most is None or options.most >= source.count:
        return list(range(source.count)), []
    left, others = stratified_split(source.count, source.labels, 1.0 - options.most / source.count)
    return left[: options.most].tolist(), [*left[options.most :].tolist(), *others.tolist()]


class _Spares:
    """Images that may take the places of others.

    Args:
        indices: of them.
        labels: class of each image of the source; None where there are none.
    """

    def __init__(self, indices: Sequence[int], labels: npt.NDArray[np.int64] | None) -> None:
        self._labels = labels
        self._of_class: dict[int, deque[int]] = {}
        for index in indices:
            self._of_class.setdefault(self._class_of(index), deque()).append(index)

    def take(self, index: int) -> list[int]:
        """One of the class of an image, else of any class; none where all are taken."""
        own = self._of_class.get(self._class_of(index))
        found = own or next(filter(None, self._of_class.values()), None)
        return [found.popleft()] if found else []

    def _class_of(self, index: int) -> int:
        return 0 if self._labels is None else int(self._labels[index])


def _readable(
    source: ImageSource,
    options: ImageOptions,
    indices: list[int],
    left_out: list[LeftOut],
    spare: Sequence[int] = (),
) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """The images at some indices, and for each that cannot be read one of those to spare."""
    read = source.read_colour if options.colour and source.read_colour is not None else source.read
    waiting, spares = deque(indices), _Spares(spare, source.labels)
    while waiting:
        index = waiting.popleft()
        try:
            image = read(index)
        except ImportFailure as error:
            left_out.append(LeftOut(source.label_of(index), str(error)))
            waiting.extend(spares.take(index))
        else:
            yield index, convert(image, options)
