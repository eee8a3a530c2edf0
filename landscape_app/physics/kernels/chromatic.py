"""Metropolis on a lattice, one colour at a time: all sites that no term of a local energy sees together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State, farthest_move
from landscape_app.physics.lattice import Checkerboard, Ising, LocalHamiltonian, ReceptiveField, as_ising
from landscape_app.physics.space import Levels, Space, Spins

TIED_WORDS = 1 - (255 / 256) ** 8
"""Share of words of eight random bytes of which one equals the byte that it is compared with."""

FLIP_ATTEMPTS = 0.8
"""Share of spins that Metropolis tries to flip: without energy all would turn for ever together."""


class Colouring:
    """Sites of a lattice in colours, so far apart that no entry of an energy map sees two of one colour.

    Along every axis each `spacing`-th site is of one colour; the map falls into blocks of that side, of which
    each holds all entries that see one site. The spacing is r; on a periodic lattice the next divisor of its
    side, so that a prime side may need as many colours as sites.

    Args:
        shape: sides of the lattice.
        receptive_field: what an entry of the map sees.
    """

    def __init__(self, shape: tuple[int, ...], receptive_field: ReceptiveField) -> None:
        self.shape = shape
        self.receptive_field = receptive_field
        self.spacing = tuple(self._spacing(side) for side in shape)
        self._blocks = tuple(math.ceil(side / step) for side, step in zip(shape, self.spacing, strict=True))

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        """The colours, each the place of its first site."""
        return itertools.product(*(range(step) for step in self.spacing))

    def sites(self, colour: tuple[int, ...]) -> tuple[slice, ...]:
        """The sites of a colour as an index into (*shape)."""
        return tuple(slice(first, None, step) for first, step in zip(colour, self.spacing, strict=True))

    def receptive_field_sums(self, change: Tensor, colour: tuple[int, ...]) -> Tensor:
        """Sum of the entries that see a site, shape (batch, *sites of the colour)."""
        axes = tuple(range(1, change.dim()))
        excess = [
            n * step - side for n, step, side in zip(self._blocks, self.spacing, self.shape, strict=True)
        ]
        padded = F.pad(change, [end for size in reversed(excess) for end in (0, size)])
        aligned = padded.roll([self.receptive_field.after - first for first in colour], axes)
        sides = itertools.chain(*zip(self._blocks, self.spacing, strict=True))
        sums = aligned.reshape(len(change), *sides).sum(dim=tuple(2 * axis for axis in axes))
        return sums[(slice(None), *(slice(n) for n in self._counts(colour)))]

    def spread(self, accepted: Tensor, colour: tuple[int, ...]) -> Tensor:
        """Every site and entry with the decision of its block, bool, shape (batch, *shape)."""
        missing = [n - count for n, count in zip(self._blocks, self._counts(colour), strict=True)]
        blocks = F.pad(accepted, [end for size in reversed(missing) for end in (0, size)])
        for axis, step in enumerate(self.spacing, start=1):
            blocks = blocks.repeat_interleave(step, axis)
        back = blocks.roll(
            [first - self.receptive_field.after for first in colour], tuple(range(1, blocks.dim()))
        )
        return back[(slice(None), *(slice(side) for side in self.shape))]

    def _counts(self, colour: tuple[int, ...]) -> list[int]:
        return [
            math.ceil((side - first) / step)
            for side, first, step in zip(self.shape, colour, self.spacing, strict=True)
        ]

    def _spacing(self, side: int) -> int:
        if self.receptive_field.side >= side:
            return side
        if not self.receptive_field.periodic:
            return self.receptive_field.side
        return next(step for step in range(self.receptive_field.side, side + 1) if side % step == 0)


class BitTable:
    """Draws bits of tabulated probabilities, mostly from one random byte each.

    A bit is 1 where u < p. The first byte of u decides unless it equals that of p, once in 256 draws; only then
    the rest of u is drawn, so that probabilities hold to 2⁻³².

    Args:
        probability: p of each value of an index, float64 on the host, shape (values, groups, *sites).
        group: which group each chain belongs to, int64 on the host, shape (batch,); None where there is one group.
        device: where bits are drawn.
    """

    def __init__(self, probability: Tensor, group: Tensor | None, device: torch.device) -> None:
        scaled = 256 * probability
        first = scaled.floor().clamp(max=255)
        self._rest = (scaled - first).float().contiguous().to(device)
        self._group = None if group is None else group.to(device)
        thresholds = first.to(torch.uint8)
        if group is not None:
            thresholds = thresholds[:, group]
        thresholds = thresholds.to(device)
        self._lowest = thresholds[0]
        # Bytes wrap around, so that thresholds may fall as well as rise from one value to the next.
        self._rises = [after - before for before, after in itertools.pairwise(thresholds)]
        # Comparing with a whole tensor is vectorised, with a number it is not.
        self._values = [torch.full_like(self._lowest[:1], value) for value in range(1, len(thresholds))]

    def draw(self, index: Tensor, generator: torch.Generator) -> Tensor:
        """A bit for each index, uint8, shape (batch, *sites), of indices of the same type and shape."""
        threshold = self._lowest.expand_as(index).clone(memory_format=torch.contiguous_format)
        for value, rise in zip(self._values, self._rises, strict=True):
            threshold.addcmul_((index >= value).view(torch.uint8), rise)
        count, words = index.numel(), math.ceil(index.numel() / 8)
        random = torch.empty(words, dtype=torch.int64, device=index.device)
        random.random_(-(2**63), None, generator=generator)
        byte = random.view(torch.uint8)[:count].view_as(index)
        # Bytes are looked at eight at a time, and a word at the end stands for none.
        bits, equal = torch.zeros(2, 8 * (words + 1), dtype=torch.bool, device=index.device)
        torch.lt(byte, threshold, out=bits[:count].view_as(index))
        torch.eq(byte, threshold, out=equal[:count].view_as(index))
        expected = TIED_WORDS * words
        # More than that do not come: by eight standard deviations. The host need not ask how many there are.
        most = min(words, math.ceil(expected + 8 * math.sqrt(expected) + 8))
        found = torch.nonzero_static(equal.view(torch.int64), size=most, fill_value=words)
        places = (8 * found + torch.arange(8, device=index.device)).flatten()
        rest = torch.rand(len(places), generator=generator, device=index.device)
        redrawn = rest < self._rest_at(places.clamp(max=count - 1), index)
        bits[places] = torch.where(equal[places], redrawn, bits[places])
        return bits[:count].view(torch.uint8).view_as(index)

    def _rest_at(self, places: Tensor, index: Tensor) -> Tensor:
        """256 p without its first byte at flat positions of (batch, *sites)."""
        groups, sites = self._rest.shape[1], self._rest[0, 0].numel()
        at = places % sites
        if self._group is not None:
            at = at + sites * self._group[places // sites]
        return self._rest.view(-1)[at + groups * sites * index.view(-1)[places].long()]


class Updated(NamedTuple):
    """Chains after an update of all spins.

    Attributes:
        x: shape (batch, *shape).
        energy: H(x) in nats, shape (batch,).
        flips: spins that have changed, float32, shape (batch,).
    """

    x: Tensor
    energy: Tensor
    flips: Tensor


class SpinUpdates(Protocol):
    """Updates of all spins of an Ising energy: one colour of the checkerboard, then the other.

    The probability that a spin is up next depends on its neighbours, and on the spin itself unless the update
    forgets it: a small table, the same for all sites unless base or boundary differ.
    """

    def update(self, x: Tensor, generator: torch.Generator) -> Updated:
        """Every spin of x, shape (batch, *shape), once."""
        ...


class CompiledUpdates:
    """Spin updates on the host, in a compiled loop.

    Args:
        target: q and the energy, with the β of each chain.
        ising: the energy.
        flip_probability: of a spin's flip, by the log of new over old probability.
        forgets: whether a spin's new value is independent of its old one.
    """

    def __init__(
        self, target: Target, ising: Ising, flip_probability: Callable[[Tensor], Tensor], forgets: bool
    ) -> None:
        # Its compiler loads for half a second, which those who have no spins need not wait for.
        from landscape_app.physics.kernels.compiled import SpinLoop

        base, (beta, group) = target.base_measure, _groups(target)
        assert isinstance(base, ProductBase)
        axes = len(ising.shape)
        sums = torch.arange(-2 * axes, 2 * axes + 1, dtype=torch.float64)
        odds = base.host_table.diff(dim=1)
        if bool((odds == odds[0]).all()):
            odds = odds[:1]
        log_odds = 2 * beta.double().view(-1, 1, 1) * (ising.coupling * sums + ising.field) + odds
        probability = flip_probability(log_odds).unsqueeze(2)
        if not forgets:
            probability = torch.cat([probability, 1 - flip_probability(-log_odds).unsqueeze(2)], 2)
        self._ising = ising
        self._loop = SpinLoop(ising.shape, ising.periodic, probability, group)

    def update(self, x: Tensor, generator: torch.Generator) -> Updated:
        """Every spin of x, shape (batch, *shape), once."""
        swept = self._loop.sweep(x, generator)
        energy = -self._ising.coupling * swept.bonds.float() - self._ising.field * swept.magnetisation.float()
        return Updated(swept.x, energy, swept.flips.float())


def _groups(target: Target) -> tuple[Tensor, Tensor | None]:
    """Distinct β, and which of them each chain has, on the host; None where all have the same."""
    if target.beta is None:
        return torch.ones(1), None
    return to_host(target.beta).unique(return_inverse=True)


class ByteUpdates:
    """Spin updates by operations on whole tensors of bytes, on any device.

    The probability that a spin is up next is tabulated by how many of its neighbours are up.

    Args:
        target: q and the energy, with the β of each chain.
        ising: the energy.
        flip_probability: of a spin's flip, by the log of new over old probability.
        forgets: whether a spin's new value is independent of its old one.

    Raises:
        ValueError: the lattice has no two colours.
    """

    def __init__(
        self, target: Target, ising: Ising, flip_probability: Callable[[Tensor], Tensor], forgets: bool
    ) -> None:
        base, (beta, group) = target.base_measure, _groups(target)
        assert isinstance(base, ProductBase)
        device = base.log_probabilities.device
        self.ising = ising
        self.board = board = Checkerboard(ising.shape, ising.periodic)
        self._forgets = forgets
        self._counts = 2 * len(ising.shape) + 1
        alive = board.up(torch.ones(1, *ising.shape))
        degrees = [board.neighbours_up(alive, colour) for colour in (0, 1)]
        odds = board.split(base.host_table.diff(dim=1).view(1, *ising.shape))
        self._alive = [colour.view(torch.int8).to(device) for colour in alive]
        self._degrees = [colour.view(torch.int8).to(device) for colour in degrees]
        self._tables = []
        for colour in (0, 1):
            axes = [1] * odds[colour].dim()
            up = torch.arange(self._counts, dtype=torch.float64).view(-1, *axes)
            local_field = ising.coupling * (2 * up - degrees[colour]) + ising.field
            log_odds = 2 * beta.double().view(-1, *axes[1:]) * local_field + odds[colour]
            probability = flip_probability(log_odds)
            if not forgets:
                probability = torch.cat([probability, 1 - flip_probability(-log_odds)])
            self._tables.append(BitTable(probability * alive[colour], group, device))

    def sweep(self, up: list[Tensor], generator: torch.Generator) -> list[Tensor]:
        """The two colours of all chains (see `Checkerboard`) after one update of every spin."""
        up = list(up)
        for colour, table in enumerate(self._tables):
            index = self.board.neighbours_up(up, colour)
            if not self._forgets:
                index.add_(up[colour], alpha=self._counts)
            up[colour] = table.draw(index, generator)
        return up

    def update(self, x: Tensor, generator: torch.Generator) -> Updated:
        """Every spin of x, shape (batch, *shape), once."""
        before = self.board.up(x)
        up = self.sweep(before, generator)
        changes = [_sum_of_bytes(new != old) for new, old in zip(up, before, strict=True)]
        return Updated(self.board.spins(up), self.energy(up), changes[0] + changes[1])

    def energy(self, up: list[Tensor]) -> Tensor:
        """H in nats, shape (batch,): every bond has one end in the second colour."""
        signs = (2 * up[1]).view(torch.int8) - 1
        fields = (2 * self.board.neighbours_up(up, 1)).view(torch.int8) - self._degrees[1]
        bonds = _sum_of_bytes(signs * fields * self._alive[1])
        magnetisation = 2 * sum(_sum_of_bytes(colour) for colour in up) - math.prod(self.ising.shape)
        return -self.ising.coupling * bonds - self.ising.field * magnetisation


def _sum_of_bytes(values: Tensor) -> Tensor:
    """Sum over all but the batch, float32, shape (batch,)."""
    return values.flatten(1).float().sum(1)


class ChromaticMetropolis(Kernel):
    """One Metropolis decision at every site of every chain, the sites of one colour at once.

    For energies that are sums over positions of terms with a receptive field of r × r sites (`LocalEnergy`): sites
    of a colour are proposed together and accepted one by one, each by the change of the energy map in its own
    field. Levels move by at most `step_size`, not zero; four of five spins try to flip. A step is a sweep over all
    colours. It evaluates the map once for each and once more; Ising energies are swept by counting neighbours
    instead, at the cost of about one evaluation.
    """

    label: ClassVar[str] = tr("Chromatic Metropolis")
    default_step_size: ClassVar[float] = 6.0
    target_acceptance: ClassVar[float] = 0.44
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 16.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins)
    forgets: ClassVar[bool] = False
    """True if a spin's new value is independent of its old one; every draw then counts as accepted."""

    _prepared: tuple[Target, int, SpinUpdates | None] | None = None

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """The largest move of a level; nothing for spins, which flip."""
        return () if isinstance(space, Spins) else (farthest_move(super().parameters(space)[0]),)

    def check(self, target: Target) -> None:
        """Refuses what the kernel cannot move on.

        Raises:
            ValueError: another space, or an energy that is not local.
        """
        super().check(target)
        self._local(target)

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape)."""
        self.check(target)
        return super().init(x, target)

    def flip_probability(self, log_ratio: Tensor) -> Tensor:
        """Probability of flipping a spin, by the log of new over old probability."""
        return FLIP_ATTEMPTS * log_ratio.clamp(max=0).exp()

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """A sweep over all sites of every chain."""
        updates = self._spin_updates(target)
        if updates is None:
            return self._sweep_by_map(state, target, generator)
        x, energy, flips = updates.update(state.x, generator)
        rate = torch.ones_like(energy) if self.forgets else flips / target.base_measure.space.sites
        return State(x, energy, None), Info(rate > 0, rate, evaluations=1)

    def _sweep_by_map(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """A sweep under any local energy."""
        local = self._local(target)
        colouring = Colouring(target.base_measure.space.shape, local.receptive_field)
        x, entries = state.x, local.energy_map(state.x)
        total, evaluations = torch.zeros_like(state.energy), 1
        for colour in colouring:
            sites = (slice(None), *colouring.sites(colour))
            wanted, inside = self._propose(x[sites], target.base_measure.space, generator)
            proposal = x.clone()
            proposal[sites] = wanted
            proposed = local.energy_map(proposal)
            log_ratio = -target.tempered(colouring.receptive_field_sums(proposed - entries, colour))
            log_ratio += _log_base(target, wanted, sites) - _log_base(target, x[sites], sites)
            probability = self._acceptance(log_ratio, target.base_measure.space).nan_to_num(0.0) * inside
            accepted = torch.rand(wanted.shape, generator=generator, device=x.device) < probability
            proposal[sites] = torch.where(accepted, wanted, x[sites])
            # An entry sees one site of the colour at most, so it is as one of the two evaluations found it.
            x, entries = proposal, torch.where(colouring.spread(accepted, colour), proposed, entries)
            total += probability.flatten(1).sum(1)
            evaluations += 1
        moved = State(x, entries.flatten(1).sum(1), None)
        if self.forgets:
            total = torch.full_like(total, target.base_measure.space.sites)
        rate = total / target.base_measure.space.sites
        accepted = (x != state.x).flatten(1).any(1) | self.forgets
        return moved, Info(accepted, rate, evaluations)

    def _acceptance(self, log_ratio: Tensor, space: Space) -> Tensor:
        return self.flip_probability(log_ratio) if isinstance(space, Spins) else log_ratio.clamp(max=0).exp()

    def _propose(self, old: Tensor, space: Space, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """New values for the sites of a colour, and which of the proposals were not out of the space."""
        if isinstance(space, Spins):
            return -old, torch.ones_like(old, dtype=torch.bool)
        assert isinstance(space, Levels)
        reach = self.step_of_each(old).round().clamp_min(1)
        uniform = torch.rand(old.shape, generator=generator, device=old.device)
        distance = (uniform * reach).floor().clamp_max(reach - 1) + 1
        sign = 2 * torch.randint(2, old.shape, generator=generator, device=old.device) - 1
        wanted = old + sign * distance
        inside = (wanted >= 0) & (wanted < space.levels)
        return torch.where(inside, wanted, old), inside

    def _local(self, target: Target) -> LocalHamiltonian:
        """H as a sum over positions."""
        try:
            return LocalHamiltonian(target.hamiltonian)
        except ValueError as error:
            raise ValueError(
                tr(
                    "the kernel “{kernel}” cannot move here: {error}; choose another",
                    kernel=self.label,
                    error=error,
                )
            ) from error

    def _spin_updates(self, target: Target) -> SpinUpdates | None:
        """The way by counting neighbours, where the energy allows it; made once for a target."""
        if self._prepared is None or not _same(*self._prepared[:2], target):
            ising = None
            if isinstance(target.base_measure.space, Spins):
                ising = as_ising(target.hamiltonian, target.base_measure.space.shape)
            updates = None
            if ising is not None and Checkerboard.colours(ising.shape, ising.periodic):
                base = target.base_measure
                assert isinstance(base, ProductBase)
                kind = CompiledUpdates if base.log_probabilities.is_cpu else ByteUpdates
                updates = kind(target, ising, self.flip_probability, self.forgets)
            self._prepared = target, _version(target), updates
        return self._prepared[2]


def _version(target: Target) -> int:
    """Number of changes of β in place."""
    return 0 if target.beta is None else target.beta._version


def _same(old: Target, version: int, new: Target) -> bool:
    """True if a target is the one that was prepared; to compare numbers, the host would have to wait for them."""
    same = (
        old.base_measure is new.base_measure and old.hamiltonian is new.hamiltonian and old.beta is new.beta
    )
    return same and version == _version(new)


def _log_base(target: Target, values: Tensor, sites: tuple[slice, ...]) -> Tensor:
    """log q_i of values at some sites, one each, same shape as the values."""
    base = target.base_measure
    assert isinstance(base, ProductBase)
    table = base.log_probabilities.view(*base.space.shape, base.space.levels)[sites[1:]]
    index = base.space.index(values).unsqueeze(-1)
    return table.expand(len(values), *table.shape).gather(-1, index).squeeze(-1)
