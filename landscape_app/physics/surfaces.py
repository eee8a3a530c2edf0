"""Energies of one and two coordinates given by a formula, on which Markov kernels can be watched and judged."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch
from scipy import special
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import UniformBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Box

LEAST_BANDWIDTH = 1e-3
"""Of a kernel density, relative to the side of its box: narrower peaks fall between the nodes of a grid."""

GRID_NODES, GRID_ROUNDS = 81, 6
"""Along each axis, and grids one within the other, by which the lowest minimum of a given energy is found."""

BANDWIDTHS = 4.0
"""Between the outermost point of a kernel density and the wall of its box."""


class Surface(ABC):
    """A potential energy U(x) within a box, whose density is exp(−U) but for a constant.

    Attributes:
        label: what a person calls it.
        formula: U(x), or the density, in a line.
        about: what it asks of a Markov chain.
        space: the box; what the formula has beyond its walls is cut off.
    """

    label: ClassVar[str]
    formula: ClassVar[str]
    about: ClassVar[str]
    space: Box

    @abstractmethod
    def energy(self, x: Tensor) -> Tensor:
        """U(x) in nats, shape (batch,), of x with shape (batch, coordinates)."""

    @property
    @abstractmethod
    def log_partition(self) -> float | None:
        """log ∫ exp(−U) over all of the line or the plane, in closed form; None where there is none."""

    @property
    @abstractmethod
    def minima(self) -> Tensor:
        """Minima of U, shape (k, coordinates); of several that differ the lowest."""

    def target(self, temperature: float = 1.0) -> Target:
        """The density exp(−U/T) within the box.

        Raises:
            ValueError: the temperature is not positive.
        """
        return Target(UniformBase(self.space), Hamiltonian([WeightedTerm(1.0, self)], temperature))


class DoubleWell(Surface):
    """U(x) = h ((x/a)² − 1)²: two wells with a barrier of h between them.

    Args:
        height: h, nats.
        half_width: a.
    """

    label: ClassVar[str] = tr("Double well, 1-D")
    formula: ClassVar[str] = "H(x) = h ((x/a)² − 1)²"
    about: ClassVar[str] = tr(
        "A barrier to climb: steps shorter than the well cross it once in about exp(h)."
    )

    def __init__(self, height: float = 4.0, half_width: float = 2.0) -> None:
        self.height, self.half_width = height, half_width
        self.space = Box((1,), -2 * half_width, 2 * half_width)

    def energy(self, x: Tensor) -> Tensor:
        """U(x), shape (batch,)."""
        return self.height * ((x[:, 0] / self.half_width).square() - 1).square()

    @property
    def log_partition(self) -> float:
        """log of a (π/2) exp(−h/2) (I₋¼(h/2) + I¼(h/2))."""
        bessel = special.ive(-0.25, self.height / 2) + special.ive(0.25, self.height / 2)
        return math.log(self.half_width * math.pi / 2 * bessel)

    @property
    def minima(self) -> Tensor:
        """±a."""
        return torch.tensor([[-self.half_width], [self.half_width]])


class GaussianMixture(Surface):
    """U(x) = −log Σ_k w_k N(x; m_k, s_k²): normalised, so that log Z = 0.

    Args:
        means: m, shape (k, coordinates).
        deviations: s, shape (k,).
        weights: w, shape (k,); normalised here.
        space: the box.

    Raises:
        ValueError: shapes that do not fit, or deviations or weights that are not positive.
    """

    label: ClassVar[str] = tr("Mixture of Gaussians")
    formula: ClassVar[str] = "p(x) = Σₖ wₖ N(x; mₖ, sₖ²)"
    about: ClassVar[str] = tr("Islands of probability.")

    def __init__(self, means: Tensor, deviations: Tensor, weights: Tensor, space: Box) -> None:
        count = len(means)
        if means.shape != (count, *space.shape) or deviations.shape != (count,) or weights.shape != (count,):
            raise ValueError(
                f"a mixture needs means of shape (k, {space.sites}) and k deviations and weights, got shapes "
                f"{tuple(means.shape)}, {tuple(deviations.shape)} and {tuple(weights.shape)}"
            )
        if not count or not (deviations > 0).all() or not (weights > 0).all():
            raise ValueError("a mixture needs at least one Gaussian, of positive deviation and weight")
        self.space = space
        self.means, self.deviations = means.float(), deviations.float()
        self.weights = (weights / weights.sum()).float()
        log_height = self.weights.log() - space.sites * (self.deviations.log() + 0.5 * math.log(2 * math.pi))
        self._log_heights, self._precisions = log_height, 0.5 * self.deviations**-2

    def energy(self, x: Tensor) -> Tensor:
        """U(x), shape (batch,)."""
        squares = (x.unsqueeze(1) - self.means).square().sum(2)
        return -torch.logsumexp(self._log_heights - squares * self._precisions, dim=1)

    @property
    def log_partition(self) -> float:
        """Zero."""
        return 0.0

    @property
    def minima(self) -> Tensor:
        """The highest peak, at the means to the accuracy by which the Gaussians do not overlap."""
        return self.means[int(self._log_heights.argmax())].unsqueeze(0)


class TwoGaussians(GaussianMixture):
    """0.3 N(−m, s²) + 0.7 N(m, s²) in the plane, with m = (2, 1.5) and s = 0.8."""

    label: ClassVar[str] = tr("Two Gaussians, 2-D")
    formula: ClassVar[str] = "p(x) = 0.3 N(x; −m, s²) + 0.7 N(x; m, s²)"
    about: ClassVar[str] = tr(
        "Two islands: a chain that moves locally stays on one, and the shares come out wrong."
    )

    def __init__(self) -> None:
        means, deviations = torch.tensor([[-2.0, -1.5], [2.0, 1.5]]), torch.tensor([0.8, 0.8])
        super().__init__(means, deviations, torch.tensor([0.3, 0.7]), Box((2,), -6.0, 6.0))


class TwoGaussiansLine(GaussianMixture):
    """½ N(−2, ½²) + ½ N(2, 1²): the example of the paper's figure 3, of entropy 1.754 nats."""

    label: ClassVar[str] = tr("Two Gaussians, 1-D")
    formula: ClassVar[str] = "p(x) = ½ N(x; −2, ½²) + ½ N(x; 2, 1²)"
    about: ClassVar[str] = tr("The paper's figure 3: wells of unequal width, of which each shall hold half.")

    def __init__(self) -> None:
        means, deviations = torch.tensor([[-2.0], [2.0]]), torch.tensor([0.5, 1.0])
        super().__init__(means, deviations, torch.tensor([0.5, 0.5]), Box((1,), -7.0, 7.0))


