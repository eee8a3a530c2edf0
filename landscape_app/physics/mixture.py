"""Mixtures of product distributions and of Gaussians beside categories, fitted by expectation–maximisation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.physics.averages import weighted_mean, weighted_variance

LEAST = 1e-300
"""Least probability of a value in a component: it was never seen there."""

COMPONENTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Numbers of components that cross-validation tries, in this order, until `PATIENCE` in a row are worse."""

PATIENCE = 3

COMMON = (1.0, 4.0, math.inf)
"""Rows of the components' common covariance that it adds to each (`Prior`), for each number and one more."""

UNCORRELATED = (1e-3, 0.03, 1.0, 10.0)
"""Rows of uncorrelated numbers that it adds to each: the more, the rounder."""

LEAST_ROWS = 4
"""Rows for each component at least."""

FOLDS = 4

CHOOSING_ROWS, FITTED_ROWS = 1_500, 20_000
"""Rows at most that cross-validation looks at, and that the mixture is fitted to."""

CHOOSING_STEPS, FITTING_STEPS = 60, 200
"""Steps at most of the fit to a fold, and of the last fit."""

CHOOSING_GAIN, FITTING_GAIN = 1e-3, 1e-5
"""Nats a row below which a step is the last."""

STARTS = 3
"""Of the last fit, of which the best is kept."""

LLOYD_STEPS = 10

MEMBERS, STACKING_STEPS = 4, 300
"""Fits that are stacked at most, and steps towards their weights."""


class ProductMixture(NamedTuple):
    """Latent classes, given which the sites are independent (Lazarsfeld 1950).

    Attributes:
        log_weights: log π_k, float64, shape (K,).
        log_tables: log p_ki(v), float64, shape (K, sites, levels).
    """

    log_weights: Tensor
    log_tables: Tensor

    def joint(self, index: Tensor) -> Tensor:
        """log p(x, k), shape (n, K), of the numbers of the sites' values, int64, shape (n, sites)."""
        levels = self.log_tables.shape[2]
        return self.log_weights + _one_hot(index, levels) @ self.log_tables.flatten(1).T

    def log_likelihood(self, index: Tensor) -> Tensor:
        """log p(x), shape (n,)."""
        return self.joint(index).logsumexp(1)

    def posterior(self, index: Tensor) -> Tensor:
        """p(k|x), shape (n, K)."""
        return self.joint(index).softmax(1)

    def elbo(self, index: Tensor, q: Tensor) -> Tensor:
        """E_q[log p(x, k)] + S[q], shape (n,), q(k) of each item, shape (n, K).

        It is log p(x) − KL(q‖p(k|x)): equal to log p(x) where q is the posterior, below it elsewhere.
        """
        return (q * self.joint(index)).sum(1) + torch.special.entr(q).sum(1)


class EMStep(NamedTuple):
    """A step of expectation–maximisation.

    Attributes:
        mixture: after the maximisation.
        log_likelihood: of the items, mean in nats an item.
        elbo: by the posterior of the mixture before, which the maximisation was made with.
    """

    mixture: ProductMixture
    log_likelihood: float
    elbo: float


def fitted_mixture(
    index: Tensor,
    levels: int,
    components: int,
    generator: torch.Generator,
    steps: int,
    weights: Tensor | None = None,
) -> Iterator[EMStep]:
    """Steps of expectation–maximisation from random classes: log p never falls (Dempster, Laird, Rubin 1977).

    The E step makes the bound tight, q = p(k|x); the M step raises the bound, and log p at least as much, as the gap
    KL(q‖p(k|x)) that it opens is not negative.

    Args:
        index: numbers of the items' values, int64, shape (n, sites).
        levels: values of a site.
        components: K.
        generator: random state of the classes to begin with.
        steps: how many.
        weights: of the items, float64, shape (n,); None where all count alike.
    """
    items = _one_hot(index, levels)
    q = torch.rand(len(index), components, dtype=torch.float64, generator=generator).softmax(1)
    for _ in range(steps):
        counted = q if weights is None else weights.unsqueeze(1) * q
        counts = (counted.T @ items).view(components, index.shape[1], levels)
        tables = (counts / counts.sum(2, keepdim=True).clamp_min(LEAST)).clamp_min(LEAST).log()
        mixture = ProductMixture(weighted_mean(q, weights).clamp_min(LEAST).log(), tables)
        elbo = float(weighted_mean(mixture.elbo(index, q), weights))
        yield EMStep(mixture, float(weighted_mean(mixture.log_likelihood(index), weights)), elbo)
        q = mixture.posterior(index)


