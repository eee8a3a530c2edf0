"""The entropy estimator: log Z, entropy and held-out cross-entropy of a model while it trains, with error bars."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from landscape_app.learning.trainer import Trainer
from landscape_app.physics.entropy import (
    DistinctStates,
    LadderEnergies,
    RecordedEnergies,
    Thermometry,
    held_to_bounds,
    measure,
    record_energies,
)
from landscape_app.physics.exact import exact_figures
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import check_shape, read_back, restore_random, to_host
from landscape_app.physics.kernels import Kernel
from landscape_app.physics.kernels.kernel import State
from landscape_app.physics.ladder import Ladder

SHARE = 0.035
"""Of the network's evaluations while a model trains, those that the estimator takes: a twentieth of the time, as its
ensembles are small (`Measurement.share` says how much it was)."""

COLUMNS = 16
REPLICAS = 8
"""To begin with; the ladder adds more as the model sharpens."""
SETTLING_STEPS = 30
"""Steps of the estimator's ladder after the model has moved on, before energies are recorded."""

RECORDED_STEPS = 40

RISEN_ERRORS = 3.0
"""Joint standard errors above the best by which a cross-entropy counts as risen."""

RISEN_MEASUREMENTS = 3
"""Measurements in a row above the best that end a training."""


@dataclass(frozen=True)
class Measurement:
    """Measurement of the parameters of one epoch.

    Where it has failed, an estimate breaks a bound that holds for every distribution on a discrete space: log Z and
    the cross-entropies are then that bound, "at least" so much, of S nothing is known, and the errors mean nothing.

    Attributes:
        epoch: at which the model was.
        log_partition: log Z, Z = E_q[exp(−H)].
        log_partition_error: its standard error.
        entropy: S in nats.
        entropy_error: its standard error.
        cross_entropy: −⟨log P⟩ of the held-out set, nats per item.
        cross_entropy_error: its standard error, from log Z alone: between epochs the held-out items are the same.
        cross_entropy_training: the same of the training set, with the same error.
        connected: 1 where every pair of neighbouring temperatures swaps, else 0: log Z is then a bound at best.
        share: of all the time so far that the estimator took.
        failed: 1 where an estimate breaks a bound (`held_to_bounds`), else 0.
    """

    epoch: int
    log_partition: float
    log_partition_error: float
    entropy: float
    entropy_error: float
    cross_entropy: float
    cross_entropy_error: float
    cross_entropy_training: float
    connected: int
    share: float
    failed: int = 0

    @classmethod
    def from_figures(cls, figures: Mapping[str, Tensor]) -> Measurement:
        """A measurement of its numbers by name; NaN for one that its version did not measure.

        Raises:
            ValueError: one is no single number.
        """
        known = {field.name: field.default for field in fields(cls) if field.default is not MISSING}
        names = {field.name for field in fields(cls)}
        found = {name: value.item() for name, value in figures.items() if name in names}
        return cls(**(dict.fromkeys(names, math.nan) | known | found))

    @property
    def is_exact(self) -> bool:
        """True if the figures are sums over the whole space."""
        return self.log_partition_error == 0 and self.entropy_error == 0

    @property
    def counts(self) -> bool:
        """True if a state may be chosen, and a training be ended, by it."""
        return not self.failed and bool(self.connected) and math.isfinite(self.cross_entropy)


class Best(NamedTuple):
    """A state of low held-out cross-entropy.

    Attributes:
        found: what the estimator found of it.
        parameters: `Model.values`.
    """

    found: Measurement
    parameters: list[Tensor]

    @property
    def epoch(self) -> int:
        """At which it was."""
        return self.found.epoch

    def is_better_than(self, other: Measurement) -> bool:
        """True if its cross-entropy is lower by more than `RISEN_ERRORS` joint standard errors."""
        doubt = math.hypot(self.found.cross_entropy_error, other.cross_entropy_error)
        return other.cross_entropy > self.found.cross_entropy + RISEN_ERRORS * doubt


@dataclass
class PendingEstimate:
    """A measurement that is not complete yet.

    Attributes:
        epoch: at which the model was.
        parameters: `Model.values` that are measured.
        settled: steps of the ladder since.
        energies: recorded so far; None before the first.
    """

    epoch: int
    parameters: list[Tensor]
    settled: int = 0
    energies: RecordedEnergies | None = None


