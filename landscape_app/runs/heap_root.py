"""The process that reads the texts at the root of a run file up to version 3: HDF5 crashes on some damaged ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from landscape_app.runs.live_file import opened
from landscape_app.runs.root import FORMAT_NAME, TEXTS


def main() -> None:
    """Writes the attributes of the file that the command line names as JSON to the standard output."""
    with opened(Path(sys.argv[1]).read_bytes()) as file:
        json.dump({name: str(file.attrs[name]) for name in (FORMAT_NAME, *TEXTS)}, sys.stdout)
