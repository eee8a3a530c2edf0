"""Writes the chains on view to a file: they are taken between two steps, and written in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from landscape_app.gui.driver import Driver
from landscape_app.gui.messages import failure_message
from landscape_app.gui.on_view import ChainsOnView
from landscape_app.gui.recent_states import Past
from landscape_app.gui.sampler.chain_detail import provenance_on_view
from landscape_app.gui.worker import background
from landscape_app.session.memory import EXPORTING
from landscape_app.session.sample_file import SampleFile, check_form, worth, write_samples


def export_chains(
    driver: Driver, path: Path, past: Past | None, post: Callable[[Callable[[], None]], None]
) -> None:
    """Begins to write the chains on view; tells when they are written, or why they are not.

    Args:
        driver: whose chains; called from the engine's thread.
        path: its ending says the form (see `sample_file`).
        past: where they have been, for an animation.
        post: does something on the engine's thread later.

    Raises:
        ValueError: samples of this kind cannot be written in that form.
    """
    taken: list[SampleFile] = []

    def take(view: ChainsOnView) -> None:
        found = view.samples()
        if found is not None:
            taken.append(found)

    driver.look(take)
    if not taken:
        raise ValueError("there are no chains to export yet; open a run, or train one")
    (samples,) = taken
    check_form(path, samples.space)
    state = driver.state
    sampled = state.snapshot is not None and not state.snapshot.training and state.sweep is not None
    steps = state.sweep.sweep if sampled and state.sweep is not None else None
    sampling = {**provenance_on_view(state, None, steps).sampling, "samples": len(samples.x)}
    samples = replace(samples, provenance=replace(samples.provenance, sampling=sampling))
    if path.suffix.lower() == ".gif" and past is not None and past.x.shape[1:] == samples.x.shape:
        sources = (*past.sources, *samples.provenance.sources)
        samples = replace(
            samples,
            history=np.concatenate([past.x, samples.x[None]]),
            provenance=replace(samples.provenance, sources=sources),
        )

    def write() -> None:
        write_samples(path, samples)
        count = f"{len(samples.x):,} sample{'' if len(samples.x) == 1 else 's'}"
        text = f"Exported {count} to {path.name}, {worth(samples.effective_samples)}"
        post(lambda: driver.tell("done", text))

    def failed(error: BaseException) -> None:
        message = failure_message(error, "The samples are not exported: ", EXPORTING)
        post(lambda: driver.tell(*message))

    # Not a daemon: a program that ends meanwhile ends when the file is whole.
    background("export", write, failed, daemon=False).start()
