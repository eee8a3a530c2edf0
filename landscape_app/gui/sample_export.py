"""Export of the chains on view to a file, with the last states that the window has shown of them."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from landscape_app.counting import counted
from landscape_app.gui.messages import Message, failure_message
from landscape_app.gui.state import EngineState
from landscape_app.gui.worker import background
from landscape_app.language import tr
from landscape_app.session.memory import EXPORTING
from landscape_app.session.provenance import Provenance, Source
from landscape_app.session.records import Snapshot
from landscape_app.session.sample_file import MOST_FRAMES, SampleFile, check_form, worth, write_samples

MOST_BYTES = 2**25
"""Most bytes of configurations that are kept."""

FILM_MILLISECONDS = 125
"""Of each epoch in a film of a training."""


class Side(enum.Enum):
    """Chains of a comparison: those on view are B."""

    A = "A"
    B = "B"

    def path_of(self, path: Path) -> Path:
        """Its path where both are exported: a folder in the one that is named, else a file beside it.

        Example:
            >>> Side.A.path_of(Path("chains.npz")).name
            'chains-A.npz'
        """
        return path / self.value if path.is_dir() else path.with_stem(f"{path.stem}-{self.value}")


class SampleOrder(NamedTuple):
    """Wishes for an export.

    Attributes:
        ending: of the file; empty for a folder.
        number: chains from the first; 0 for all.
        scale: as of `SampleFile`.
        light_ink: as of `SampleFile`.
        sides: whose chains.
    """

    ending: str = ""
    number: int = 0
    scale: int = 0
    light_ink: bool = False
    sides: tuple[Side, ...] = (Side.B,)

    def paths(self, path: Path) -> list[Path]:
        """A path for each side, given the one that was chosen."""
        return [side.path_of(path) for side in self.sides] if len(self.sides) > 1 else [path]

    def of(self, samples: SampleFile) -> SampleFile:
        """The samples that are wanted: of fewer, those of one ancestor are fewer too, and worth more each."""
        all_chains = len(samples.x)
        n = min(self.number, all_chains) or all_chains
        # n / (1 + (m̄ − 1) ρ) with m̄ − 1 in proportion to n − 1.
        excess = (all_chains / samples.effective_samples - 1) * (n - 1) / max(1, all_chains - 1)
        return replace(
            samples,
            x=samples.x[:n],
            energy=samples.energy[:n],
            effective_samples=n / (1 + excess),
            history=None if samples.history is None else samples.history[:, :n],
            scale=self.scale,
            light_ink=self.light_ink,
        )


AS_USUAL = SampleOrder()


class Past(NamedTuple):
    """Last states of all chains on view.

    Attributes:
        x: configurations in few bytes (`Space.compact`), oldest first, shape (times, n, *shape).
        sources: what they were drawn from, one for each time.
    """

    x: np.ndarray
    sources: tuple[Source, ...]


class RecentStates:
    """Keeps what the window has shown of the chains, as long as they are the same chains.

    Args:
        side: whose; there are no chains of A where nothing is compared.
    """

    def __init__(self, side: Side = Side.B) -> None:
        self._side = side
        self._snapshots: deque[Snapshot] = deque(maxlen=MOST_FRAMES)
        self._number: int | None = None

    def note(self, state: EngineState) -> None:
        """Takes note of a state."""
        snapshot, kept = state.snapshot, self._snapshots
        if self._side is Side.A:
            snapshot = None if state.compared is None else state.compared.snapshot
            if snapshot is None:
                kept.clear()
        if snapshot is None or state.facts is None or (kept and snapshot is kept[-1]):
            return
        others = kept and (
            (kept[-1].training, kept[-1].x.shape) != (snapshot.training, snapshot.x.shape)
            or self._number != state.facts.number
        )
        if others:
            kept.clear()
        self._number = state.facts.number
        # A snapshot that only shows the same states otherwise, tinted for one, is not another time.
        if not kept or not np.array_equal(kept[-1].x, snapshot.x):
            kept.append(snapshot)
        while len(kept) > 1 and len(kept) * snapshot.x.nbytes > MOST_BYTES:
            kept.popleft()

    @property
    def past(self) -> Past | None:
        """The states that are kept; None before there are chains."""
        if not self._snapshots:
            return None
        sources = tuple(s.source for s in self._snapshots if s.source is not None)
        return Past(np.stack([snapshot.x for snapshot in self._snapshots]), sources)


def film_in_background(
    path: Path,
    pictures: Sequence[Snapshot],
    epochs: Sequence[int],
    state: EngineState,
    report: Callable[[Message], None],
) -> None:
    """Begins to write a film of a training.

    Args:
        path: of the animation.
        pictures: the chains after each epoch, as many each time.
        epochs: as many.
        state: of the run.
        report: told, in the thread, when it is written or why it is not.
    """
    assert state.facts is not None
    last = pictures[-1]
    sources = tuple(picture.source for picture in pictures if picture.source is not None)
    sampling = {**state.provenance(None, None).sampling, "epochs": len(epochs), "samples": len(last.x)}
    film = SampleFile(
        x=last.x,
        energy=last.energies,
        space=state.facts.space,
        effective_samples=float(len(last.x)),
        provenance=Provenance(sources, sampling),
        history=np.stack([picture.x for picture in pictures]),
        captions=tuple(tr("epoch {epoch:,}", epoch=epoch) for epoch in epochs),
        frame_milliseconds=FILM_MILLISECONDS,
    )

    def write() -> None:
        write_samples(path, film)
        report(
            Message(
                "done",
                tr(
                    "Wrote a film of {epochs} to {name}", epochs=counted(len(epochs), "epoch"), name=path.name
                ),
            )
        )

    def failed(error: BaseException) -> None:
        report(failure_message(error, tr("The film is not exported: "), EXPORTING))

    background("export", write, failed, daemon=False).start()


def jump_figures(state: EngineState, side: Side = Side.B) -> dict[str, int | float]:
    """Figures of the jump that put the chains on view on their composition; none where they came otherwise.

    They stay those of the jump, however far the chains have moved since; `SampleFile.effective_samples` is of now.
    """
    steering, snapshot, composition = state.steering, state.snapshot, state.composition
    if side is Side.A and state.compared is not None:
        composition, snapshot, steering = state.compared
    if steering is None or composition.is_model or snapshot is None or snapshot.training:
        return {}
    return {
        "effective_samples_at_the_jump": round(steering.effective_sample_size, 1),
        "weighted_samples_at_the_jump": steering.weighted_samples,
        "ancestors_at_the_jump": steering.ancestors,
    }


class ExportedFile(NamedTuple):
    """Samples to be written.

    Attributes:
        path: of the file, or a folder.
        samples: as they are to be written.
        name: of the composition that they follow, where two are compared; else empty.
        is_of_training: whether they are chains that train.
        is_of_jump: whether a jump put them on their composition.
    """

    path: Path
    samples: SampleFile
    name: str
    is_of_training: bool
    is_of_jump: bool

    @property
    def told(self) -> str:
        """Words on it."""
        what = counted(len(self.samples.x), "sample")
        if self.name:
            what = tr("{samples} of {composition}", samples=what, composition=self.name)
        text = tr(
            "Exported {samples} to {name}, {worth}",
            samples=what,
            name=self.path.name,
            worth=worth(self.samples.effective_samples, len(self.samples.x)),
        )
        if self.is_of_training:
            text += tr(" by their weights alone; copies among them are not counted")
        elif self.is_of_jump:
            text += tr(" as they are now; how many they were worth at the jump is in the file too")
        return text


def file_of(
    path: Path,
    samples: SampleFile,
    state: EngineState,
    past: Past | None,
    order: SampleOrder = AS_USUAL,
    side: Side = Side.B,
) -> ExportedFile:
    """The samples of a side as they are to be written.

    Args:
        path: that was chosen; its ending says the form (see `sample_file`).
        samples: the chains of that side.
        state: that they are shown in.
        past: where they have been, for an animation.
        order: whose, how many, and what pictures look like.
        side: whose these are.

    Raises:
        ValueError: samples of this kind cannot be written in that form.
    """
    path = order.paths(path)[order.sides.index(side)]
    check_form(path, samples.space)
    sampled = state.snapshot is not None and not state.snapshot.training and state.sweep is not None
    steps = state.sweep.sweep if sampled and state.sweep is not None else None
    jump = jump_figures(state, side)
    sampling = {
        **state.provenance(None, steps).sampling,
        "samples": min(order.number, len(samples.x)) or len(samples.x),
        **jump,
    }
    written = replace(samples, provenance=replace(samples.provenance, sampling=sampling))
    if path.suffix.lower() == ".gif" and past is not None and past.x.shape[1:] == samples.x.shape:
        written = replace(
            written,
            history=np.concatenate([past.x, samples.x[None]]),
            provenance=replace(written.provenance, sources=(*past.sources, *samples.provenance.sources)),
        )
    is_of_training = state.snapshot is not None and state.snapshot.training and side is Side.B
    name = "" if state.compared is None else side.value
    return ExportedFile(path, order.of(written), name, is_of_training, bool(jump))


def export_in_background(files: Sequence[ExportedFile], report: Callable[[Message], None]) -> None:
    """Begins to write samples.

    Args:
        files: one after the other.
        report: told, in the thread, when they are written or why they are not.
    """

    def write() -> None:
        for file in files:
            write_samples(file.path, file.samples)
        report(Message("done", ". ".join(file.told for file in files)))

    def failed(error: BaseException) -> None:
        report(failure_message(error, tr("The samples are not exported: "), EXPORTING))

    # Not a daemon: a program that ends meanwhile ends when the file is whole.
    background("export", write, failed, daemon=False).start()
