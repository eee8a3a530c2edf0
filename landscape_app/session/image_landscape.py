"""The landscape of images as far as it is known: the map, and what was looked for on it."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_app.session.barrier_search import BarrierRecord
from landscape_app.session.dissection import DissectionRecord
from landscape_app.session.image_map import ImageMap
from landscape_app.session.minima_search import MinimaRecord


@dataclass(frozen=True, eq=False)
class ImageLandscape:
    """What the landscape view shows beside the chains.

    Attributes:
        map: the data and their plane.
        barrier: the last path between two images, growing while it is looked for; None before the first.
        minima: the last minima found, likewise.
        dissection: the last image taken apart.
        searching: what is being looked for: "barrier", "minima", or "" for nothing.
    """

    map: ImageMap
    barrier: BarrierRecord | None = None
    minima: MinimaRecord | None = None
    dissection: DissectionRecord | None = None
    searching: str = ""
