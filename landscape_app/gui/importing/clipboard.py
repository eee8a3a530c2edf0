"""Data on the clipboard: cells of a spreadsheet, or the path of what was copied in a file manager."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData

from landscape_app.gui.importing.drop_target import fault, local_paths

NOTHING = (
    "There are no data on the clipboard: copy cells of a spreadsheet, lines of a table, or a file or folder"
)
ONE_IMAGE = (
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


def pasted_in(data: QMimeData) -> Pasted | Path:
    """Data on the clipboard: the text of a table as it is, or what was copied as a file.

    Formatted text is not looked at: spreadsheets put their cells as plain text beside it.

    Raises:
        ValueError: there are none; says what can be pasted.
    """
    paths = local_paths(data)
    if paths:
        wrong = fault(paths)
        if wrong:
            raise ValueError(wrong)
        return paths[0]
    if data.text().strip():
        return Pasted(f"clipboard {datetime.now():%Y-%m-%d %H.%M}", data.text())
    raise ValueError(ONE_IMAGE if data.hasImage() else NOTHING)
