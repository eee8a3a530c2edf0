"""A person's own data: images from folders, arrays and MNIST's format, and tables of text."""

from __future__ import annotations

from pathlib import Path

from landscape_app.data.importing.arrays import image_source, open_arrays, read_array
from landscape_app.data.importing.folders import image_files, open_folder, read_image
from landscape_app.data.importing.idx import is_idx, labels_beside, read_idx
from landscape_app.data.importing.images import (
    MOST_SIDE,
    ImageOptions,
    ImageSource,
    ImportedImages,
    ImportFailure,
    LeftOut,
    convert,
    import_images,
    named,
    preview,
)
from landscape_app.data.importing.table_data import ImportedTable, TableOptions, import_points, import_table
from landscape_app.data.importing.tables import TABLE_ENDINGS, Column, Table, open_table

HDF5_ENDINGS = (".h5", ".hdf5")

ARRAY_ENDINGS = (".npy", ".npz", *HDF5_ENDINGS)
"""Of files that hold arrays by name."""


def open_images(path: Path) -> ImageSource:
    """The images in a folder of PNG and JPEG files, an IDX file of MNIST, or a NumPy or HDF5 file.

    Raises:
        ImportFailure: there are none; says what is expected.
    """
    path = Path(path)
    if path.is_dir():
        return open_folder(path)
    if not path.is_file():
        raise ImportFailure(f"there is no file or folder {path}")
    if path.suffix.lower() in ARRAY_ENDINGS:
        return open_arrays(path)
    if is_idx(path):
        labels = labels_beside(path)
        return image_source(
            path.name.removesuffix(".gz"), read_idx(path), None if labels is None else read_idx(labels)
        )
    raise ImportFailure(
        f"{path} is none of what images are read from: a folder of PNG or JPEG files, "
        f"{', '.join(ARRAY_ENDINGS)}, or MNIST's IDX format, gzipped or not"
    )


def open_source(path: Path) -> ImageSource | Table:
    """Source in a path: images, or a table where it is a file of text or an array of rows that are no images.

    Raises:
        ImportFailure: neither.
    """
    ending = Path(path).suffix.lower()
    if ending in TABLE_ENDINGS:
        return open_table(path)
    try:
        return open_images(path)
    except ImportFailure:
        if ending != ".npy":
            raise
        return open_table(path)


__all__ = [
    "MOST_SIDE",
    "Column",
    "ImageOptions",
    "ImageSource",
    "ImportFailure",
    "ImportedImages",
    "ImportedTable",
    "LeftOut",
    "Table",
    "TableOptions",
    "convert",
    "image_files",
    "image_source",
    "import_images",
    "import_points",
    "import_table",
    "named",
    "open_images",
    "open_source",
    "open_table",
    "preview",
    "read_array",
    "read_idx",
    "read_image",
]
