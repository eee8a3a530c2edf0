"""What lies on the map: images of one kind, and where."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landscape_app.gui.frame import Frame
from landscape_app.session import ImageMap

BINS = 36
"""Cells of the grid on which points are counted for their density, along either axis."""

KINDS = {"training": "training image", "held_out": "held-out image", "chain": "chain", "minimum": "minimum"}


class Pick(NamedTuple):
    """An image that a person has pointed at, as it was then.

    Attributes:
        name: what it is, in words.
        image: uint8, shape (*shape).
    """

    name: str
    image: np.ndarray


class Cloud(NamedTuple):
    """Images of one kind on the map.

    Attributes:
        kind: a key of `KINDS`.
        positions: levels, shape (n, 2).
        images: uint8, shape (n, *shape).
        energies: Σ λ f from the training images' mean, nats, shape (n,); NaN where it is not known.
        surprisals: −log P from the training images' mean, nats, shape (n,); NaN where it is not known.
        classes: their class, shape (n,); None where it is not known.
        class_names: what to call each class.
    """

    kind: str
    positions: np.ndarray
    images: np.ndarray
    energies: np.ndarray
    surprisals: np.ndarray
    classes: np.ndarray | None
    class_names: tuple[str, ...] = ()

    def pick(self, index: int) -> Pick:
        """One of them, as it is now."""
        name = f"{KINDS[self.kind].capitalize()} {index + 1}"
        if self.classes is not None:
            c = int(self.classes[index])
            name += f" · {self.class_names[c] if c < len(self.class_names) else c}"
        return Pick(name, self.images[index].copy())

    def describe(self, index: int) -> str:
        """One of them in words, with its energies."""
        lines = [self.pick(index).name]
        for label, values in (("Σ λ f", self.energies), ("−log P", self.surprisals)):
            if np.isfinite(values[index]):
                lines.append(f"{label} {values[index]:+.1f} nats".replace("-", "−"))
        return "\n".join(lines)


def data_clouds(frame: Frame) -> list[Cloud]:
    """The held-out and the training images of a frame, in the order in which they are drawn."""
    known, energies = frame.landscape, frame.energies
    assert known is not None
    data = known.map
    origin = surprisal_origin(data)
    clouds = []
    for kind, images, labels in (
        ("held_out", data.held_out, data.held_out_labels),
        ("training", data.training, data.training_labels),
    ):
        energy = np.full(len(images), np.nan)
        if energies is not None:
            energy = getattr(energies, kind)
        surprisals = energy + data.base_surprisal(images) - origin
        positions = data.plane.project(images)
        clouds.append(Cloud(kind, positions, images, energy, surprisals, labels, _names(frame)))
    return clouds


def chain_cloud(frame: Frame, origin: float) -> Cloud:
    """The chains of a frame; the origin is that of `surprisal_origin`."""
    known, snapshot = frame.landscape, frame.snapshot
    assert known is not None
    assert snapshot is not None
    images = snapshot.x
    return Cloud(
        kind="chain",
        positions=known.map.plane.project(images),
        images=images,
        energies=snapshot.energies,
        surprisals=snapshot.energies + known.map.base_surprisal(images) - origin,
        classes=snapshot.classes,
        class_names=_names(frame),
    )


def _names(frame: Frame) -> tuple[str, ...]:
    return () if frame.facts is None else frame.facts.class_names


def minima_cloud(frame: Frame) -> Cloud | None:
    """The lowest minima that were found; None before there are some."""
    known = frame.landscape
    if known is None or known.minima is None or not len(known.minima.images):
        return None
    images = known.minima.images
    nothing = np.full(len(images), np.nan)
    return Cloud("minimum", known.map.plane.project(images), images, nothing, known.minima.energies, None)


def surprisal_origin(data: ImageMap) -> float:
    """Mean −log q of the training images, nats; their mean Σ λ f is taken off energies already."""
    return float(data.base_surprisal(data.training).mean())


def local_density(positions: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How densely points lie around each of them, as a share of the densest place, shape (n,).

    Points are counted on a grid, which is smoothed over a cell and a half.

    Args:
        positions: shape (n, 2).
        low: corner of the grid, shape (2,).
        high: the opposite corner, shape (2,).
    """
    cells = ((positions - low) / (high - low) * BINS).astype(int).clip(0, BINS - 1)
    counts = np.zeros((BINS, BINS))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1.0)
    distance = np.subtract.outer(np.arange(BINS), np.arange(BINS))
    spread = np.exp(-(distance**2) / (2 * 1.5**2))
    smooth = spread @ counts @ spread
    return smooth[cells[:, 0], cells[:, 1]] / smooth.max()
