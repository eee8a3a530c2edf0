"""Leapfrog steps and their acceptance on the host, compiled: one loop over the chains in place of twenty operations.

On small ensembles every operation on tensors takes longer to begin than to do. Results differ from those of the
operations by rounding only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.physics.base_measure import GaussianBase, UniformBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels.compiled import compiled, compiled_sums
from landscape_app.physics.kernels.kernel import Info, State
from landscape_app.physics.kernels.program import Program
from landscape_app.physics.kernels.program_loops import BLOCK, evaluate_block, work_space
from landscape_app.physics.space import Box

HALF, WHOLE = np.float32(0.5), np.float32(1.0)


@compiled
def _kick_and_move(
    x: Any, gradient: Any, momentum: Any, reach: Any, beta: Any, base: Any, walls: Any, share: Any, out: Any
) -> None:  # pragma: no cover
    """p − share · ε s ∂U/∂x, written into p, and x + ε s p, mirrored at walls, written into `out`."""
    one, two = np.float32(1), np.float32(2)
    batch, sites = x.shape
    size = batch // len(reach)
    of_each = np.int64(len(beta) > 1)
    mean, precision = base[0], base[1]
    low, high = walls
    side = high - low
    per_two_sides = one / (two * side) if side > 0 else one
    group: Any = 0
    for i in range(batch):
        group += np.int64(i == (group + 1) * size)
        b, r = beta[i * of_each], reach[group]
        for k in range(sites):
            slope = b * gradient[i, k] + (x[i, k] - mean[k]) * precision[k]
            p = momentum[i, k] - share * r[k] * slope
            y = x[i, k] + r[k] * p
            if side > 0:
                y -= low
                y -= two * side * np.rint(y * per_two_sides)
                p = p * np.copysign(one, y)
                y = abs(y) + low
                # Rounding alone may put a mirrored x one digit outside.
                if y < low:
                    y = low
                elif y > high:
                    y = high
            momentum[i, k] = p
            out[i, k] = y


@compiled
def _kick_and_move_block(
    x: Any, gradient: Any, momentum: Any, reach: Any, beta: Any, base: Any, walls: Any, share: Any
) -> None:  # pragma: no cover
    """`_kick_and_move` of a block of chains, shape (sites, n), written into x and p."""
    one, two = np.float32(1), np.float32(2)
    low, high = walls
    side = high - low
    per_two_sides = one / (two * side) if side > 0 else one
    for k in range(len(x)):
        place, slope, p, r = x[k], gradient[k], momentum[k], reach[k]
        mean, precision = base[0, k], base[1, k]
        for i in range(len(place)):
            p[i] -= share * r[i] * (beta[i] * slope[i] + (place[i] - mean) * precision)
            place[i] += r[i] * p[i]
        if side > 0:
            for i in range(len(place)):
                y = place[i] - low
                y -= two * side * np.rint(y * per_two_sides)
                p[i] *= np.copysign(one, y)
                y = abs(y) + low
                y = low if y < low else y
                place[i] = high if y > high else y


@compiled_sums
def _decide(
    x: Any,
    energy: Any,
    gradient: Any,
    new_x: Any,
    new_energy: Any,
    new_gradient: Any,
    first: Any,
    last: Any,
    reach: Any,
    beta: Any,
    base: Any,
    uniform: Any,
    out_x: Any,
    out_energy: Any,
    out_gradient: Any,
    probability: Any,
    accepted: Any,
) -> None:  # pragma: no cover
    """The last half kick, and each chain's proposal or where it was, by Metropolis and Hastings."""
    batch, sites = x.shape
    size = batch // len(reach)
    of_each = np.int64(len(beta) > 1)
    mean, precision = base[0], base[1]
    group: Any = 0
    for i in range(batch):
        group += np.int64(i == (group + 1) * size)
        b, r = beta[i * of_each], reach[group]
        total = np.float32(0)
        for k in range(sites):
            before, after = x[i, k] - mean[k], new_x[i, k] - mean[k]
            slope = b * new_gradient[i, k] + after * precision[k]
            p = last[i, k] - HALF * r[k] * slope
            total += first[i, k] * first[i, k] - p * p + (before * before - after * after) * precision[k]
        # Not a number is a rejection.
        log_ratio = b * (energy[i] - new_energy[i]) + HALF * total
        chance = np.float32(0)
        if log_ratio >= 0:
            chance = np.float32(1)
        elif log_ratio < 0:
            chance = np.exp(log_ratio)
        moves = uniform[i] < chance
        probability[i], accepted[i] = chance, moves
        if moves:
            out_energy[i] = new_energy[i]
            for k in range(sites):
                out_x[i, k], out_gradient[i, k] = new_x[i, k], new_gradient[i, k]
        else:
            out_energy[i] = energy[i]
            for k in range(sites):
                out_x[i, k], out_gradient[i, k] = x[i, k], gradient[i, k]