class Banana(Surface):
    """U(x, y) = x²/2a² + (y + d − b x²)²/2c²: a Gaussian bent along a parabola (Haario, Saksman, Tamminen 1999).

    Args:
        length: a.
        bend: b.
        width: c.
        drop: d, by which it is moved down.
    """

    label: ClassVar[str] = tr("Banana")
    formula: ClassVar[str] = "H(x, y) = x²/2a² + (y + d − b x²)²/2c²"
    about: ClassVar[str] = tr("A thin, bent valley: small steps creep along it, large ones are refused.")

    def __init__(
        self, length: float = 1.6, bend: float = 0.35, width: float = 0.5, drop: float = 3.0
    ) -> None:
        self.length, self.bend, self.width, self.drop = length, bend, width, drop
        self.space = Box((2,), -6.0, 6.0)

    def energy(self, x: Tensor) -> Tensor:
        """U(x), shape (batch,)."""
        along, across = x[:, 0], x[:, 1] + self.drop - self.bend * x[:, 0].square()
        return 0.5 * ((along / self.length).square() + (across / self.width).square())

    @property
    def log_partition(self) -> float:
        """log 2π a c."""
        return math.log(2 * math.pi * self.length * self.width)

    @property
    def minima(self) -> Tensor:
        """(0, −d)."""
        return torch.tensor([[0.0, -self.drop]])


