"""Exact thermodynamics: enumeration of states or of hidden units where they are few, quadrature in few dimensions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.base_measure import ContinuousBase, ProductBase
from landscape_app.physics.estimate import HIDDEN_UNITS
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import read_back, to_host
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.space import Discrete

BATCH = 65_536

CELLS = {1: 256, 2: 32}
"""Cells along each axis that quadrature begins with, by the number of axes."""

NODES = {1: 6, 2: 4}
"""Gauss–Legendre nodes along each axis of a cell."""

TOLERANCE = 1e-3
"""Relative error of Z up to which a quadrature counts as exact."""

CELL_TOLERANCE = 2e-5
"""Relative error of a cell that need not be halved: what single precision leaves of energies of tens of nats."""

LAST_PLACE = 2.0**-23
"""Distance of neighbouring numbers of single precision, relative to their size."""

HALVINGS = 16
"""Of a cell, at most."""

MOST_NODES = 2**21

SHARES = 100
"""Of the tolerance, those that cells are halved for: what is left over of each adds up."""

HIDDEN = 1.0
"""Nats by which a known point may be likelier than every node around it."""

JOINT_SAMPLES = 2_000
"""Independent samples that ⟨S[p(h|v)]⟩ is averaged over, where Z is a sum over hidden units h."""


class Thermodynamics(NamedTuple):
    """Thermodynamics of q(x) exp(−βH(x)) / Z at one β.

    Attributes:
        log_partition: log Z = log E_q[exp(−βH)].
        energy: ⟨H⟩, nats.
        entropy: S = log Z + β⟨H⟩ − ⟨log q⟩, nats (differential, in continuous spaces).
        heat_capacity: β² Var(H).
    """

    log_partition: float
    energy: float
    entropy: float
    heat_capacity: float


class JointThermodynamics(NamedTuple):
    """Thermodynamics of q(v) exp(−E(v, h)) / Z, of sites v and hidden units h together.

    Attributes:
        log_partition: log Z = −F, nats.
        energy: ⟨E(v, h)⟩, nats.
        log_q: ⟨log q(v)⟩, nats.
    """

    log_partition: float
    energy: float
    log_q: float

    @property
    def entropy(self) -> float:
        """S[p(v, h)] = log Z + ⟨E⟩ − ⟨log q⟩, nats."""
        return self.log_partition + self.energy - self.log_q


@runtime_checkable
class HiddenSum(Protocol):
    """A term of a Hamiltonian, with hidden units given which the sites are independent."""

    @property
    def hidden_evaluations(self) -> float:
        """Evaluations of H that a sum over the hidden units' states costs as much as; infinity of too many states."""
        ...

    def joint(self, base: ProductBase) -> JointThermodynamics:
        """The sum, in double precision on the host."""
        ...

    def exact_samples(self, count: int, generator: torch.Generator, base: ProductBase | None) -> Tensor:
        """Independent configurations of q(v) exp(−F(v)) / Z, shape (count, *shape)."""
        ...

    def hidden_entropy(self, x: Tensor) -> Tensor:
        """S[p(h|v)] in nats, shape (batch,)."""
        ...


class Nodes(NamedTuple):
    """Points that a sum or an integral over a space is taken over.

    Attributes:
        x: configurations, float32, on the host, shape (n, *shape).
        log_volume: log of the volume that each stands for, float64, shape (n,); zero for discrete states.
        energy: H at each, float64, shape (n,).
        log_q: log q at each, float64, shape (n,).
    """

    x: Tensor
    log_volume: Tensor
    energy: Tensor
    log_q: Tensor

    @property
    def log_mass(self) -> Tensor:
        """log of q exp(−H) times the volume, shape (n,)."""
        return self.log_q + self.log_volume - self.energy

    def rows(self, mask: Tensor) -> Nodes:
        """Those of a mask, bool, shape (n,)."""
        return Nodes(*(part[mask] for part in self))


