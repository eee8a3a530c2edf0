"""Discrete Langevin proposals on the host, compiled: weights, draws and probabilities of all sites in one loop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscape_app.physics.kernels.compiled import (
    BITS,
    GOLDEN,
    ONE,
    SMALLEST,
    compiled,
    in_parts,
    mixed,
    power_of_two,
)

TOGETHER = 64
"""Sites whose weights are in the processor's nearest cache together."""

LOGGED = 16
"""Sums over levels that are multiplied before a logarithm is taken: 10¹⁹ levels stay within double precision."""

LEAST_WEIGHTS = 2**17
"""Weights of all sites and levels for which a thread is worth its start."""

HALF, NATS = np.float32(0.5), math.log(2)


@compiled
def _weigh(
    sites: int, values: Any, table: Any, start: int, slope: Any, weights: Any, highest: Any
) -> None:  # pragma: no cover
    """Weights 2^(T(v) + v s) of some sites over that of the most probable value."""
    levels = len(values)
    for level in range(levels):
        value, row = values[level], table[level, start : start + sites]
        for i in range(sites):
            exponent = row[i] + value * slope[i]
            highest[i] = exponent if level == 0 else max(highest[i], exponent)
    for level in range(levels):
        value, row, out = values[level], table[level, start : start + sites], weights[level]
        for i in range(sites):
            out[i] = power_of_two(row[i] + value * slope[i] - highest[i])


@compiled
def _log_totals(sites: int, totals: Any, highest: Any) -> Any:  # pragma: no cover
    """Σ_i log Σ_v of the weights on the scale of T, in nats."""
    logarithms, product, bits = 0.0, 1.0, 0.0
    for i in range(sites):
        bits += highest[i]
        product *= totals[i]
        if i % LOGGED == LOGGED - 1:
            logarithms += math.log(product)
            product = 1.0
    return bits * NATS + logarithms + math.log(product)


@compiled
def _draw(
    x: Any,
    gradient: Any,
    beta: Any,
    values: Any,
    tables: Any,
    surplus: Any,
    precision: Any,
    groups: Any,
    seeds: Any,
    out: Any,
    log_ratio: Any,
) -> None:  # pragma: no cover
    """Draws every site of some chains; the arguments as in `draw`, groups by chain, a random seed for each."""
    sites, levels = x.shape[1], len(values)
    weights, highest = np.empty((levels, TOGETHER), np.float32), np.empty(TOGETHER, np.float32)
    slope, uniform = np.empty(TOGETHER, np.float32), np.empty(TOGETHER, np.float32)
    whole, index = np.empty(TOGETHER, np.int32), np.empty(TOGETHER, np.int32)
    lowest, inverse = values[0], ONE / (values[1] - values[0])
    for chain in range(len(x)):
        group = groups[chain]
        own, pull = BITS * precision[group], HALF * BITS * beta[chain]
        of_group = surplus[group]
        total = 0.0
        for start in range(0, sites, TOGETHER):
            size = min(TOGETHER, sites - start)
            here, there = x[chain, start : start + size], out[chain, start : start + size]
            downhill = gradient[chain, start : start + size]
            for i in range(size):
                slope[i] = own * here[i] - pull * downhill[i]
            _weigh(size, values, tables[group], start, slope, weights, highest)
            for level in range(1, levels):
                last, row = weights[level - 1], weights[level]
                for i in range(size):
                    row[i] += last[i]
            row, half = weights[levels - 1], (size + 1) >> 1
            for i in range(half):
                random = mixed(seeds[chain] + GOLDEN * np.uint64((start >> 1) + i + 1))
                whole[i] = np.int32(np.uint32(random) >> np.uint32(8))
                whole[size - 1 - i] = np.int32(random >> np.uint64(40))
            for i in range(size):
                # In (0, 1], because a draw of zero would choose level 0 however improbable it is.
                uniform[i] = (ONE - np.float32(whole[i]) * SMALLEST) * row[i]
                index[i] = 0
            for level in range(levels):
                row = weights[level]
                for i in range(size):
                    index[i] += np.int32(row[i] < uniform[i])
            for i in range(size):
                old = np.int32((here[i] - lowest) * inverse + HALF)
                there[i] = values[index[i]]
                total += of_group[index[i], start + i] - of_group[old, start + i]
            total += _log_totals(size, weights[levels - 1], highest)
        log_ratio[chain] = total


