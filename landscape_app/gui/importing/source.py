"""Contents of a file or folder to import, and the data set that the chosen options make of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from landscape_app.counting import counted
from landscape_app.data import Dataset, Kind
from landscape_app.data.importing import open_source, open_text
from landscape_app.data.importing.arrays import SeveralArrays
from landscape_app.data.importing.columns import ColumnType
from landscape_app.data.importing.images import (
    ImageOptions,
    ImageSource,
    Imported,
    ImportFailure,
    LeftOut,
    convert,
    import_images,
    numbered,
)
from landscape_app.data.importing.table_data import TableOptions, import_table
from landscape_app.data.importing.tables import ReadOptions, Table
from landscape_app.gui.importing.clipboard import Pasted
from landscape_app.gui.importing.file_type import FileInfo, inspect
from landscape_app.gui.messages import without_options
from landscape_app.gui.request_worker import Report
from landscape_app.language import tr
from landscape_app.physics.kernels import kernels_for
from landscape_app.problems import PROBLEMS, Proposal, proposal_for
from landscape_app.problems.model import build_model, build_space, training_data
from landscape_app.session.dataset_io import data_in
from landscape_app.session.provenance_in_files import generated_words

SAMPLES = 35
"""Images that are looked at before all are read."""

SAMPLE_SIDE = 128
"""Longest side of these in memory: twice what a data set may have, so that they can be shown anew at every key."""

LEAST_ITEMS = 3

HELD_OUT_SHARE = 0.2
"""Of the items that no model learns from, unless something else is chosen."""


class Prepared(NamedTuple):
    """A data set, ready to be learned.

    Attributes:
        dataset: made by the choices.
        proposal: what it is trained with.
        kernels: names of those that can move there.
        left_out: what could not be read.
        note: what else there is to say of it.
        not_used: names of columns, arrays and files that are not taken, with the reason in brackets.
        summary: what was found, in words, where that is known better than before it was read.
        reading: what was left out and not used, and how it was divided, as JSON values.
    """

    dataset: Dataset
    proposal: Proposal
    kernels: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    note: str
    not_used: tuple[str, ...] = ()
    summary: str = ""
    reading: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Split:
    """Number of items that are taken.

    Attributes:
        training: to learn from.
        held_out: that no model learns from.
        count: that there are, as far as is known.
    """

    training: int
    held_out: int
    count: int

    @property
    def total(self) -> int:
        """Items taken."""
        return self.training + self.held_out

    @property
    def share(self) -> float:
        """Of them held out."""
        return self.held_out / self.total

    @property
    def most(self) -> int | None:
        """Items to draw; None for all that can be read."""
        return self.total if self.total < self.count else None

    @classmethod
    def proposed(cls, count: int) -> Split:
        """The usual share of so many items held out."""
        held_out = min(max(1, round(HELD_OUT_SHARE * count)), count - 2)
        return cls(count - held_out, held_out, count)


@dataclass(frozen=True)
class ImageChoices:
    """Options by which images are read.

    Attributes:
        name: of the data set.
        split: how many.
        options: size and levels.
        classes: whether they keep their classes.
    """

    name: str
    split: Split
    options: ImageOptions
    classes: bool


@dataclass(frozen=True)
class DataChoices:
    """Import of a data set that is one already.

    Attributes:
        name: of the data set.
        split: how many.
    """

    name: str
    split: Split


@dataclass(frozen=True)
class TableChoices:
    """Options by which a table is read.

    Attributes:
        name: of the data set.
        split: how many rows.
        options: kind and columns.
        types: of columns, by their names, where they are not those that were guessed.
    """

    name: str
    split: Split
    options: TableOptions
    types: Mapping[str, ColumnType] = field(default_factory=dict)


Choices = ImageChoices | TableChoices | DataChoices


@dataclass(frozen=True)
class Reading:
    """Ways to read a file, where they are not found out.

    Attributes:
        table: header, words for missing values, sheet.
        as_table: whether rows are a table even where they look like images.
        paper: colour below what is transparent in images.
    """

    table: ReadOptions = field(default_factory=ReadOptions)
    as_table: bool = False
    paper: str = "white"


@dataclass(frozen=True, eq=False)
class ImportSource(ABC):
    """Finding.

    Attributes:
        path: where.
        name: what to call it.
        count: number of items.
        summary: what it is, in words.
    """

    path: Path
    name: str
    count: int
    summary: str

    @abstractmethod
    def prepare(self, choices: Choices, report: Report) -> Prepared:
        """The data set by a person's choices.

        Raises:
            ValueError: they make none; says why.
        """

    @property
    def is_beginning(self) -> bool:
        """True of the first rows of a large file, of which no data set is made."""
        return False

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays of the file that can be chosen, the one that is taken first; none of other files."""
        return ()