@compiled
def _follow(
    program: Any,
    strength: Any,
    count: int,
    x: Any,
    energy: Any,
    gradient: Any,
    first: Any,
    reach: Any,
    beta: Any,
    base: Any,
    walls: Any,
    uniform: Any,
    path: Any,
    new_x: Any,
    out_x: Any,
    out_energy: Any,
    out_gradient: Any,
    probability: Any,
    accepted: Any,
) -> None:  # pragma: no cover
    """A whole step of `count` leapfrog steps of every chain, of an energy that is a program."""
    steps, numbers, forbidden = program
    batch, sites = x.shape
    size, of_each = batch // len(reach), np.int64(len(beta) > 1)
    last, new_energy, new_gradient = np.empty_like(x), np.empty_like(energy), np.empty_like(x)
    work = work_space(steps, numbers)
    # Chains along the fast axis, a block of them through the whole trajectory.
    reach_of = np.empty((sites, BLOCK), np.float32)
    beta_of = np.empty(BLOCK, np.float32)
    group: Any = 0
    for start in range(0, batch, BLOCK):
        end = min(batch, start + BLOCK)
        n = end - start
        # By their number, as taken apart they would count as scattered in memory.
        phase = np.empty((3, sites, n), np.float32)
        position, slope, momentum = phase[0], phase[1], phase[2]
        for i in range(n):
            chain = start + i
            group += np.int64(chain == (group + 1) * size)
            beta_of[i] = beta[chain * of_each]
            for k in range(sites):
                reach_of[k, i] = reach[group, k]
                position[k, i], slope[k, i], momentum[k, i] = x[chain, k], gradient[chain, k], first[chain, k]
        for left in range(count, 0, -1):
            _kick_and_move_block(
                position,
                slope,
                momentum,
                reach_of,
                beta_of,
                base,
                walls,
                np.float32(0.5) if left == count else np.float32(1),
            )
            evaluate_block(steps, forbidden, strength, work, position, new_energy[start:end], slope)
            if len(path):
                for i in range(n):
                    for k in range(sites):
                        path[count + 1 - left, start + i, k] = position[k, i]
        for i in range(n):
            for k in range(sites):
                chain = start + i
                new_x[chain, k], new_gradient[chain, k], last[chain, k] = (
                    position[k, i],
                    slope[k, i],
                    momentum[k, i],
                )
    _decide(
        x,
        energy,
        gradient,
        new_x,
        new_energy,
        new_gradient,
        first,
        last,
        reach,
        beta,
        base,
        uniform,
        out_x,
        out_energy,
        out_gradient,
        probability,
        accepted,
    )


class _Outcome(NamedTuple):
    """Arrays that a step is written into, shapes (batch, sites), (batch,), (batch, sites), (batch,) and (batch,)."""

    x: np.ndarray
    energy: np.ndarray
    gradient: np.ndarray
    probability: np.ndarray
    accepted: np.ndarray


class HostTarget(NamedTuple):
    """Numbers of a target, as the loops take them.

    Attributes:
        known: what it was made of.
        base: mean and precision of q, float32, shape (2, sites); zeros for a uniform q.
        walls: low and high; equal where there are none.
        beta: of each chain, or one for all, float32.
        program: of H, where that is a single term that has one.
        strength: of this term, over the temperature.
    """

    known: tuple[object, ...]
    base: np.ndarray
    walls: tuple[np.float32, np.float32]
    beta: np.ndarray
    program: Program | None
    strength: np.float32


