"""One model being trained, sampled and steered, without a window: the object everything else drives."""

from landscape_app.session.composition import DEFAULT_STRENGTH, Composition
from landscape_app.session.device import DEVICES, available_cores, resolve_device
from landscape_app.session.ladder_watch import LadderSnapshot, LadderWatch
from landscape_app.session.landscape import Landscape, Survey, bounds_for, check_drawable, survey
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
from landscape_app.session.surface_run import SURFACE_STARTS, Mixing, QuantityMixing, SurfaceRun
from landscape_app.session.three_starts import STARTS, StartsRecord, ThreeStarts
from landscape_app.session.trajectory import EnsembleSnapshot, Trajectory, TrajectoryWatch
from landscape_app.session.walk import describe_kernel

__all__ = [
    "DEFAULT_STRENGTH",
    "DEVICES",
    "STARTS",
    "START_PLACES",
    "SURFACE_STARTS",
    "Composition",
    "EnergySets",
    "EnsembleSnapshot",
    "KernelRecord",
    "LadderSnapshot",
    "LadderWatch",
    "Landscape",
    "Mixing",
    "Outcome",
    "QuantityMixing",
    "Session",
    "Snapshot",
    "StartsRecord",
    "SteeringRecord",
    "SurfaceRun",
    "Survey",
    "SweepRecord",
    "ThreeStarts",
    "Trajectory",
    "TrajectoryWatch",
    "available_cores",
    "bounds_for",
    "check_drawable",
    "describe_kernel",
    "open_session",
    "resolve_device",
    "save_session",
    "survey",
]
