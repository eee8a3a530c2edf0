"""One model being trained, sampled and steered, without a window: the object everything else drives."""

from landscape_app.session.barrier_search import BarrierRecord, BarrierSearch
from landscape_app.session.composition import DEFAULT_STRENGTH, Composition
from landscape_app.session.device import DEVICES, available_cores, resolve_device
from landscape_app.session.dissection import DissectionRecord, dissect
from landscape_app.session.image_landscape import ImageLandscape
from landscape_app.session.image_map import ImageMap, PrincipalPlane
from landscape_app.session.ladder_watch import LadderSnapshot, LadderWatch
from landscape_app.session.minima_search import MinimaRecord, MinimaSearch
from landscape_app.session.persistence import open_session, save_session
from landscape_app.session.records import (
    EnergySets,
    KernelRecord,
    Outcome,
    Snapshot,
    SteeringRecord,
    SweepRecord,
)
from landscape_app.session.session import START_PLACES, Session
from landscape_app.session.three_starts import STARTS, StartsRecord, ThreeStarts
from landscape_app.session.walk import describe_kernel

__all__ = [
    "DEFAULT_STRENGTH",
    "DEVICES",
    "STARTS",
    "START_PLACES",
    "BarrierRecord",
    "BarrierSearch",
    "Composition",
    "DissectionRecord",
    "EnergySets",
    "ImageLandscape",
    "ImageMap",
    "KernelRecord",
    "LadderSnapshot",
    "LadderWatch",
    "MinimaRecord",
    "MinimaSearch",
    "Outcome",
    "PrincipalPlane",
    "Session",
    "Snapshot",
    "StartsRecord",
    "SteeringRecord",
    "SweepRecord",
    "ThreeStarts",
    "available_cores",
    "describe_kernel",
    "dissect",
    "open_session",
    "resolve_device",
    "save_session",
]
