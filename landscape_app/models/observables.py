"""Observables f_i(x; θ): networks of images and of any configuration, squares of sums over pairs, projections."""

from __future__ import annotations

import functools
import math
from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.language import tr
from landscape_app.physics.space import COLOURS, Continuous, Levels, Mixed, Space, Spins, sides

if TYPE_CHECKING:
    from landscape_app.models.compiled_network import CompiledNetwork

LEAST_SQUARE = 1e-30
"""Of the length of λ, which may be zero."""

IN_CACHE = 2**20
"""Numbers of the last hidden layer that are evaluated at once on the host: four megabytes."""


def mean_over_2x2(h: Tensor) -> Tensor:
    """Means over disjoint 2 × 2 blocks, shape (…, height/2, width/2).

    The same as `avg_pool2d`, as two additions: with the gradient a sixth less of an observable's cost.
    """
    rows = h[..., ::2, :] + h[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]) * 0.25


def spread_over_2x2(slope: Tensor) -> Tensor:
    """Derivatives by the argument of `mean_over_2x2`, shape (…, 2 height, 2 width), from those by its outcome."""
    *outer, height, width = slope.shape
    spread = slope.new_empty(*outer, 2 * height, 2 * width)
    quarter = slope * 0.25
    for row in (0, 1):
        for column in (0, 1):
            spread[..., row::2, column::2] = quarter
    return spread


def colour_planes(space: Levels) -> int:
    """Channels of its images: 1 of grey ones, 3 of coloured ones."""
    return COLOURS if space.is_coloured else 1


def as_planes(space: Levels, x: Tensor) -> Tensor:
    """Images in levels as a convolution takes them: from 0 to 1, shape (batch, channels, height, width)."""
    unit = space.unit(x)
    return unit.movedim(-1, 1) if space.is_coloured else unit.unsqueeze(1)


