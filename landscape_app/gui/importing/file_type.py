"""Type of a file or folder that is handed to the window."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import NamedTuple

from landscape_app.data.importing import ARRAY_ENDINGS, HDF5_ENDINGS
from landscape_app.data.importing.folders import ENDINGS as IMAGE_ENDINGS
from landscape_app.data.importing.folders import STACKS
from landscape_app.data.importing.idx import is_idx
from landscape_app.data.importing.tables import TABLE_ENDINGS
from landscape_app.runs import RunState, read_run
from landscape_app.runs.run_file import has_no_checksum

COMPOSITION_ENDING = ".json"

KINDS = (
    "images: a folder of them (subfolders are classes; train, val and test are splits), or a stack (.tif, .gif)",
    "arrays: .npy, .npz, HDF5, .mat, or MNIST's IDX format, gzipped or not",
    "tables: text in any dialect (.csv, .tsv, .txt, also packed), .xlsx, .parquet, .feather, .jsonl",
    "data that Landscape has imported (.h5)",
)
"""Data that a model can be trained on."""

DROPS = (
    "a run or imported data (.h5), a folder of images, arrays (.npy, .npz, HDF5, .mat, IDX), "
    "a table (.csv, .tsv, .txt, .xlsx, .parquet, .jsonl) or a composition (.json)"
)
"""Files that can be dropped on the window."""


class FileType(enum.Enum):
    """Kinds of file or folder that the window opens; `SOURCE` is one that data are imported from."""

    RUN = "run"
    DATA = "data"
    SOURCE = "source"
    COMPOSITION = "composition"


class FileInfo(NamedTuple):
    """Type of a file or folder, and what had to be read to tell.

    Attributes:
        type: of the file.
        state: contents of a run or data file; None of others.
    """

    type: FileType
    state: RunState | None = None


def may_be_used(path: Path) -> bool:
    """True for a file or folder that the window can use, by its name and first bytes."""
    known = (*HDF5_ENDINGS, COMPOSITION_ENDING, *ARRAY_ENDINGS, *TABLE_ENDINGS, *STACKS)
    return path.is_dir() or (path.is_file() and (path.name.lower().endswith(known) or is_idx(path)))


def refusal(path: Path) -> str:
    """Message about a file that the window cannot use."""
    advice = ""
    if path.suffix.lower() in IMAGE_ENDINGS:
        advice = (
            ". Of images, drop the folder that it lies in; File ▸ Score a file tells how probable it is, "
            "File ▸ Verify image where it is from"
        )
    return f"Landscape cannot use {path.name}: it takes {DROPS}{advice}"


def inspect(path: Path) -> FileInfo:
    """Type of a file or folder, by its contents where its name does not tell.

    Raises:
        ValueError: the window cannot use it; says what it can.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return FileInfo(FileType.SOURCE)
    if not path.is_file():
        raise ValueError(f"there is no file or folder {path}")
    if not may_be_used(path):
        raise ValueError(refusal(path))
    if path.suffix.lower() == COMPOSITION_ENDING:
        return FileInfo(FileType.COMPOSITION)
    if path.suffix.lower() not in HDF5_ENDINGS or has_no_checksum(path):
        return FileInfo(FileType.SOURCE)
    state = read_run(path)
    return FileInfo(FileType.DATA if state.holds_data_alone else FileType.RUN, state)
