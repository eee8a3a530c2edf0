"""Sweeps of Ising spins on the host, compiled: every spin of a lattice in one loop, one colour after the other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numba
import numpy as np
import torch
from numba.extending import intrinsic
from torch import Tensor
from torch.nn import functional as F

from landscape_app.physics.threads import available_threads, one_by_one, set_threads

CERTAIN = 2**31
"""Threshold of a probability of 1: uniform numbers have 31 bits."""

LEAST_SPINS = 2**15
"""Spins for which a thread is worth its start."""

GOLDEN, FIRST, SECOND = (
    np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
"""Constants of SplitMix64."""

SMALLEST = np.float32(2**-24)
"""Step between uniform numbers in single precision."""

ONE = np.float32(1)
BITS = np.float32(1 / math.log(2))
"""Bits in a nat. Exponentials are reckoned in bits."""

LARGEST = np.float32(126)
"""Powers of two end here: beyond, numbers are denormal or infinite."""

ROUNDING = np.float32(1.5 * 2**23)
"""Rounds a number of less than 22 bits that it is added to."""

C1, C2, C3, C4, C5 = (
    np.float32(c)
    for c in (0.693146977664, 0.240222420768, 0.0555073369114, 0.00967151307362, 0.00132647383473)
)
"""2^f = 1 + f (C1 + f (C2 + …)) where |f| ≤ ½: the polynomial whose largest relative error is least, 10⁻⁷."""

_threads = ThreadPoolExecutor(thread_name_prefix="compiled", initializer=set_threads, initargs=(1,))


def compiled(function: Callable[..., Any], freedom: tuple[str, ...] = ("contract",)) -> Callable[..., Any]:
    """A function in machine code, kept on disk where there is a place for it; products are added to in one step."""
    try:
        return numba.njit(nogil=True, cache=True, fastmath=set(freedom))(function)
    except RuntimeError:
        return numba.njit(nogil=True, fastmath=set(freedom))(function)


def compiled_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function in machine code, as `compiled`, with sums in any order."""
    return compiled(function, ("contract", "reassoc"))


