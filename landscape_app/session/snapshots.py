"""Snapshots of a training: parameters and some chains, after epochs a constant ratio apart, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.physics.host import check_shape, to_host
from landscape_app.physics.space import Space

RATIO = 2**0.25
"""Of the epochs of one snapshot and the next: four snapshots in an octave."""

MOST_BYTES = 2**25
"""Of all snapshots of a run together: 32 MiB."""

LEAST_CHAINS, MOST_CHAINS = 16, 256
"""Chains of a snapshot: at least so many, more as long as they take no more bytes than the parameters."""


class EpochSnapshot(NamedTuple):
    """The model after an epoch.

    Attributes:
        epoch: epochs that were trained.
        parameters: averaged ones, which the model has at rest, by their names, float32.
        x: chains that trained it, in few bytes (`Space.compact`), shape (n, *shape).
    """

    epoch: int
    parameters: Mapping[str, np.ndarray]
    x: np.ndarray


class Snapshots:
    """Snapshots of a run, the earliest epoch first.

    One is due where the epoch has grown by `RATIO` since the last. Where all of them would take more than so many
    bytes, the one goes whose neighbours are closest by the ratio of their epochs; the first and the last stay. What
    is kept is never changed, but replaced, so that another thread may read it.

    Args:
        size: bytes of a snapshot.
        most_bytes: of all together.

    Attributes:
        size: as given.
    """

    def __init__(self, size: int, most_bytes: int = MOST_BYTES) -> None:
        self.size = size
        self._most_bytes = most_bytes
        self._kept: tuple[EpochSnapshot, ...] = ()
        self._state: dict[str, Any] | None = None

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def most(self) -> int:
        """Most snapshots that are kept; 0 where not even the first and the last have room."""
        most = self._most_bytes // self.size
        return most if most > 1 else 0

    @property
    def epochs(self) -> tuple[int, ...]:
        """Epochs, rising."""
        return tuple(snapshot.epoch for snapshot in self._kept)

    @property
    def bytes(self) -> int:
        """Bytes of all together."""
        return self.size * len(self._kept)

    def is_due(self, epoch: int) -> bool:
        """True if a snapshot of an epoch is wanted."""
        if not self.most:
            return False
        last = self._kept[-1].epoch if self._kept else -1
        return epoch >= max(last + 1, RATIO * last)

    def add(self, snapshot: EpochSnapshot) -> None:
        """Keeps a snapshot of a later epoch than the last, in the place of another where there is no room."""
        kept = [*self._kept, snapshot] if self.most else []
        if len(kept) > self.most:
            del kept[_densest([one.epoch for one in kept])]
        self._kept, self._state = tuple(kept), None

    def __getitem__(self, epoch: int) -> EpochSnapshot:
        """The snapshot of an epoch.

        Raises:
            ValueError: there is none, with the nearest.
        """
        for snapshot in self._kept:
            if snapshot.epoch == epoch:
                return snapshot
        if not self._kept:
            raise ValueError(
                tr("this run keeps no snapshots of its epochs; training on keeps them from there")
            )
        near = sorted(self.epochs, key=lambda known: abs(known - epoch))[:2]
        raise ValueError(
            tr(
                "there is no snapshot of epoch {epoch:,}; the nearest of {snapshots} are of {before:,} and {after:,}",
                epoch=epoch,
                snapshots=counted(len(self), "snapshot"),
                before=min(near),
                after=max(near),
            )
            if len(near) > 1
            else tr(
                "there is no snapshot of epoch {epoch:,}, only of epoch {other:,}", epoch=epoch, other=near[0]
            )
        )

    def epochs_with(self, last: int) -> tuple[int, ...]:
        """Epochs before the last one that was trained, and that one, rising."""
        return (*(epoch for epoch in self.epochs if epoch < last), last)

    def until(self, epoch: int) -> Snapshots:
        """Those of an epoch and before."""
        found = Snapshots(self.size, self._most_bytes)
        found._kept = tuple(snapshot for snapshot in self._kept if snapshot.epoch <= epoch)
        return found

    def state_dict(self) -> dict[str, Any]:
        """All snapshots as a few arrays, made once for as long as they stay the same; none where there are none."""
        if self._state is None:
            self._state = _stacked(self._kept) if self._kept else {}
            # Views of the same memory, which is not to be held twice.
            self._kept = _rows(self._state) if self._kept else ()
        return self._state

    def load_state_dict(
        self, state: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], space: Space, epoch: int
    ) -> None:
        """Takes the snapshots of a state; none of an empty one, as of a run that kept none.

        Args:
            state: as `state_dict` gives it, or of tensors, as it is read from a file.
            shapes: of the model's parameters, by their names.
            space: of the chains.
            epoch: epochs that the run has trained.

        Raises:
            KeyError, TypeError or ValueError: the state is not whole, or of another model.
        """
        found = Snapshots(self.size, self._most_bytes)
        for snapshot in _rows(_checked(state, shapes, space, epoch)) if state else ():
            found.add(snapshot)
        self._kept, self._state = found._kept, None


def _densest(epochs: Sequence[int]) -> int:
    """Index of the epoch, neither the first nor the last, whose neighbours are closest by their ratio."""
    return min(range(1, len(epochs) - 1), key=lambda i: (epochs[i + 1] + 1) / (epochs[i - 1] + 1))


def _stacked(kept: Sequence[EpochSnapshot]) -> dict[str, Any]:
    return {
        "epochs": np.array([one.epoch for one in kept], np.int64),
        "parameters": {name: np.stack([one.parameters[name] for one in kept]) for name in kept[0].parameters},
        "x": np.concatenate([one.x for one in kept]),
    }


def _rows(stacked: Mapping[str, Any]) -> tuple[EpochSnapshot, ...]:
    epochs = stacked["epochs"].tolist()
    chains = np.split(stacked["x"], len(epochs))
    return tuple(
        EpochSnapshot(epoch, {name: stack[i] for name, stack in stacked["parameters"].items()}, chains[i])
        for i, epoch in enumerate(epochs)
    )


def _checked(
    state: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], space: Space, epoch: int
) -> dict[str, Any]:
    """Arrays of a state that holds snapshots of a model."""
    epochs, x = torch.as_tensor(state["epochs"]), torch.as_tensor(state["x"])
    if epochs.dtype != torch.int64 or epochs.dim() != 1 or not len(epochs):
        raise ValueError(tr("the epochs of the snapshots must be a list of whole numbers"))
    if int(epochs[0]) < 0 or bool((epochs.diff() <= 0).any()) or int(epochs[-1]) > epoch:
        raise ValueError(
            tr("the epochs of the snapshots must rise, from 0 to {epoch:,} at most", epoch=epoch)
        )
    if len(x) % len(epochs):
        raise ValueError(
            tr(
                "{chains:,} chains cannot be those of {snapshots}",
                chains=len(x),
                snapshots=counted(len(epochs), "snapshot"),
            )
        )
    parameters = {name: torch.as_tensor(state["parameters"][name]) for name in shapes}
    for name, shape in shapes.items():
        check_shape(f"snapshots/parameters/{name}", parameters[name], (len(epochs), *shape))
    return {
        "epochs": epochs.numpy(),
        "parameters": {name: stack.float().numpy() for name, stack in parameters.items()},
        "x": to_host(space.compact(x)).numpy(),
    }