class ExactModel:
    """A target summed over its whole space in double precision, on the host.

    In one and two dimensions cells of a grid are halved until they and their halves have the same integral to
    `TOLERANCE` in all, by a product of Gauss–Legendre rules. A narrow mode between the nodes of the first grid is
    found where a known point lies in it. With categories beside the numbers, such a quadrature is taken for each of
    their combinations.

    Args:
        target: q and H; its β, if any, is left aside.
        near: configurations that may lie in narrow modes, such as data and chains, shape (m, *shape).

    Attributes:
        x: every state or node, on the host, shape (n, *shape).
        energy: H at each, shape (n,).
        log_q: log q at each, shape (n,).
        log_volume: log of the volume of each, shape (n,); zero for states.
        error: relative error of Z: zero for states, and an estimate for a quadrature.
        evaluations: of H.

    Raises:
        ValueError: the space is too large (see `BaseMeasure.is_summable`).
    """

    def __init__(self, target: Target, near: Tensor | None = None) -> None:
        self.target = target
        base = target.base_measure
        self.error = 0.0
        if isinstance(base.space, Discrete):
            x = base.space.enumerate()
            nodes = _evaluated(target, x, torch.zeros(len(x), dtype=torch.float64))
            self.evaluations = len(x)
        elif isinstance(base, MixtureBase) and base.free_categories and base.is_summable:
            nodes, self.error, self.evaluations = _sum_of_quadratures(target, base, near)
        elif isinstance(base, ContinuousBase) and base.is_summable:
            nodes, self.error, self.evaluations = _quadrature(target, base, near)
        else:
            raise ValueError(
                f"quadrature serves one and two dimensions, not {base.space.sites}; "
                "estimate with a ladder of replicas"
            )
        self.x, self.log_volume, self.energy, self.log_q = nodes

    @property
    def is_exact(self) -> bool:
        """True unless a quadrature has not converged."""
        return self.error <= TOLERANCE

    def log_weights(self, beta: float = 1.0) -> Tensor:
        """Log of the probability of each state, or of each node's cell, shape (n,), normalised."""
        return (self.log_q + self.log_volume - beta * self.energy).log_softmax(0)

    def mean(self, f: Callable[[Tensor], Tensor] | Tensor, beta: float = 1.0) -> Tensor:
        """⟨f⟩, of a function of x or of its values at the nodes, shape (n, …)."""
        values = f if isinstance(f, Tensor) else torch.cat([f(x) for x in self.x.split(BATCH)])
        return torch.tensordot(self.log_weights(beta).exp(), values.double(), dims=1)

    def at(self, beta: float = 1.0) -> Thermodynamics:
        """Thermodynamics at an inverse temperature β, which scales H and leaves q alone."""
        log_z = float((self.log_q + self.log_volume - beta * self.energy).logsumexp(0))
        p = self.log_weights(beta).exp()
        # A node of no weight may have an energy or a log q that is not finite.
        energy, log_q = (torch.where(p > 0, values, 0.0) for values in (self.energy, self.log_q))
        mean = float(p @ energy)
        variance = float(p @ (energy - mean) ** 2)
        entropy = log_z + beta * mean - float(p @ log_q)
        return Thermodynamics(log_z, mean, entropy, beta**2 * variance)


class ExactRecord(NamedTuple):
    """Exact thermodynamics of a model.

    Attributes:
        method: "enumeration" of all states, "quadrature", or `HIDDEN_UNITS`.
        log_partition: log Z, Z = E_q[exp(−H)].
        entropy: S in nats (differential, on the line).
        cross_entropy: −⟨log P⟩ of the held-out items, nats an item.
        cross_entropy_training: the same of the training items.
        evaluations: of H that they took.
        entropy_error: standard error of S, 0 but for a sum over hidden units: S[p(v)] = S[p(v, h)] − ⟨S[p(h|v)]⟩, the
            latter averaged over `JOINT_SAMPLES` independent samples; and for `rounding`.
        rounding: nats that log Z, S and cross-entropies may be off by where energies in single precision are so
            large that this is more than `TOLERANCE`; else 0.
    """

    method: str
    log_partition: float
    entropy: float
    cross_entropy: float
    cross_entropy_training: float
    evaluations: int
    entropy_error: float = 0.0
    rounding: float = 0.0

    def per_unit(self, log_unit: float) -> ExactRecord:
        """The same with densities per another unit, of which one holds exp(−log_unit) of those before."""
        return self._replace(
            entropy=self.entropy + log_unit,
            cross_entropy=self.cross_entropy + log_unit,
            cross_entropy_training=self.cross_entropy_training + log_unit,
        )


def hidden_sum(target: Target) -> HiddenSum | None:
    """The term whose hidden units Z of a target can be summed over; None where there is none.

    That is so where H is the free energy F(v) of such a term and nothing else, at temperature 1: a field, or another
    factor in front of F, couples the sites again. Fixed sites are no obstacle.
    """
    terms = target.hamiltonian.terms
    if len(terms) != 1 or target.beta is not None or not isinstance(target.base_measure, ProductBase):
        return None
    strength, term = terms[0]
    if not isinstance(term, HiddenSum) or strength / target.hamiltonian.temperature != 1:
        return None
    return term if math.isfinite(term.hidden_evaluations) else None