def in_parts(work: Callable[[slice], None], rows: int, most: int) -> None:
    """Work on all rows, in as many parts as there are threads, each on a thread of its own, torch's operations too.

    Args:
        work: on some rows.
        rows: their number.
        most: parts that are worth a thread.
    """
    parts = max(1, min(available_threads(), rows, most))
    if parts == 1:
        work(slice(0, rows))
        return
    ends = [rows * part // parts for part in range(parts + 1)]
    others = [_threads.submit(work, slice(*ends[part : part + 2])) for part in range(1, parts)]
    with one_by_one():
        work(slice(*ends[:2]))
    for other in others:
        other.result()


def _bitcast(_: Any, bits: Any) -> Any:  # pragma: no cover
    """Signature and code of `_as_float`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return numba.float32(numba.int32), code


_as_float: Any = intrinsic(_bitcast)
"""The number in single precision whose bits are those of a whole one."""


@compiled
def power_of_two(x: Any) -> Any:  # pragma: no cover
    """2^x in single precision, to 2 · 10⁻⁷ of itself; where a loop calls it, of several numbers at once."""
    x = -LARGEST if x < -LARGEST else x
    x = LARGEST if x > LARGEST else x
    nearest = (x + ROUNDING) - ROUNDING
    f = x - nearest
    scale = _as_float((np.int32(nearest) + np.int32(127)) << np.int32(23))
    return (ONE + f * (C1 + f * (C2 + f * (C3 + f * (C4 + f * C5))))) * scale


@compiled
def mixed(z: Any) -> Any:  # pragma: no cover
    """64 random bits of a counter (Steele, Lea, Flood 2014)."""
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    return z ^ (z >> np.uint64(31))


@compiled
def _sweep(
    x: Any,
    out: Any,
    rows: Any,
    parities: Any,
    periodic: bool,
    thresholds: Any,
    groups: Any,
    seeds: Any,
    sums: Any,
) -> None:  # pragma: no cover
    """Draws every spin of some lattices anew; the arguments as in `SpinLoop`, `sums` shape (batch, 3)."""
    count, side, others = x.shape[1], x.shape[2], rows.shape[1]
    classes, own, width = thresholds.shape[1:]
    middle, half = np.int32(width // 2), (side + 1) // 2
    pairs = (half + 1) // 2
    step, of_old = own * width if classes > 1 else 0, width if own > 1 else 0
    # The two colours apart, each half row with a site before and after it; at last a row of walls, which add nothing.
    spins = np.zeros((2, count + 1, half + 2), np.int8)
    field, old = np.empty(half, np.int8), np.empty(half, np.int8)
    uniform = np.empty(2 * pairs, np.uint32)
    for chain in range(len(x)):
        for row in range(count):
            for colour in range(2):
                first = (parities[row] + colour) & 1
                line, given = spins[colour, row], x[chain, row, first:]
                for k in range((side - first + 1) // 2):
                    line[k + 1] = np.int8(given[2 * k])
                if periodic:
                    line[0], line[half + 1] = line[half], line[1]
        table = thresholds[groups[chain]].reshape(-1)
        random = seeds[chain]
        bonds, up, flips = 0, 0, 0
        for colour in range(2):
            for row in range(count):
                first = (parities[row] + colour) & 1
                line = spins[colour, row, 1:]
                before, after = spins[1 - colour, row, first:], spins[1 - colour, row, first + 1 :]
                for k in range(half):
                    field[k] = before[k] + after[k]
                for other in range(others):
                    beside = spins[1 - colour, rows[row, other], 1:]
                    for k in range(half):
                        field[k] += beside[k]
                for pair in range(pairs):
                    bits = mixed(random + GOLDEN * np.uint64(pair + 1))
                    uniform[2 * pair] = np.uint32(bits) >> np.uint32(1)
                    uniform[2 * pair + 1] = np.uint32(bits >> np.uint64(33))
                random += GOLDEN * np.uint64(pairs)
                for k in range(half):
                    old[k] = line[k]
                if step + of_old == 0:
                    for k in range(half):
                        at: Any = np.uint32(np.int32(field[k]) + middle)
                        line[k] = np.int8(2) * np.int8(uniform[k] < table[at]) - np.int8(1)
                else:
                    of_row = table[(row * side + first) * step :]
                    for k in range(half):
                        at = np.uint64(2 * k * step + ((old[k] + 1) >> 1) * of_old + field[k] + middle)
                        line[k] = np.int8(2) * np.int8(uniform[k] < of_row[at]) - np.int8(1)
                if 2 * half - 1 + first > side:
                    # A row of an odd side has one site less of one colour.
                    line[half - 1] = 0
                if periodic:
                    spins[colour, row, 0], line[half] = line[half - 1], line[0]
                total: Any = np.int32(0)
                for k in range(half):
                    total += np.int32(line[k])
                up += total
                total = np.int32(0)
                for k in range(half):
                    total += np.int32(line[k] != old[k])
                flips += total
                if colour == 1:
                    # All neighbours of the second colour are of the first, and will not change any more.
                    total = np.int32(0)
                    for k in range(half):
                        total += np.int32(line[k]) * np.int32(field[k])
                    bonds += total
        for row in range(count):
            for colour in range(2):
                first = (parities[row] + colour) & 1
                line, wanted = spins[colour, row, 1:], out[chain, row, first:]
                for k in range((side - first + 1) // 2):
                    wanted[2 * k] = line[k]
        sums[chain, 0], sums[chain, 1], sums[chain, 2] = bonds, up, flips


@compiled
def _draw(probability: Any, out: Any, seed: Any) -> None:  # pragma: no cover
    """Bits of given probabilities as numbers, shape (n,): half of them from low words, half from high ones."""
    half = (len(out) + 1) >> 1
    low, high, of_high = out[:half], out[half:], probability[half:]
    # 24 bits are all that a number in single precision tells apart.
    for i in range(len(high)):
        bits = mixed(seed + GOLDEN * np.uint64(i + 1))
        low[i] = np.float32(np.int32(np.uint32(bits) >> np.uint32(8))) * SMALLEST < probability[i]
        high[i] = np.float32(np.int32(bits >> np.uint64(40))) * SMALLEST < of_high[i]
    if half > len(high):
        bits = mixed(seed + GOLDEN * np.uint64(half))
        low[half - 1] = np.float32(np.uint32(bits) >> np.uint32(8)) * SMALLEST < probability[half - 1]


def draw_bits(probability: Tensor, generator: torch.Generator) -> Tensor:
    """1 with the given probabilities, else 0, float32, same shape, on the host: u < p as with `torch.rand`."""
    flat = probability.detach().contiguous().view(-1)
    seed = torch.empty(1, dtype=torch.int64).random_(-(2**63), None, generator=generator)
    out = torch.empty_like(flat)
    _draw(flat.numpy(), out.numpy(), seed.numpy().view(np.uint64)[0])
    return out.view(probability.shape)


class Neighbours(NamedTuple):
    """Bonds of every site, one site after the other.

    Attributes:
        starts: place of each site's first, int64, shape (sites + 1,).
        sites: at the other end of each, int64, shape (2 · bonds,).
        bonds: number of each, int64, shape (2 · bonds,).
    """

    starts: np.ndarray
    sites: np.ndarray
    bonds: np.ndarray

    @classmethod
    def of(cls, first: np.ndarray, second: np.ndarray, sites: int) -> Neighbours:
        """From both ends of each bond."""
        here, there = np.concatenate([first, second]), np.concatenate([second, first])
        order = np.argsort(here, kind="stable")
        starts = np.searchsorted(here[order], np.arange(sites + 1))
        return cls(starts, there[order], order % len(first))


@compiled
def _grow(
    spins: Any,
    starts: Any,
    sites: Any,
    bonds: Any,
    couplings: Any,
    probabilities: Any,
    pulls: Any,
    groups: Any,
    seeds: Any,
    turned: Any,
) -> None:  # pragma: no cover
    """Wolff's cluster of a random spin in each chain; the arguments as in `wolff_clusters`."""
    count = spins.shape[1]
    waiting = np.empty(count, np.int64)
    for chain in range(len(spins)):
        s, group, inside = spins[chain], groups[chain], turned[chain]
        random = seeds[chain] + GOLDEN
        waiting[0] = np.int64(mixed(random) % np.uint64(count))
        inside[waiting[0]] = True
        size, pull = 1, 0.0
        done = 0
        while done < size:
            site = waiting[done]
            done += 1
            pull += pulls[group, site] * s[site]
            for k in range(starts[site], starts[site + 1]):
                other, bond = sites[k], bonds[k]
                if not inside[other] and couplings[group, bond] * s[site] * s[other] > 0:
                    random += GOLDEN
                    if np.float64(mixed(random) >> np.uint64(11)) * 2.0**-53 < probabilities[group, bond]:
                        inside[other] = True
                        waiting[size] = other
                        size += 1
        random += GOLDEN
        if np.float64(mixed(random) >> np.uint64(11)) * 2.0**-53 >= np.exp(min(0.0, -2.0 * pull)):
            for k in range(size):
                inside[waiting[k]] = False


def wolff_clusters(
    spins: Tensor,
    neighbours: Neighbours,
    couplings: Tensor,
    pulls: Tensor,
    group: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """Spins of the cluster of a random spin in each chain, where it turns over; bool, shape (batch, sites).

    It grows bond by bond, each with probability 1 − exp(−2 K s_i s_j), and turns with min(1, exp(−2 Σ g s))
    (Wolff 1989).

    Args:
        spins: ±1, on the host, shape (batch, sites).
        neighbours: of each site.
        couplings: K of each group of chains, float64, shape (groups, bonds).
        pulls: g of each group, float64, shape (groups, sites).
        group: of each chain, int64, shape (batch,).
        generator: random state.
    """
    seeds = torch.empty(len(spins), dtype=torch.int64).random_(-(2**63), None, generator=generator)
    turned = torch.zeros(spins.shape, dtype=torch.bool)
    probabilities = -torch.expm1(-2 * couplings.abs())
    _grow(
        spins.contiguous().numpy(),
        *neighbours,
        couplings.numpy(),
        probabilities.numpy(),
        pulls.numpy(),
        group.numpy(),
        seeds.numpy().view(np.uint64),
        turned.numpy(),
    )
    return turned


class Swept(NamedTuple):
    """Spins after a sweep.

    Attributes:
        x: float32, shape (batch, *shape).
        bonds: Σ_<ij> s_i s_j, int64, shape (batch,).
        magnetisation: Σ_i s_i, int64, shape (batch,).
        flips: spins that have changed, int64, shape (batch,).
    """

    x: Tensor
    bonds: Tensor
    magnetisation: Tensor
    flips: Tensor


class SpinLoop:
    """Updates of all spins of lattices with two colours, each by a table, on as many threads as torch has.

    Every lattice has a random seed of its own for every sweep, so that results do not depend on the threads.

    Args:
        shape: sides of the lattice.
        periodic: whether it closes on itself.
        probability: of +1, float64, shape (groups, classes, own, 4d + 1) on d axes: by group of chains; by site, or
            one class for all; by the old spin, down and up, where `own` is 2; by the sum of neighbours −2d…2d.
        group: which group each chain belongs to, int64, shape (batch,); None where there is one.
    """

    def __init__(
        self, shape: tuple[int, ...], periodic: bool, probability: Tensor, group: Tensor | None
    ) -> None:
        # A chain of spins is a lattice of a single row.
        *outer, self._side = shape if len(shape) > 1 else (1, *shape)
        numbers = np.arange(math.prod(outer)).reshape(outer)
        self._count = numbers.size
        self._parities = np.indices(outer).sum(0).ravel() % 2
        # The row after the last is one of walls.
        around = np.pad(numbers, 1, "wrap") if periodic else np.pad(numbers, 1, constant_values=self._count)
        inner = tuple(slice(1, -1) for _ in outer)
        self._rows = np.empty((self._count, 2 * (len(shape) - 1)), np.int64)
        for column, (axis, step) in enumerate(itertools.product(range(len(shape) - 1), (-1, 1))):
            self._rows[:, column] = np.roll(around, step, axis)[inner].ravel()
        self._periodic = periodic
        # A site more at the end, where the last row of an odd side is read too far.
        padded = probability if probability.shape[1] == 1 else F.pad(probability, (0, 0, 0, 0, 0, 1))
        self._thresholds = (padded * CERTAIN).round().long().numpy().astype(np.uint32)
        self._group = None if group is None else group.numpy()

    def sweep(self, x: Tensor, generator: torch.Generator) -> Swept:
        """All spins of x, float32 on the host, shape (batch, *shape), updated once."""
        batch = len(x)
        seeds = torch.empty(batch, dtype=torch.int64).random_(-(2**63), None, generator=generator)
        out = torch.empty(x.shape)
        sums = torch.empty(batch, 3, dtype=torch.int64)
        shape = batch, self._count, self._side
        arrays = x.contiguous().view(shape).numpy(), out.view(shape).numpy()
        groups = np.zeros(batch, np.int64) if self._group is None else self._group

        def sweep_part(rows: slice) -> None:
            _sweep(
                *(array[rows] for array in arrays),
                self._rows,
                self._parities,
                self._periodic,
                self._thresholds,
                groups[rows],
                seeds.numpy()[rows].view(np.uint64),
                sums.numpy()[rows],
            )

        in_parts(sweep_part, batch, x.numel() // LEAST_SPINS)
        return Swept(out, *sums.unbind(1))
