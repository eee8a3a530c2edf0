"""A run's journal in its file, as the bytes of a JSON text: a run file holds numbers only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from landscape_app.session.journal import Journal

PATH = "journal"


def journal_arrays(journal: Journal) -> dict[str, np.ndarray]:
    """The arrays of a journal by their path in a run file; none of an empty one."""
    if not journal.entries:
        return {}
    return {PATH: np.frombuffer(journal.to_json().encode(), np.uint8)}


def restored_journal(arrays: Mapping[str, np.ndarray]) -> Journal:
    """The journal among a run file's arrays; an empty one where it has none.

    Raises:
        ValueError: it cannot be read.
    """
    if PATH not in arrays:
        return Journal()
    return Journal.from_json(np.asarray(arrays[PATH], np.uint8).tobytes().decode())
