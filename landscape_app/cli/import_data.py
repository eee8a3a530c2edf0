"""`landscape import`: makes a data file of a person's own images or points."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.compute import use_all_cores
from landscape_app.cli.failures import WrongUsageError, checking_input, working
from landscape_app.cli.info import print_sections
from landscape_app.cli.progress import error_console, progress

if TYPE_CHECKING:
    from landscape_app.data import Dataset
    from landscape_app.data.importing import ImageOptions, ImageSource, LeftOut
    from landscape_app.problems import Configuration

ENDINGS = (".h5", ".hdf5")


def import_data(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            show_default=False,
            help="A folder of PNG or JPEG files (subfolders are classes), a .npy, .npz or HDF5 file, MNIST's IDX "
            "format (gzipped or not), or a table of points (.csv, .tsv, .txt).",
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
            help="Grey levels, 2 to 256; if not said, their own up to 34, else 17.",
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
            metavar="N", show_default=False, help="Take so many images, drawn from all classes alike."
        ),
    ] = None,
) -> None:
    """Make a data file of your own images or points, to train on.

    What cannot be read is named and left out. Colours become grey by their luminance.

    \b
    Examples:
      landscape import photos -o photos.h5 --size 16x16
      landscape import train-images-idx3-ubyte.gz -o mnist.h5 --size 14x14 --levels 9
      landscape import measured.csv -o measured.h5
      landscape train photos.h5 -o run.h5
    """
    from landscape_app.data.points import ENDINGS as TABLES
    from landscape_app.runs import check_writable
    from landscape_app.session import save_data

    if output.suffix.lower() not in ENDINGS:
        raise WrongUsageError(f"data are saved as HDF5; give a name that ends in .h5, not {output}")
    use_all_cores()
    with checking_input():
        check_writable(output)
        options: dict[str, object] = {"size": size, "levels": levels, "invert": invert or None, "most": most}
        left_out: tuple[LeftOut, ...] = ()
        if path.suffix.lower() in TABLES and not (path.suffix.lower() == ".npy" and _holds_images(path)):
            dataset = _points(path, held_out, {f"--{name}": value for name, value in options.items()})
        else:
            dataset, left_out = _images(path, size, levels, invert, held_out, most)
    with working():
        configuration = save_data(dataset, output, {"imported_from": path.resolve().name})
    if left_out:
        from landscape_app.data.importing import named

        error_console().print(f"Left out {len(left_out):,}: {named(left_out)}", soft_wrap=True)
    print_sections({f"Saved {output}": _figures(dataset, configuration, len(left_out))})


def _holds_images(path: Path) -> bool:
    from landscape_app.data.importing import ImportFailure, open_images

    try:
        open_images(path)
    except ImportFailure:
        return False
    return True


def _points(path: Path, held_out: float, refused: dict[str, object]) -> Dataset:
    from landscape_app.data import Dataset
    from landscape_app.data.points import read_table

    for name, value in refused.items():
        if value is not None:
            raise ValueError(f"{name} goes with images, and {path} is a table of points")
    return Dataset.of_points(read_table(path), path.stem, held_out)


def _images(
    path: Path, size: str | None, levels: int | None, invert: bool, held_out: float, most: int | None
) -> tuple[Dataset, tuple[LeftOut, ...]]:
    from landscape_app.data.importing import import_images, open_images

    source = open_images(path)
    options = _options(source, size, levels, invert, held_out, most)
    with progress(error_console(), "Reading images", options.most or source.count) as report:
        dataset, left_out = import_images(source, options, _each(report))
    return dataset, left_out


def _each(report: Callable[[float, str], None]) -> Callable[[int], None]:
    return lambda done: report(done, "")


def _options(
    source: ImageSource, size: str | None, levels: int | None, invert: bool, held_out: float, most: int | None
) -> ImageOptions:
    from dataclasses import replace

    from landscape_app.data.importing import ImageOptions

    proposed = ImageOptions.proposed(source)
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


def _figures(dataset: Dataset, configuration: Configuration, left_out: int) -> list[tuple[str, str]]:
    from landscape_app.session import seconds_per_epoch

    shape = " × ".join(map(str, dataset.items.shape[1:]))
    seconds, epochs = seconds_per_epoch(configuration, dataset), configuration.planned_epochs
    rows = [
        (
            "items",
            f"{len(dataset.items):,} of {shape}" + (f", {dataset.levels} levels" if dataset.levels else ""),
        ),
        ("training, held out", f"{len(dataset.training):,}, {len(dataset.held_out):,}"),
    ]
    if left_out:
        rows.append(("left out", f"{left_out:,}"))
    if dataset.labels is not None:
        classes = [dataset.class_name(c) for c in sorted(set(dataset.labels.tolist()))]
        more = f" and {len(classes) - 12} more" if len(classes) > 12 else ""
        rows.append(("classes", f"{len(classes)}: {', '.join(classes[:12])}{more}"))
    rows += [
        ("observables", f"{configuration.observables}"),
        ("kernel", configuration.kernel),
        (
            "chains",
            f"{configuration.chains:,}"
            + (f" × {configuration.replicas} replicas" if configuration.replicas > 1 else ""),
        ),
        ("an epoch here", f"{seconds:.2g} s; {epochs:,} of them {_duration(seconds * epochs)}"),
    ]
    return rows


def _duration(seconds: float) -> str:
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.2g} {name}"
    return f"{seconds:.2g} s"
