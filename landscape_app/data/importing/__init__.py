"""A person's own data: images from folders, arrays and MNIST's format, and tables of text."""

from __future__ import annotations

from pathlib import Path

import h5py

from landscape_app.data.importing.arrays import (
    image_source,
    images_in,
    open_arrays,
    read_array,
    sample_of,
    sampled,
)
from landscape_app.data.importing.columns import Column, ColumnType
from landscape_app.data.importing.folders import ENDINGS as IMAGE_ENDINGS
from landscape_app.data.importing.folders import image_files, open_folder, open_pictures, read_image
from landscape_app.data.importing.idx import idx_size, is_idx, is_packed, labels_beside, read_idx
from landscape_app.data.importing.images import (
    MOST_SIDE,
    ImageOptions,
    ImageSource,
    Imported,
    ImportFailure,
    LeftOut,
    convert,
    import_images,
    named,
    preview,
)
from landscape_app.data.importing.table_data import TableOptions, import_points, import_table
from landscape_app.data.importing.tables import (
    TABLE_ENDINGS,
    ReadOptions,
    Table,
    has_table,
    open_table,
    table_of_text,
)
from landscape_app.data.importing.weights import with_frequencies
from landscape_app.language import tr

HDF5_ENDINGS = (".h5", ".hdf5")

ARRAY_ENDINGS = (".npy", ".npz", *HDF5_ENDINGS, ".mat")
"""Of files that hold arrays by name."""


def open_source(
    path: Path, options: ReadOptions | None = None, *, paper: str = "white", as_table: bool = False
) -> ImageSource | Table:
    """Source in a path: images, or a table.

    Args:
        path: a folder or file.
        options: how a table is read.
        paper: colour below what is transparent in images.
        as_table: takes rows for a table even where they look like images.

    Raises:
        ImportFailure: neither; says what is expected.
    """
    path, options = Path(path), options or ReadOptions()
    if path.is_dir():
        return open_folder(path, paper, options.progress, options.only)
    if not path.is_file():
        raise ImportFailure(tr("there is no file or folder {path}", path=path))
    name = path.name.lower()
    if name.endswith(TABLE_ENDINGS):
        return _table_or_images(open_table(path, options), as_table)
    if name.endswith(ARRAY_ENDINGS):
        return open_arrays(path, as_table, options)
    if name.endswith(IMAGE_ENDINGS):
        return open_pictures(path, paper, options.progress)
    _refuse_foreign(path)
    if h5py.is_hdf5(path):
        return open_arrays(path, as_table, options)
    if is_idx(path):
        return _open_idx(path, options)
    if has_table(path):
        return _table_or_images(open_table(path, options), as_table)
    raise ImportFailure(
        tr(
            "{path} is none of what data are read from: a folder of images ({images}, …), "
            "arrays ({arrays}), MNIST's IDX format, gzipped or not, or tables (.csv, .tsv, .txt, "
            ".xlsx, .parquet, .feather, .jsonl, text also packed)",
            path=path,
            images=", ".join(IMAGE_ENDINGS[:6]),
            arrays=", ".join(ARRAY_ENDINGS),
        )
    )


AS_CSV, AS_ARRAYS, UNPACKED = (
    tr("save its table as CSV"),
    tr("save its arrays with numpy.savez"),
    tr("unpack it"),
)

