"""Data on the clipboard: cells of a spreadsheet, or the path of what was copied in a file manager."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from PySide6.QtCore import QMimeData

from landscape_app.data.importing.folders import Files
from landscape_app.gui.importing.drop_target import local_paths
from landscape_app.gui.importing.file_type import files_in
from landscape_app.language import tr

NOTHING = tr(
    "There are no data on the clipboard: copy cells of a spreadsheet, lines of a table, or a file or folder"
)
ONE_IMAGE = tr(
    "One image is no data set: three at least are needed. Copy or drop the folder that the images lie in, or a stack "
    "(.tif, .gif); File ▸ Verify image tells where a single one is from"
)


class Pasted(NamedTuple):
    """A table that was pasted.

    Attributes:
        name: clipboard, with the date and time.
        text: of the cells.
    """

    name: str
    text: str


def pasted_in(data: QMimeData) -> Pasted | Files:
    """Data on the clipboard: the text of a table as it is, or files that were copied.

    Formatted text is not looked at: spreadsheets put their cells as plain text beside it.

    Raises:
        ValueError: there are none; says what can be pasted.
    """
    paths = local_paths(data)
    if paths:
        return files_in(paths)
    if data.text().strip():
        return Pasted(f"clipboard {datetime.now():%Y-%m-%d %H.%M}", data.text())
    raise ValueError(ONE_IMAGE if data.hasImage() else NOTHING)
