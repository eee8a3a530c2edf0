"""`landscape import`: makes a data file of a person's own images or points."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.common import HeaderOption, use_all_cores
from landscape_app.cli.errors import check_another, check_hdf5, checking_input, is_hdf5, working
from landscape_app.cli.info import print_sections
from landscape_app.cli.options import plan_rows
from landscape_app.cli.progress import error_console, progress, waiting
from landscape_app.session.vocabulary import listed

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.data.importing.columns import ColumnType
    from landscape_app.data.importing.division import Division
    from landscape_app.data.importing.images import ImageOptions, ImageSource, Imported
    from landscape_app.data.importing.table_data import TableOptions
    from landscape_app.data.importing.tables import Table
    from landscape_app.problems import Configuration

Rows = list[tuple[str, str]]

LARGE = 30_000_000
"""Bytes of a file from which on a bar shows how much of it is read."""


class Form(StrEnum):
    """Kind of the rows of a table: a value of `data.Kind`, or images, a pixel a column."""

    points = "points"
    spins = "spins"
    levels = "levels"
    mixed = "mixed"
    images = "images"


def import_data(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            show_default=False,
            help="A folder of images (subfolders are classes; train, val and test are splits), a stack of pictures "
            "(.tif, .gif), arrays (.npy, .npz, .h5, .mat), MNIST's IDX format, or a table: text in any dialect and "
            "charset (.csv, .tsv, .txt, also .gz, .bz2, .xz, .zip; - is the standard input), .xlsx, .parquet, "
            ".feather, .jsonl.",
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
        bool | None,
        typer.Option(
            "--invert/--no-invert",
            show_default=False,
            help="Whether dark pixels are ink: level 0 is the paper. If not said, as the borders of image files are.",
        ),
    ] = None,
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
            help="What the rows of a table are: points (numbers), spins (columns of two values), levels "
            "(categories), mixed (numbers and categories) or images (a pixel a column); if not said, the columns "
            "decide.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            show_default=False,
            help="Columns of a table by name or by number from 1; if not said, all that fit but dates.",
        ),
    ] = None,
    components: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Principal components that more columns of numbers are brought to; if not said, up to 64 columns "
            "are taken as they are.",
        ),
    ] = None,
    header: HeaderOption = None,
    missing: Annotated[
        str | None,
        typer.Option(
            metavar="WORD,…",
            show_default=False,
            help="Words for a missing value in a table, beside an empty cell, NA, NaN, None, null, ? and the like.",
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Sheet of a spreadsheet, by name or number from 1; if not said, the first that is not empty.",
        ),
    ] = None,
    array: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Array of a file of several (.npz, HDF5, .mat) that is taken; if not said, that of images, or the "
            "only one of rows and columns.",
        ),
    ] = None,
    paper: Annotated[
        str,
        typer.Option(
            metavar="COLOUR", help="Colour below what is transparent in images: white, black, #rrggbb."
        ),
    ] = "white",
    classes: Annotated[
        bool,
        typer.Option(
            "--classes/--no-classes",
            help="Keep the classes of images: subfolders, labels, or what stands before the number in files' names.",
        ),
    ] = True,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="NAME=TYPE",
            show_default=False,
            help="Type of a column of a table, where it is guessed wrong: number, logarithm, whole number, category, "
            "yes/no, date, text, identifier, weight (how much the row counts) or frequency (how often it was seen); "
            "may be given again.",
        ),
    ] = None,
    similarity: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            show_default=False,
            help="Of aligned sequences: the share of equal positions from which on some count as one, each with "
            "weight 1/m; if not said, 0.8, and 0 for equal weights.",
        ),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            metavar="WAY",
            help="Rows of a table that are held out: random; column:NAME, which says train or test; group:NAME, each "
            "group whole on one side; time:NAME, the latest.",
        ),
    ] = "random",
    split_seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Seed of a split at random or by groups.")
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was read, left out and not used as one JSON object.")
    ] = False,
) -> None:
    """Make a data file of your own images or tables, to train on.

    What cannot be read is named and left out. Columns of a table that have two
    values each are taken for spins, those of words or of few whole numbers for
    categories, all others for points. Columns of text and those that only name
    or number the rows are not used, nor are dates unless --columns names them; a
    column so full of holes that it would cost more rows than it is worth is not
    either. Tables of pixels are images.

    \b
    Examples:
      landscape import photos -o photos.h5 --size 16x16
      landscape import train-images-idx3-ubyte.gz -o mnist.h5 --size 14x14
      landscape import measured.csv -o measured.h5 --columns length,width
      landscape import survey.csv -o survey.h5 --as levels
      zcat events.txt.gz | landscape import - -o events.h5
      landscape train photos.h5 -o run.h5
    """
    from dataclasses import replace

    from landscape_app.data.importing import ARRAY_ENDINGS, Table, import_table, named, open_source
    from landscape_app.data.importing.cells import MISSING, parse_words
    from landscape_app.data.importing.division import Division
    from landscape_app.data.importing.tables import ReadOptions
    from landscape_app.runs import check_writable
    from landscape_app.session.dataset_io import save_data
    from landscape_app.session.device import resolve_device
    from landscape_app.session.memory import IMPORTING, memory_for
    from landscape_app.session.provenance_in_files import generated_words

    check_hdf5(output, "data are")
    check_another(output, path, "the source")
    use_all_cores()
    of_images = {"--size": size, "--levels": levels, "--invert": invert, "--colour": colour}
    of_images |= {"--no-classes": None if classes else False}
    of_tables: dict[str, object] = {
        "--similarity": similarity,
        "--columns": columns,
        "--components": components,
        "--type": types or None,
    }
    of_tables |= {"--split": None if split == "random" else split, "--split-seed": split_seed or None}
    with checking_input(), memory_for(IMPORTING):
        check_writable(output)
        _refuse_own(path)
        words = MISSING if missing is None else MISSING | parse_words(missing)
        reading = ReadOptions(words, header, sheet, array)
        if array is not None and not path.name.lower().endswith(ARRAY_ENDINGS):
            raise ValueError(
                f"--array goes with files of arrays ({', '.join(ARRAY_ENDINGS)}), and {path} is none"
            )
        asks_for_table = form not in (None, Form.images) or any(
            value is not None for value in of_tables.values()
        )
        name = path.resolve().name
        if path == Path("-"):
            name = f"standard input {datetime.now():%Y-%m-%d %H.%M}"
            with _spooled(name) as spooled:
                source = open_source(spooled, reading, as_table=asks_for_table)
        else:
            with _reading(path) as report:
                reading = replace(reading, progress=report)
                source = open_source(path, reading, paper=_colour(paper), as_table=asks_for_table)
        if isinstance(source, Table):
            _refuse(of_images, "images", f"{path} is a table")
            if form is Form.images:
                raise ValueError(f"{path} has no square number of columns of pixels, 0 to 255 or 0 to 1")
            with waiting(f"Reading {path}"):
                source = source.typed(_types(source, types or []))
                division = Division.parse(split, split_seed)
                options = _table_options(source, form, columns, components, held_out, most, division)
                if similarity is not None:
                    if not source.is_alignment:
                        raise ValueError(f"--similarity goes with aligned sequences, and {path} is a table")
                    options = replace(options, similarity=similarity or None)
                if not source.is_alignment:
                    done = import_table(source, options)
            if source.is_alignment:
                with progress(error_console(), "Comparing sequences", 1.0) as report:
                    done = import_table(source, options, _each(report))
        else:
            _refuse(
                of_tables | {"--as": None if form is Form.images else form}, "tables", f"{path} has images"
            )
            source = source if classes else source.without_classes()
            done = _images(source, _options(source, size, levels, invert, colour, held_out, most))
    if isinstance(source, Table) and columns is None:
        tell_dates(source, options)
    with working(), memory_for(IMPORTING):
        made = {"imported_from": name}
        configuration = save_data(done.dataset, output, made)
    if done.left_out:
        error_console().print(
            f"Left out {len(done.left_out):,}: {named(done.left_out)}", soft_wrap=True, markup=False
        )
    if done.not_drawn:
        error_console().print(f"Left out {done.not_drawn}", soft_wrap=True, markup=False)
    for warning in done.warnings:
        error_console().print(f"Note: {warning}", soft_wrap=True, markup=False)
    if as_json:
        print(json.dumps(done.as_json(), ensure_ascii=False))
        return
    seconds = _seconds_per_epoch(configuration, done.dataset)
    plan = plan_rows(configuration, done.dataset, seconds, resolve_device().device)
    rows = [*_figures(done), ("split", done.split), *plan]
    generated = generated_words(path)
    if generated:
        rows.append(("note", generated))
    print_sections({f"Saved {output}": rows})


@contextmanager
def _spooled(name: str) -> Iterator[Path]:
    """The standard input as a file, until the block ends."""
    with tempfile.TemporaryDirectory() as folder, waiting("Reading the standard input"):
        path = Path(folder) / f"{name}.txt"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 2**20)
        try:
            yield path
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), "the standard input")) from error


@contextmanager
def _reading(path: Path) -> Iterator[Callable[[float], None]]:
    """Shows how much of a file is read, where it is large; takes the share."""
    if path.is_file() and path.stat().st_size > LARGE:
        with progress(error_console(), f"Reading {path}", 1.0) as report:
            yield _each(report)
    else:
        with waiting(f"Reading {path}"):
            yield lambda share: None


def _types(table: Table, given: list[str]) -> dict[str, ColumnType]:
    """Types of columns by their names, of NAME=TYPE."""
    from landscape_app.data.importing.columns import ColumnType

    types = {}
    for text in given:
        name, _, kind = text.rpartition("=")
        if not name or kind not in set(ColumnType):
            raise ValueError(f"--type must be NAME=TYPE with a type of {', '.join(ColumnType)}, got {text!r}")
        types[table.column(name).name] = ColumnType(kind)
    return types


def _colour(paper: str) -> str:
    from PIL import ImageColor

    try:
        ImageColor.getrgb(paper)
    except ValueError:
        raise ValueError(
            f"--paper must be a colour, such as white, black or #ffee99, got {paper!r}"
        ) from None
    return paper


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
    division: Division,
) -> TableOptions:
    from dataclasses import replace

    from landscape_app.data import Kind
    from landscape_app.data.importing.table_data import TableOptions

    names = None if columns is None else [name.strip() for name in columns.split(",")]
    proposed = TableOptions.proposed(table, None if form is None else Kind(form.value), names, division)
    return replace(
        proposed,
        components=proposed.components if components is None else components,
        held_out=held_out,
        most=proposed.most if most is None else most,
    )


def tell_dates(table: Table, options: TableOptions, command: str = "") -> None:
    """Names the columns of dates that are left out, and says how to take them.

    Args:
        table: the table.
        options: that leave them out.
        command: that has the option for it, where that is another than the one that runs.
    """
    from landscape_app.data.importing.table_data import dates_left_out

    dates = dates_left_out(table, options)
    if dates:
        wanted = {*options.columns, *dates}
        chosen = ",".join(
            _chosen_name(column.name, number)
            for number, column in enumerate(table.columns, 1)
            if column.name in wanted
        )
        error_console().print(
            f"Left out the dates of {', '.join(dates)}; to learn them too: {command}--columns {chosen}",
            soft_wrap=True,
            markup=False,
        )


def _chosen_name(name: str, number: int) -> str:
    """A column as --columns takes it: by its name, or by its number where a comma or a shell would cut the name."""
    return name if re.fullmatch(r"\w[\w.+%-]*", name) and not name.isdecimal() else str(number)


def _column(name: str, values: tuple[str, ...]) -> str:
    return f"{name} ({', '.join(values[:6])}{', …' if len(values) > 6 else ''})" if values else name


def _images(source: ImageSource, options: ImageOptions) -> Imported:
    from landscape_app.data.importing.images import import_images

    with progress(error_console(), "Reading images", options.most or source.count) as report:
        return import_images(source, options, _each(report))


def _each(report: Callable[[float, str], None]) -> Callable[[float], None]:
    return lambda done: report(done, "")


def _options(
    source: ImageSource,
    size: str | None,
    levels: int | None,
    invert: bool | None,
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
        invert=proposed.invert if invert is None else invert,
        held_out=held_out,
        most=proposed.most if most is None else most,
    )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,3})[x×](\d{1,3})|(\d{1,3})", text.strip().lower())
    if found is None:
        raise ValueError(f"--size must be height x width, such as 16x16, got {text!r}")
    height, width, side = found.groups()
    return (int(side), int(side)) if side else (int(height), int(width))


def _figures(done: Imported) -> Rows:
    """Description of the data set."""
    dataset = done.dataset
    rows = [
        ("items", dataset.summary),
        ("training, held out", f"{dataset.training_worth:,.0f}, {dataset.held_out_worth:,.0f}")
        if dataset.are_counts
        else ("training, held out", f"{len(dataset.training):,}, {len(dataset.held_out):,}"),
    ]
    if done.left_out or done.beyond:
        rows.append(("left out", f"{len(done.left_out) + sum(done.beyond.values()):,}"))
    if dataset.labels is not None:
        classes = [dataset.class_name(c) for c in sorted(set(dataset.labels.tolist()))]
        rows.append(("classes", listed(classes)))
    if dataset.columns:
        rows.append(
            ("columns", listed([_column(column.title, column.values) for column in dataset.columns], 6))
        )
    if done.variance is not None:
        rows.append(("components", f"scaled alike: {done.variance:.1%} of the columns' variance"))
    if done.images.get("invert"):
        rows.append(("ink", "dark, on light paper"))
    if done.not_used:
        rows.append(("not used", listed(done.not_used)))
    return rows
