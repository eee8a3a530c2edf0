"""Importance weights, resampling and resample–move: how an ensemble jumps to another Hamiltonian."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host

MOST_STAGES = 200
"""Tempering stages after which a composition is given up as out of reach."""

NEXT_TO_NOTHING = -1e6
"""Bits of a weight that no sum of others notices."""

FIXED_POINT = 2.0**60
"""Weights that sum to one are drawn from in whole numbers of this fraction: on every device their sums are exact."""

MOST_WORK, LEAST_COMPARED = 2**25, 64
"""Multiplications of one comparison of relatives, a few milliseconds, and samples that are compared in any case."""


def effective_sample_size(log_weights: Tensor) -> float:
    """`effective_count` on the host, in double precision."""
    return float(effective_count(to_host(log_weights).double()))


def effective_count(log_weights: Tensor) -> Tensor:
    """(Σ w)² / Σ w², from 1 to the number of weights (Kong 1992), a scalar; 0 where no weight is finite.

    Args:
        log_weights: log w, shape (n,); minus infinity is a weight of zero.

    Example:
        >>> effective_count(torch.tensor([3.0, 1.0]).log())
        tensor(1.6000)
    """
    weights = (log_weights - log_weights.max()).exp()
    return (weights.sum() ** 2 / (weights**2).sum()).nan_to_num(0.0)


def independent_samples(features: Iterable[Tensor], ancestors: Tensor) -> float:
    """Number of independent samples worth as much as some that share ancestors, for the worst known of means.

    n / (1 + (m̄ − 1) ρ), with m̄ = Σ_a m_a² / n the size of the family of a sample, of m_a samples of one ancestor,
    and ρ the largest `likeness` of relatives: between Kish's n² / Σ_a m_a², where families are copies, and n, where
    relatives are as different as any others in all that is compared. What they still share of something that is not
    among it, or that all families have in common, is not known; so configurations themselves belong into it. Samples
    of one ancestor have nothing to be compared with, and are worth 1.

    Args:
        features: of the samples, each of shape (n,) or (n, d), such as H, probabilities of classes, configurations.
        ancestors: names, int64, shape (n,): equal for samples of the same ancestor.

    Source: Kish, "Survey sampling" (1965), the design effect of clusters.

    Example:
        >>> independent_samples([torch.tensor([0.0, 0.0, 3.0, 3.0])], torch.tensor([7, 7, 8, 8]))
        2.0
    """
    n = len(ancestors)
    _, family, sizes = to_host(ancestors).unique(return_inverse=True, return_counts=True)
    least = n**2 / float((sizes.double() ** 2).sum())
    if len(sizes) in (1, n):
        return least
    found = [likeness(to_host(feature), family) for feature in features]
    rho = max((rho for rho in found if not math.isnan(rho)), default=1.0)
    return n / (1 + (n / least - 1) * rho)


def likeness(feature: Tensor, family: Tensor) -> float:
    """Intraclass correlation ρ of the members of families, 0 to 1, one standard error above its estimate.

    By the analysis of variance: between families F = MSB / MSW = 1 + m₀ ρ / (1 − ρ), and ρ is that of F over the
    quantile of its distribution one standard error below the median. Few families so never seem unlike by luck.
    Several coordinates are pooled: directions count as the square of their variance, so that noise of many sites
    hides no shape that stays; they are as many as the participation ratio of these.

    Args:
        feature: on the host, shape (n,) or (n, d).
        family: number of the family of each, int64, shape (n,).

    Returns:
        ρ; NaN where the feature is the same for all.

    Source: Searle, "Linear models" (1971), its interval of ρ; Paulson, "An approximate normalization of the analysis
    of variance distribution" (1942), the quantile.
    """
    x = feature.reshape(len(family), -1)
    chosen = _compared(family, x.shape[1])
    x, (_, family, sizes) = (
        x[chosen].double(),
        family[chosen].unique(return_inverse=True, return_counts=True),
    )
    n, families, d = len(x), len(sizes), x.shape[1]
    x = x - x[:1]
    x = x - x.mean(0)
    if not bool((x != 0).any()):
        return math.nan
    if families in (1, n) or not bool(x.isfinite().all()):
        return 1.0
    x = x / x.abs().max()
    sums = torch.zeros(families, d, dtype=torch.float64).index_add_(0, family, x)
    gram = x.T @ x if d <= n else x @ x.T
    of_families = ((sums @ gram) * sums).sum(1) if d <= n else (sums @ x.T).square().sum(1)
    between, total = float((of_families / sizes).sum()), float(gram.square().sum())
    directions = total**2 / float((gram @ gram).square().sum())
    within = max(0.0, total - between) / (n - families)
    between /= families - 1
    within *= _low_quantile((families - 1) * directions, (n - families) * directions)
    relatives = (n - float((sizes.double() ** 2).sum()) / n) / (families - 1)
    return min(1.0, max(0.0, (between - within) / (between + (relatives - 1) * within)))


def _compared(family: Tensor, dimensions: int) -> Tensor:
    """Samples that are compared, int64: all, or some of each of the largest families where that is much work."""
    n = len(family)
    most = MOST_WORK // dimensions**2
    if most < dimensions:
        most = math.isqrt(MOST_WORK // dimensions)
    most = max(LEAST_COMPARED, most)
    if n <= most:
        return torch.arange(n)
    sizes = family.bincount()
    order = family.argsort(stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(n) - (sizes.cumsum(0) - sizes)[family[order]]
    each = max(2, most // len(sizes))
    largest = sizes.argsort(descending=True, stable=True)
    is_kept = torch.zeros(len(sizes), dtype=torch.bool)
    is_kept[largest[sizes[largest].clamp(max=each).cumsum(0) <= most]] = True
    return (is_kept[family] & (rank < each)).nonzero().squeeze(1)


def _low_quantile(first: float, second: float) -> float:
    """Quantile of the F distribution one standard error below its median, of so many degrees of freedom."""
    of_first, of_second = 2 / (9 * first), 2 / (9 * second)
    a, b = 1 - of_first, 1 - of_second
    rest = b**2 - of_second
    root = max(0.0, (a * b) ** 2 - rest * (a**2 - of_first))
    return float((a * b - math.sqrt(root)) / rest) ** 3


def systematic_resample(log_weights: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """n indices drawn in proportion to the weights, int64, shape (n,): each index ⌊n w⌋ or ⌈n w⌉ times.

    Source: Kitagawa, "Monte Carlo filter and smoother" (1996).
    """
    device = log_weights.device
    cumulative = (log_weights.softmax(0) * FIXED_POINT).round().long().cumsum(0)
    total, place = cumulative[-1], torch.arange(n, device=device)
    start = (torch.rand(1, generator=generator, device=device) * total).long()
    # ⌊(place · total + start) / n⌋, whose product would not fit into 64 bits.
    positions = place * (total // n) + (place * (total % n) + start) // n
    return _first_above(cumulative, positions)


def scattered(drawn: Tensor, generator: torch.Generator) -> Tensor:
    """Draws in random order, so that those of one sample do not stand side by side, int64, same shape.

    Args:
        drawn: indices, shape (n,).
        generator: random state.
    """
    return drawn[torch.randperm(len(drawn), generator=generator, device=drawn.device)]


def in_place(drawn: Tensor, generator: torch.Generator) -> Tensor:
    """Draws of n chains in an order in which each that goes on keeps its place, int64, shape (n,).

    Further draws of the same chain take the places of those that were not drawn, in random order.

    Args:
        drawn: indices of the chains, ascending, shape (n,).
        generator: random state.

    Example:
        >>> in_place(torch.tensor([0, 2, 2, 3]), torch.Generator())
        tensor([0, 2, 2, 3])
        >>> in_place(torch.tensor([1, 1, 3, 3]), torch.Generator().manual_seed(0))[[1, 3]]
        tensor([1, 3])
    """
    n, device = len(drawn), drawn.device
    number = torch.arange(n, device=device)
    is_first = torch.ones(n, dtype=torch.bool, device=device)
    is_first[1:] = drawn[1:] != drawn[:-1]
    # Further draws at the head, at random, then the first ones; places that are free at the head, then the others.
    key = torch.where(is_first, n + number.float(), n * torch.rand(n, generator=generator, device=device))
    is_taken = torch.zeros(n, dtype=torch.int64, device=device).index_fill_(0, drawn, 1)
    places = (is_taken * n + number).argsort()
    return torch.empty_like(drawn).index_copy_(0, places, drawn[key.argsort()])


def conditional_effective_share(log_weights: Tensor, log_ratio: Tensor) -> Tensor:
    """(Σ W r)² / Σ W r², from 0 to 1, a scalar: how much of weighted samples a further reweighting by r leaves.

    Args:
        log_weights: log W, shape (n,), up to a constant.
        log_ratio: log r, shape (n,).

    Source: Zhou, Johansen, Aston, "Toward automatic model comparison" (2016), its conditional effective sample size.
    """
    log_weights = log_weights.log_softmax(0)
    # About their mean, the logarithms are small, and single precision does not lose what they differ by.
    log_ratio = log_ratio - (log_weights.exp() * log_ratio).sum()
    share = (2 * (log_weights + log_ratio).logsumexp(0) - (log_weights + 2 * log_ratio).logsumexp(0)).exp()
    return share.nan_to_num(0.0)


def share_sums(log_weights: Tensor, log_ratio: Tensor) -> Tensor:
    """Σ W r and Σ W r² of some of weighted samples, each as a number and a power of two, shape (4,).

    Args:
        log_weights: log W, normalised over all samples, shape (n,).
        log_ratio: log r, shape (n,).
    """
    bits = torch.stack([log_weights + log_ratio, log_weights + 2 * log_ratio]) / math.log(2)
    # One that counts for nothing, where there is no other.
    bits = torch.cat([bits, bits.new_full((2, 1), NEXT_TO_NOTHING)], dim=1)
    powers = bits.amax(1).floor()
    return torch.stack([(bits - powers.unsqueeze(1)).exp2().sum(1), powers], dim=1).flatten()


def share_of_sums(sums: Tensor) -> float:
    """`conditional_effective_share` of samples of which each row has the sums of some (`share_sums`).

    By operations that all processors round alike: whoever has the same sums finds the same share, to the last bit.

    Args:
        sums: on the host, shape (parts, 4).
    """
    if not bool(sums.isfinite().all()):
        return 0.0
    (first, of_first), (second, of_second) = (
        (math.fsum(math.ldexp(number, int(power - max(powers))) for number, power in part), int(max(powers)))
        for part in (sums[:, :2].tolist(), sums[:, 2:].tolist())
        for powers in ([power for _, power in part],)
    )
    return math.ldexp(first * first / second, 2 * of_first - of_second)


def thin(log_weights: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """At most n of the weighted samples and their new log weights, without a bias and with the least error.

    Weights above a threshold are kept as they are; of the others some are drawn in proportion to their weight,
    and all get the threshold's.

    Args:
        log_weights: shape (m,).
        n: how many to keep.
        generator: random state.

    Returns:
        Indices, int64, and log weights, both of shape (k,), k = min(m, n).

    Source: Fearnhead, Clifford, "On-line inference for hidden Markov models via particle filters" (2003).
    """
    m, device = len(log_weights), log_weights.device
    if m <= n:
        return torch.arange(m, device=device), log_weights
    weights, order = log_weights.softmax(0).sort(descending=True)
    fixed = (weights * FIXED_POINT).round().long().clamp_min(1)
    cumulative = fixed.cumsum(0)
    before = cumulative - fixed
    # With the k largest kept, the others share n − k places: the threshold is their sum over these.
    place = torch.arange(n, device=device)
    thresholds = (cumulative[-1] - before[:n]) // (n - place)
    kept = (fixed[:n] > thresholds).long().cumprod(0).sum().clamp(max=n - 1).view(1)
    threshold = thresholds.gather(0, kept)
    start = torch.rand(1, generator=generator, device=device) * threshold
    # Of places that are kept, the position is none that counts.
    positions = before.gather(0, kept) + (place - kept) * threshold + start.long()
    rank = torch.where(place < kept, place, _first_above(cumulative, positions))
    shared = (threshold / FIXED_POINT).to(weights.dtype)
    new = torch.where(place < kept, weights[:n], shared)
    return order[rank], torch.where(weights[rank] > 0, new, 0.0).log()


def _first_above(cumulative: Tensor, positions: Tensor) -> Tensor:
    """The first of rising sums above each position."""
    return torch.searchsorted(cumulative, positions, right=True).clamp_(max=len(cumulative) - 1)


def tempering_step(log_ratio: Tensor, floor: float, log_weights: Tensor | float = 0.0) -> float:
    """The largest fraction s in (0, 1] of a change after which the weights are still worth `floor` samples.

    Args:
        log_ratio: log of new over old density, shape (n,).
        floor: effective sample size that must remain.
        log_weights: weights before the change, shape (n,).
    """
    log_ratio = to_host(log_ratio).double()
    if isinstance(log_weights, Tensor):
        log_weights = to_host(log_weights).double()
    if effective_sample_size(log_weights + log_ratio) >= floor:
        return 1.0
    # What has no density under the new target is lost at the first step, however small.
    kept = torch.where(torch.isneginf(log_ratio), log_ratio, 0.0)
    floor = min(floor, 0.9 * effective_sample_size(log_weights + kept))
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        enough = effective_sample_size(log_weights + middle * log_ratio) >= floor
        low, high = (middle, high) if enough else (low, middle)
    return max(low, 1e-6)


class Jump(NamedTuple):
    """Report of a resample–move.

    Attributes:
        effective_sample_size: of the samples' weights under the full change (not of the tempered steps).
        ancestors: which sample each of the chains descends from, int64, shape (chains,).
        stages: number of tempering stages; 1 where a single resampling did.
    """

    effective_sample_size: float
    ancestors: Tensor
    stages: int


def resample_move(
    chains: Chains,
    weighted_samples: Tensor,
    log_weights: Tensor,
    log_ratio: Tensor,
    stage_target: Callable[[float], Target],
    moves: int,
    follows: bool = False,
) -> Jump:
    """Puts the chains on a new target by sequential Monte Carlo from weighted samples of the old one.

    They are weighted by new over old density, resampled to the number of chains and moved under the
    new target. Where the weights of the whole change would be worth fewer samples than there are chains, the
    change is tempered: π_s ∝ old^(1 − s) new^s, s growing by steps that keep half of the chains effective,
    with `moves` moves at every stage (Del Moral, Doucet, Jasra 2006). Exact as samples and moves grow.

    Args:
        chains: moved in place; their number is kept.
        weighted_samples: samples of the old distribution, shape (n, *shape).
        log_weights: their importance weights under the old distribution, shape (n,).
        log_ratio: log of new over old density of each, shape (n,); NaN is a density of zero.
        stage_target: the target π_s, for s in [0, 1]; s = 0 is the old target, s = 1 the new one.
        moves: kernel moves after each resampling.
        follows: True where the samples are the chains themselves, of which those that go on keep their places.

    Raises:
        ValueError: energies of the new target are too far, or not finite.
    """
    n = len(chains)
    log_ratio = log_ratio.nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
    effective = effective_sample_size(log_weights + log_ratio)
    old, new = stage_target(0.0).hamiltonian, stage_target(1.0).hamiltonian
    floor = min(n, effective_sample_size(log_weights) / 2)
    position = tempering_step(log_ratio, floor, log_weights)
    ancestors = systematic_resample(log_weights + position * log_ratio, n, chains.generator)
    ancestors = (in_place if follows else scattered)(ancestors, chains.generator)
    chains.retarget(stage_target(position), weighted_samples[ancestors])
    chains.run(moves)
    stages = 1
    while position < 1.0:
        remaining = 1.0 - position
        change = remaining * (old.energy(chains.x) - new.energy(chains.x))
        if not torch.isfinite(to_host(change)).all() or stages >= MOST_STAGES:
            raise ValueError(
                tr("the chains cannot be put on this Hamiltonian: its energies are too far or not finite")
            )
        fraction = tempering_step(change, floor=n / 2)
        position = 1.0 if fraction == 1.0 else position + fraction * remaining
        survivors = in_place(systematic_resample(fraction * change, n, chains.generator), chains.generator)
        ancestors = ancestors[survivors]
        chains.retarget(stage_target(position), chains.x[survivors])
        chains.run(moves)
        stages += 1
    return Jump(effective, ancestors, stages)
