"""The process that reads the texts at the root of a run file up to version 3: HDF5 crashes on some damaged ones."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import h5py

from landscape_app.runs.live_file import is_live, opened
from landscape_app.runs.root import FORMAT_NAME, TEXTS


def main() -> None:
    """Writes the attributes of the file that the command line names as JSON to the standard output."""
    image = Path(sys.argv[1]).read_bytes()
    with opened(image) if is_live(image) else h5py.File(io.BytesIO(image), "r") as file:
        json.dump({name: str(file.attrs[name]) for name in (FORMAT_NAME, *TEXTS)}, sys.stdout)