@dataclass(frozen=True, eq=False)
class MixedRows:
    """Rows of numbers and categories, on the host.

    Attributes:
        numbers: float64, shape (n, N).
        categories: numbers of the categories' values, int64, shape (n, C).
        counts: of the values of each category, C of them.
        weights: rows that each counts as, float64, shape (n,).
    """

    numbers: Tensor
    categories: Tensor
    counts: tuple[int, ...]
    weights: Tensor

    @property
    def levels(self) -> int:
        """Values of the longest category; 1 without any."""
        return max(self.counts, default=1)

    def __getitem__(self, rows: Tensor) -> MixedRows:
        return MixedRows(self.numbers[rows], self.categories[rows], self.counts, self.weights[rows])

    def __len__(self) -> int:
        return len(self.numbers)

    def shares(self) -> Tensor:
        """Share of each value of each category, with half a row more of each, shape (C, levels)."""
        counts = (self.weights @ _one_hot(self.categories, self.levels)).view(-1, self.levels) + 0.5
        missing = torch.arange(self.levels) >= torch.tensor(self.counts).view(-1, 1)
        counts = counts.masked_fill(missing, 0.0)
        return counts / counts.sum(1, keepdim=True)


class GaussianMixture(NamedTuple):
    """Latent classes, given which numbers are Gaussian and categories independent of them and of each other.

    Attributes:
        classes: their weights, and the tables of the categories.
        means: of the numbers, float64, shape (K, N).
        factors: L of their covariances L Lᵀ, lower triangular, float64, shape (K, N, N).
        whitening: L⁻¹, shape (K, N, N).
    """

    classes: ProductMixture
    means: Tensor
    factors: Tensor
    whitening: Tensor

    @property
    def log_volumes(self) -> Tensor:
        """log |L| of each component, shape (K,)."""
        return self.factors.diagonal(dim1=1, dim2=2).log().sum(1)

    def joint(self, rows: MixedRows) -> Tensor:
        """log p(x, k) in nats, a density in the numbers, shape (n, K)."""
        z = (rows.numbers - self.means.unsqueeze(1)) @ self.whitening.mT
        heights = self.log_volumes + 0.5 * self.means.shape[1] * math.log(2 * math.pi)
        log_density = -0.5 * z.square().sum(2).T - heights
        return self.classes.joint(rows.categories) + log_density

    def log_likelihood(self, rows: MixedRows) -> Tensor:
        """log p(x) in nats, shape (n,)."""
        return self.joint(rows).logsumexp(1)


class Prior(NamedTuple):
    """Rows that a fit adds to those that belong to a component; numbers have mean 0 and variance 1.

    The components' covariances C_k are drawn to a common one, C_0, and both to one; tables to shares of all rows:
    log p of the rows is raised, less ν Σ_k KL(N(0, C_0)‖N(0, C_k)), less ½ ρ Σ_k (log |C_k| + tr C_k⁻¹), and with
    Σ s_i(v) log p_ki(v). Where ν is infinite there is one covariance, of which the second term is taken once.

    Source: inverse Wishart priors as in Fraley, Raftery, "Bayesian regularization for normal mixture estimation and
    model-based clustering" (2007).

    Attributes:
        common: ν, rows of the common covariance.
        uncorrelated: ρ, rows of uncorrelated numbers.
        shares: s_i(v), a row of them, float64, shape (C, levels).
    """

    common: float
    uncorrelated: float
    shares: Tensor

    def pull(self, mixture: GaussianMixture, common: Tensor) -> Tensor:
        """Term that the fit adds to log p of the rows, nats, up to a constant; `common` is C_0."""
        tables = (self.shares * mixture.classes.log_tables).sum()
        log_volumes, whitening = 2 * mixture.log_volumes, mixture.whitening
        if math.isinf(self.common):
            return tables - 0.5 * self.uncorrelated * (log_volumes[0] + whitening[0].square().sum())
        round_ones = log_volumes.sum() + whitening.square().sum()
        divergence = ((whitening @ common) * whitening).sum() + (log_volumes - torch.logdet(common)).sum()
        return tables - 0.5 * self.uncorrelated * round_ones - 0.5 * self.common * divergence


class GaussianStep(NamedTuple):
    """A step of expectation–maximisation of a `GaussianMixture`.

    Attributes:
        mixture: after the maximisation.
        objective: log p of the rows and the pull of the prior, mean in nats a row: it never falls.
    """

    mixture: GaussianMixture
    objective: float