def exact_figures(
    target: Target,
    held_out: Tensor,
    training: Tensor,
    held_out_weights: Tensor | None = None,
    training_weights: Tensor | None = None,
) -> ExactRecord | None:
    """The exact figures of a model, summed on the host.

    None where its space is too large and it has no few hidden units to sum over instead, or modes are too narrow.

    Args:
        target: q and H.
        held_out: held-out set, shape (m, *shape).
        training: training set, shape (n, *shape).
        held_out_weights: of the held-out set, shape (m,); None where its items count alike.
        training_weights: of the training set, likewise, shape (n,).
    """
    base, machine = target.base_measure, hidden_sum(target)
    error = 0.0
    if base.is_summable:
        model = ExactModel(target, torch.cat([training, held_out]))
        if not model.is_exact:
            return None
        found = model.at()
        log_z, entropy, evaluations = found.log_partition, found.entropy, model.evaluations
        method = "enumeration" if base.space.is_discrete else "quadrature"
    elif machine is not None and isinstance(base, ProductBase):
        joint = machine.joint(base)
        x = machine.exact_samples(JOINT_SAMPLES, torch.Generator().manual_seed(0), base)
        given = torch.cat([to_host(machine.hidden_entropy(part)).double() for part in x.split(BATCH)])
        log_z, entropy = joint.log_partition, joint.entropy - float(given.mean())
        error = float(given.std()) / math.sqrt(len(given))
        method, evaluations = HIDDEN_UNITS, round(machine.hidden_evaluations)
    else:
        return None
    surprisals = [
        float(weighted_mean(to_host(target.surprisal(x)).double(), None if w is None else to_host(w)))
        for x, w in ((held_out, held_out_weights), (training, training_weights))
    ]
    rounding = rounding_of(log_z, *surprisals)
    rounding = rounding if rounding > TOLERANCE else 0.0
    of_held_out, of_training = (surprisal + log_z for surprisal in surprisals)
    return ExactRecord(
        method, log_z, entropy, of_held_out, of_training, evaluations, math.hypot(error, rounding), rounding
    )


def rounding_of(*energies: float) -> float:
    """Nats that single precision leaves of the largest of energies."""
    return LAST_PLACE * max(map(abs, energies))


def _evaluated(target: Target, x: Tensor, log_volume: Tensor) -> Nodes:
    """Nodes at points, shape (n, *shape), that stand for volumes, float64, shape (n,)."""
    energy, log_q = [], []
    for part in x.split(BATCH):
        there = part.to(target.base_measure.device)
        found = read_back(target.hamiltonian.energy(there), target.base_measure.log_prob(there))
        energy.append(found[0].double())
        log_q.append(found[1].double())
    return Nodes(x, log_volume, torch.cat(energy), torch.cat(log_q))


class _Grid(NamedTuple):
    """Cells of one size in the unit cube: places, int64, shape (cells, axes), and how many lie along an axis."""

    places: Tensor
    along: int

    def halved(self) -> _Grid:
        """2^axes cells for each, in its order."""
        corners = torch.tensor(list(itertools.product((0, 1), repeat=self.places.shape[1])))
        return _Grid((2 * self.places.unsqueeze(1) + corners).flatten(0, 1), 2 * self.along)

    def nodes(self, target: Target, base: ContinuousBase) -> Nodes:
        """Those of the rule in every cell, those of a cell side by side."""
        axes = self.places.shape[1]
        points, weights = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(NODES[axes]))
        inside = torch.cartesian_prod(*[(points + 1) / 2] * axes).view(-1, axes)
        log_weight = torch.cartesian_prod(*[(weights / 2).log()] * axes).view(-1, axes).sum(1)
        u = ((self.places.unsqueeze(1) + inside) / self.along).flatten(0, 1)
        mapped = base.from_cube(u)
        log_volume = mapped.log_volume + log_weight.repeat(len(self.places)) - axes * math.log(self.along)
        return _evaluated(target, mapped.x, log_volume)

    def likeliest(self, u: Tensor, log_density: Tensor) -> Tensor:
        """The largest log density among the points in each cell, minus infinity for none, shape (cells,)."""
        powers = self.along ** torch.arange(self.places.shape[1])
        own, order = (self.places * powers).sum(1).sort()
        wanted = ((u * self.along).long().clamp(0, self.along - 1) * powers).sum(1)
        at = torch.searchsorted(own, wanted).clamp_max(len(own) - 1)
        found = own[at] == wanted
        highest = torch.full((len(own),), -torch.inf, dtype=torch.float64)
        return highest.scatter_reduce(0, order[at[found]], log_density[found], "amax")