@dataclass(frozen=True, eq=False)
class ImageFileSource(ImportSource):
    """Images.

    Attributes:
        source: of all.
        samples: some as they lie there, float32 from 0 to 1, each of shape (its height, its width), or with three
            colours (its height, its width, 3); larger ones averaged to `SAMPLE_SIDE` pixels.
        origin: what they say of where they come from; empty for nothing.
    """

    source: ImageSource
    samples: tuple[np.ndarray, ...]
    origin: str

    @property
    def is_beginning(self) -> bool:
        """True of the first images of a large file, of which no data set is made."""
        return self.source.is_beginning

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays of the file that can be chosen, the one that is taken first; none of other files."""
        return self.source.arrays

    def as_chosen(self, options: ImageOptions) -> np.ndarray:
        """The samples as the model would see them, uint8, shape (n, *options.shape)."""
        return np.stack([convert(sample, options) for sample in self.samples])

    def prepare(self, choices: Choices, report: Report) -> Prepared:
        """Reads all images that are taken; those that cannot be read are left out."""
        assert isinstance(choices, ImageChoices)
        source = self.source if choices.classes else self.source.without_classes()
        most = choices.split.most
        total = self.count if most is None else most
        options = replace(choices.options, held_out=choices.split.share, most=most)
        done = import_images(source, options, lambda done: report(done / total))
        note = "; ".join(filter(None, (done.not_drawn, *done.warnings)))
        prepared = _prepared(done, choices.name, note)
        return (
            prepared if most is not None else prepared._replace(summary=_readable_words(self, done.dataset))
        )


@dataclass(frozen=True, eq=False)
class TableSource(ImportSource):
    """Rows and columns.

    Attributes:
        table: all of it.
        proposed: what suits it.
        kinds: what its rows can be.
    """

    table: Table
    proposed: TableOptions
    kinds: tuple[Kind, ...]

    @property
    def is_beginning(self) -> bool:
        """True of the first rows of a large file, of which no data set is made."""
        return self.table.is_beginning

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays of the file that can be chosen, the one that is taken first; none of other files."""
        return self.table.arrays

    def prepare(self, choices: Choices, report: Report) -> Prepared:
        """Takes the chosen columns; rows that lack a value there are left out."""
        assert isinstance(choices, TableChoices)
        options = replace(choices.options, held_out=choices.split.share, most=choices.split.most)
        done = import_table(self.table.typed(choices.types), options, report)
        note = ""
        if done.variance is not None:
            note = tr(
                "{components} principal components of {columns} columns, scaled alike, hold "
                "{variance:.1%} of their variance",
                components=options.components,
                columns=len(options.columns),
                variance=done.variance,
            )
        note = "; ".join(filter(None, (note, done.not_drawn, *done.warnings)))
        return _prepared(done, choices.name, note)


@dataclass(frozen=True, eq=False)
class DatasetSource(ImportSource):
    """A data set as Landscape has imported it.

    Attributes:
        dataset: all of it.
    """

    dataset: Dataset

    def prepare(self, choices: Choices, report: Report) -> Prepared:
        """As it is, under the chosen name and split."""
        dataset = replace(self.dataset, name=choices.name)
        if choices.split.training != len(dataset.training):
            dataset = dataset.with_training(choices.split.training)
        return _prepared(Imported(dataset), choices.name)


def read_source_file(
    path: Path,
    report: Report,
    info: FileInfo | None = None,
    reading: Reading | None = None,
    beginning: bool = False,
) -> ImportSource:
    """Source of data in a file or folder; of a run, the data that it carries.

    Args:
        path: of the file or folder.
        report: how far the reading is.
        info: its type, if that is known; None to find out.
        reading: how it is read; None finds out.
        beginning: whether of a large table the first rows are enough.

    Raises:
        ValueError: nothing that a model can learn; says what was expected.
        OSError: it cannot be read.
    """
    state = (info or inspect(path)).state
    if state is not None:
        dataset, _ = data_in(state, path)
        return DatasetSource(path, dataset.name, len(dataset.items), _data_words(dataset), dataset)
    reading = reading or Reading()
    if beginning:
        try:
            return _source_in(path, report, reading, beginning)
        except ImportFailure:
            # The whole may have what its first rows lack.
            pass
    return _source_in(path, report, reading, False)


