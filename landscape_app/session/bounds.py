"""Bounds of a model by factorised distributions: its free energy from above, and the evidence of items from below."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.models.model import Model
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.entropy import RecordedEnergies, measure_from_both_sides
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.evidence import evidence_steps
from landscape_app.physics.exact import exact_figures
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.mean_field import (
    MeanFieldSolution,
    MeanFieldSweep,
    layer_sweeps,
    mean_field_sweeps,
    random_starts,
    solutions,
    tap_sweeps,
)
from landscape_app.physics.mixture import fitted_mixture
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.space import Discrete
from landscape_app.session.memory import SEARCHING, needs_memory

MOST_SPINS = 4_096
"""Spins whose couplings are a table that mean field sweeps over."""

MOST_STARTS = 200
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.05, 100.0

SHOWN = 12
"""Solutions that a record has, the lowest ones."""

TOLD_ONE_BY_ONE, TOLD_EVERY = 100, 50
"""Sweeps that are told one by one, and how often later ones are."""

COLUMNS, REPLICAS = 24, 8
TUNING_ROUNDS, TUNING_SWEEPS, RECORDED_SWEEPS = 8, 25, 60
"""Of the ladder, where no sum gives F."""

MOST_ITEMS = 256
"""Items whose evidence is bounded."""

COMPONENTS, EM_STEPS = 8, 40

NO_BOUNDS = tr(
    "mean field is of spins with pair couplings and of restricted Boltzmann machines; this model is neither"
)


@dataclass(frozen=True, eq=False)
class EvidenceRecord:
    """The evidence lower bound of items, by a factorised q over the hidden units, nats an item.

    Attributes:
        items: how many.
        units: hidden ones.
        factorises: True where the exact posterior is a product too, so that the bound becomes tight.
        updates: of a hidden unit each, shape (steps,).
        gap: mean of KL(q‖p(h|x)) after so many, shape (steps,).
        log_p: mean of log p(x), with the error of log Z.
    """

    items: int
    units: int
    factorises: bool
    updates: np.ndarray
    gap: np.ndarray
    log_p: Estimate


@dataclass(frozen=True, eq=False)
class MixtureRecord:
    """A mixture of products fitted to the training items by expectation–maximisation, nats an item.

    Attributes:
        components: number of them.
        items: number of training items.
        log_likelihood: mean of log p(x) after each step, shape (steps,).
        elbo: of the same mixtures by the posterior that each step was made with, shape (steps,).
    """

    components: int
    items: int
    log_likelihood: np.ndarray
    elbo: np.ndarray


@dataclass(frozen=True, eq=False)
class BoundsRecord:
    """Bounds as far as they are known; free energies are −T log Z, Z relative to q, in units of E.

    Attributes:
        temperature: T, of sites and hidden units together.
        progress: share of the work that is done, 0 to 1.
        doing: what goes on, in words.
        falls: F[q] of each start after each sweep, shape (sweeps, starts).
        settled: whether the means of all starts have stopped moving.
        found: number of distinct solutions.
        means: of the sites in the lowest solutions, lowest first, shape (k, *shape).
        free_energies: F[q] of those, shape (k,).
        counts: starts that led to each, shape (k,).
        limits: least and largest value of a site.
        free_energy: F; None before it is known.
        method: how that was found.
        tap: lowest free energy of TAP that has settled; NaN where none has, and of sites with more than two values.
        evidence: of held-out items; None before, and of models without hidden units.
        mixture: of the training items; None before.
    """

    temperature: float
    progress: float
    doing: str
    falls: np.ndarray
    settled: bool = False
    found: int = 0
    means: np.ndarray = field(default_factory=lambda: np.zeros((0, 1)))
    free_energies: np.ndarray = field(default_factory=lambda: np.zeros(0))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    limits: tuple[float, float] = (-1.0, 1.0)
    free_energy: Estimate | None = None
    method: str = ""
    tap: float = math.nan
    evidence: EvidenceRecord | None = None
    mixture: MixtureRecord | None = None

    @property
    def is_done(self) -> bool:
        """True if nothing is left to do."""
        return self.progress >= 1.0

    @property
    def bound(self) -> float:
        """The lowest F[q] so far; NaN before the first."""
        return float(self.falls[-1].min()) if len(self.falls) else math.nan

    @property
    def gap(self) -> Estimate | None:
        """F[q] − F = T KL(q‖P) of the lowest solution; None before F is known."""
        known = self.free_energy
        if known is None:
            return None
        return Estimate(
            self.bound - known.value, known.error, self.bound - known.high, self.bound - known.low
        )

    @property
    def is_broken(self) -> bool:
        """True where F was estimated above a bound by more than four errors: its chains have not mixed."""
        known = self.free_energy
        return known is not None and known.value - 4 * known.error > self.bound + 1e-6 * (1 + abs(self.bound))


class Bounds:
    """Mean field of a model from many starts, F beside it, and the evidence lower bound of items.

    At a temperature T the energies of sites and hidden units together are divided by it, and q is not heated.

    Args:
        model: whose; it is not changed.
        training: items that ladders and the mixture begin with, shape (n, *shape).
        items: whose evidence is bounded, shape (m, *shape).
        kernel: name of the kernel of a ladder, where one is needed.
        temperature: T.
        starts: of mean field.
        seed: of every random number.
        weights: of the training items, shape (n,); None where all count alike.
        item_weights: of the items, likewise, shape (m,).

    Raises:
        ValueError: another kind of model, too many spins, or a temperature or number of starts that cannot be.
    """

    @needs_memory(SEARCHING)
    def __init__(
        self,
        model: Model,
        training: Tensor,
        items: Tensor,
        kernel: str,
        temperature: float = 1.0,
        starts: int = 20,
        seed: int = 0,
        weights: Tensor | None = None,
        item_weights: Tensor | None = None,
    ) -> None:
        if not LEAST_TEMPERATURE <= temperature <= MOST_TEMPERATURE:
            raise ValueError(
                tr(
                    "the temperature must be {least:g} to {most:g}, got {temperature:g}",
                    least=LEAST_TEMPERATURE,
                    most=MOST_TEMPERATURE,
                    temperature=temperature,
                )
            )
        if not 1 <= starts <= MOST_STARTS:
            raise ValueError(
                tr(
                    "the number of starts must be 1 to {most}, got {starts}",
                    most=MOST_STARTS,
                    starts=starts,
                )
            )
        if not model.has_mean_field:
            raise ValueError(NO_BOUNDS)
        self._temperature, self._starts, self._seed = temperature, starts, seed
        # All these energies are linear in their parameters.
        self._model = model.with_values([value / temperature for value in model.values()])
        self._training, self._items = training, items[:MOST_ITEMS]
        self._weights = None if weights is None else to_host(weights).double()
        self._item_weights = None if item_weights is None else to_host(item_weights[:MOST_ITEMS]).double()
        self._kernel = kernel
        self._layers = self._model.as_layers()
        self._form = self._model.as_spins() if self._layers is None or model.space.levels == 2 else None
        spins = 0 if self._form is None else len(self._form.fields)
        if self._layers is None and spins > MOST_SPINS:
            raise ValueError(
                tr(
                    "mean field sweeps over at most {most:,} spins, got {spins:,}",
                    most=MOST_SPINS,
                    spins=spins,
                )
            )
        limits = (-1.0, 1.0) if self._layers is None else tuple(self._layers.values[[0, -1]].tolist())
        self._record = BoundsRecord(
            temperature, 0.0, tr("Mean field"), np.zeros((0, starts)), limits=(limits[0], limits[1])
        )

    def run(self) -> Iterator[BoundsRecord]:
        """All of it, a step at each `next()`."""
        yield from self._mean_field()
        yield from self._tap()
        yield from self._free_energy()
        yield from self._evidence()
        yield from self._mixture()
        yield self._at(1.0, "")

    def _at(self, progress: float, doing: str, **changes: object) -> BoundsRecord:
        self._record = replace(self._record, progress=progress, doing=doing, **changes)  # type: ignore[arg-type]
        return self._record

    def _sweeps(self) -> Iterator[MeanFieldSweep]:
        generator = torch.Generator().manual_seed(self._seed)
        if self._layers is not None:
            units = len(self._layers.hidden)
            yield from layer_sweeps(
                self._layers, random_starts(units, self._starts, generator)[: self._starts]
            )
        else:
            assert self._form is not None
            j, h, constant = self._form
            starts = random_starts(len(h), self._starts, generator)[: self._starts]
            for sweep in mean_field_sweeps(j, h, 1.0, starts):
                yield sweep._replace(free_energy=sweep.free_energy + constant)

    def _mean_field(self) -> Iterator[BoundsRecord]:
        sweeps: list[MeanFieldSweep] = []
        for sweep in self._sweeps():
            # Of those before only the free energies are of use.
            if sweeps:
                sweeps[-1] = sweeps[-1]._replace(means=sweep.means[:0])
            sweeps.append(sweep)
            if len(sweeps) <= TOLD_ONE_BY_ONE or len(sweeps) % TOLD_EVERY == 0:
                yield self._at(
                    0.05, tr("Mean field, sweep {number:,}", number=len(sweeps)), falls=self._falls(sweeps)
                )
        found = solutions(sweeps)
        yield self._at(
            0.3, tr("Mean field"), falls=self._falls(sweeps), settled=sweeps[-1].settled, **self._shown(found)
        )

    def _falls(self, sweeps: list[MeanFieldSweep]) -> np.ndarray:
        return self._temperature * torch.stack([sweep.free_energy for sweep in sweeps]).numpy()

    def _shown(self, found: list[MeanFieldSolution]) -> dict[str, object]:
        space, lowest = self._model.space, found[:SHOWN]
        means = torch.stack([solution.means[: space.sites] for solution in lowest])
        return {
            "found": len(found),
            "means": means.view(-1, *space.shape).numpy(),
            "free_energies": self._temperature * np.array([solution.free_energy for solution in lowest]),
            "counts": np.array([solution.starts for solution in lowest]),
        }

    def _tap(self) -> Iterator[BoundsRecord]:
        if self._form is None:
            return
        j, h, constant = self._form
        starts = random_starts(len(h), self._starts, torch.Generator().manual_seed(self._seed))
        last = None
        for number, sweep in enumerate(tap_sweeps(j, h, 1.0, starts[: self._starts])):
            last = sweep
            if number % TOLD_EVERY == 0:
                yield self._at(0.35, tr("TAP, sweep {number:,}", number=number + 1))
        if last is not None and last.settled:
            lowest = self._temperature * (float(last.free_energy.min()) + constant)
            yield self._at(0.4, "TAP", tap=lowest)

    def _free_energy(self) -> Iterator[BoundsRecord]:
        yield self._at(0.4, tr("Summing F where that can be"))
        few = self._training[:1]
        exact = exact_figures(self._model.target, few, few)
        if exact is not None:
            t = self._temperature
            found, method = Estimate(-t * exact.log_partition, t * exact.rounding), exact.method
        else:
            log_z, t = (yield from self._by_ladder()), self._temperature
            found = Estimate(-t * log_z.value, t * log_z.error, -t * log_z.high, -t * log_z.low)
            method = tr("ladder of replicas")
        yield self._at(0.8, "", free_energy=found, method=method)

    def _by_ladder(self) -> Generator[BoundsRecord, None, Estimate]:
        """log Z by ladders, half from the base measure and half from data; returns an `Estimate`."""
        target, device = self._model.target, self._training.device
        generator = torch.Generator(device).manual_seed(self._seed)
        kernel = make_kernel(self._kernel, target)
        half = COLUMNS // 2
        chosen = systematic_resample(self._training.new_zeros(len(self._training)), half, generator)
        starts = torch.cat([target.base_measure.sample(COLUMNS - half, generator), self._training[chosen]])
        ladder = Ladder(COLUMNS, target, kernel, generator, REPLICAS, starts)
        sweep = kernel.steps_of_sweep(self._model.space)
        sweeps = TUNING_ROUNDS * TUNING_SWEEPS + RECORDED_SWEEPS
        for number in range(TUNING_ROUNDS * TUNING_SWEEPS):
            ladder.run(sweep)
            if (number + 1) % TUNING_SWEEPS == 0:
                ladder.respace()
            yield self._at(0.4 + 0.4 * number / sweeps, tr("F by a ladder of replicas, tuning"))
        ladder.adapt = False
        energies = RecordedEnergies(ladder, RECORDED_SWEEPS)
        for number in range(RECORDED_SWEEPS):
            ladder.run(sweep)
            energies.add(ladder)
            done = TUNING_ROUNDS * TUNING_SWEEPS + number
            yield self._at(0.4 + 0.4 * done / sweeps, tr("F by a ladder of replicas"))
        from_data = torch.arange(COLUMNS) >= COLUMNS - half
        return measure_from_both_sides(energies.on_host(), from_data).log_partition

    def _evidence(self) -> Iterator[BoundsRecord]:
        posterior = self._model.posterior(self._items)
        if posterior is None or not len(self._items):
            return
        known = self._record.free_energy
        assert known is not None
        t = self._temperature
        log_z = Estimate(-known.value / t, known.error / t, -known.high / t, -known.low / t)
        surprisal = to_host(self._model.target.surprisal(self._items)).double()
        log_p = Estimate(-log_z.value, log_z.error, -log_z.high, -log_z.low).plus(
            -float(weighted_mean(surprisal, self._item_weights))
        )
        updates: list[int] = []
        gaps: list[float] = []
        factorises = not bool(posterior.couplings.any())
        for step in evidence_steps(posterior):
            updates.append(step.updates)
            gaps.append(float(weighted_mean(step.gap, self._item_weights)))
            record = EvidenceRecord(
                len(self._items),
                posterior.fields.shape[1],
                factorises,
                np.array(updates),
                np.array(gaps),
                log_p,
            )
            yield self._at(0.85, tr("Evidence lower bound"), evidence=record)

    def _mixture(self) -> Iterator[BoundsRecord]:
        space = self._model.space
        assert isinstance(space, Discrete)
        index = to_host(space.index(self._training.flatten(1))).long()
        generator = torch.Generator().manual_seed(self._seed)
        likelihood: list[float] = []
        bound: list[float] = []
        steps = fitted_mixture(index, space.levels, COMPONENTS, generator, EM_STEPS, self._weights)
        for number, step in enumerate(steps):
            likelihood.append(step.log_likelihood)
            bound.append(step.elbo)
            record = MixtureRecord(COMPONENTS, len(index), np.array(likelihood), np.array(bound))
            share = 0.9 + 0.09 * number / EM_STEPS
            yield self._at(share, tr("Expectation–maximisation of a mixture"), mixture=record)