def host_target(target: Target, known: HostTarget | None) -> HostTarget | None:
    """Numbers of a target of independent coordinates for the loops; None of another, or on another device.

    Args:
        target: q, H and β.
        known: of the step before; the same where nothing has changed.
    """
    base = target.base_measure
    if type(base) not in (GaussianBase, UniformBase) or base.device.type != "cpu":
        return None
    mean = base.mean if isinstance(base, GaussianBase) else None
    made_of = base, mean, target.beta, target.hamiltonian
    if known is not None and all(a is b for a, b in zip(known.known, made_of, strict=True)):
        return known
    table = np.zeros((2, base.space.sites), np.float32)
    if isinstance(base, GaussianBase):
        table[0] = to_host(base.mean).flatten().numpy()
        table[1] = to_host(base.deviation).flatten().numpy() ** np.float32(-2)
    low, high = (base.space.low, base.space.high) if isinstance(base.space, Box) else (0.0, 0.0)
    beta = np.ones(1, np.float32) if target.beta is None else target.beta.contiguous().numpy()
    terms, temperature = target.hamiltonian.terms, target.hamiltonian.temperature
    program = getattr(terms[0].term, "program", None) if len(terms) == 1 else None
    strength = np.float32(terms[0].strength / temperature) if terms else np.float32(0)
    walls = np.float32(low), np.float32(high)
    return HostTarget(made_of, table, walls, beta, program, strength)


def trajectory(
    state: State,
    host: HostTarget,
    target: Target,
    reach: np.ndarray,
    steps: int,
    generator: torch.Generator,
    keep_path: bool,
) -> tuple[State, Info]:
    """Leapfrog steps of every chain from fresh momenta, and the decision, as `MALA.step`.

    Args:
        state: where the chains are, float32, with the gradient of H.
        host: of the target.
        target: q, H and β.
        reach: ε s of each group, shape (groups, sites).
        steps: how many of size ε, at least one.
        generator: random state.
        keep_path: whether x after every step is told.
    """
    assert state.gradient is not None
    shape = state.x.shape
    rows = shape[0], host.base.shape[1]
    x, gradient = _rows(state.x, rows), _rows(state.gradient, rows)
    energy = np.ascontiguousarray(state.energy.numpy())
    first = _rows(torch.randn(shape, generator=generator), rows)
    outcome = _Outcome(
        np.empty(rows, np.float32),
        np.empty(rows[0], np.float32),
        np.empty(rows, np.float32),
        np.empty(rows[0], np.float32),
        np.empty(rows[0], np.bool_),
    )
    new_x = np.empty(rows, np.float32)
    proposal = _tensor(new_x, shape)
    path = np.empty((steps + 1 if keep_path else 0, *rows), np.float32)
    if keep_path:
        path[0] = x
    if host.program is not None:
        uniform = torch.rand(rows[0], generator=generator).numpy()
        _follow(
            host.program,
            host.strength,
            steps,
            x,
            energy,
            gradient,
            first,
            reach,
            host.beta,
            host.base,
            host.walls,
            uniform,
            path,
            new_x,
            *outcome,
        )
    else:
        last, here, slope, share, end = first.copy(), x, gradient, HALF, state
        for step in range(steps):
            _kick_and_move(here, slope, last, reach, host.beta, host.base, host.walls, share, new_x)
            end = State(proposal, *target.hamiltonian.energy_and_gradient(proposal))
            assert end.gradient is not None
            here, slope, share = new_x, _rows(end.gradient, rows), WHOLE
            if keep_path:
                path[step + 1] = new_x
        uniform = torch.rand(rows[0], generator=generator).numpy()
        _decide(
            x,
            energy,
            gradient,
            new_x,
            np.ascontiguousarray(end.energy.numpy()),
            slope,
            first,
            last,
            reach,
            host.beta,
            host.base,
            uniform,
            *outcome,
        )
    after = State(
        _tensor(outcome.x, shape), torch.from_numpy(outcome.energy), _tensor(outcome.gradient, shape)
    )
    found = torch.from_numpy(outcome.accepted), torch.from_numpy(outcome.probability)
    return after, Info(
        *found, steps, proposal, torch.from_numpy(path).view(-1, *shape) if keep_path else None
    )


def _rows(x: Tensor, shape: tuple[int, int]) -> np.ndarray:
    """x as an array of rows, in the same memory where that is possible."""
    return np.ascontiguousarray(x.numpy().reshape(shape))


def _tensor(rows: np.ndarray, shape: torch.Size) -> Tensor:
    """The same of configurations."""
    x = torch.from_numpy(rows)
    return x if len(shape) == 2 else x.view(shape)