def fitted_gaussians(rows: MixedRows, q: Tensor, prior: Prior, steps: int) -> Iterator[GaussianStep]:
    """Steps of expectation–maximisation by a prior.

    Source: Dempster, Laird, Rubin (1977); the maximisation takes C_k, then C_0 (Meng, Rubin 1993).

    Args:
        rows: to fit, numbers of mean 0 and variance 1.
        q: p(k|x) to begin with, such as `clusters`, shape (n, K).
        prior: what is added to each.
        steps: how many.
    """
    x, items = rows.numbers, _one_hot(rows.categories, rows.levels)
    components, total = q.shape[1], float(rows.weights.sum())
    eye = torch.eye(x.shape[1], dtype=torch.float64)
    ρ, common = prior.uncorrelated, None
    for _ in range(steps):
        counted = q * rows.weights.unsqueeze(1)
        counts = counted.sum(0).clamp_min(LEAST)
        means = (counted.T @ x) / counts.unsqueeze(1)
        off = x - means.unsqueeze(1)
        squares = (off * counted.T.unsqueeze(2)).mT @ off
        pooled = (squares.sum(0) + ρ * eye) / (total + ρ)
        if math.isinf(prior.common):
            common = pooled
            factors = torch.linalg.cholesky(pooled).expand(components, -1, -1)
        else:
            common = pooled if common is None else common
            shrunk = squares + prior.common * common + ρ * eye
            factors = torch.linalg.cholesky(shrunk / (counts + prior.common + ρ).view(-1, 1, 1))
        whitening = torch.linalg.solve_triangular(factors, eye.expand_as(factors), upper=False)
        if not math.isinf(prior.common):
            common = torch.linalg.inv((whitening.mT @ whitening).mean(0))
        tables = (counted.T @ items).view(components, *prior.shares.shape) + prior.shares
        tables = (tables / tables.sum(2, keepdim=True)).clamp_min(LEAST).log()
        classes = ProductMixture((counts / total).log(), tables)
        mixture = GaussianMixture(classes, means, factors, whitening)
        joint = mixture.joint(rows)
        objective = rows.weights @ joint.logsumexp(1) + prior.pull(mixture, common)
        yield GaussianStep(mixture, float(objective) / total)
        q = joint.softmax(1)


class Candidate(NamedTuple):
    """A fit by a prior, of components that begin with clusters, or with the values of a category."""

    components: int
    prior: Prior
    category: int | None = None

    def fitted(self, rows: MixedRows) -> GaussianMixture:
        """The best fit of several starts."""
        starts = (_start(rows, self.components, self.category, seed) for seed in range(STARTS))
        fits = (_fit(rows, start, self.prior, FITTING_STEPS, FITTING_GAIN) for start in starts)
        return max(fits, key=lambda step: step.objective).mixture


def stacked_mixture(rows: MixedRows, components: int | None = None) -> GaussianMixture:
    """Fits in one mixture, weighted for the highest likelihood of rows that they were not fitted to.

    Few rows do not tell how many components they have: several answers together are likelier than the best of them.

    Source: Smyth, Wolpert, "Linearly combining density estimators via stacking" (1999).

    Args:
        rows: in any units.
        components: K of one fit, whose prior alone is chosen; None for up to `MEMBERS` fits.
    """
    centre = weighted_mean(rows.numbers, rows.weights)
    unit = weighted_variance(rows.numbers, rows.weights).sqrt().clamp_min(1e-6)
    order = torch.randperm(len(rows), generator=_generator(0))[:FITTED_ROWS]
    scaled = MixedRows((rows.numbers - centre) / unit, rows.categories, rows.counts, rows.weights)[order]
    shares = _shares(scaled[torch.arange(min(len(order), CHOOSING_ROWS))], components)
    parts = [(math.log(share), candidate.fitted(scaled)) for candidate, share in shares.items()]
    classes = ProductMixture(
        torch.cat([log_share + part.classes.log_weights for log_share, part in parts]),
        torch.cat([part.classes.log_tables for _, part in parts]),
    )
    return GaussianMixture(
        classes,
        centre + unit * torch.cat([part.means for _, part in parts]),
        unit.unsqueeze(1) * torch.cat([part.factors for _, part in parts]),
        torch.cat([part.whitening for _, part in parts]) / unit,
    )


def _shares(rows: MixedRows, components: int | None) -> dict[Candidate, float]:
    """Shares, of sum 1, of the candidates that cross-validation chooses."""
    found = _cross_validated(rows, components)
    if components is not None:
        return {max(found, key=lambda one: float(rows.weights @ found[one])): 1.0}
    candidates, log_likelihood = list(found), torch.stack(list(found.values()), 1)
    chosen = stacking_weights(log_likelihood, rows.weights).topk(min(MEMBERS, len(candidates))).indices
    shares = stacking_weights(log_likelihood[:, chosen], rows.weights)
    pairs = zip(chosen.tolist(), shares.tolist(), strict=True)
    return {candidates[place]: share for place, share in pairs if share > LEAST}


