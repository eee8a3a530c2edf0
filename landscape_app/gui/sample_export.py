"""Export of the chains on view to a file, written in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from landscape_app.gui.messages import Message, failure_message
from landscape_app.gui.recent_states import Past
from landscape_app.gui.sampler.chain_detail import provenance_on_view
from landscape_app.gui.state import EngineState
from landscape_app.gui.worker import background
from landscape_app.session.memory import EXPORTING
from landscape_app.session.sample_file import SampleFile, check_form, worth, write_samples


def export_in_background(
    path: Path, samples: SampleFile, state: EngineState, past: Past | None, report: Callable[[Message], None]
) -> None:
    """Begins to write samples.

    Args:
        path: its ending says the form (see `sample_file`).
        samples: the chains on view.
        state: that they are shown in.
        past: where they have been, for an animation.
        report: told, in the thread, when they are written or why they are not.

    Raises:
        ValueError: samples of this kind cannot be written in that form.
    """
    check_form(path, samples.space)
    sampled = state.snapshot is not None and not state.snapshot.training and state.sweep is not None
    steps = state.sweep.sweep if sampled and state.sweep is not None else None
    sampling = {**provenance_on_view(state, None, steps).sampling, "samples": len(samples.x)}
    written = replace(samples, provenance=replace(samples.provenance, sampling=sampling))
    if path.suffix.lower() == ".gif" and past is not None and past.x.shape[1:] == samples.x.shape:
        written = replace(
            written,
            history=np.concatenate([past.x, samples.x[None]]),
            provenance=replace(written.provenance, sources=(*past.sources, *samples.provenance.sources)),
        )

    def write() -> None:
        write_samples(path, written)
        count = f"{len(written.x):,} sample{'' if len(written.x) == 1 else 's'}"
        text = f"Exported {count} to {path.name}, {worth(written.effective_samples)}"
        report(Message("done", text))

    def failed(error: BaseException) -> None:
        report(failure_message(error, "The samples are not exported: ", EXPORTING))

    # Not a daemon: a program that ends meanwhile ends when the file is whole.
    background("export", write, failed, daemon=False).start()