class Ring(Surface):
    """U(x) = (|x| − R)²/2s²: a circular valley.

    Args:
        radius: R.
        width: s.
    """

    label: ClassVar[str] = tr("Ring")
    formula: ClassVar[str] = "H(x) = (|x| − R)²/2s²"
    about: ClassVar[str] = tr(
        "No barrier, but a long way round: mixing takes as long as diffusion along the valley."
    )

    def __init__(self, radius: float = 3.2, width: float = 0.4) -> None:
        self.radius, self.width = radius, width
        self.space = Box((2,), -6.0, 6.0)

    def energy(self, x: Tensor) -> Tensor:
        """U(x), shape (batch,)."""
        # The distance has no gradient at the origin; a shift far below float32's resolution gives it one.
        distance = (x.square().sum(1) + 1e-12).sqrt()
        return 0.5 * ((distance - self.radius) / self.width).square()

    @property
    def log_partition(self) -> float:
        """log 2π (s² exp(−R²/2s²) + R s √(π/2) (1 + erf(R/s√2)))."""
        ratio = self.radius / self.width
        core = self.width**2 * math.exp(-0.5 * ratio**2)
        shell = self.radius * self.width * math.sqrt(math.pi / 2) * (1 + math.erf(ratio / math.sqrt(2)))
        return math.log(2 * math.pi * (core + shell))

    @property
    def minima(self) -> Tensor:
        """One of them, (R, 0)."""
        return torch.tensor([[self.radius, 0.0]])


class Funnel(Surface):
    """U(x, y) = y²/2s² + x² exp(−y)/2 + y/2: y is normal, and exp(y) the variance of x (Neal 2003).

    Args:
        spread: s.
    """

    label: ClassVar[str] = tr("Funnel")
    formula: ClassVar[str] = "H(x, y) = y²/2s² + x² e⁻ʸ/2 + y/2"
    about: ClassVar[str] = tr("Wide at one end, narrow at the other: no one step size suits both.")

    def __init__(self, spread: float = 1.5) -> None:
        self.spread = spread
        self.space = Box((2,), -7.0, 7.0)

    def energy(self, x: Tensor) -> Tensor:
        """U(x), shape (batch,)."""
        y = x[:, 1]
        return 0.5 * ((y / self.spread).square() + x[:, 0].square() * (-y).exp() + y)

    @property
    def log_partition(self) -> float:
        """log 2π s."""
        return math.log(2 * math.pi * self.spread)

    @property
    def minima(self) -> Tensor:
        """(0, −s²/2)."""
        return torch.tensor([[0.0, -0.5 * self.spread**2]])


class Himmelblau(Surface):
    """U(x, y) = ((x² + y − 11)² + (x + y² − 7)²)/w: four wells of equal depth (Himmelblau 1972).

    Args:
        scale: w, which sets the barriers; 15 makes them 0.9 to 12 nats.
    """

    label: ClassVar[str] = tr("Himmelblau's four wells")
    formula: ClassVar[str] = "H(x, y) = ((x² + y − 11)² + (x + y² − 7)²)/15"
    about: ClassVar[str] = tr(
        "Four wells, barriers of 0.9 to 7 nats between neighbours: some are crossed, some hardly."
    )

    def __init__(self, scale: float = 15.0) -> None:
        self.scale = scale
        self.space = Box((2,), -6.0, 6.0)

    def energy(self, x: Tensor) -> Tensor:
        """U(x), shape (batch,)."""
        a, b = x[:, 0], x[:, 1]
        return ((a.square() + b - 11).square() + (a + b.square() - 7).square()) / self.scale

    @property
    def log_partition(self) -> None:
        """None."""
        return None

    @property
    def minima(self) -> Tensor:
        """All four, where U = 0."""
        return torch.tensor(
            [[3.0, 2.0], [-2.805118, 3.131312], [-3.779310, -3.283186], [3.584428, -1.848127]]
        )


