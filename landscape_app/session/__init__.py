"""One model being trained, sampled and steered, without a window: the object everything else drives."""

from landscape_app.session.adversary import DiscriminatorRecord, discriminator_training
from landscape_app.session.comparison import Comparison
from landscape_app.session.composition import DEFAULT_STRENGTH, MOST_STRENGTH, Composition, Layer
from landscape_app.session.composition_file import Reading, read_composition, write_composition
from landscape_app.session.composition_history import CompositionHistory
from landscape_app.session.continuing import carry_on, follow, is_missing, without_missing
from landscape_app.session.device import DEVICES, available_cores, resolve_device
from landscape_app.session.fields import (
    ALL_OF,
    KINDS,
    MODES,
    NONE_OF,
    ONE_OF,
    ClassCondition,
    DiscriminatorRound,
    Field,
    InkAmount,
    LikenessTo,
    OwnField,
    PinnedPixels,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.session.ladder_watch import LadderSnapshot, LadderWatch
from landscape_app.session.layer_statistics import (
    CompositionStatistics,
    LayerMeter,
    LayerStatistics,
    strength_limit,
)
from landscape_app.session.own_field import EXAMPLE, Source, read_source
from landscape_app.session.persistence import open_session, save_session
from landscape_app.session.presets import Preset, presets
from landscape_app.session.records import (
    EnergySets,
    KernelRecord,
    Outcome,
    Snapshot,
    SteeringRecord,
    SweepRecord,
)
from landscape_app.session.session import Session
from landscape_app.session.starting import START_PLACES
from landscape_app.session.three_starts import STARTS, StartsRecord, ThreeStarts
from landscape_app.session.walk import describe_kernel

__all__ = [
    "ALL_OF",
    "DEFAULT_STRENGTH",
    "DEVICES",
    "EXAMPLE",
    "KINDS",
    "MODES",
    "MOST_STRENGTH",
    "NONE_OF",
    "ONE_OF",
    "STARTS",
    "START_PLACES",
    "ClassCondition",
    "Comparison",
    "Composition",
    "CompositionHistory",
    "CompositionStatistics",
    "DiscriminatorRecord",
    "DiscriminatorRound",
    "EnergySets",
    "Field",
    "InkAmount",
    "KernelRecord",
    "LadderSnapshot",
    "LadderWatch",
    "Layer",
    "LayerMeter",
    "LayerStatistics",
    "LikenessTo",
    "Outcome",
    "OwnField",
    "PinnedPixels",
    "Preset",
    "Reading",
    "Session",
    "SmoothPixels",
    "Snapshot",
    "Source",
    "StartsRecord",
    "SteeringRecord",
    "SweepRecord",
    "SymmetryAbout",
    "ThreeStarts",
    "available_cores",
    "carry_on",
    "describe_kernel",
    "discriminator_training",
    "follow",
    "is_missing",
    "open_session",
    "presets",
    "read_composition",
    "read_source",
    "resolve_device",
    "save_session",
    "strength_limit",
    "without_missing",
    "write_composition",
]
