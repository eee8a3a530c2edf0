"""Check of imported data for a statement that a model has generated them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from landscape_app.data.importing.folders import image_files
from landscape_app.data.importing.images import ImportFailure
from landscape_app.session.provenance_in_files import read_provenance

LOOKED_AT = 20
"""Files of a folder."""

ADVICE = "A model of them learns the other model, not the world"


def generated_words(path: Path) -> str:
    """A sentence on data that say so; empty where none does, or nothing can be read."""
    try:
        files = image_files(path) if path.is_dir() else [path]
    except ImportFailure:
        return ""
    looked_at = [files[i] for i in np.linspace(0, len(files) - 1, min(LOOKED_AT, len(files))).astype(int)]
    count = sum(map(_says_generated, looked_at))
    if not count:
        return ""
    if not path.is_dir():
        return f"The file says of itself that it is generated. {ADVICE}"
    return f"{count} of {len(looked_at)} images looked at say of themselves that they are generated. {ADVICE}"


def _says_generated(path: Path) -> bool:
    try:
        document = read_provenance(path)
    except ValueError:
        return False
    return document is not None and document.get("generated") is True
