"""Networks of observables f(x; θ), by the names that a configuration has for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from torch import Tensor

from landscape_app.language import tr
from landscape_app.models.observables import (
    ConvObservables,
    MemberObservables,
    PairObservables,
    PerceptronObservables,
)
from landscape_app.physics.base_measure import centre_and_spread
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Line, Mixed, Space, require_images

TrainableObservables = ConvObservables | MemberObservables | PairObservables | PerceptronObservables

SCALE_SHARE = 0.3
"""Of the data's deviation along a coordinate: what a perceptron takes for one. Its units can then resolve a
fraction of the data's spread from the start."""


class Sizes(NamedTuple):
    """Settings of a configuration by which its network is made; see there."""

    observables: int
    members: int
    channels: tuple[int, int]
    stride: int
    hidden: tuple[int, ...]


class Network(ABC):
    """A kind of network.

    Attributes:
        layers: name of the setting that has the sizes of its layers; empty of one without any.
    """

    layers: ClassVar[str] = ""

    @abstractmethod
    def words(self, sizes: Sizes) -> str:
        """Network in words that follow the number of its observables."""

    @abstractmethod
    def build(
        self, sizes: Sizes, space: Space, training: Tensor, weights: Tensor | None
    ) -> TrainableObservables:
        """f(x; θ) at random θ.

        Args:
            sizes: of the network.
            space: of x.
            training: training set, shape (n, *shape).
            weights: of it, shape (n,); None where its items count alike.

        Raises:
            ValueError: the network does not fit the space.
        """


@dataclass(frozen=True)
class Convolutions(Network):
    """Two convolutions of an image; several members of them learn apart.

    Attributes:
        channels: usual ones.
        full_resolution: whether nothing is averaged over 2 × 2, unlike in the paper.
    """

    layers: ClassVar[str] = "channels"

    channels: tuple[int, int]
    full_resolution: bool = False

    def words(self, sizes: Sizes) -> str:
        """Resolution, channels and stride."""
        strides = tr(", stride {stride}", stride=sizes.stride) if sizes.stride > 1 else ""
        channels = ", ".join(map(str, sizes.channels))
        if self.full_resolution:
            return tr(
                "by convolutions at full resolution ({channels} channels{strides})",
                channels=channels,
                strides=strides,
            )
        return tr("by convolutions ({channels} channels{strides})", channels=channels, strides=strides)

    def build(
        self, sizes: Sizes, space: Space, training: Tensor, weights: Tensor | None
    ) -> TrainableObservables:
        """One network, or as many as there are members."""
        images, full = require_images(space), self.full_resolution
        members = [
            ConvObservables(images, sizes.observables, sizes.channels, sizes.stride, full_resolution=full)
            for _ in range(sizes.members)
        ]
        return members[0] if len(members) == 1 else MemberObservables(members)


class Perceptron(Network):
    """Layers of units, of anything."""

    layers: ClassVar[str] = "hidden"

    def words(self, sizes: Sizes) -> str:
        """Units of the layers."""
        return tr("by a perceptron ({units} units)", units=", ".join(map(str, sizes.hidden)))

    def build(
        self, sizes: Sizes, space: Space, training: Tensor, weights: Tensor | None
    ) -> TrainableObservables:
        """The network, which takes numbers by the centre and the spread of the training set."""
        count, hidden = sizes.observables, sizes.hidden
        if not isinstance(space, Line | Mixed):
            return PerceptronObservables(space, count, hidden, by_category=space.is_categorical)
        x = training.flatten(1) if isinstance(space, Line) else training[:, list(space.number_columns)]
        centre, spread = centre_and_spread(to_host(x), None if weights is None else to_host(weights))
        return PerceptronObservables(space, count, hidden, SCALE_SHARE * spread, centre)


class Pairs(Network):
    """Squares of sums, which are models of pairs of spins or categories."""

    def words(self, sizes: Sizes) -> str:
        """Same for all sizes."""
        return tr("quadratic in the values: pairs of columns")

    def build(
        self, sizes: Sizes, space: Space, training: Tensor, weights: Tensor | None
    ) -> TrainableObservables:
        """The squares."""
        return PairObservables(space, sizes.observables)


CONVOLUTIONS, FULL_RESOLUTION, PERCEPTRON, PAIRS = "convolutions", "full-resolution", "perceptron", "pairs"
NETWORKS: dict[str, Network] = {
    CONVOLUTIONS: Convolutions((16, 64)),
    FULL_RESOLUTION: Convolutions((16, 32), full_resolution=True),
    PERCEPTRON: Perceptron(),
    PAIRS: Pairs(),
}

OF_IMAGES = {
    name: network.channels for name, network in NETWORKS.items() if isinstance(network, Convolutions)
}
"""Networks of two convolutions, with their usual channels."""