class ConvObservables(nn.Module):
    """K observables of an image: convolution, SiLU, mean over 2 × 2, convolution, SiLU, linear.

    f(x) = W h₂, h₂ = SiLU(conv₂(pool(SiLU(conv₁(x / (levels − 1)))))), without a bias in W: a constant in
    f moves ⟨f⟩_data and ⟨f⟩_P alike and cancels. With a stride s, conv₁ has kernels of side s + 2, which overlap by
    two pixels as those of stride 1 do.

    At full resolution nothing is averaged over, and each convolution has a bias for every position in place of one
    for every channel: what images have in common, where they are centred, needs no large weights then.

    Args:
        space: images of shape (height, width), or (height, width, 3).
        count: number of observables K.
        channels: channels of the two convolutions.
        stride: of the first; both sides must be multiples of twice as much, at full resolution of as much.
        full_resolution: no mean over 2 × 2, and biases by position.

    Raises:
        ValueError: x are no images, or their sides are no such multiples.
    """

    def __init__(
        self,
        space: Levels,
        count: int = 16,
        channels: tuple[int, int] = (16, 64),
        stride: int = 1,
        full_resolution: bool = False,
    ) -> None:
        super().__init__()
        if not space.is_image:
            raise ValueError(
                tr(
                    "convolutional observables need images of even sides, got shape {shape}",
                    shape=sides(space.shape),
                )
            )
        height, width = space.shape[:2]
        cell = stride if full_resolution else 2 * stride
        if height % cell or width % cell:
            raise ValueError(
                tr(
                    "with a stride of {stride} the sides of images must be multiples of {cell}, "
                    "got {height} × {width}",
                    stride=stride,
                    cell=cell,
                    height=height,
                    width=width,
                )
            )
        self.space = space
        self.count = count
        self.full_resolution = full_resolution
        tied = not full_resolution
        self.conv1 = nn.Conv2d(
            colour_planes(space), channels[0], stride + 2, stride=stride, padding=1, bias=tied
        )
        self.conv2 = nn.Conv2d(channels[0], channels[1], 3, padding=1, bias=tied)
        if full_resolution:
            self.bias1 = nn.Parameter(torch.zeros(channels[0], height // stride, width // stride))
            self.bias2 = nn.Parameter(torch.zeros(channels[1], height // stride, width // stride))
        self._compiled: tuple[object, CompiledNetwork] | None = None
        self.readout = nn.Linear(channels[1] * (height // cell) * (width // cell), count, bias=False)

    def _first(self, x: Tensor) -> Tensor:
        """Argument of the first SiLU, shape (batch, channels, height / stride, width / stride)."""
        z = self.conv1(as_planes(self.space, x))
        return z.add_(self.bias1) if self.full_resolution else z

    def _second(self, z: Tensor) -> Tensor:
        """Argument of the second SiLU, of that of the first."""
        h = F.silu(z)
        if self.full_resolution:
            return self.conv2(h).add_(self.bias2)
        return self.conv2(mean_over_2x2(h))

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer h₂, shape (batch, features), of x with shape (batch, *shape)."""
        return F.silu(self._second(self._first(x))).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K)."""
        return self.readout(self.features(x))

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,): the multipliers are folded into the last layer first."""
        return self.features(x) @ (multipliers @ self.readout.weight)

    def add_to_energy(self, change: Tensor, multipliers: Tensor) -> None:
        """Changes the last layer and λ so that Σ_i λ_i f_i grows by `change` · h₂, shape (features,)."""
        add_to_readout(self.readout, change, multipliers)

    @torch.no_grad()
    def weighted_sum_and_gradient(self, x: Tensor, multipliers: Tensor) -> tuple[Tensor, Tensor]:
        """Σ_i λ_i f_i(x), shape (batch,), and its derivatives by x, shape (batch, *shape), by hand.

        In single precision on the host by compiled loops, a few images at a time, whose layers then stay in the
        processor's cache.
        """
        weights = multipliers @ self.readout.weight
        if not (x.is_cpu and x.dtype == weights.dtype == torch.float32):
            return self._energy_and_gradient(x, weights)
        network = self._compiled_network()
        parts = [network.energy_and_gradient(part, weights) for part in self._parts(x)]
        if len(parts) == 1:
            return parts[0]
        energies, gradients = zip(*parts, strict=True)
        return torch.cat(energies), torch.cat(gradients)

    def _energy_and_gradient(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """weights · h₂(x) and its derivatives, backwards through the layers in the memory of those forwards."""
        first = self._first(x)
        second = self._second(first)
        hidden = F.silu(second)
        energy = hidden.flatten(1) @ weights
        of_readout = weights.view(second.shape[1:]).expand_as(second)
        slope = torch.ops.aten.silu_backward.grad_input(of_readout, second, grad_input=hidden)
        slope = F.conv_transpose2d(slope, self.conv2.weight, padding=1)
        if not self.full_resolution:
            slope = spread_over_2x2(slope)
        slope = torch.ops.aten.silu_backward.grad_input(slope, first, grad_input=first)
        slope = F.conv_transpose2d(slope, self.conv1.weight, stride=self.conv1.stride, padding=1)
        gradient = self.space.unit(slope)
        return energy, gradient.movedim(1, -1) if self.space.is_coloured else gradient.squeeze(1)

    @property
    def at_once(self) -> int:
        """Images that are evaluated at once on the host."""
        return max(1, IN_CACHE // self.readout.in_features)

    def _parts(self, x: Tensor) -> tuple[Tensor, ...]:
        """Rows of a tensor for the images that are evaluated at once: as few parts as can be, of like length."""
        return x.tensor_split(max(1, math.ceil(len(x) / self.at_once)))

    def differentiate(self, x: Tensor, multipliers: Tensor, coefficients: Tensor) -> Tensor | None:
        """f(x; θ), shape (batch, K); the derivatives of Σ_n c_n Σ_i λ_i f_i(x_n) by θ are added to `grad`.

        By compiled loops, in single precision on the host; None elsewhere.

        Args:
            x: shape (batch, *shape).
            multipliers: λ, shape (K,).
            coefficients: c, shape (batch,).
        """
        readout = self.readout.weight
        if not (x.is_cpu and x.dtype == readout.dtype == torch.float32):
            return None
        network = self._compiled_network()
        values: list[Tensor] = []
        sums: list[Tensor] = []
        for part, c in zip(self._parts(x), self._parts(coefficients), strict=True):
            f, gradients = network.gradients(part, readout, multipliers, c)
            values.append(f)
            sums = [a.add_(b) for a, b in zip(sums, gradients, strict=True)] if sums else gradients
        sums[0] = self.space.unit(sums[0])
        for layer, by in zip([*self._layers(), readout], sums, strict=True):
            if layer.requires_grad:
                layer.grad = by if layer.grad is None else layer.grad + by
        return torch.cat(values)

    def _layers(self) -> list[Tensor]:
        """Weights and biases of the convolutions."""
        first, second = self.conv1, self.conv2
        if self.full_resolution:
            return [first.weight, self.bias1, second.weight, self.bias2]
        assert first.bias is not None
        assert second.bias is not None
        return [first.weight, first.bias, second.weight, second.bias]

    @torch.no_grad()
    def _compiled_network(self) -> CompiledNetwork:
        """The layers but the last, kept as long as their weights are the same."""
        from landscape_app.models.compiled_network import CompiledNetwork

        at = tuple((w._version, w.data_ptr()) for w in self._layers())
        if self._compiled is None or self._compiled[0] != at:
            first, *others = self._layers()
            layers = [self.space.unit(first), *others]
            network = CompiledNetwork(
                self.space.shape, layers, self.conv1.stride[0], pooled=not self.full_resolution
            )
            self._compiled = at, network
        return self._compiled[1]


@torch.no_grad()
def add_to_readout(readout: nn.Linear, change: Tensor, multipliers: Tensor) -> None:
    """Changes the weights W of a last layer, and the length of λ, so that λ W grows by `change`, shape (features,).

    What is added to W is least; W then has the length that it had, as where λ is short W would grow beyond measure.
    """
    weight, length = readout.weight, readout.weight.norm()
    weight.add_(torch.outer(multipliers, change) / multipliers.square().sum().clamp_min(LEAST_SQUARE))
    growth = weight.norm() / length
    weight.div_(growth)
    multipliers.mul_(growth)


class MemberObservables(nn.Module):
    """Observables of several networks side by side, f = (f¹, f², …): their energies add up.

    Networks that were trained apart make one model by the mean of their energies. log Z is convex in the energy, so
    that its cross-entropy on any data is at most the mean of theirs.

    Args:
        members: modules of observables of the same space.
    """

    def __init__(self, members: Sequence[ConvObservables]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self._counts = [member.count for member in members]

    @property
    def count(self) -> int:
        """Number of observables of all members."""
        return sum(self._counts)

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, count), one member after the other."""
        return torch.cat([member(x) for member in self.members], dim=1)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layers of all members, shape (batch, features)."""
        return torch.cat([member.features(x) for member in self.members], dim=1)  # type: ignore[operator]

    def add_to_energy(self, change: Tensor, multipliers: Tensor) -> None:
        """Changes the last layers and λ so that Σ_i λ_i f_i grows by `change` · h, shape (features,)."""
        sizes = [member.readout.in_features for member in self.members]  # type: ignore[union-attr]
        parts = zip(self.members, change.split(sizes), multipliers.split(self._counts), strict=True)
        for member, part, of_member in parts:
            member.add_to_energy(part, of_member)  # type: ignore[operator]

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,)."""
        parts = zip(self.members, multipliers.split(self._counts), strict=True)
        energies = [member.weighted_sum(x, part) for member, part in parts]  # type: ignore[operator]
        return torch.stack(energies).sum(0)

    def weighted_sum_and_gradient(self, x: Tensor, multipliers: Tensor) -> tuple[Tensor, Tensor]:
        """Σ_i λ_i f_i(x), shape (batch,), and its derivatives by x, shape (batch, *shape)."""
        parts = zip(self.members, multipliers.split(self._counts), strict=True)
        found = [member.weighted_sum_and_gradient(x, part) for member, part in parts]  # type: ignore[operator]
        energies, gradients = zip(*found, strict=True)
        return torch.stack(energies).sum(0), torch.stack(gradients).sum(0)


class PerceptronObservables(nn.Module):
    """K observables of any configuration: a multilayer perceptron with tanh, linear at the end.

    Args:
        space: of the configurations.
        count: number of observables K.
        hidden: units of the hidden layers.
        scale: what x is divided by first, one for all sites or of shape (sites,): the data's spread where the
            space has no scale of its own. Of mixed rows these are the numbers.
        centre: what is taken off x before that, likewise.
        by_category: whether levels are categories, each with an input of its own; those of mixed rows always are.
    """

    scale: Tensor
    centre: Tensor
    numbers: Tensor

    def __init__(
        self,
        space: Space,
        count: int = 2,
        hidden: tuple[int, ...] = (32, 32),
        scale: float | Tensor = 1.0,
        centre: float | Tensor = 0.0,
        by_category: bool = False,
    ) -> None:
        super().__init__()
        self.space = space
        self.count = count
        self.by_category = by_category
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float32))
        self.register_buffer("centre", torch.as_tensor(centre, dtype=torch.float32))
        inputs = space.sites
        if isinstance(space, Mixed):
            self.register_buffer("numbers", torch.tensor(space.number_columns), persistent=False)
            inputs = len(space.number_columns) + sum(count - 1 for count in space.category_counts)
        elif by_category and space.is_categorical:
            inputs = space.sites * (space.levels - 1)
        sizes = (inputs, *hidden)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.readout = nn.Linear(sizes[-1], count, bias=False)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, shape (batch, units), of x with shape (batch, *shape)."""
        if isinstance(self.space, Mixed):
            scaled = (x[:, self.numbers] - self.centre) / self.scale
            h = torch.cat([scaled, one_hot(self.space, x)], dim=1)
        elif self.by_category and self.space.is_categorical:
            h = one_hot(self.space, x)
        else:
            h = (self.space.unit(x).flatten(1) - self.centre) / self.scale
        for layer in self.layers:
            h = torch.tanh(layer(h))
        return h

    def add_to_energy(self, change: Tensor, multipliers: Tensor) -> None:
        """Changes the last layer and λ so that Σ_i λ_i f_i grows by `change` · h, shape (units,)."""
        add_to_readout(self.readout, change, multipliers)

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K)."""
        return self.readout(self.features(x))

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,)."""
        return self.features(x) @ (multipliers @ self.readout.weight)

    @torch.no_grad()
    def weighted_sum_and_gradient(self, x: Tensor, multipliers: Tensor) -> tuple[Tensor, Tensor] | None:
        """Σ_i λ_i f_i(x), shape (batch,), and its derivatives by x, same shape as x; None with categories."""
        space = self.space
        if isinstance(space, Mixed) or (self.by_category and space.is_categorical):
            return None
        h = (space.unit(x).flatten(1) - self.centre) / self.scale
        hidden = []
        for layer in self.layers:
            h = layer(h).tanh_()
            hidden.append(h)
        weights = multipliers @ self.readout.weight
        energy, slope = h @ weights, weights.expand_as(h)
        for layer, h in zip(reversed(self.layers), reversed(hidden), strict=True):
            slope = torch.ops.aten.tanh_backward(slope, h) @ layer.weight
        # Spaces scale and shift.
        gradient = space.unit(slope / self.scale) - space.unit(slope.new_zeros(()))
        return energy, gradient.view(x.shape)


def one_hot(space: Space, x: Tensor) -> Tensor:
    """Indicators of all levels but the lowest, shape (batch, sites · (levels − 1)), of shape (batch, sites).

    Of mixed rows those of each category's values but the first, one column after the other.

    Between two levels it falls and rises in straight lines, so that x may carry a gradient: zero at the levels, as
    categories stand in no order and none is nearer to another.
    """
    if isinstance(space, Mixed):
        columns, values = _indicators(space, x.device)
        return (1 - (x[:, columns] - values).abs()).relu()
    levels = torch.arange(1, space.levels, dtype=x.dtype, device=x.device)
    return (1 - (x.flatten(1).unsqueeze(2) - levels).abs()).relu().flatten(1)


@functools.lru_cache(maxsize=8)
def _indicators(space: Mixed, device: torch.device) -> tuple[Tensor, Tensor]:
    """Column and value of every indicator of mixed rows, int64 and float32, shape (indicators,)."""
    pairs = [(i, value) for i, count in enumerate(space.values) for value in range(1, count)]
    columns, values = zip(*pairs, strict=True)
    return torch.tensor(columns, device=device), torch.tensor(values, dtype=torch.float32, device=device)


class PairObservables(nn.Module):
    """K observables f_k(x) = (w_k · e(x) + b_k)², e the spins themselves or the categories one by one.

    H = Σ_k λ_k f_k is then a model of all pairs of sites, of rank K. With spins, the couplings of
    H = −Σ_{i<j} J_ij s_i s_j − Σ_i h_i s_i are J_ij = −2 Σ_k λ_k w_ki w_kj, and the fields
    h_i = −2 Σ_k λ_k b_k w_ki; with categories these are those of a Potts model, any of them where K is as large as
    e has coordinates. With centred data, orthonormal w and b = 0 these are the observables of principal component
    analysis.

    Args:
        space: of spins, or of levels on one axis.
        count: number of observables K.

    Raises:
        ValueError: another space.
    """

    def __init__(self, space: Space, count: int) -> None:
        super().__init__()
        if not (isinstance(space, Spins) or space.is_categorical):
            raise ValueError(
                f"pairs are of spins or categories, not of {space.label} of shape {sides(space.shape)}"
            )
        self.space = space
        self.count = count
        features = space.sites * (space.levels - 1)
        self.projection = nn.Linear(features, count)

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K), of x with shape (batch, *shape)."""
        e = one_hot(self.space, x) if self.space.is_categorical else x.flatten(1)
        return self.projection(e).square()

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_k λ_k f_k(x), shape (batch,)."""
        return self.forward(x) @ multipliers


class SquaredProjections(nn.Module):
    """K observables f_i(x; θ) = (v_i·x)² with directions v_i(θ) that are orthonormal whatever θ is.

    Args:
        space: of the configurations.
    """

    def __init__(self, space: Continuous) -> None:
        super().__init__()
        self.space = space

    @abstractmethod
    def directions(self) -> Tensor:
        """The v_i, one a column, shape (sites, K); their signs say nothing."""

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K), of x with shape (batch, *shape), in its units squared."""
        return (x.flatten(1) @ self.directions()).square()

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,)."""
        return self(x) @ multipliers


class RotatedAxes(SquaredProjections):
    """The axes of a plane, turned by an angle θ: v₁ = (cos θ, sin θ), v₂ = (−sin θ, cos θ).

    Args:
        space: of the configurations.
        angle: θ to begin with, radians.

    Raises:
        ValueError: the space is not a plane.
    """

    def __init__(self, space: Continuous, angle: float = 0.0) -> None:
        super().__init__(space)
        if space.sites != 2:
            raise ValueError(f"axes turn by one angle in two dimensions, not in {space.sites}")
        self.angle = nn.Parameter(torch.tensor(float(angle)))

    def directions(self) -> Tensor:
        """v₁ and v₂, shape (2, 2)."""
        cosine, sine = self.angle.cos(), self.angle.sin()
        return torch.stack([torch.stack([cosine, -sine]), torch.stack([sine, cosine])])


class OrthonormalFrame(SquaredProjections):
    """K directions in any dimension: the Q of a free matrix's QR decomposition; at random to begin with.

    A step of θ that only changes the triangle R leaves f as it is.

    Args:
        space: of the configurations.
        count: number of directions K.
        generator: draws the first matrix.

    Raises:
        ValueError: there are not so many directions.
    """

    def __init__(self, space: Continuous, count: int, generator: torch.Generator | None = None) -> None:
        super().__init__(space)
        if not 1 <= count <= space.sites:
            raise ValueError(f"{space.sites} dimensions have 1 to {space.sites} directions, not {count}")
        normal = torch.randn(space.sites, count, generator=generator)
        self.matrix = nn.Parameter(normal / math.sqrt(space.sites))

    def directions(self) -> Tensor:
        """Q, shape (sites, K)."""
        return torch.linalg.qr(self.matrix).Q
