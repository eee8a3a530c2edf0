"""`landscape import`: makes a data file of a person's own images or points."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from landscape_app.cli.common import use_all_cores
from landscape_app.cli.errors import check_another, check_hdf5, checking_input, is_hdf5, working
from landscape_app.cli.info import print_sections
from landscape_app.cli.options import plan_rows
from landscape_app.cli.progress import error_console, progress, waiting
from landscape_app.cli.vocabulary import listed

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.data.importing.images import ImageOptions, ImageSource, LeftOut
    from landscape_app.data.importing.table_data import TableOptions
    from landscape_app.data.importing.tables import Table
    from landscape_app.problems import Configuration

Rows = list[tuple[str, str]]


class Form(StrEnum):
    """Kind of the rows of a table; the values are those of `data.Kind`."""

    points = "points"
    spins = "spins"
    levels = "levels"


class ImportedFile(NamedTuple):
    """A data set, what was left out of it, and what there is to say of how it was made."""

    dataset: Dataset
    left_out: tuple[LeftOut, ...]
    notes: Rows


def import_data(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            show_default=False,
            help="A folder of PNG or JPEG files (subfolders are classes), a .npy, .npz or HDF5 file, MNIST's IDX "
            "format (gzipped or not), or a table (.csv, .tsv, .txt).",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DATA.h5", show_default=False, help="Where to save the data."),
    ],
    size: Annotated[
        str | None,
        typer.Option(
            metavar="HxW",
            show_default=False,
            help="Height and width of the images in pixels, even, up to 64; if not said, their own up to 32.",
        ),
    ] = None,
    levels: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Levels of grey or of each colour, 2 to 256; if not said, their own where they are few, else 17 of "
            "grey or 9 of each colour.",
        ),
    ] = None,
    colour: Annotated[
        bool | None,
        typer.Option(
            "--colour/--grey",
            show_default=False,
            help="Keep red, green and blue, or make grey of them; if not said, colours are kept where there are any.",
        ),
    ] = None,
    invert: Annotated[
        bool, typer.Option("--invert", help="Make dark pixels ink: level 0 is the paper.")
    ] = False,
    held_out: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the data that no model learns from.")
    ] = 0.2,
    most: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Take so many images or rows, images from all classes alike.",
        ),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--as",
            metavar="FORM",
            show_default=False,
            help="What the rows of a table are: points (numbers), spins (columns of two values) or levels "
            "(categories); if not said, the columns decide.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            show_default=False,
            help="Columns of a table by name or by number from 1; if not said, all that fit.",
        ),
    ] = None,
    components: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Principal components that more columns of numbers are brought to, 2 if not said.",
        ),
    ] = None,
) -> None:
    """Make a data file of your own images or tables, to train on.

    What cannot be read is named and left out. Columns of a table that have two
    values each are taken for spins, those of words or of few whole numbers for
    categories, all others for points; of more than two columns of numbers the
    first two principal components are taken, the columns scaled alike.

    \b
    Examples:
      landscape import photos -o photos.h5 --size 16x16
      landscape import train-images-idx3-ubyte.gz -o mnist.h5 --size 14x14 --levels 9
      landscape import measured.csv -o measured.h5 --columns length,width
      landscape import survey.csv -o survey.h5 --as levels
      landscape train photos.h5 -o run.h5
    """
    from landscape_app.data.importing import open_source
    from landscape_app.data.importing.tables import Table, open_table
    from landscape_app.runs import check_writable
    from landscape_app.session.dataset_io import save_data
    from landscape_app.session.memory import IMPORTING, memory_for
    from landscape_app.session.provenance_in_files import generated_words

    check_hdf5(output, "data are")
    check_another(output, path, "the source")
    use_all_cores()
    of_images = {"--size": size, "--levels": levels, "--invert": invert or None, "--colour": colour}
    of_tables = {"--as": form, "--columns": columns, "--components": components}
    with checking_input(), memory_for(IMPORTING):
        check_writable(output)
        _refuse_own(path)
        asks_for_table = any(value is not None for value in of_tables.values()) and not path.is_dir()
        with waiting(f"Looking at {path}"):
            source = open_table(path) if asks_for_table else open_source(path)
        if isinstance(source, Table):
            _refuse(of_images, "images", f"{path} is a table")
            with waiting(f"Reading {path}"):
                done = _table(source, _table_options(source, form, columns, components, held_out, most))
        else:
            _refuse(of_tables, "tables", f"{path} has images")
            done = _images(source, _options(source, size, levels, invert, colour, held_out, most))
    with working(), memory_for(IMPORTING):
        configuration = save_data(done.dataset, output, {"imported_from": path.resolve().name})
    if done.left_out:
        from landscape_app.data.importing.images import named

        error_console().print(f"Left out {len(done.left_out):,}: {named(done.left_out)}", soft_wrap=True)
    seconds = _seconds_per_epoch(configuration, done.dataset)
    rows = [*_figures(done), *plan_rows(configuration, done.dataset, seconds)]
    generated = generated_words(path)
    if generated:
        rows.append(("note", generated))
    print_sections({f"Saved {output}": rows})


def _seconds_per_epoch(configuration: Configuration, dataset: Dataset) -> float:
    """Seconds that an epoch takes here, by timing a few of a trial; NaN where that fails, or the user stops it."""
    from landscape_app.learning.trainer import DivergenceError
    from landscape_app.session.api import seconds_per_epoch
    from landscape_app.session.memory import NotEnoughMemoryError

    try:
        with waiting("Timing an epoch"):
            return seconds_per_epoch(configuration, dataset)
    except (DivergenceError, NotEnoughMemoryError, KeyboardInterrupt):
        # The data are saved; only how long training on them takes is not known.
        return math.nan


def _refuse_own(path: Path) -> None:
    """Fails on a file of Landscape: its arrays would be taken for data, also what a model has generated."""
    from landscape_app.runs import RunFileError, read_run
    from landscape_app.runs.run_file import has_no_checksum

    if not (is_hdf5(path) and path.is_file()) or has_no_checksum(path):
        return
    try:
        state = read_run(path)
    except RunFileError:
        # What it is instead, the importer finds out.
        return
    if state.holds_data_alone:
        raise ValueError(f"{path} is imported already; train on it with: landscape train {path} -o run.h5")
    raise ValueError(f"{path} is a run, not data; go on with it with: landscape train --resume {path}")


def _refuse(options: Mapping[str, object], kind: str, but: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise ValueError(f"{name} goes with {kind}, and {but}")


def _table_options(
    table: Table,
    form: Form | None,
    columns: str | None,
    components: int | None,
    held_out: float,
    most: int | None,
) -> TableOptions:
    from dataclasses import replace

    from landscape_app.data import Kind
    from landscape_app.data.importing.table_data import TableOptions

    names = None if columns is None else [name.strip() for name in columns.split(",")]
    proposed = TableOptions.proposed(table, None if form is None else Kind(form.value), names)
    return replace(
        proposed,
        components=proposed.components if components is None else components,
        held_out=held_out,
        most=most,
    )


def _table(table: Table, options: TableOptions) -> ImportedFile:
    from landscape_app.data.importing.table_data import import_table

    dataset, left_out, others, variance = import_table(table, options)
    notes: Rows = [
        ("columns", listed([_column(column.name, column.values) for column in dataset.columns], 6))
    ]
    if variance is not None:
        notes.append(
            (
                "components",
                f"of {len(options.columns)} columns, scaled alike: {variance:.1%} of their variance",
            )
        )
    if others:
        notes.append(("columns not taken", listed(others)))
    return ImportedFile(dataset, left_out, notes)


def _column(name: str, values: tuple[str, ...]) -> str:
    return f"{name} ({', '.join(values[:6])}{', …' if len(values) > 6 else ''})" if values else name


def _images(source: ImageSource, options: ImageOptions) -> ImportedFile:
    from landscape_app.data.importing.images import import_images

    with progress(error_console(), "Reading images", options.most or source.count) as report:
        dataset, left_out = import_images(source, options, _each(report))
    return ImportedFile(dataset, left_out, [])


def _each(report: Callable[[float, str], None]) -> Callable[[int], None]:
    return lambda done: report(done, "")


def _options(
    source: ImageSource,
    size: str | None,
    levels: int | None,
    invert: bool,
    colour: bool | None,
    held_out: float,
    most: int | None,
) -> ImageOptions:
    from dataclasses import replace

    from landscape_app.data.importing.images import ImageOptions

    with waiting(f"Looking at {source.name}"):
        proposed = ImageOptions.proposed(source, colour)
    height, width = (proposed.height, proposed.width) if size is None else _size(size)
    return replace(
        proposed,
        height=height,
        width=width,
        levels=proposed.levels if levels is None else levels,
        invert=invert,
        held_out=held_out,
        most=proposed.most if most is None else most,
    )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,3})[x×](\d{1,3})|(\d{1,3})", text.strip().lower())
    if found is None:
        raise ValueError(f"--size must be height x width, such as 16x16, got {text!r}")
    height, width, side = found.groups()
    return (int(side), int(side)) if side else (int(height), int(width))


def _figures(done: ImportedFile) -> Rows:
    """Description of the data set."""
    dataset = done.dataset
    rows = [
        ("items", dataset.summary),
        ("training, held out", f"{len(dataset.training):,}, {len(dataset.held_out):,}"),
    ]
    if done.left_out:
        rows.append(("left out", f"{len(done.left_out):,}"))
    if dataset.labels is not None:
        classes = [dataset.class_name(c) for c in sorted(set(dataset.labels.tolist()))]
        rows.append(("classes", listed(classes)))
    return rows + done.notes
