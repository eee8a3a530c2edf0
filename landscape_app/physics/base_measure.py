"""Base measures q: normalised, and drawn from directly; where the temperature is infinite, P is q."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple, Self

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.averages import weighted_mean, weighted_variance
from landscape_app.physics.batched import AT_ONCE
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.host import check_shape, to_host
from landscape_app.physics.space import ENUMERATION_LIMIT, Box, Discrete, Line, Space

MOST_AXES = 2
"""Coordinates up to which integrals are taken by quadrature."""

CLAMPED_LOG_PROBABILITY = -1e12
"""Of the values that a clamped site does not have: no energy outweighs it."""

LINE_REACH = 12.0
"""Quadrature on the line takes x = mean + deviation · sinh(t), |t| up to this: as far as 80,000 deviations."""


NOISE_REACH = 3.0
"""Deviations of a Gaussian base measure up to which noise reaches on the line."""

HEAVY = 2.0
"""Standard deviation over that of a Gaussian of the same quartiles, from which on tails count as heavy."""

QUARTILES = 1.349
"""Distance of the quartiles of a Gaussian, in standard deviations."""

CLIP = 4.0
"""Deviations from the centre at which columns with heavy tails are cut off where correlations are measured."""

SHRINKAGE = 1e-3
"""Least share by which correlations are drawn to zero: columns that are copies of one another leave q a density."""

MOST_ROWS = 100_000
"""Rows by which centres, spreads and correlations are measured, evenly chosen where there are more."""


class Mapped(NamedTuple):
    """Points of a space by their coordinates in the unit cube.

    Attributes:
        x: configurations, float32, shape (n, *shape).
        log_volume: log |∂x/∂u|, float64, shape (n,).
    """

    x: Tensor
    log_volume: Tensor


class BaseMeasure(ABC):
    """A base measure on a space."""

    space: Space
    device: torch.device
    """Device of its tables and samples."""

    @abstractmethod
    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x) in nats (a density, in continuous spaces), shape (batch,), of x with shape (batch, *shape)."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent configurations, shape (n, *shape)."""

    def clamped(self, mask: Tensor, values: Tensor) -> BaseMeasure:
        """The same measure, given that some sites have chosen values: those the chains never leave.

        Args:
            mask: which sites, bool, shape (*shape).
            values: of all sites, in the space's own units, shape (*shape).

        Raises:
            ValueError: another shape than the space's, a value that is not in the space, or a space where nothing
                can be fixed.
        """
        raise ValueError(tr("nothing can be fixed on {space}", space=self.space.label))

    @property
    def fixed_sites(self) -> Tensor:
        """Mask of the fixed sites, bool, shape (sites,)."""
        return torch.zeros(self.space.sites, dtype=torch.bool, device=self.device)

    def with_fixed_sites(self, x: Tensor) -> Tensor:
        """x with the fixed sites of q at their values (see `clamped`), same shape."""
        return x

    def _check_fixed(self, mask: Tensor, values: Tensor) -> None:
        """Refuses what cannot be fixed.

        Raises:
            ValueError: another shape than the space's, or a value that is not in the space.
        """
        if tuple(mask.shape) != self.space.shape or tuple(values.shape) != self.space.shape:
            raise ValueError(
                f"fixed values have shape {tuple(values.shape)} and their mask {tuple(mask.shape)}, "
                f"expected {self.space.shape}"
            )
        if not to_host(self.space.contains(values.unsqueeze(0).float())):
            raise ValueError(tr("fixed values must be {space} of the space", space=self.space.label))

    @abstractmethod
    def noise(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n configurations that know next to nothing of q, shape (n, *shape).

        Uniform over the space, or far and wide where it is unbounded.
        """

    @abstractmethod
    def entropy(self) -> Estimate:
        """S[q] = −⟨log q⟩_q in nats (differential, in continuous spaces): exact but for mixtures."""

    @abstractmethod
    def to(self, device: torch.device | str) -> Self:
        """The same measure on a device."""

    @abstractmethod
    def state_dict(self) -> dict[str, Tensor]:
        """The tables that the measure is known by."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes the tables of a measure on the same space, to the last bit.

        Raises:
            KeyError: a table is missing.
            ValueError: a table has another shape, or is that of no measure.
        """

    @property
    @abstractmethod
    def is_summable(self) -> bool:
        """True if the space is small enough to be summed or integrated over."""


class ProductBase(BaseMeasure):
    """A base measure q(x) = ∏_i q_i(x_i) on levels or spins, by a table.

    Args:
        space: where x lives.
        log_probabilities: log q_i(v), shape (sites, levels), values in rising order; normalised here.

    Raises:
        ValueError: the table has another shape, or gives a value no probability at all.
    """

    space: Discrete

    def __init__(self, space: Discrete, log_probabilities: Tensor) -> None:
        if log_probabilities.shape != (space.sites, space.levels):
            raise ValueError(
                f"the base measure's table has shape {tuple(log_probabilities.shape)}, "
                f"expected (sites, levels) = {(space.sites, space.levels)}"
            )
        if not to_host(torch.isfinite(log_probabilities).all()):
            raise ValueError(tr("every level needs a positive base probability; add a pseudo-count"))
        self.space = space
        self.device = log_probabilities.device
        self.log_probabilities = log_probabilities.log_softmax(dim=-1).float()
        self._on_host: Tensor | None = None

    @classmethod
    def uniform(cls, space: Discrete) -> ProductBase:
        """The uniform measure on the space."""
        return cls(space, torch.zeros(space.sites, space.levels))

    @classmethod
    def from_marginals(
        cls,
        space: Discrete,
        x: Tensor,
        pseudo_count: float = 0.5,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
    ) -> ProductBase:
        """The per-site histograms of x, smoothed along the levels between the lowest and the highest.

        These two keep their counts, as saturated pixels are of a kind of their own: smoothed over, they spread into
        levels that hardly occur.

        Args:
            space: where x lies.
            x: shape (n, *shape).
            pseudo_count: added to every level's count.
            smoothing: deviation, in levels, of the Gaussian by which counts spread; 0 for none.
            weights: what each of x counts as, shape (n,); None for one each.

        Raises:
            ValueError: a pseudo-count that is not positive, or a negative smoothing.
        """
        if not pseudo_count > 0:
            raise ValueError(tr("the pseudo-count must be positive, got {value}", value=pseudo_count))
        if not smoothing >= 0:
            raise ValueError(tr("the smoothing must not be negative, got {value}", value=smoothing))
        counts = _level_counts(space, x, weights)
        if smoothing > 0 and space.levels > 3:
            v = torch.arange(space.levels - 2, dtype=torch.float64)
            spread = torch.exp(-((v.unsqueeze(1) - v) ** 2) / (2 * smoothing**2))
            counts[:, 1:-1] = counts[:, 1:-1] @ (spread / spread.sum(1, keepdim=True))
        return cls(space, (counts + pseudo_count).log().float().to(x.device))

    def clamped(self, mask: Tensor, values: Tensor) -> ProductBase:
        """The same measure, given that some sites have chosen values: those the chains never leave.

        Any other value there has no probability that a float could tell from none, whatever H is.

        Args:
            mask: which sites, bool, shape (*shape).
            values: of all sites, in the space's own units, shape (*shape).

        Raises:
            ValueError: another shape than the space's, or a value that is not in the space.
        """
        self._check_fixed(mask, values)
        device = self.log_probabilities.device
        fixed, levels = mask.flatten().to(device).unsqueeze(1), self.space.index(values.flatten()).to(device)
        chosen = torch.arange(self.space.levels, device=device) == levels.unsqueeze(1)
        table = self.log_probabilities.masked_fill(fixed & ~chosen, CLAMPED_LOG_PROBABILITY)
        return ProductBase(self.space, table.masked_fill(fixed & chosen, 0.0))

    @property
    def host_table(self) -> Tensor:
        """`log_probabilities` in float64 on the host, read back once."""
        if self._on_host is None:
            self._on_host = to_host(self.log_probabilities).double()
        return self._on_host

    @property
    def fixed_sites(self) -> Tensor:
        """Mask of the fixed sites, bool, shape (sites,)."""
        return (self.log_probabilities > CLAMPED_LOG_PROBABILITY / 2).sum(1) == 1

    def with_fixed_sites(self, x: Tensor) -> Tensor:
        """x, shape (n, *shape), with the fixed sites at their values."""
        values = self.space.from_index(self.log_probabilities.argmax(1)).view(self.space.shape)
        return torch.where(self.fixed_sites.view(self.space.shape), values, x)

    def to(self, device: torch.device | str) -> ProductBase:
        """The same measure with its table on `device`."""
        return ProductBase(self.space, self.log_probabilities.to(device))

    def state_dict(self) -> dict[str, Tensor]:
        """log q_i(v), shape (sites, levels)."""
        return {"log_probabilities": self.log_probabilities}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes the table as it is: normalising it once more would change what training goes on to.

        Args:
            state: `log_probabilities`, of the shape of the table that it replaces.

        Raises:
            ValueError: the table is not normalised.
        """
        table = state["log_probabilities"].to(self.log_probabilities)
        if not torch.allclose(ProductBase(self.space, table).log_probabilities, table, atol=1e-4):
            raise ValueError("the base measure is not normalised")
        self.log_probabilities, self._on_host = table, None

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x) in nats, shape (batch,), of x with shape (batch, *shape)."""
        levels = self.space.index(x.flatten(1)).unsqueeze(-1)
        table = self.log_probabilities.expand(len(x), -1, -1)
        return table.gather(-1, levels).squeeze(-1).sum(-1)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent configurations, shape (n, *shape)."""
        # Of a single draw torch would check the probabilities first, and wait for the device.
        drawn = torch.multinomial(
            self.log_probabilities.exp(), max(n, 2), replacement=True, generator=generator
        )
        return self.space.from_index(drawn[:, :n].T.reshape(n, *self.space.shape))

    def noise(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n configurations, every value as likely, shape (n, *shape)."""
        return ProductBase.uniform(self.space).to(self.log_probabilities.device).sample(n, generator)

    def entropy(self) -> Estimate:
        """S[q] = −Σ_i Σ_v q_i(v) log q_i(v), in nats."""
        return Estimate(float(-(self.host_table.exp() * self.host_table).sum()), 0.0)

    @property
    def is_summable(self) -> bool:
        """True if there are few enough states to list them."""
        return self.space.states <= ENUMERATION_LIMIT


def kind_of(base: BaseMeasure) -> str:
    """A base measure that is no table of independent sites, in words."""
    if base.space.is_discrete:
        return tr("{space} over a learned base measure", space=base.space.label)
    return base.space.label


def _level_counts(space: Discrete, x: Tensor, weights: Tensor | None = None) -> Tensor:
    """Counts of the levels of each site, float64 on the host, shape (sites, levels), of x with shape (n, *shape)."""
    if weights is not None:
        counts = torch.zeros(space.sites, space.levels, dtype=torch.float64)
        count_of = to_host(weights).double().expand(space.sites, -1)
        return counts.scatter_add_(1, to_host(space.index(x.flatten(1))).T, count_of)
    total = torch.zeros(space.sites, space.levels, dtype=torch.int64, device=x.device)
    for part in x.split(max(1, AT_ONCE // space.sites)):
        index = space.index(part.flatten(1)).T
        total.scatter_add_(1, index, torch.ones_like(index))
    return to_host(total).double()


class Stretch(NamedTuple):
    """A linear map by which Langevin kernels stretch momenta, so that q looks the same in all directions.

    Attributes:
        matrix: M, shape (sites, sites), of no dimension; rows of zeros for sites that do not move.
        inverse: its pseudo-inverse, shape (sites, sites).
        moving: which sites move, bool, shape (sites,).
    """

    matrix: Tensor
    inverse: Tensor
    moving: Tensor

    def forth(self, p: Tensor) -> Tensor:
        """M p, same shape as p, (batch, *shape)."""
        return (p.flatten(1) @ self.matrix.T).view_as(p)

    def transposed(self, slope: Tensor) -> Tensor:
        """Mᵀ of a gradient, same shape."""
        return (slope.flatten(1) @ self.matrix).view_as(slope)

    def back(self, x: Tensor) -> Tensor:
        """M⁻¹ x, same shape."""
        return (x.flatten(1) @ self.inverse.T).view_as(x)


class ContinuousBase(BaseMeasure):
    """A base measure with a density."""

    @property
    def stretch(self) -> Stretch | None:
        """Map by which momenta are stretched, where sites are correlated or some do not move; None for none."""
        return None

    @property
    def free_numbers(self) -> Tensor | None:
        """Indices of the sites that are numbers and not fixed, int64, shape (axes,); None for all sites."""
        return None

    @property
    def free_sites(self) -> Tensor | None:
        """Indices of all sites that are not fixed, int64, shape (free,); None for all sites."""
        return self.free_numbers

    @property
    def axes(self) -> int:
        """Number of free numbers."""
        return self.space.sites if self.free_numbers is None else len(self.free_numbers)

    @abstractmethod
    def log_prob_gradient(self, x: Tensor) -> Tensor:
        """∂ log q/∂x, same shape as x."""

    @property
    def is_summable(self) -> bool:
        """True if there are as few coordinates as quadrature serves."""
        return self.axes <= MOST_AXES

    @abstractmethod
    def from_cube(self, u: Tensor) -> Mapped:
        """The points of the space that belong to points of the unit cube, float64 on the host, shape (n, axes)."""

    @abstractmethod
    def to_cube(self, x: Tensor) -> Tensor:
        """The inverse of `from_cube`, float64, shape (n, axes), of x on the host with shape (n, *shape)."""


class UnboundedBase(ContinuousBase):
    """A base measure of numbers without walls, which knows where they are.

    Attributes:
        mean: of each site, shape (*shape); of a fixed one its value.
        deviation: standard deviation of each, shape (*shape); zero of a fixed one.
    """

    mean: Tensor
    deviation: Tensor

    def noise(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points, uniform up to `NOISE_REACH` deviations from the mean, shape (n, *shape)."""
        uniform = torch.rand(n, *self.space.shape, generator=generator, device=self.mean.device)
        return self.mean + NOISE_REACH * self.deviation * (2 * uniform - 1)

    def from_cube(self, u: Tensor) -> Mapped:
        """x = mean + deviation · sinh(t) of the free numbers, |t| up to `LINE_REACH`: dense at the centre."""
        t = LINE_REACH * (2 * u - 1)
        scale, mean = self._scale_on_host()
        free = self._free_on_host()
        x = mean.repeat(len(u), 1)
        x[:, free] += scale[free] * t.sinh()
        return Mapped(
            x.float().view(-1, *self.space.shape), (t.cosh() * scale[free] * 2 * LINE_REACH).log().sum(1)
        )

    def to_cube(self, x: Tensor) -> Tensor:
        """½ + asinh((x − mean)/deviation) / 2 `LINE_REACH` of the free numbers."""
        scale, mean = self._scale_on_host()
        free = self._free_on_host()
        return 0.5 + ((x.double().flatten(1) - mean)[:, free] / scale[free]).asinh() / (2 * LINE_REACH)

    def _scale_on_host(self) -> tuple[Tensor, Tensor]:
        """Deviations and means in float64 on the host, shape (sites,) each."""
        return to_host(self.deviation).double().flatten(), to_host(self.mean).double().flatten()

    def _free_on_host(self) -> Tensor:
        """Indices of the free numbers, int64, shape (axes,)."""
        free = self.free_numbers
        return torch.arange(self.space.sites) if free is None else to_host(free)


class UniformBase(ContinuousBase):
    """The uniform measure on a box.

    Args:
        space: the box.
        device: where samples are drawn.
    """

    space: Box

    def __init__(self, space: Box, device: torch.device | str = "cpu") -> None:
        self.space = space
        self.device = torch.device(device)
        self._log_volume = space.sites * math.log(space.high - space.low)

    def to(self, device: torch.device | str) -> UniformBase:
        """The same measure on a device."""
        return UniformBase(self.space, device)

    def state_dict(self) -> dict[str, Tensor]:
        """Nothing: the space says all."""
        return {}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes nothing."""

    def log_prob(self, x: Tensor) -> Tensor:
        """−log volume inside, minus infinity outside, shape (batch,)."""
        inside = torch.full((len(x),), -self._log_volume, device=x.device)
        return inside.masked_fill(~self.space.contains(x), -torch.inf)

    def log_prob_gradient(self, x: Tensor) -> Tensor:
        """Zero, same shape as x."""
        return torch.zeros_like(x)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent points, shape (n, *shape)."""
        uniform = torch.rand(n, *self.space.shape, generator=generator, device=self.device)
        return self.space.low + (self.space.high - self.space.low) * uniform

    def noise(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points of q itself, shape (n, *shape)."""
        return self.sample(n, generator)

    def entropy(self) -> Estimate:
        """log volume, in nats."""
        return Estimate(self._log_volume, 0.0)

    def from_cube(self, u: Tensor) -> Mapped:
        """Points of the box, evenly."""
        low, high = self.space.low, self.space.high
        x = (low + (high - low) * u).float().view(-1, *self.space.shape)
        return Mapped(x, torch.full((len(u),), self._log_volume, dtype=torch.float64))

    def to_cube(self, x: Tensor) -> Tensor:
        """Positions between the walls, 0 to 1."""
        return (x.double().flatten(1) - self.space.low) / (self.space.high - self.space.low)


class GaussianBase(UnboundedBase):
    """Independent normal coordinates on the line.

    Args:
        space: the line.
        mean: of each coordinate, shape (*shape).
        deviation: standard deviation of each, positive, shape (*shape).

    Raises:
        ValueError: another shape, or numbers that are not finite, or a deviation that is not positive.
    """

    space: Line

    def __init__(self, space: Line, mean: Tensor, deviation: Tensor) -> None:
        for name, table in (("mean", mean), ("deviation", deviation)):
            if table.shape != space.shape or not to_host(torch.isfinite(table).all()):
                raise ValueError(f"the base's {name} must be finite and of shape {space.shape}")
        if not to_host((deviation > 0).all()):
            raise ValueError("the base's deviation must be positive everywhere")
        self.space = space
        self.device = mean.device
        self.mean = mean.float()
        self.deviation = deviation.float()
        self._precision = self.deviation**-2
        self._log_height = -self.deviation.log().sum() - 0.5 * space.sites * math.log(2 * math.pi)

    @classmethod
    def standard(cls, space: Line, deviation: float = 1.0) -> GaussianBase:
        """Mean 0 and one deviation for all coordinates."""
        return cls(space, torch.zeros(space.shape), torch.full(space.shape, deviation))

    @classmethod
    def from_samples(
        cls, space: Line, x: Tensor, widening: float = 2.0, weights: Tensor | None = None
    ) -> GaussianBase:
        """Mean and `widening` times the deviation of x: broad enough to cover the data.

        Args:
            space: where x lies.
            x: shape (n, *shape).
            widening: q's deviation over that of x.
            weights: of x, shape (n,); None where all count alike.
        """
        deviation = weighted_variance(x, weights).sqrt().clamp_min(1e-6)
        return cls(space, weighted_mean(x, weights), widening * deviation)

    def clamped(self, mask: Tensor, values: Tensor) -> BaseMeasure:
        """The conditional Gaussian of the other coordinates, given these.

        Raises:
            ValueError: another shape, or a value that is not finite.
        """
        return CorrelatedGaussianBase(self.space, self.mean, self.deviation.flatten().diag()).clamped(
            mask, values
        )

    def to(self, device: torch.device | str) -> GaussianBase:
        """The same measure on a device."""
        return GaussianBase(self.space, self.mean.to(device), self.deviation.to(device))

    def state_dict(self) -> dict[str, Tensor]:
        """Means and standard deviations, shape (*shape)."""
        return {"mean": self.mean, "deviation": self.deviation}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes means and standard deviations."""
        for name, own in self.state_dict().items():
            check_shape(name, state[name], tuple(own.shape))
        mean, deviation = (state[name].to(self.mean) for name in ("mean", "deviation"))
        vars(self).update(vars(GaussianBase(self.space, mean, deviation)))

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x) in nats, shape (batch,)."""
        squares = ((x - self.mean).square() * self._precision).flatten(1).sum(1)
        return torch.add(self._log_height, squares, alpha=-0.5)

    def log_prob_gradient(self, x: Tensor) -> Tensor:
        """−(x − mean)/deviation², same shape as x."""
        return (self.mean - x) * self._precision

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent points, shape (n, *shape)."""
        normal = torch.randn(n, *self.space.shape, generator=generator, device=self.mean.device)
        return self.mean + self.deviation * normal

    def entropy(self) -> Estimate:
        """½ Σ log(2πe σ²), in nats."""
        log_volume = float(to_host(self.deviation).double().log().sum())
        return Estimate(log_volume + 0.5 * self.space.sites * (1 + math.log(2 * math.pi)), 0.0)


class ConditionalGaussian(NamedTuple):
    """Law of some coordinates of a Gaussian, given others.

    Attributes:
        shift: by which their mean changes, shape (…, free).
        factor: L of their covariance L Lᵀ, shape (…, free, free).
        log_density: of the given ones, up to a constant that only their number decides, shape (…).
    """

    shift: Tensor
    factor: Tensor
    log_density: Tensor


def conditional_gaussian(covariance: Tensor, given: Tensor, free: Tensor, off: Tensor) -> ConditionalGaussian:
    """C_fc C_cc⁻¹ off and C_ff − C_fc C_cc⁻¹ C_cf, of one Gaussian or several.

    Args:
        covariance: C, float64, shape (…, n, n).
        given: indices c, int64, shape (given,).
        free: indices f, int64, shape (free,).
        off: of the given ones from their mean, float64, shape (…, given).
    """
    of_given, across = covariance[..., given, :][..., given], covariance[..., given, :][..., free]
    lower = torch.linalg.cholesky(of_given)
    z = torch.linalg.solve_triangular(lower, off.unsqueeze(-1), upper=False).squeeze(-1)
    towards = torch.linalg.solve_triangular(lower, across, upper=False)
    left = covariance[..., free, :][..., free] - towards.mT @ towards
    return ConditionalGaussian(
        (towards.mT @ z.unsqueeze(-1)).squeeze(-1),
        torch.linalg.cholesky((left + left.mT) / 2),
        -lower.diagonal(dim1=-2, dim2=-1).log().sum(-1) - 0.5 * z.square().sum(-1),
    )


class CorrelatedGaussianBase(GaussianBase):
    """Normal coordinates on the line with a covariance, x = mean + L z with z ~ N(0, 1).

    Some of them may be fixed: then mean and L are those of the others given these, and L has rows and columns of
    zeros where they are.

    Args:
        space: the line.
        mean: of each coordinate, shape (*shape); of a fixed one its value.
        factor: L, lower triangular with a positive diagonal where nothing is fixed, shape (sites, sites).
        fixed: which coordinates are fixed, bool, shape (sites,); None for none.

    Raises:
        ValueError: another shape, or numbers that are not finite, or a factor that is none.
    """

    def __init__(self, space: Line, mean: Tensor, factor: Tensor, fixed: Tensor | None = None) -> None:
        check_shape("factor", factor, (space.sites, space.sites))
        # By rows, as a file gives it: LAPACK's is by columns, and some processors round its products otherwise.
        factor = factor.contiguous()
        whole = to_host(factor).double()
        held = torch.zeros(space.sites, dtype=torch.bool) if fixed is None else to_host(fixed)
        free = (~held).nonzero().squeeze(1)
        inner = whole[free][:, free]
        if not (
            bool(torch.isfinite(whole).all())
            and bool((inner.diagonal() > 0).all())
            and not bool(inner.triu(1).any())
        ):
            raise ValueError("the base's factor must be lower triangular with a positive diagonal")
        deviation = whole.square().sum(1).sqrt()
        # The checks of mean and deviation are those of independent coordinates; a fixed one has no deviation.
        super().__init__(
            space, mean, torch.where(held, 1.0, deviation).float().view(space.shape).to(mean.device)
        )
        self.deviation = deviation.float().view(space.shape).to(mean.device)
        self.factor = factor.float()
        self._fixed = held.to(mean.device)
        self._free = free.to(mean.device) if len(free) < space.sites else None
        self._covariance = whole @ whole.T
        inverse = torch.zeros_like(whole)
        if len(free):
            eye = torch.eye(len(free), dtype=torch.float64)
            inverse[free.unsqueeze(1), free] = torch.linalg.solve_triangular(inner, eye, upper=False)
        self._whitening = inverse.float().to(mean.device)
        log_heights = inner.diagonal().log()
        self._entropy = float(log_heights.sum()) + 0.5 * len(free) * (1 + math.log(2 * math.pi))
        self._log_height = -torch.tensor(
            float(log_heights.sum()) + 0.5 * len(free) * math.log(2 * math.pi), device=mean.device
        )
        unit = float(deviation[free].log().mean().exp()) if len(free) else 1.0
        self._stretch = Stretch(
            (whole / unit).float().to(mean.device), (inverse * unit).float().to(mean.device), ~self._fixed
        )

    @classmethod
    def from_samples(
        cls, space: Line, x: Tensor, widening: float = 2.0, weights: Tensor | None = None
    ) -> CorrelatedGaussianBase:
        """Mean, correlations, and `widening` times the deviations of x: broad enough to cover it.

        Where tails are heavy, correlations are those of the values cut off `CLIP` deviations from the median, so that
        a few outliers do not decide; the deviations are those of all values, which q has to reach. Correlations are
        drawn to zero by as much as they are uncertain.

        Args:
            space: where x lies.
            x: shape (n, *shape).
            widening: q's deviations over those of x.
            weights: what each of x counts as, shape (n,); None for one each.

        Source: the share of Schäfer, Strimmer, "A shrinkage approach to large-scale covariance matrix estimation"
        (2005), with Var r = (1 − r²)²/n.
        """
        rows = to_host(some_rows(x)).double().flatten(1)
        of_rows = None if weights is None else to_host(some_rows(weights)).double()
        count = len(rows) if of_rows is None else of_rows.sum()
        whole = weighted_variance(rows, of_rows).sqrt().clamp_min(1e-6)
        centre, spread = centre_and_spread(rows, of_rows)
        heavy = spread < whole
        cut = torch.where(heavy, rows.clamp(centre - CLIP * spread, centre + CLIP * spread), rows)
        cut = cut - weighted_mean(cut, of_rows)
        unit = cut / weighted_variance(cut, of_rows).sqrt().clamp_min(1e-6)
        counted = unit if of_rows is None else unit * of_rows.unsqueeze(1)
        found = (unit.T @ counted / count).fill_diagonal_(0.0)
        # The sums are over all pairs: of the diagonal both terms are left out.
        uncertain = ((1 - found.square()).square().sum() - space.sites) / count
        share = max(SHRINKAGE, min(1.0, float(uncertain / found.square().sum().clamp_min(1e-12))))
        correlation = (1 - share) * found
        correlation.fill_diagonal_(1.0)
        factor = (widening * whole).unsqueeze(1) * torch.linalg.cholesky(correlation)
        return cls(space, weighted_mean(x, weights), factor.float().to(x.device))

    @property
    def stretch(self) -> Stretch:
        """L over the geometric mean of the deviations."""
        return self._stretch

    @property
    def free_numbers(self) -> Tensor | None:
        """Indices of the coordinates that are not fixed, int64, shape (axes,); None for all."""
        return self._free

    @property
    def fixed_sites(self) -> Tensor:
        """Mask of the fixed coordinates, bool, shape (sites,)."""
        return self._fixed

    def with_fixed_sites(self, x: Tensor) -> Tensor:
        """x, shape (n, *shape), with the fixed coordinates at their values."""
        return torch.where(self._fixed.view(self.space.shape), self.mean, x)

    def clamped(self, mask: Tensor, values: Tensor) -> CorrelatedGaussianBase:
        """The conditional Gaussian of the other coordinates, given these.

        Raises:
            ValueError: another shape, or a value that is not finite.
        """
        self._check_fixed(mask, values)
        new = to_host(mask).flatten() & ~to_host(self._fixed)
        fixed = to_host(mask).flatten() | to_host(self._fixed)
        free, given = (~fixed).nonzero().squeeze(1), new.nonzero().squeeze(1)
        mean, wanted = to_host(self.mean).double().flatten().clone(), to_host(values).double().flatten()
        rest = conditional_gaussian(self._covariance, given, free, (wanted - mean)[given])
        mean[free] += rest.shift
        factor = torch.zeros_like(self._covariance)
        factor[free.unsqueeze(1), free] = rest.factor
        mean = torch.where(to_host(mask).flatten(), wanted, mean).float().view(self.space.shape)
        device = self.device
        return CorrelatedGaussianBase(
            self.space, mean.to(device), factor.float().to(device), fixed.to(device)
        )

    def to(self, device: torch.device | str) -> CorrelatedGaussianBase:
        """The same measure on a device."""
        return CorrelatedGaussianBase(
            self.space, *(part.to(device) for part in (self.mean, self.factor, self._fixed))
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Mean, shape (*shape), and L, shape (sites, sites)."""
        return {"mean": self.mean, "factor": self.factor}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes mean and L."""
        for name, own in self.state_dict().items():
            check_shape(name, state[name], tuple(own.shape))
        mean, factor = (state[name].to(self.mean) for name in ("mean", "factor"))
        vars(self).update(vars(CorrelatedGaussianBase(self.space, mean, factor)))

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x) in nats, shape (batch,), of the coordinates that are not fixed."""
        squares = ((x - self.mean).flatten(1) @ self._whitening.T).square().sum(1)
        return torch.add(self._log_height, squares, alpha=-0.5)

    def log_prob_gradient(self, x: Tensor) -> Tensor:
        """−C⁻¹ (x − mean), same shape as x."""
        return (((self.mean - x).flatten(1) @ self._whitening.T) @ self._whitening).view_as(x)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent points, shape (n, *shape)."""
        normal = torch.randn(n, self.space.sites, generator=generator, device=self.device)
        return self.mean + (normal @ self.factor.T).view(n, *self.space.shape)

    def entropy(self) -> Estimate:
        """Σ log L_ii + ½ log(2πe) for each free coordinate, in nats."""
        return Estimate(self._entropy, 0.0)


def some_rows(x: Tensor) -> Tensor:
    """At most about `MOST_ROWS` rows of x, shape (n, *shape), evenly chosen."""
    return x[:: max(1, len(x) // MOST_ROWS)]


def centre_and_spread(x: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every column; median and quartiles' distance where tails are heavy.

    Tails are heavy where the deviation is `HEAVY` times that of a Gaussian with the same quartiles.

    Args:
        x: on the host, shape (n, columns).
        weights: what each row counts as, on the host, shape (n,); None for one each.

    Returns:
        In the type of x, shape (columns,) each, the spread of at least 10⁻⁶.
    """
    rows = some_rows(x)
    of_rows = None if weights is None else some_rows(weights).double()
    mean, deviation = weighted_mean(rows, of_rows), weighted_variance(rows, of_rows).sqrt().clamp_min(1e-6)
    ranked, order = rows.sort(dim=0)
    shares = (0.25, 0.5, 0.75)
    if of_rows is None:
        low, median, high = (ranked[round(share * (len(rows) - 1))] for share in shares)
    else:
        # As if each row stood there as often as it counts.
        below = of_rows[order].cumsum(0).T.contiguous()
        places = [round(share * (float(of_rows.sum()) - 1)) for share in shares]
        wanted = torch.tensor(places, dtype=below.dtype).expand(len(below), -1).contiguous()
        found = torch.searchsorted(below, wanted, right=True).clamp_max(len(rows) - 1)
        low, median, high = ranked.gather(0, found.T)
    robust = (high - low) / QUARTILES
    heavy = (robust > 0) & (deviation > HEAVY * robust)
    return torch.where(heavy, median, mean), torch.where(heavy, robust.clamp_min(1e-6), deviation)