def stacking_weights(log_likelihood: Tensor, counts: Tensor) -> Tensor:
    """Weights w of densities, shape (M,), for the highest mean of log Σ_m w_m p_m(x), which is concave in them.

    Each step raises it (Dempster, Laird, Rubin 1977).

    Args:
        log_likelihood: log p_m of each row, float64, shape (n, M).
        counts: rows that each counts as, shape (n,).
    """
    weights = log_likelihood.new_full((log_likelihood.shape[1],), 1 / log_likelihood.shape[1])
    for _ in range(STACKING_STEPS):
        weights = weighted_mean((log_likelihood + weights.log()).softmax(1), counts)
    return weights


def _cross_validated(rows: MixedRows, components: int | None) -> dict[Candidate, Tensor]:
    """log p of each row, shape (n,), by candidates that were fitted to the other folds."""
    shares, folds = rows.shares(), torch.arange(len(rows)) % FOLDS
    parts = [
        (rows[(folds != fold).nonzero()[:, 0]], (folds == fold).nonzero()[:, 0]) for fold in range(FOLDS)
    ]
    most = max(1, len(rows) // LEAST_ROWS)
    found: dict[Candidate, Tensor] = {}

    @cache
    def start(fold: int, count: int, category: int | None) -> Tensor:
        return _start(parts[fold][0], count, category, fold)

    def score(candidate: Candidate) -> float:
        log_likelihood = torch.empty(len(rows), dtype=torch.float64)
        for fold, (seen, others) in enumerate(parts):
            begin = start(fold, candidate.components, candidate.category)
            fit = _fit(seen, begin, candidate.prior, CHOOSING_STEPS, CHOOSING_GAIN)
            log_likelihood[others] = fit.mixture.log_likelihood(rows[others])
        found[candidate] = log_likelihood
        return float(rows.weights @ log_likelihood)

    def walk(prior: Prior) -> None:
        """Tries more and more components, until they are no better."""
        worse, highest = 0, -math.inf
        for count in COMPONENTS if components is None else (components,):
            if count > most or worse == PATIENCE:
                return
            reached = score(Candidate(count, prior))
            worse = 0 if reached > highest else worse + 1
            highest = max(highest, reached)

    def best() -> Prior:
        return max(found, key=lambda one: float(rows.weights @ found[one])).prior

    for share in COMMON:
        walk(Prior(share * (rows.numbers.shape[1] + 1), UNCORRELATED[0], shares))
    for uncorrelated in UNCORRELATED[1:]:
        walk(best()._replace(uncorrelated=uncorrelated))
    if components is None:
        prior = best()
        for category, values in enumerate(rows.counts):
            if values <= most:
                score(Candidate(values, prior, category))
    return found


def _start(rows: MixedRows, components: int, category: int | None, seed: int) -> Tensor:
    """p(k|x) to begin with, shape (n, K)."""
    if category is None:
        return clusters(rows, components, seed)
    return F.one_hot(rows.categories[:, category], components).double()


def _fit(rows: MixedRows, q: Tensor, prior: Prior, steps: int, gain: float) -> GaussianStep:
    """The last step of a fit, after which the objective rises by less than `gain`."""
    last = -math.inf
    for step in fitted_gaussians(rows, q, prior, steps):
        if step.objective - last < gain:
            break
        last = step.objective
    return step


def clusters(rows: MixedRows, count: int, seed: int) -> Tensor:
    """Indicators of clusters of rows near one another, float64, shape (n, count).

    Source: k-means from the seeds of Arthur, Vassilvitskii, "k-means++" (2007).
    """
    x, generator = torch.cat([rows.numbers, _one_hot(rows.categories, rows.levels)], 1), _generator(seed)
    centres = x[torch.randint(len(x), (1,), generator=generator)]
    while len(centres) < count:
        apart = (torch.cdist(x, centres).amin(1).square() + LEAST).cumsum(0)
        drawn = torch.rand(1, generator=generator, dtype=torch.float64) * apart[-1]
        centres = torch.cat([centres, x[torch.searchsorted(apart, drawn).clamp_max(len(x) - 1)]])
    for _ in range(LLOYD_STEPS):
        nearest = F.one_hot(torch.cdist(x, centres).argmin(1), count).double()
        sizes = nearest.sum(0).unsqueeze(1)
        centres = torch.where(sizes > 0, (nearest.T @ x) / sizes.clamp_min(1.0), centres)
    return nearest


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _one_hot(index: Tensor, levels: int) -> Tensor:
    """Float64, shape (n, sites · levels)."""
    return F.one_hot(index, levels).flatten(1).double()