FOREIGN: tuple[tuple[tuple[str, ...], tuple[bytes, ...], str, str], ...] = (
    ((".sav", ".zsav", ".por"), (b"$FL2", b"$FL3"), tr("a file of SPSS"), AS_CSV),
    ((".dta",), (b"<stata_dta>",), tr("a file of Stata"), AS_CSV),
    ((".sas7bdat", ".xpt"), (b"HEADER RECORD*",), tr("a file of SAS"), AS_CSV),
    ((".rds", ".rda", ".rdata"), (b"RDX",), tr("a file of R"), tr("save its table as CSV (write.csv)")),
    ((".sqlite", ".sqlite3"), (b"SQLite format 3",), tr("a database of SQLite"), AS_CSV),
    ((".pdf",), (b"%PDF",), tr("a PDF"), AS_CSV),
    (
        (".pkl", ".pickle", ".joblib"),
        (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"),
        tr("a pickle of Python, which could run any code"),
        AS_ARRAYS,
    ),
    ((".pt", ".pth"), (), tr("a file of PyTorch"), AS_ARRAYS),
    ((".tfrecord", ".tfrecords"), (), tr("a file of TensorFlow"), AS_ARRAYS),
    ((".fits",), (b"SIMPLE  =",), tr("a FITS file"), AS_ARRAYS),
    (
        (),
        (b"CDF\x01", b"CDF\x02"),
        tr("a file of NetCDF 3"),
        tr("save it as NetCDF 4, or save its arrays with numpy.savez"),
    ),
    ((".7z", ".rar"), (b"7z\xbc\xaf", b"Rar!"), tr("an archive"), UNPACKED),
    ((".zst",), (b"\x28\xb5\x2f\xfd",), tr("packed by Zstandard"), UNPACKED),
    ((".mp4", ".avi", ".mov", ".mkv"), (), tr("a film"), tr("save its frames as images")),
)
"""Endings and first bytes of formats that are not read, their names, and remedies."""


def _refuse_foreign(path: Path) -> None:
    """Fails on a file of a format that other programs write and that is not read here."""
    with path.open("rb") as file:
        start = file.read(16)
    for endings, signs, name, remedy in FOREIGN:
        if path.name.lower().endswith(endings or ("\0",)) or (signs and start.startswith(signs)):
            raise ImportFailure(
                tr("{path} is {name}, which is not read; {remedy}", path=path, name=name, remedy=remedy)
            )


def _open_idx(path: Path, options: ReadOptions) -> ImageSource:
    """The images in a file of MNIST's format where they lie, or of packed ones a sample, and the labels beside it."""
    count, a_row = idx_size(path)
    rows = sample_of(count, a_row, options.beginning) if is_packed(path) else None
    images = read_idx(path, rows, options.progress)
    beside = labels_beside(path)
    labels = None if beside is None else read_idx(beside)
    if labels is not None and rows is not None and len(labels) == count:
        labels = labels[rows]
    return sampled(image_source(path.name.removesuffix(".gz"), images, labels), rows, count)


def _table_or_images(table: Table, as_table: bool) -> ImageSource | Table:
    """A table, or the images whose pixels are its columns; of its beginning that is not told."""
    table = with_frequencies(table)
    images = None if as_table or table.is_beginning else images_in(table)
    return table if images is None else images


def open_text(
    text: str, name: str, options: ReadOptions | None = None, as_table: bool = False
) -> ImageSource | Table:
    """Source in a text that lies in no file: a table, or images, a pixel a column.

    Args:
        text: of a table, such as cells of a spreadsheet from the clipboard.
        name: of the data.
        options: how it is read.
        as_table: takes rows for a table even where they look like images.

    Raises:
        ImportFailure: it is none.
    """
    return _table_or_images(table_of_text(text, name, options), as_table)


def open_rows(path: Path) -> Table:
    """The table in a file, whatever its format, even where it looks like images.

    Raises:
        ImportFailure: it is none.
    """
    if Path(path).name.lower().endswith(ARRAY_ENDINGS):
        source = open_arrays(Path(path), as_table=True)
        assert isinstance(source, Table)
        return source
    return with_frequencies(open_table(path))


__all__ = [
    "MOST_SIDE",
    "Column",
    "ColumnType",
    "ImageOptions",
    "ImageSource",
    "ImportFailure",
    "Imported",
    "LeftOut",
    "ReadOptions",
    "Table",
    "TableOptions",
    "convert",
    "image_files",
    "image_source",
    "import_images",
    "import_points",
    "import_table",
    "named",
    "open_rows",
    "open_source",
    "open_table",
    "open_text",
    "preview",
    "read_array",
    "read_idx",
    "read_image",
    "table_of_text",
]
