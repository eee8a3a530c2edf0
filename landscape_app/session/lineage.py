"""Which run a session is, and which it was resumed from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lineage:
    """Where a run stands among others.

    Attributes:
        run: its own name, new for every run and every resumption.
        parent: the name of the run that it was resumed from; None for a run from scratch, or where its file had none.
    """

    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    parent: str | None = None