class EntropyEstimator:
    """A ladder that takes no part in training, moved a little after every epoch.

    It measures copies of the averaged parameters, which the model has at rest, one after the other, so that
    training goes on meanwhile. Its share of the network's evaluations is fixed, not its time, so that a run can
    be repeated.

    Args:
        trainer: whose model.
        held_out: all held-out items, shape (m, *shape).
        kernel: moves the ladder.
        seed: of its random numbers.

    Attributes:
        seconds: that it took.
        best: the state of lowest held-out cross-entropy so far; None before the first.
        ladder: what it measures with.
        risen: measurements in a row that lie above the best beyond doubt.
        evaluations: of the observables so far, of single configurations.
        pending: the measurement that is being made; None before the first.
    """

    def __init__(self, trainer: Trainer, held_out: Tensor, kernel: Kernel, seed: int) -> None:
        self.seconds = 0.0
        self.best: Best | None = None
        self._trainer = trainer
        self._held_out = held_out
        generator = torch.Generator(held_out.device).manual_seed(seed)
        self.ladder = Ladder(COLUMNS, trainer.model.target, kernel, generator, REPLICAS)
        self.risen = 0
        self.evaluations = 0
        self.pending: PendingEstimate | None = None
        self._measuring = self._measurements()

    @property
    def has_risen(self) -> bool:
        """True if the held-out cross-entropy has risen for good: training on would memorise."""
        return self.risen >= RISEN_MEASUREMENTS

    def after_epoch(self) -> Measurement | None:
        """Takes the steps that are due; returns a measurement that has become complete."""
        start = time.perf_counter()
        measurement = None
        while self.evaluations < self._due and measurement is None:
            measurement = self._step()
        self.seconds += time.perf_counter() - start
        return measurement

    def measure_now(self) -> Measurement:
        """A measurement of the averaged parameters as they stand, at once; exact where the space is small enough."""
        return self._measured(self._trainer.epoch, self._trainer.average).found

    def choose(self, last: Measurement) -> Best:
        """The state to keep of a training that has ended: the last, or the best so far if better beyond doubt.

        The best was chosen as the lowest of several estimates, which flatters it: it is measured afresh. Its
        multipliers are solved anew, as it was never at rest (`solve`).

        Args:
            last: of the averaged parameters as they stand.
        """
        kept, best = Best(last, self._trainer.average), self.best
        if best is not None and best.epoch != last.epoch:
            best = self._measured(best.epoch, best.parameters)
            if best.found.counts and not (last.counts and not best.is_better_than(last)):
                kept = self.solve(best)
        self.best = kept if kept.found.counts else None
        self.risen = 0
        return kept

    def solve(self, state: Best) -> Best:
        """A state from amid the training, brought to equilibrium by the trainer, unless it was better as it was."""
        values = self._trainer.equilibrate(state.parameters, self.ladder)
        solved = self._measured(state.epoch, values)
        return solved if solved.found.counts and not state.is_better_than(solved.found) else state

    def state_dict(self) -> dict[str, Any]:
        """All that estimates go on from, but the trainer: a tree of tensors and numbers."""
        named, ladder, pending = self._trainer.model.named, self.ladder, self.pending
        state: dict[str, Any] = {
            "risen": self.risen,
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "ladder": ladder.state_dict(),
            "random": ladder.generator.get_state(),
        }
        if self.best is not None:
            state["best"] = {"found": asdict(self.best.found), "parameters": named(self.best.parameters)}
        if pending is not None:
            state["pending"] = {
                "epoch": pending.epoch,
                "settled": pending.settled,
                "parameters": named(pending.parameters),
                "energy": ladder.state.energy,
            }
            if ladder.state.gradient is not None:
                state["pending"]["gradient"] = ladder.state.gradient
            if pending.energies is not None:
                recorded = pending.energies.on_host()
                state["pending"]["recorded"] = {"energy": recorded.energy, "log_q": recorded.log_q}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state, under the trainer's model, to the last bit.

        Raises:
            KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another model.
        """
        model, ladder = self._trainer.model, self.ladder
        self.risen, self.evaluations = int(state["risen"]), int(state["evaluations"])
        self.seconds = float(state["seconds"])
        ladder.load_state_dict(state["ladder"], model.target)
        restore_random(ladder.generator, state["random"])
        self.best = self.pending = None
        if "best" in state:
            best = state["best"]
            self.best = Best(Measurement.from_figures(best["found"]), model.values_of(best["parameters"]))
        if "pending" in state:
            self._restore_pending(state["pending"])
        self._measuring = self._measurements()

    def _restore_pending(self, state: Mapping[str, Any]) -> None:
        ladder, values = self.ladder, self._trainer.model.values_of(state["parameters"])
        was, spacing = ladder.state, ladder.spacing
        check_shape("energy", state["energy"], tuple(was.energy.shape))
        gradient = None
        if was.gradient is not None:
            check_shape("gradient", state["gradient"], tuple(was.gradient.shape))
            gradient = state["gradient"].to(was.gradient)
        recorded = None
        if "recorded" in state:
            energy, log_q = state["recorded"]["energy"], state["recorded"]["log_q"]
            steps = len(log_q)
            if not 0 < steps <= RECORDED_STEPS:
                raise ValueError(f"there are {steps} recorded steps, of at most {RECORDED_STEPS}")
            check_shape("energy", energy, (steps, ladder.replicas, ladder.columns))
            check_shape("log_q", log_q, (steps, ladder.columns))
            found = LadderEnergies(to_host(ladder.betas), energy, log_q)
            recorded = RecordedEnergies(ladder, RECORDED_STEPS, found)
        self.pending = PendingEstimate(int(state["epoch"]), values, int(state["settled"]), recorded)
        ladder.retarget(self._model(values))
        # As they were evaluated then: in other batches the last bits differ.
        ladder.spacing, ladder.state = spacing, State(was.x, state["energy"].to(was.energy), gradient)

    def _measured(self, epoch: int, parameters: list[Tensor]) -> Best:
        """Values of an epoch, measured from the beginning to the end; by sums where they can be made."""
        trainer = self._trainer
        if trainer.model.base_measure.has_nodes and self.ladder.on_step is not None:
            # Sums take a while too: whoever looks on may stop before one.
            self.ladder.on_step()
        exact = exact_figures(self._model(parameters), self._held_out, trainer.training)
        if exact is None:
            return Best(self._estimated(epoch, parameters), parameters)
        found = Measurement(
            epoch=epoch,
            log_partition=exact.log_partition,
            log_partition_error=0.0,
            entropy=exact.entropy,
            entropy_error=0.0,
            cross_entropy=exact.cross_entropy,
            cross_entropy_error=0.0,
            cross_entropy_training=exact.cross_entropy_training,
            connected=1,
            share=self._share,
        )
        return Best(found, parameters)

    def _estimated(self, epoch: int, parameters: list[Tensor]) -> Measurement:
        """A measurement by the ladder, at once."""
        self.pending = PendingEstimate(epoch, parameters)
        self.ladder.retarget(self._model(parameters))
        self._measuring = self._measurements()
        while (measurement := self._step()) is None:
            pass
        return measurement

    def _step(self) -> Measurement | None:
        """The next step of the ladder; a measurement where it completes one."""
        try:
            return next(self._measuring)
        except Exception:
            # A generator that has failed is over; another goes on with what it has found.
            self._measuring = self._measurements()
            raise

    @property
    def _due(self) -> float:
        return SHARE / (1 - SHARE) * self._trainer.evaluations

    def _measurements(self) -> Iterator[Measurement | None]:
        """One measurement after the other; None after every step of the ladder in between."""
        while True:
            trainer, ladder = self._trainer, self.ladder
            if self.pending is None:
                self.pending = PendingEstimate(trainer.epoch, trainer.average)
                ladder.retarget(self._model(trainer.average))
            now = self.pending
            while now.settled < SETTLING_STEPS:
                ladder.advance(1)
                now.settled += 1
                self._count()
                yield None
            if now.energies is None:
                ladder.respace()
            for energies in record_energies(ladder, RECORDED_STEPS, now.energies):
                now.energies = energies
                self._count()
                if len(energies) < RECORDED_STEPS:
                    yield None
            assert now.energies is not None
            found = measure(now.energies.on_host())
            measurement = self._measurement(now.epoch, self._model(now.parameters), found)
            self._judge(measurement, now.parameters)
            self.pending = None
            yield measurement

    def _model(self, values: list[Tensor]) -> Target:
        return self._trainer.model.with_values(values).target

    def _count(self) -> None:
        self.evaluations += self.ladder.replicas * self.ladder.columns

    def _measurement(self, epoch: int, model: Target, found: Thermometry) -> Measurement:
        held_out, training = (model.surprisal(x) for x in (self._held_out, self._trainer.training))
        if model.base_measure.space.is_discrete:
            chains = self.ladder.state
            of_chains = chains.energy - model.base_measure.log_prob(chains.x)
            held_out, training, of_chains, x = read_back(
                held_out, training, of_chains, model.base_measure.space.compact(chains.x)
            )
            seen = [torch.cat([held_out, training])[self._data.places], of_chains[self._data.not_among(x)]]
            found = held_to_bounds(found, torch.cat(seen).double())
        else:
            held_out, training = read_back(held_out, training)
        log_z = found.log_partition
        return Measurement(
            epoch=epoch,
            log_partition=log_z.value,
            log_partition_error=log_z.error,
            entropy=found.entropy.value,
            entropy_error=found.entropy.error,
            cross_entropy=float(held_out.double().mean()) + log_z.value,
            cross_entropy_error=log_z.error,
            cross_entropy_training=float(training.double().mean()) + log_z.value,
            connected=int(found.is_connected),
            share=self._share,
            failed=int(found.failed),
        )

    @cached_property
    def _data(self) -> DistinctStates:
        """Held-out and training items."""
        items = torch.cat([self._held_out, self._trainer.training])
        return DistinctStates(to_host(self._trainer.model.base_measure.space.compact(items)))

    @property
    def _share(self) -> float:
        return self.seconds / (self._trainer.seconds + 1e-9)

    def _judge(self, found: Measurement, parameters: list[Tensor]) -> None:
        """Keeps the best state, and counts measurements that lie above it beyond doubt."""
        if not found.counts:
            return
        if self.best is None or found.cross_entropy <= self.best.found.cross_entropy:
            self.best = Best(found, parameters)
        self.risen = self.risen + 1 if self.best.is_better_than(found) else 0
