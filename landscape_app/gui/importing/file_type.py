"""Type of a file or folder that is handed to the window."""

from __future__ import annotations

import enum
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from landscape_app.data.importing import ARRAY_ENDINGS, HDF5_ENDINGS
from landscape_app.data.importing.alike import is_picture_file
from landscape_app.data.importing.arrays import LEAST_IMAGES
from landscape_app.data.importing.folders import ENDINGS as IMAGE_ENDINGS
from landscape_app.data.importing.folders import STACKS, Files
from landscape_app.data.importing.idx import is_idx
from landscape_app.data.importing.tables import TABLE_ENDINGS
from landscape_app.language import tr
from landscape_app.runs import RunState, read_run
from landscape_app.runs.run_file import has_no_checksum

COMPOSITION_ENDING, LESSON_ENDING = ".json", ".md"

GENERATED_ENDINGS = (".npz", *HDF5_ENDINGS, ".gif")
"""Of files that may say of themselves that they are generated, and hold more than one picture."""

KINDS = (
    tr(
        "images: several at once, folders of them (subfolders are classes; train, val and test are splits), or a "
        "stack (.tif, .gif)"
    ),
    tr("arrays: .npy, .npz, HDF5, .mat, or MNIST's IDX format, gzipped or not"),
    tr("tables: text in any dialect (.csv, .tsv, .txt, also packed), .xlsx, .parquet, .feather, .jsonl"),
    tr("data that Landscape has imported (.h5)"),
)
"""Data that a model can be trained on."""

DROPS = tr(
    "a run or imported data (.h5), a folder of images, arrays (.npy, .npz, HDF5, .mat, IDX), "
    "a table (.csv, .tsv, .txt, .xlsx, .parquet, .jsonl), a composition (.json) or a lesson (.md)"
)
"""Files that can be dropped on the window."""


class FileType(enum.Enum):
    """Kinds of file or folder that the window opens; `SOURCE` is one that data are imported from.

    `SAMPLES` and `DRAWS` are what Landscape has generated; data can be imported from them too.
    """

    RUN = "run"
    DATA = "data"
    SOURCE = "source"
    SAMPLES = "samples"
    DRAWS = "draws"
    COMPOSITION = "composition"
    LESSON = "lesson"


class FileInfo(NamedTuple):
    """Type of a file or folder, and what had to be read to tell.

    Attributes:
        type: of the file.
        state: contents of a run or data file; None of others.
    """

    type: FileType
    state: RunState | None = None


def files_in(paths: Sequence[Path]) -> Files:
    """Files and folders that are handed to the window at once, as one; several are images, a data set of them all.

    Raises:
        ValueError: they cannot be used, as far as their names tell; says why.
    """
    first = paths[0]
    if len(paths) == 1:
        if not (may_be_used(first) or is_picture_file(first)):
            raise ValueError(refusal(first))
        return Files(first)
    for path in paths:
        if not (path.is_dir() or path.name.lower().endswith(IMAGE_ENDINGS)):
            raise ValueError(
                tr(
                    "{count} files at once are one data set only where all are images or folders of images, and "
                    "{name} is neither: drop it alone, or put all rows into one file",
                    count=len(paths),
                    name=path.name,
                )
            )
    try:
        folder = Path(os.path.commonpath([path.parent for path in paths]))
    except ValueError as error:
        raise ValueError(
            tr(
                "the {count} files lie on different drives: put them into one folder, and drop that",
                count=len(paths),
            )
        ) from error
    return Files(folder, tuple(sorted({path.relative_to(folder).as_posix() for path in paths})))


def are_few_pictures(files: Files) -> bool:
    """True of files of one picture each, by their names, too few for a data set."""
    return len(files.paths) < LEAST_IMAGES and all(map(is_picture_file, files.paths))


def may_be_used(path: Path) -> bool:
    """True for a file or folder that the window can use, by its name and first bytes."""
    known = (*HDF5_ENDINGS, COMPOSITION_ENDING, LESSON_ENDING, *ARRAY_ENDINGS, *TABLE_ENDINGS, *STACKS)
    return path.is_dir() or (path.is_file() and (path.name.lower().endswith(known) or is_idx(path)))


def refusal(path: Path) -> str:
    """Message about a file that the window cannot use."""
    advice = ""
    if path.suffix.lower() in IMAGE_ENDINGS:
        advice = tr(
            ". Of images, drop three or more at once, or their folder; File ▸ Score a file tells how probable it is, "
            "File ▸ Verify image where it is from"
        )
    elif path.suffix.lower() == ".py":
        advice = tr(
            ". Python is opened by File ▸ Energy of your own, or as a field by Add field ▸ User-defined field"
        )
    elif path.suffix.lower() == ".nc":
        advice = tr(". Draws of chains are opened by File ▸ Open chains")
    return tr(
        "Landscape cannot use {name}: it takes {drops}{advice}", name=path.name, drops=DROPS, advice=advice
    )


def is_run(path: Path) -> bool:
    """True of a run file; other files and folders that the window can use are opened beside a run.

    Raises:
        ValueError: the window cannot use it; says what it can.
        OSError: it cannot be read.
    """
    return not are_few_pictures(files_in([path])) and inspect(path).type is FileType.RUN


def _generated(path: Path) -> FileType | None:
    """Type of a file that says of itself that Landscape has generated what is in it; None of another one."""
    if path.suffix.lower() not in GENERATED_ENDINGS:
        return None
    # It loads torch, for which most files need not wait.
    from landscape_app.session.provenance_in_files import read_provenance

    try:
        document = read_provenance(path)
    except ValueError:
        return None
    if document is None or document.get("generated") is not True:
        return None
    if path.suffix.lower() != ".npz":
        return FileType.SAMPLES
    with zipfile.ZipFile(path) as archive:
        return FileType.SAMPLES if {"x.npy", "energy.npy"} <= set(archive.namelist()) else FileType.DRAWS


def inspect(path: Path) -> FileInfo:
    """Type of a file or folder, by its contents where its name does not tell.

    Raises:
        ValueError: the window cannot use it; says what it can.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return FileInfo(FileType.SOURCE)
    if not path.is_file():
        raise ValueError(tr("there is no file or folder {path}", path=path))
    if not may_be_used(path):
        raise ValueError(refusal(path))
    if path.suffix.lower() == COMPOSITION_ENDING:
        return FileInfo(FileType.COMPOSITION)
    if path.suffix.lower() == LESSON_ENDING:
        return FileInfo(FileType.LESSON)
    if path.suffix.lower() not in HDF5_ENDINGS or has_no_checksum(path):
        return FileInfo(_generated(path) or FileType.SOURCE)
    state = read_run(path)
    return FileInfo(FileType.DATA if state.holds_data_alone else FileType.RUN, state)