def read_pasted(pasted: Pasted, report: Report, reading: Reading | None = None) -> ImportSource:
    """Source of data that were pasted, as `read_source_file` has that of a file.

    Raises:
        ValueError: nothing that a model can learn; says what was expected.
    """
    reading, path = reading or Reading(), Path(pasted.name)
    source = open_text(pasted.text, pasted.name, reading.table, reading.as_table)
    return _material(path, source, report)


def _source_in(path: Path, report: Report, reading: Reading, beginning: bool) -> ImportSource:
    options = replace(reading.table, beginning=beginning, progress=lambda share: report(READ_SHARE * share))
    try:
        source = open_source(path, options, paper=reading.paper, as_table=reading.as_table)
    except SeveralArrays as several:
        # The window shows the first, and lets another be chosen.
        options = replace(options, array=several.names[0])
        source = open_source(path, options, paper=reading.paper, as_table=reading.as_table)
    return _material(path, source, report, options.only)


def _material(
    path: Path, source: ImageSource | Table, report: Report, only: tuple[str, ...] = ()
) -> ImportSource:
    if isinstance(source, Table):
        _check_count(path, len(source), of_rows=True)
        return _table_material(path, source, report)
    _check_count(path, source.count, of_rows=False)
    return _image_material(path, source, report, only)


READ_SHARE = 0.8
"""Of reading a table, the rest of which is looking at its columns."""


def _table_material(path: Path, table: Table, report: Report) -> TableSource:
    for done, column in enumerate(table.columns, start=1):
        # All that the window asks of a column is found out here, as it takes a while in a large one.
        column.inspect()
        report(READ_SHARE + (1 - READ_SHARE) * done / len(table.columns))
    columns = counted(len(table.columns), "column")
    rows = counted(len(table) + table.not_drawn, "row")
    words = tr("A table of {rows} and {columns}", rows=rows, columns=columns)
    if table.labels is not None:
        labels, names = numbered(table.labels.tolist())
        words += f", {_class_words(labels, names.__getitem__ if names else str)}"
    if table.is_beginning:
        words = tr(
            "The first {count:,} rows of a table of {columns}; all are being read",
            count=len(table),
            columns=columns,
        )
    elif table.memory > LARGE_MEMORY:
        megabytes = table.memory / 1e6
        words += (
            tr(
                "; {count:,} of them, drawn at random, are read, {size:,.0f} MB",
                count=len(table),
                size=megabytes,
            )
            if table.not_drawn
            else tr("; they are read, {size:,.0f} MB", size=megabytes)
        )
    proposed = TableOptions.proposed(table)
    return TableSource(path, free_name(table.name), len(table), words, table, proposed, fitting_kinds(table))


LARGE_MEMORY = 20_000_000
"""Bytes of a table from which on the preview says how many they are."""


def fitting_kinds(table: Table) -> tuple[Kind, ...]:
    """Kinds that the rows of a table can be."""
    return tuple(kind for kind in Kind if _fits(table, kind))


def _fits(table: Table, kind: Kind) -> bool:
    try:
        TableOptions.proposed(table, kind)
    except ImportFailure:
        return False
    return True


def free_name(name: str) -> str:
    """A name that is not one of the data sets that come with the application."""
    return f"{name} of mine" if name in PROBLEMS else name


def _image_material(
    path: Path, source: ImageSource, report: Report, only: tuple[str, ...]
) -> ImageFileSource:
    samples: list[np.ndarray] = []
    fault: ImportFailure | None = None
    places = np.linspace(0, source.count - 1, min(SAMPLES, source.count)).astype(int)
    for done, index in enumerate(places, start=1):
        report(done / len(places))
        try:
            samples.append(_bounded((source.read_colour or source.read)(int(index))))
        except ImportFailure as error:
            fault = error
    if not samples:
        raise ImportFailure(
            tr("none of {count} images in {path} can be read: {why}", count=len(places), path=path, why=fault)
        )
    origin = generated_words(path, only)
    words = _joined(_image_words(source), origin)
    return ImageFileSource(path, free_name(source.name), source.count, words, source, tuple(samples), origin)


