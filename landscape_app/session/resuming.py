"""A run goes on from its file: with the options it began with, on the device it began on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from landscape_app.runs import read_run
from landscape_app.session.checkpoint import session_of
from landscape_app.session.device import resolve_device
from landscape_app.session.session import Session


def resume_session(
    path: Path,
    wanted: Mapping[str, Any],
    device: str = "auto",
    epochs: int | None = None,
    seconds: float | None = None,
) -> Session:
    """The session in a run file, sealed or live, ready to train on.

    Args:
        path: of the file.
        wanted: settings that somebody has asked for, by their name in the configuration; they must be those of the
            file.
        device: where to; "auto" takes the kind it was on, and the CPU where that is not there. Elsewhere a run does
            not go on bit for bit (`Lineage.random`).
        epochs: planned in all, if other than the file says.
        seconds: of training in all, instead.

    Raises:
        RunFileError: the file is missing, damaged, foreign, or of a newer version.
        ValueError: a setting contradicts the file; or its plan has been done, and no longer one is given.
    """
    state = read_run(path)
    for name, value in wanted.items():
        found = state.configuration.get(name)
        if found != value:
            raise ValueError(
                f"{path} has {name.replace('_', ' ')} {found}, not {value}; leave that out to resume it"
            )
    reason = None
    if device == "auto":
        saved_on = str(state.provenance.get("device", "auto")).partition(":")[0]
        chosen = resolve_device(saved_on, fall_back=True)
        device, reason = str(chosen.device), chosen.reason
    session = session_of(state, path, device, sampler_chains=1)
    session.device_note = reason or session.device_note
    plan = session.configuration
    if epochs is not None or seconds is not None:
        session.configuration = replace(
            plan, planned_epochs=epochs or plan.planned_epochs, planned_seconds=seconds
        )
    if session.progress >= 1.0:
        done = f"{session.trainer.epoch:,} epochs in {session.trainer.seconds:.0f} s"
        raise ValueError(f"{path} has done its plan ({done}); say how long in all: --epochs N or --seconds S")
    return session
