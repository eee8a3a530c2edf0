"""One model being trained, sampled and steered, without a window: the object everything else drives."""

from landscape_app.physics.exact import (
    ExactRecord,
)
from landscape_app.session.api import (
    diagnose,
    energy,
    gradient,
    load_data,
    new_session,
    sample,
    seconds_per_epoch,
    train,
    train_discriminator,
    trust_field,
)
from landscape_app.session.autosave import (
    Autosave,
)
from landscape_app.session.chain_watch import SamplerWatch, TrainingWatch
from landscape_app.session.checkpoint import (
    open_session,
    resume_session,
    save_session,
)
from landscape_app.session.composition import (
    DEFAULT_STRENGTH,
    MOST_STRENGTH,
    Composition,
    CompositionHistory,
    Layer,
)
from landscape_app.session.composition_file import (
    ReadComposition,
    read_composition,
    write_composition,
)
from landscape_app.session.convergence import (
    STARTS,
    ConvergenceRecord,
    ConvergenceTest,
)
from landscape_app.session.custom_field import EXAMPLE, FieldSource, read_source
from landscape_app.session.dataset_io import (
    open_data,
    save_data,
)
from landscape_app.session.device import (
    DEVICES,
    DeviceChoice,
    DeviceInfo,
    available_cores,
    available_devices,
    resolve_device,
)
from landscape_app.session.discriminator import discriminator_training
from landscape_app.session.entropy_estimator import (
    Measurement,
)
from landscape_app.session.journal import (
    Entry,
    Journal,
)
from landscape_app.session.ladder_watch import (
    LadderSnapshot,
    LadderWatch,
)
from landscape_app.session.landscape.barrier import (
    BarrierRecord,
    BarrierSearch,
)
from landscape_app.session.landscape.dissection import (
    DissectionRecord,
    dissect,
)
from landscape_app.session.landscape.map import (
    ImageLandscape,
    ImageMap,
    PrincipalPlane,
)
from landscape_app.session.landscape.minima import (
    MinimaRecord,
    MinimaSearch,
)
from landscape_app.session.landscape.plane import (
    Landscape,
    Survey,
    bounds_for,
    check_drawable,
    survey,
)
from landscape_app.session.landscape_watch import (
    LandscapeWatch,
)
from landscape_app.session.layer_statistics import (
    CompositionStatistics,
    LayerMeter,
    LayerStatistics,
    strength_limit,
)
from landscape_app.session.neighbours import (
    Nearest,
    Neighbours,
)
from landscape_app.session.presets import (
    Preset,
    presets,
)
from landscape_app.session.records import (
    ChainHistory,
    DiscriminatorRecord,
    EnergySets,
    KernelRecord,
    Outcome,
    Snapshot,
    SteeringRecord,
    SweepRecord,
)
from landscape_app.session.sampler import (
    START_PLACES,
    Comparison,
    Sampler,
    describe_kernel,
)
from landscape_app.session.sampling import (
    DrawRecord,
    Samples,
)
from landscape_app.session.script import (
    model_snippet,
    script_of,
)
from landscape_app.session.session import (
    Session,
)
from landscape_app.session.surface_run import (
    SURFACE_STARTS,
    Mixing,
    QuantityMixing,
    SurfaceRun,
)
from landscape_app.session.trajectory import (
    EnsembleSnapshot,
    LandscapeRecord,
    Trajectory,
    TrajectoryWatch,
)

__all__ = [
    "DEFAULT_STRENGTH",
    "DEVICES",
    "EXAMPLE",
    "MOST_STRENGTH",
    "STARTS",
    "START_PLACES",
    "SURFACE_STARTS",
    "Autosave",
    "BarrierRecord",
    "BarrierSearch",
    "ChainHistory",
    "Comparison",
    "Composition",
    "CompositionHistory",
    "CompositionStatistics",
    "ConvergenceRecord",
    "ConvergenceTest",
    "DeviceChoice",
    "DeviceInfo",
    "DiscriminatorRecord",
    "DissectionRecord",
    "DrawRecord",
    "EnergySets",
    "EnsembleSnapshot",
    "Entry",
    "ExactRecord",
    "FieldSource",
    "ImageLandscape",
    "ImageMap",
    "Journal",
    "KernelRecord",
    "LadderSnapshot",
    "LadderWatch",
    "Landscape",
    "LandscapeRecord",
    "LandscapeWatch",
    "Layer",
    "LayerMeter",
    "LayerStatistics",
    "Measurement",
    "MinimaRecord",
    "MinimaSearch",
    "Mixing",
    "Nearest",
    "Neighbours",
    "Outcome",
    "Preset",
    "PrincipalPlane",
    "QuantityMixing",
    "ReadComposition",
    "Sampler",
    "SamplerWatch",
    "Samples",
    "Session",
    "Snapshot",
    "SteeringRecord",
    "SurfaceRun",
    "Survey",
    "SweepRecord",
    "TrainingWatch",
    "Trajectory",
    "TrajectoryWatch",
    "available_cores",
    "available_devices",
    "bounds_for",
    "check_drawable",
    "describe_kernel",
    "diagnose",
    "discriminator_training",
    "dissect",
    "energy",
    "gradient",
    "load_data",
    "model_snippet",
    "new_session",
    "open_data",
    "open_session",
    "presets",
    "read_composition",
    "read_source",
    "resolve_device",
    "resume_session",
    "sample",
    "save_data",
    "save_session",
    "script_of",
    "seconds_per_epoch",
    "strength_limit",
    "survey",
    "train",
    "train_discriminator",
    "trust_field",
    "write_composition",
]