def _bounded(image: np.ndarray) -> np.ndarray:
    """An image, averaged over whole pixels where it is larger than `SAMPLE_SIDE`."""
    times = -(-max(image.shape[:2]) // SAMPLE_SIDE)
    if times < 2:
        return image
    height, width = (max(1, side // times) for side in image.shape[:2])
    picture = [
        Image.fromarray(np.ascontiguousarray(plane)).resize((width, height), Image.Resampling.BOX)
        for plane in np.moveaxis(image if image.ndim == 3 else image[..., None], -1, 0)
    ]
    planes = np.stack([np.asarray(plane) for plane in picture], axis=-1)
    return planes if image.ndim == 3 else planes[..., 0]


def _check_count(path: Path, count: int, of_rows: bool) -> None:
    if count < LEAST_ITEMS:
        raise ImportFailure(
            tr(
                "rows are too few in {name}: {count}; {least} at least are needed, to learn from some and hold "
                "one out",
                name=path.name,
                count=count,
                least=LEAST_ITEMS,
            )
            if of_rows
            else tr(
                "images are too few in {name}: {count}; {least} at least are needed, to learn from some and hold one "
                "out",
                name=path.name,
                count=count,
                least=LEAST_ITEMS,
            )
        )


def _prepared(done: Imported, name: str, note: str = "") -> Prepared:
    dataset = replace(done.dataset, name=name)
    proposal = proposal_for(dataset)
    kernels = _kernels_on(dataset, proposal)
    note = without_options(note)
    return Prepared(dataset, proposal, kernels, done.left_out, note, done.not_used, reading=done.reading)


def _kernels_on(dataset: Dataset, proposal: Proposal) -> tuple[str, ...]:
    """Names of the kernels that can move a model of the data, whatever the components of its base measure."""
    plan = replace(proposal.configuration, components=1)
    data = training_data(plan, dataset)
    training = torch.as_tensor(data.training_items).float()
    return tuple(kernels_for(build_model(plan, build_space(data), training, data.columns).target))


def _image_words(source: ImageSource, labels: np.ndarray | None = None, readable: int | None = None) -> str:
    """Choice of the images to draw.

    Args:
        source: of all.
        labels: classes of those that can be read; None for those of all.
        readable: how many these are; None where that is not known.
    """
    height, width = source.size
    there = source.count + sum(source.beyond.values())
    if source.sizes <= 1:
        text = (
            tr("{count:,} images of {height} × {width} pixels", count=there, height=height, width=width)
            if readable in (None, source.count)
            else tr(
                "{readable:,} of {count:,} images of {height} × {width} pixels",
                readable=readable,
                count=there,
                height=height,
                width=width,
            )
        )
    else:
        text = (
            tr("{count:,} images, most of {height} × {width} pixels", count=there, height=height, width=width)
            if readable in (None, source.count)
            else tr(
                "{readable:,} of {count:,} images, most of {height} × {width} pixels",
                readable=readable,
                count=there,
                height=height,
                width=width,
            )
        )
    if source.is_beginning:
        return tr("The first {images}; all are being read", images=text)
    if source.beyond:
        text += tr(", of which {count:,}, drawn at random, are read", count=source.count)
    labels = source.labels if labels is None else labels
    if labels is None:
        return tr("{images}, without classes", images=text)
    name = source.class_names.__getitem__ if source.class_names else str
    guessed = tr(", by {source}", source=source.classes_from) if source.classes_from else ""
    return f"{text}, {_class_words(labels, name)}{guessed}"


def _joined(*sentences: str) -> str:
    return ". ".join(filter(None, sentences))


def _readable_words(material: ImageFileSource, dataset: Dataset) -> str:
    """Count of images that can be read, after all were tried."""
    return _joined(_image_words(material.source, dataset.labels, len(dataset.items)), material.origin)


def _data_words(dataset: Dataset) -> str:
    text = dataset.summary
    return text if dataset.labels is None else f"{text}, {_class_words(dataset.labels, dataset.class_name)}"


def _class_words(labels: np.ndarray, name: Callable[[int], str]) -> str:
    counts = sorted(Counter(labels.tolist()).items())
    listed = ", ".join(f"{name(label)} ({number:,})" for label, number in counts[:MOST_LISTED])
    if len(counts) > MOST_LISTED:
        listed = tr("{named} and {count} more", named=listed, count=len(counts) - MOST_LISTED)
    return f"{counted(len(counts), 'class')}: {listed}"


MOST_LISTED = 12
"""Classes that are named one by one."""