class KernelDensity(GaussianMixture):
    """The density of points, each spread into a Gaussian: p(x) = ⟨N(x; x_i, w²)⟩.

    The width is Scott's rule (1992), w = s n^(−1/(d + 4)), with s² the mean variance of the coordinates.

    Args:
        points: x_i, shape (n, coordinates).
        width_factor: by which Scott's width is multiplied.

    Raises:
        ValueError: no points, points that are not finite or all at one place, or a factor that is not positive.
    """

    label: ClassVar[str] = tr("Your points")
    formula: ClassVar[str] = "p(x) = (1/n) Σᵢ N(x; xᵢ, w²)"
    about: ClassVar[str] = tr("The points that you drew, each spread into a Gaussian of Scott's width w.")

    def __init__(self, points: Tensor, width_factor: float = 1.0) -> None:
        if points.dim() != 2 or not len(points) or not torch.isfinite(points).all():
            raise ValueError(tr("a density needs at least one point, and finite coordinates"))
        if not width_factor > 0:
            raise ValueError(
                tr("the factor of the width must be positive, got {factor}", factor=width_factor)
            )
        count, coordinates = points.shape
        spread = float(points.var(dim=0, correction=0).mean().sqrt())
        if spread == 0:
            raise ValueError(tr("all points are at one place; draw some at another"))
        self.points = points.float()
        self.width = width_factor * spread * count ** (-1 / (coordinates + 4))
        low = float(points.min()) - BANDWIDTHS * self.width
        high = float(points.max()) + BANDWIDTHS * self.width
        self.width = max(self.width, LEAST_BANDWIDTH * (high - low))
        widths, weights = torch.full((count,), self.width), torch.ones(count)
        super().__init__(points, widths, weights, Box((coordinates,), low, high))

    @property
    def minima(self) -> Tensor:
        """The point where the density is highest."""
        pieces = torch.cat([self.energy(piece) for piece in self.points.split(1_024)])
        return self.points[int(pieces.argmin())].unsqueeze(0)


class GivenSurface(Surface):
    """An energy of the user's own, in a box.

    Args:
        energy: x of shape (batch, coordinates) to nats, shape (batch,), differentiable.
        label: what a person calls it.
        formula: U(x) in a line.
        about: whence it comes.
        space: the box.
    """

    def __init__(
        self, energy: Callable[[Tensor], Tensor], label: str, formula: str, about: str, space: Box
    ) -> None:
        self._energy = energy
        self.label, self.formula, self.about = label, formula, about  # type: ignore[misc]
        self.space = space

    def energy(self, x: Tensor) -> Tensor:
        """U(x), shape (batch,)."""
        return self._energy(x)

    @property
    def log_partition(self) -> None:
        """None."""
        return None

    @property
    def minima(self) -> Tensor:
        """The lowest, by a grid that is made finer about its lowest node."""
        low = torch.full((self.space.sites,), self.space.low)
        high = torch.full((self.space.sites,), self.space.high)
        for _ in range(GRID_ROUNDS):
            shares = torch.linspace(0, 1, GRID_NODES)
            nodes = torch.cartesian_prod(*[shares] * self.space.sites).view(-1, self.space.sites)
            nodes = low + (high - low) * nodes
            lowest = nodes[int(self.energy(nodes).detach().argmin())]
            reach = 2 * (high - low) / (GRID_NODES - 1)
            low = (lowest - reach).clamp_min(self.space.low)
            high = (lowest + reach).clamp_max(self.space.high)
        return lowest.unsqueeze(0)


SURFACES: dict[str, Callable[[], Surface]] = {
    "banana": Banana,
    "two-gaussians": TwoGaussians,
    "ring": Ring,
    "funnel": Funnel,
    "himmelblau": Himmelblau,
    "double-well": DoubleWell,
    "two-gaussians-line": TwoGaussiansLine,
}
"""Every surface that needs nothing but its name, at its default parameters."""