def _sum_of_quadratures(target: Target, base: MixtureBase, near: Tensor | None) -> tuple[Nodes, float, int]:
    """The nodes of a quadrature for each combination of categories, the relative error of Z, evaluations of H."""
    mask = torch.zeros(base.space.sites, dtype=torch.bool)
    mask[list(base.free_categories)] = True
    known = torch.empty(0, *base.space.shape) if near is None else to_host(near)
    parts, errors, masses, evaluations = [], [], [], 0
    for state in base.states():
        given = base.clamped(mask, state)
        # Where the numbers are depends on the categories; q is that of the numbers and the categories together.
        nodes, error, evaluated = _quadrature(target, given, known[(known[:, mask] == state[mask]).all(1)])
        parts.append(nodes)
        masses.append(float(nodes.log_mass.logsumexp(0)))
        errors.append(error)
        evaluations += evaluated
    share = torch.tensor(masses, dtype=torch.float64).softmax(0)
    found = Nodes(*(torch.cat(part) for part in zip(*parts, strict=True)))
    return found, float(share @ torch.tensor(errors, dtype=torch.float64)), evaluations


def _quadrature(target: Target, base: ContinuousBase, near: Tensor | None) -> tuple[Nodes, float, int]:
    """The nodes of cells that have been halved as far as needed, the relative error of Z, and evaluations of H."""
    axes = base.axes
    known = torch.empty(0, *base.space.shape) if near is None else to_host(near)
    if not axes:
        nodes = _evaluated(
            target,
            base.from_cube(torch.zeros(1, 0, dtype=torch.float64)).x,
            torch.zeros(1, dtype=torch.float64),
        )
        return nodes, 0.0, 1
    u, log_known = (
        base.to_cube(known),
        _evaluated(target, known, torch.zeros(len(known), dtype=torch.float64)).log_mass,
    )
    grid = _Grid(torch.cartesian_prod(*[torch.arange(CELLS[axes])] * axes).view(-1, axes), CELLS[axes])
    nodes = grid.nodes(target, base)
    evaluated = len(nodes.x)
    settled: list[Nodes] = []
    settled_mass, error = 0.0, 0.0
    scale = float(nodes.log_mass.max())
    for halving in range(1, HALVINGS + 1):
        cells, halves = len(grid.places), grid.halved()
        finer = halves.nodes(target, base)
        evaluated += len(finer.x)
        scale, before = max(scale, float(finer.log_mass.max())), scale
        settled_mass, error = (part * math.exp(before - scale) for part in (settled_mass, error))
        was, mass = ((part.log_mass - scale).exp().view(cells, -1).sum(1) for part in (nodes, finer))
        total = settled_mass + float(mass.sum())
        allowed = TOLERANCE * total / SHARES / cells
        wrong = (mass - was).abs()
        # A known point far likelier than all around it lies in a mode that the nodes have missed.
        log_known_best = grid.likeliest(u, log_known)
        log_volume = finer.log_volume.view(cells, -1).logsumexp(1)
        missed = (log_known_best + log_volume - scale).exp()
        highest = (finer.log_q - finer.energy).view(cells, -1).amax(1)
        wrong = torch.where(log_known_best > highest + HIDDEN, torch.maximum(wrong, missed), wrong)
        split = wrong > (CELL_TOLERANCE * mass).clamp_min(allowed)
        more = int(split.sum()) * len(finer.x) // cells * 2**axes
        if halving == HALVINGS or evaluated + more > MOST_NODES:
            split = torch.zeros_like(split)
        settled.append(finer.rows((~split).repeat_interleave(len(finer.x) // cells)))
        settled_mass += float(mass[~split].sum())
        error += float(wrong[~split].sum())
        if not bool(split.any()):
            break
        grid = _Grid(halves.places[split.repeat_interleave(2**axes)], halves.along)
        nodes = finer.rows(split.repeat_interleave(len(finer.x) // cells))
    found = Nodes(*(torch.cat(parts) for parts in zip(*settled, strict=True)))
    return found, error / settled_mass, evaluated
