"""A mixture of Gaussian numbers beside categories as base measure: conditioned, summed and sampled exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import (
    CLAMPED_LOG_PROBABILITY,
    MOST_AXES,
    CorrelatedGaussianBase,
    Mapped,
    ProductBase,
    Stretch,
    UnboundedBase,
    conditional_gaussian,
)
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.host import check_shape, to_host
from landscape_app.physics.mixture import MixedRows, stacked_mixture
from landscape_app.physics.space import Levels, Line, Mixed

MOST_CATEGORY_STATES = 64
"""Combinations of categories up to which a quadrature is taken for each."""

NORMALISED = 1e-4
"""Most that the log of a sum of probabilities is off zero."""

ENTROPY_SAMPLES = 20_000
"""Independent samples that the entropy of several components is averaged over."""


class Components(NamedTuple):
    """Components of a mixture.

    Attributes:
        log_weights: log π_k, shape (K,).
        mean: of the numbers, shape (K, numbers).
        factor: L of their covariance L Lᵀ, lower triangular, shape (K, numbers, numbers).
        log_probabilities: log q_ki(v) of the categories, shape (K, categories, values).
    """

    log_weights: Tensor
    mean: Tensor
    factor: Tensor
    log_probabilities: Tensor

    def to(self, device: torch.device | str) -> Components:
        """The same on a device."""
        return Components(*(part.to(device) for part in self))


class MixtureBase(UnboundedBase):
    """Latent classes, q(x) = Σ_k π_k N_k(numbers) ∏_i q_ki(category i): correlated numbers beside categories.

    Given the component k the numbers are Gaussian and the categories independent of these and of each other. With
    one component numbers know nothing of categories. Some columns may be fixed: q is then the conditional law of the
    others, whose weights are those of the components given the fixed values.

    Args:
        space: the line, or rows of numbers and categories.
        components: on the measure's device; tables have as many levels as the longest category has values. Rows and
            columns of factors are zero where numbers are fixed.
        fixed: which sites are fixed, bool, shape (sites,); None for none.

    Raises:
        ValueError: a part of another shape, or that is none.
    """

    space: Line | Mixed

    def __init__(self, space: Line | Mixed, components: Components, fixed: Tensor | None = None) -> None:
        self.values = _values_of(space)
        numbers = [site for site, values in enumerate(self.values) if not values]
        categories = [site for site, values in enumerate(self.values) if values]
        count, levels = len(components.log_weights), max(1, *self.values)
        n = len(numbers)
        shapes = ((count,), (count, n), (count, n, n), (count, len(categories), levels))
        for name, table, shape in zip(Components._fields, components, shapes, strict=True):
            check_shape(name, table, shape)
        self.space, self.device = space, components.mean.device
        # As in `CorrelatedGaussianBase`: laid out as a file gives them.
        components = Components(*(part.contiguous() for part in components))
        log_weights, mean, factor, tables = (to_host(part).double() for part in components)
        held = torch.zeros(space.sites, dtype=torch.bool) if fixed is None else to_host(fixed)
        free = (~held[numbers]).nonzero().squeeze(1)
        inner = factor[:, free][:, :, free]
        if not (
            all(bool(torch.isfinite(part).all()) for part in (log_weights, mean, factor, tables))
            and bool((inner.diagonal(dim1=1, dim2=2) > 0).all())
            and not bool(inner.triu(1).any())
        ):
            raise ValueError("the base's factors must be lower triangular with a positive diagonal")
        sums = torch.cat([log_weights.logsumexp(0).view(1), tables.logsumexp(2).flatten()])
        if bool((sums.abs() > NORMALISED).any()):
            raise ValueError("the base measure is not normalised")
        self._host = Components(log_weights, mean, factor, tables)
        self.components = Components(*(part.float() for part in components))
        self._fixed = held.to(self.device)
        self._free_sites = None if not bool(held.any()) else (~held).nonzero().squeeze(1).to(self.device)
        places = torch.tensor(numbers)[free]
        self._free = None if len(places) == space.sites else places.to(self.device)
        self._numbers = torch.tensor(numbers, device=self.device)
        self._categories = torch.tensor(categories, dtype=torch.int64, device=self.device)
        self.value_counts = torch.tensor(self.values, dtype=torch.float32, device=self.device)
        self._category_sites = tuple(categories)
        self.free_categories = tuple(column for column in categories if not bool(held[column]))
        inverse = torch.zeros_like(factor)
        eye = torch.eye(len(free), dtype=torch.float64).expand_as(inner)
        inverse[:, free.unsqueeze(1), free] = torch.linalg.solve_triangular(inner, eye, upper=False)
        self._whitening = inverse.float().to(self.device)
        heights = inner.diagonal(dim1=1, dim2=2).log().sum(1) + 0.5 * len(free) * math.log(2 * math.pi)
        self._log_heights = (self._host.log_weights - heights).float().to(self.device)
        self._cumulative = self._host.log_weights.exp().cumsum(0).float().to(self.device)
        self._describe(places, free)

    def _describe(self, places: Tensor, free: Tensor) -> None:
        """Sets mean and deviation of every site, and the stretch by the covariance within components."""
        log_weights, mean, factor, tables = self._host
        weights = log_weights.softmax(0)
        within = torch.einsum("k,kij,klj->il", weights, factor, factor)
        centre = weights @ mean
        variance = within.diagonal() + weights @ (mean - centre).square()
        whole, spread = (torch.zeros(self.space.sites, dtype=torch.float64) for _ in range(2))
        # Fixed ones have the same mean in every component, to the last bit.
        whole[to_host(self._numbers)] = torch.where((mean == mean[0]).all(0), mean[0], centre)
        spread[to_host(self._numbers)[free]] = variance[free].sqrt()
        whole[to_host(self._categories)] = (
            (weights @ tables.exp().flatten(1)).view(tables.shape[1:]).argmax(1).double()
        )
        shape = self.space.shape
        self.mean, self.deviation = (part.float().view(shape).to(self.device) for part in (whole, spread))
        pooled = torch.linalg.cholesky(within[free][:, free])
        unit = float(pooled.diagonal().log().mean().exp()) if len(free) else 1.0
        moving = torch.zeros(self.space.sites, dtype=torch.bool)
        moving[places] = True
        matrix, inverse = (torch.zeros(self.space.sites, self.space.sites) for _ in range(2))
        matrix[places.unsqueeze(1), places] = (pooled / unit).float()
        inverse[places.unsqueeze(1), places] = (torch.linalg.inv(pooled) * unit).float()
        self._stretch = Stretch(*(part.to(self.device) for part in (matrix, inverse, moving)))

    @classmethod
    def product(cls, space: Mixed, numbers: CorrelatedGaussianBase, categories: ProductBase) -> MixtureBase:
        """One component: numbers beside categories, each in their order.

        Raises:
            ValueError: a part is of other columns.
        """
        table = categories.log_probabilities.unsqueeze(0)
        parts = (table.new_zeros(1), numbers.mean.unsqueeze(0), numbers.factor.unsqueeze(0), table)
        return cls(space, Components(*parts))

    @classmethod
    def from_samples(
        cls,
        space: Mixed,
        x: Tensor,
        widening: float = 2.0,
        pseudo_count: float = 0.5,
        weights: Tensor | None = None,
    ) -> MixtureBase:
        """One component: numbers as `CorrelatedGaussianBase.from_samples` has them, categories by their shares.

        Args:
            space: of the rows.
            x: shape (n, columns).
            widening: the numbers' deviations over those of x.
            pseudo_count: added to the count of every value.
            weights: rows that each of x counts as, shape (n,); None for one each.
        """
        numbers = CorrelatedGaussianBase.from_samples(
            Line((len(space.number_columns),)), x[:, list(space.number_columns)], widening, weights
        )
        levels = Levels((len(space.category_columns),), max(space.category_counts))
        table = ProductBase.from_marginals(
            levels, x[:, list(space.category_columns)], pseudo_count, weights=weights
        )
        return cls.product(
            space, numbers, ProductBase(levels, _of_values(space.category_counts, table.log_probabilities))
        )

    @classmethod
    def chosen(
        cls,
        space: Line | Mixed,
        x: Tensor,
        components: int | None = None,
        widening: float = 1.0,
        weights: Tensor | None = None,
    ) -> MixtureBase:
        """The mixture that cross-validation within the rows comes to (`stacked_mixture`).

        Args:
            space: of the rows.
            x: shape (n, *shape).
            components: their number; None for those of several fits together.
            widening: of the deviations within each component.
            weights: rows that each of x counts as, shape (n,); None for one each.
        """
        rows = to_host(x).double().flatten(1)
        is_category = torch.tensor(_values_of(space)) > 0
        counts = tuple(values for values in _values_of(space) if values)
        worth = rows.new_ones(len(rows)) if weights is None else to_host(weights).double()
        given = MixedRows(rows[:, ~is_category], rows[:, is_category].long(), counts, worth)
        found = stacked_mixture(given, components)
        factor = widening * found.factors
        tables = _of_values(counts, found.classes.log_tables)
        parts = Components(found.classes.log_weights, found.means, factor, tables.log_softmax(2))
        return cls(space, Components(*(part.float() for part in parts)).to(x.device))

    def to(self, device: torch.device | str) -> MixtureBase:
        """The same measure on a device."""
        return MixtureBase(self.space, self.components.to(device), self._fixed)

    def state_dict(self) -> dict[str, Tensor]:
        """The components: log π_k, means and factors of the numbers, log q_ki(v) of the categories."""
        return self.components._asdict()

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes components, as many as there are; those of a file from before there were several are one."""
        if "log_weights" not in state:
            state = {"log_weights": torch.zeros(1)} | {
                name: table.unsqueeze(0) for name, table in state.items()
            }
        count = state["log_weights"].numel()
        parts = []
        for name, own in self.state_dict().items():
            check_shape(name, state[name], (count, *own.shape[1:]))
            parts.append(state[name].to(own))
        vars(self).update(vars(MixtureBase(self.space, Components(*parts))))

    @property
    def stretch(self) -> Stretch:
        """L of the covariance within components, over the geometric mean of its deviations; of no category."""
        return self._stretch

    @property
    def free_numbers(self) -> Tensor | None:
        """Sites of the numbers that are not fixed, int64, shape (axes,); None for all sites."""
        return self._free

    @property
    def free_sites(self) -> Tensor | None:
        """Sites that are not fixed, int64, shape (free,); None for all."""
        return self._free_sites

    @property
    def fixed_sites(self) -> Tensor:
        """Mask of the fixed sites, bool, shape (sites,)."""
        return self._fixed

    @property
    def is_summable(self) -> bool:
        """True if there are few free numbers, and few combinations of the free categories."""
        return self.axes <= MOST_AXES and self._combinations <= MOST_CATEGORY_STATES

    @property
    def _combinations(self) -> int:
        return math.prod(self.values[column] for column in self.free_categories)

    @property
    def has_several(self) -> bool:
        """True if there is more than one component."""
        return len(self._cumulative) > 1

    def with_fixed_sites(self, x: Tensor) -> Tensor:
        """x, shape (n, *shape), with the fixed sites at their values."""
        return torch.where(self._fixed.view(self.space.shape), self.mean, x)

    def clamped(self, mask: Tensor, values: Tensor) -> MixtureBase:
        """The mixture of the other sites, given these.

        Its weights go as π_k N_k(fixed numbers) ∏ q_ki(fixed categories).

        Raises:
            ValueError: another shape, or a value that is not in the space.
        """
        self._check_fixed(mask, values)
        wanted, chosen = to_host(values).double().flatten(), to_host(mask).flatten()
        before = to_host(self._fixed)
        columns, categories = to_host(self._numbers), to_host(self._categories)
        fixed, new = (before | chosen)[columns], (chosen & ~before)[columns]
        free, given = (~fixed).nonzero().squeeze(1), new.nonzero().squeeze(1)
        log_weights, mean, factor, tables = self._host
        off = wanted[columns][given] - mean[:, given]
        rest = conditional_gaussian(factor @ factor.mT, given, free, off)
        means = torch.where(chosen[columns], wanted[columns], mean)
        means[:, free] += rest.shift
        factors = torch.zeros_like(factor)
        factors[:, free.unsqueeze(1), free] = rest.factor
        log_weights = log_weights + rest.log_density
        is_value = torch.arange(tables.shape[2]) == wanted[categories].unsqueeze(1)
        log_weights = log_weights + tables[:, (chosen & ~before)[categories].unsqueeze(1) & is_value].sum(1)
        held = chosen[categories].unsqueeze(1)
        tables = tables.masked_fill(held & ~is_value, CLAMPED_LOG_PROBABILITY).masked_fill(
            held & is_value, 0.0
        )
        parts = Components(log_weights.log_softmax(0), means, factors, tables)
        on_device = Components(*(part.float() for part in parts)).to(self.device)
        return MixtureBase(self.space, on_device, before | chosen)

    def log_joint(self, x: Tensor) -> Tensor:
        """log q(x, k) in nats, shape (K, batch), a density in the numbers."""
        return self._joint(x)[0]

    def _joint(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """log q(x, k), shape (K, batch), and the whitened numbers L_k⁻¹ (x − mean_k), shape (K, batch, numbers)."""
        numbers = x.flatten(1)[:, self._numbers]
        z = (numbers - self.components.mean.unsqueeze(1)) @ self._whitening.mT
        joint = self._log_heights.unsqueeze(1) - 0.5 * z.square().sum(2)
        if len(self._categories):
            joint = joint + self._of_categories(x).sum(2)
        return joint, z

    def _of_categories(self, x: Tensor) -> Tensor:
        """log q_ki of the categories' values, shape (K, batch, categories)."""
        tables = self.components.log_probabilities
        index = x[:, self._categories].nan_to_num(0.0).round().long().clamp(0, tables.shape[2] - 1)
        return (
            tables.unsqueeze(1)
            .expand(-1, len(x), -1, -1)
            .gather(3, index.expand(len(tables), -1, -1).unsqueeze(3))[..., 0]
        )

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x) in nats, shape (batch,), a density in the numbers that are not fixed."""
        return self.log_joint(x).logsumexp(0)

    def log_prob_gradient(self, x: Tensor) -> Tensor:
        """−Σ_k q(k|x) C_k⁻¹ (x − mean_k) of the numbers, zero of categories, same shape as x."""
        joint, z = self._joint(x)
        slope = torch.zeros_like(x).flatten(1)
        weighted = joint.softmax(0).unsqueeze(2) * z
        slope[:, self._numbers] = -(weighted @ self._whitening).sum(0)
        return slope.view_as(x)

    def category_probabilities(self, x: Tensor, column: int) -> Tensor:
        """q(v | all other columns) of the values of a category, shape (batch, values)."""
        place = self._category_sites.index(column)
        others = self.log_joint(x) - self._of_categories(x)[:, :, place]
        return others.softmax(0).T @ self.components.log_probabilities[:, place].exp()

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent points, shape (n, *shape)."""
        uniform = torch.rand(n, generator=generator, device=self.device)
        component = torch.searchsorted(self._cumulative, uniform).clamp_max(len(self._cumulative) - 1)
        _, mean, factor, tables = self.components
        x = self.mean.flatten().repeat(n, 1)
        normal = torch.randn(n, mean.shape[1], generator=generator, device=self.device)
        x[:, self._numbers] = mean[component] + (factor[component] @ normal.unsqueeze(2)).squeeze(2)
        if len(self._categories):
            cumulative = tables.exp().cumsum(2)[component]
            uniform = torch.rand(n, len(self._categories), 1, generator=generator, device=self.device)
            # In (0, total], because a draw of zero would take a first value that the column does not have.
            drawn = (cumulative < (1 - uniform) * cumulative[:, :, -1:]).sum(2)
            x[:, self._categories] = drawn.to(x.dtype)
        return x.view(n, *self.space.shape)

    def noise(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n points: numbers far and wide, every value of a category as likely, shape (n, *shape)."""
        x = super().noise(n, generator)
        if len(self._categories):
            counts = self.value_counts[self._categories]
            uniform = torch.rand(n, len(self._categories), generator=generator, device=self.device)
            x[:, self._categories] = (uniform * counts).floor().minimum(counts - 1)
        return self.with_fixed_sites(x)

    def entropy(self) -> Estimate:
        """S[q] in nats: of one component in closed form, of several −log q averaged over independent samples."""
        if not self.has_several:
            _, _, factor, tables = self._host
            heights = factor[0].diagonal()[~to_host(self._fixed)[to_host(self._numbers)]].log().sum()
            table = torch.special.entr(tables[0].exp()).sum()
            return Estimate(float(heights + table) + 0.5 * self.axes * (1 + math.log(2 * math.pi)), 0.0)
        x = self.sample(ENTROPY_SAMPLES, torch.Generator(self.device).manual_seed(0))
        found = -to_host(self.log_prob(x)).double()
        return Estimate(float(found.mean()), float(found.std()) / math.sqrt(len(found)))

    def from_cube(self, u: Tensor) -> Mapped:
        """Points of the numbers, of rows whose categories are all fixed.

        Raises:
            ValueError: a category is free.
        """
        if self.free_categories:
            raise ValueError(tr("rows with free categories have no coordinates in a cube; fix them first"))
        return super().from_cube(u)

    def states(self) -> Tensor:
        """Every combination of the free categories, with the fixed ones at their values, shape (n, columns).

        Numbers are zero there, fixed ones at their values.
        """
        free = [torch.arange(float(self.values[column])) for column in self.free_categories]
        rows = torch.zeros(self._combinations, self.space.sites)
        if free:
            grid = torch.meshgrid(*free, indexing="ij")
            rows[:, list(self.free_categories)] = torch.stack(grid, dim=-1).view(len(rows), -1)
        return to_host(self.with_fixed_sites(rows.to(self.device)))


def _values_of(space: Line | Mixed) -> tuple[int, ...]:
    """Number of values of each site, 0 of a number."""
    return space.values if isinstance(space, Mixed) else (0,) * space.sites


def _of_values(counts: Sequence[int], log_probabilities: Tensor) -> Tensor:
    """Tables of categories, shape (…, columns, values), without the values that a column does not have."""
    device = log_probabilities.device
    most = torch.tensor(counts, dtype=torch.int64, device=device).view(-1, 1)
    missing = torch.arange(log_probabilities.shape[-1], device=device) >= most
    return log_probabilities.masked_fill(missing, CLAMPED_LOG_PROBABILITY)
