"""Where files come from: the program and the data, which run a session is, and which it was resumed from."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field

from landscape_app.data import Dataset
from landscape_app.version import __version__


@dataclass(frozen=True)
class Lineage:
    """Where a run stands among others.

    Attributes:
        run: its own name, new for every run and every resumption.
        parent: the name of the run that it was resumed from; None for a run from scratch, or where its file had none.
        random: since when its random numbers are those of another kind of device; None where they never changed.
    """

    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    parent: str | None = None
    random: str | None = None


def origin_of(dataset: Dataset) -> dict[str, str]:
    """What every file says of its making, whatever it holds: program, date, and the data by name and fingerprint."""
    return {
        "program": f"Landscape {__version__}",
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": dataset.name,
        "data_sha256": dataset.fingerprint,
    }