@compiled
def _return(
    x: Any,
    gradient: Any,
    proposal: Any,
    its_gradient: Any,
    beta: Any,
    values: Any,
    tables: Any,
    precision: Any,
    groups: Any,
    log_ratio: Any,
) -> None:  # pragma: no cover
    """Takes in the way back of some chains; the arguments as in `complete`, groups by chain."""
    sites, levels = x.shape[1], len(values)
    weights, highest = np.empty((levels, TOGETHER), np.float32), np.empty(TOGETHER, np.float32)
    slope = np.empty(TOGETHER, np.float32)
    for chain in range(len(x)):
        group = groups[chain]
        own, pull = BITS * precision[group], HALF * BITS * beta[chain]
        total, work = 0.0, 0.0
        for start in range(0, sites, TOGETHER):
            size = min(TOGETHER, sites - start)
            here, there = x[chain, start : start + size], proposal[chain, start : start + size]
            downhill, back = gradient[chain, start : start + size], its_gradient[chain, start : start + size]
            for i in range(size):
                slope[i] = own * there[i] - pull * back[i]
                work += there[i] * downhill[i] - here[i] * back[i]
            _weigh(size, values, tables[group], start, slope, weights, highest)
            first = weights[0]
            for level in range(1, levels):
                row = weights[level]
                for i in range(size):
                    first[i] += row[i]
            total += _log_totals(size, first, highest)
        log_ratio[chain] += 0.5 * beta[chain] * work - total


class CompiledProposals:
    """Proposals of discrete Langevin from tables, on as many threads as torch has.

    Every chain has a random seed of its own for every proposal, so that results do not depend on the threads.

    Args:
        values: v, on the host, shape (levels, 1, 1, 1).
        log_weights: T in bits, shape (levels, groups, 1, sites).
        surplus: log q − T in nats, shape (groups, levels, sites).
        precision: 1/ε², shape (groups, 1, 1).
    """

    def __init__(self, values: Tensor, log_weights: Tensor, surplus: Tensor, precision: Tensor) -> None:
        self._values = values.flatten().numpy()
        self._tables = log_weights.squeeze(2).transpose(0, 1).contiguous().numpy()
        self._surplus = surplus.contiguous().numpy()
        self._precision = precision.flatten().contiguous().numpy()

    def draw(
        self, x: Tensor, gradient: Tensor, beta: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """A level for every site of every chain.

        Args:
            x: where the chains are, float32, shape (batch, sites).
            gradient: ∂H/∂x there, same shape.
            beta: of each chain, shape (batch,); None for 1.
            generator: random state.

        Returns:
            The proposal, same shape, and Σ_i log Z_i(x) + (log q − T)(x'_i) − (log q − T)(x_i), shape (batch,).
        """
        seeds = torch.empty(len(x), dtype=torch.int64).random_(-(2**63), None, generator=generator)
        # Row by row, however x lies in memory.
        out, log_ratio = torch.empty(x.shape, dtype=x.dtype), torch.empty(len(x), dtype=torch.float64)
        arrays = self._of_chains(x, gradient, beta)
        of_chains = (*arrays, seeds.numpy().view(np.uint64), out.numpy(), log_ratio.numpy())

        def part(rows: slice) -> None:
            *states, beta, groups, seeds, out, log_ratio = (array[rows] for array in of_chains)
            _draw(
                *states,
                beta,
                self._values,
                self._tables,
                self._surplus,
                self._precision,
                groups,
                seeds,
                out,
                log_ratio,
            )

        self._share_out(part, x)
        return out, log_ratio

    def complete(
        self,
        so_far: Tensor,
        x: Tensor,
        gradient: Tensor,
        proposal: Tensor,
        its_gradient: Tensor,
        beta: Tensor | None,
    ) -> Tensor:
        """log Q(x|x') q(x') / Q(x'|x) q(x), float32, shape (batch,), of what `draw` returned.

        Σ_i ½ β (x'_i ∂_i H(x) − x_i ∂_i H(x')) − log Z_i(x') is what is added.
        """
        log_ratio = so_far.clone()
        of_chains = (*self._of_chains(x, gradient, proposal, its_gradient, beta), log_ratio.numpy())

        def part(rows: slice) -> None:
            *states, beta, groups, log_ratio = (array[rows] for array in of_chains)
            _return(*states, beta, self._values, self._tables, self._precision, groups, log_ratio)

        self._share_out(part, x)
        return log_ratio.float()

    def _of_chains(self, *states_and_beta: Tensor | None) -> tuple[np.ndarray, ...]:
        """States, β and the group of every chain as the loops take them."""
        *states, beta = states_and_beta
        assert states[0] is not None
        batch = len(states[0])
        arrays = [state.contiguous().numpy() for state in states if state is not None]
        arrays.append(np.ones(batch, np.float32) if beta is None else beta.contiguous().numpy())
        arrays.append(np.arange(batch) // (batch // len(self._precision)))
        return tuple(arrays)

    def _share_out(self, part: Any, x: Tensor) -> None:
        in_parts(part, len(x), x.numel() * len(self._values) // LEAST_WEIGHTS)
