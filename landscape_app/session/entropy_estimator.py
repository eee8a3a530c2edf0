"""The entropy estimator: log Z, entropy and cross-entropies of a model while it trains, exact or with error bars."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.trainer import Trainer
from landscape_app.models.autoregressive import AutoregressiveBase
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.averages import weighted_mean, weighted_variance
from landscape_app.physics.entropy import (
    DistinctStates,
    LadderEnergies,
    RecordedEnergies,
    Thermometry,
    held_to_bounds,
    measure_from_both_sides,
)
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import exact_figures, hidden_sum
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import check_shape, random_state, read_back, restore_random, to_host
from landscape_app.physics.kernels import Kernel
from landscape_app.physics.kernels.kernel import State
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.resampling import systematic_resample
from landscape_app.session.fresh_chains import FreshChains
from landscape_app.session.measurement import RISEN_MEASUREMENTS, Measurement, mean_error

SHARE = 0.05
"""Of the evaluations while a model trains, those that the estimator takes (`Measurement.share` is of the time)."""

SUM_COST, SUM_OVERHEAD = 0.15, 12_000
"""Evaluations of a training step that one in a sum over states costs, as there is no gradient and they are many at
once, and states whose evaluation takes as long as the rest of a sum."""

COLUMNS = 24
"""Ladders, half from the base measure, which go on from model to model, half from data, anew for each."""

REPLICAS = 8
"""To begin with; the ladder adds more as the model sharpens."""

LEAST_REPLICAS = 3

CERTAIN = 2.0
"""Standard errors by which training has to improve a mixture: its best state was chosen by the same validation items,
and so looks better than it is."""

SETTLING_SWEEPS = 30
"""Sweeps of the estimator's ladder after the model has moved on, before energies are recorded."""

RECORDED_SWEEPS = 40

MOST_ROUNDS = 3
"""Of a measurement that training does not wait for no longer: each settles twice as long as the one before, until the
ladders from the base measure and those from data agree."""

RISEN_EPOCHS = 100
"""Epochs over which measurements have to lie above the best before they end a training."""

MEASURING_LAST, MEASURING_BEST, MEASURING_KEPT = (
    tr("Measuring the entropy"),
    tr("Measuring the best state anew"),
    tr("Measuring the state that is kept"),
)
"""Works at the end of a training, in words."""


class Best(NamedTuple):
    """A state of low validation nats.

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


@dataclass
class PendingEstimate:
    """A measurement that is not complete yet.

    Attributes:
        epoch: at which the model was.
        parameters: `Model.values` that are measured.
        steps: of the ladder since.
        energies: recorded so far; None before the first.
    """

    epoch: int
    parameters: list[Tensor]
    steps: int = 0
    energies: RecordedEnergies | None = None


class EntropyEstimator:
    """Measures copies of the averaged parameters, which the model has at rest, while training goes on.

    Where the space, or few hidden units, can be summed over, it sums, at the epoch that is measured. Elsewhere a
    ladder that takes no part in training is moved a little after every epoch, and measures one state after the other.
    Half of its columns go on from model to model, and come from the base measure; half start anew from data, which
    chains from the base need not find (`measure_from_both_sides`). Its share of the network's evaluations is fixed,
    not its time, so that a run can be repeated.

    Args:
        trainer: whose model.
        validation: items that choose among states, shape (m, *shape).
        test: items that judge the state that was chosen, shape (k, *shape); k may be 0.
        kernel: moves the ladder.
        seed: of its random numbers.
        log_unit: Σ log scale of a table's columns: densities are told per unit of the file.
        weights: of the validation and of the test items, shapes (m,) and (k,); None where all count alike.

    Attributes:
        seconds: that it took.
        best: the state of lowest validation nats so far; None before the first.
        ladder: what it measures with.
        risen: measurements in a row that lie above the best beyond doubt.
        evaluations: of the observables so far, of single configurations.
        pending: the measurement that is being made; None before the first.
        on_step: called with what is done, in words, and its share, before every sum and after every step of the
            ladder, by `finish`; what it raises ends that.
    """

    def __init__(
        self,
        trainer: Trainer,
        validation: Tensor,
        test: Tensor,
        kernel: Kernel,
        seed: int,
        log_unit: float = 0.0,
        weights: tuple[Tensor | None, Tensor | None] = (None, None),
    ) -> None:
        self.seconds = 0.0
        self.best: Best | None = None
        self._trainer = trainer
        self._validation, self._test, self._log_unit = validation, test, log_unit
        self._weights = trainer.weights, *weights
        self._ranks = trainer.ranks
        self.ladder = Ladder(
            COLUMNS,
            trainer.model.target,
            kernel,
            self._ranks.generator(validation.device, seed),
            max(LEAST_REPLICAS, REPLICAS // kernel.quickness),
            ranks=self._ranks,
        )
        self.risen = self._risen_since = 0
        self.evaluations = 0.0
        self.pending: PendingEstimate | None = None
        self.on_step: Callable[[str, float], object] | None = None
        self._last_log_z = math.nan
        # H − log q of the validation items: as measured last, and in the best state once they are compared.
        self._surprisal = np.zeros(0)
        self._best_surprisal: np.ndarray | None = None
        base, space = trainer.model.base_measure, trainer.model.space
        of_states = float(space.states) if space.is_discrete and base.is_summable else 0.0
        machine = hidden_sum(trainer.model.target)
        of_hidden = math.inf if machine is None else machine.hidden_evaluations
        self._sum_evaluations = of_states if base.is_summable else of_hidden

    @property
    def has_risen(self) -> bool:
        """True if the validation nats have risen for good: training on would memorise."""
        risen_for = self._trainer.epoch - self._risen_since
        return self.risen >= RISEN_MEASUREMENTS and risen_for >= RISEN_EPOCHS

    @property
    def steps(self) -> int:
        """Steps of the ladder in one round of a measurement."""
        return self._settling + RECORDED_SWEEPS * self._sweep

    @property
    def sums(self) -> bool:
        """True if the space, or the states of hidden units, can be summed over."""
        return math.isfinite(self._sum_evaluations)

    @property
    def sums_while_training(self) -> bool:
        """True if it sums after an epoch too: over a space always, over hidden units where a ladder costs more."""
        if self._trainer.model.base_measure.is_summable or not self.sums:
            return self.sums
        ladder = self.steps * self.ladder.replicas * self.ladder.all_columns
        return SUM_COST * (self._sum_evaluations + SUM_OVERHEAD) <= ladder

    def after_epoch(self) -> Measurement | None:
        """Takes the steps that are due; returns a measurement that has become complete."""
        start = time.perf_counter()
        due = SHARE / (1 - SHARE) * self._trainer.evaluations
        measurement = None
        if self.sums_while_training:
            if self.evaluations + SUM_COST * (self._sum_evaluations + SUM_OVERHEAD) / 2 <= due:
                measurement = self._summed(self._trainer.epoch, self._trainer.average, judged=False)
                if measurement is not None:
                    measurement = self._judge(measurement, self._trainer.average)
        else:
            while self.evaluations < due and measurement is None:
                measurement = self._step()
        self.seconds += time.perf_counter() - start
        return measurement

    def measure_now(self) -> Measurement:
        """A measurement of the averaged parameters as they stand, at once, also on the test set."""
        return self._measured(self._trainer.epoch, self._trainer.average, MEASURING_LAST).found

    def measure_aside(self) -> Measurement:
        """`measure_now`, without which estimates of a training that goes on would be the same."""
        with self._aside():
            return self.measure_now()

    def finish(self, fresh: FreshChains | None = None, best: bool = False) -> Best:
        """The state to keep of a training that has ended: the last, or the best so far if better beyond doubt.

        The best was chosen as the lowest of several estimates, which flatters it: it is measured afresh. The
        multipliers of what is kept are solved on fresh chains (`solve`). A mixture, or a learned base measure, that
        no energy improves is kept alone (`_untrained`). Estimates of a training that goes on continue as if there
        had been none of this.

        Args:
            fresh: chains that took no part in training; None leaves multipliers as they are.
            best: whether to keep the best in any case.
        """
        with self._aside():
            last = self.measure_now()
            kept, lowest = Best(last, self._trainer.average), self.best
            if lowest is not None and lowest.epoch != last.epoch:
                lowest = self._measured(lowest.epoch, lowest.parameters, MEASURING_BEST)
                if best or (lowest.found.counts and not (last.counts and not lowest.found.is_below(last))):
                    kept = lowest
            if fresh is not None:
                kept = self._solved(kept, fresh)
            start = self._untrained()
            if start is not None and not self._improves(kept, start):
                kept = start
        return kept

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Estimates of a training that goes on continue afterwards as if there had been nothing in the block."""
        before = copy.deepcopy(self.state_dict())
        try:
            yield
        finally:
            ended = self.has_risen
            self.load_state_dict(before)
            if ended:
                # Whoever trains on after that wants to see it rise again.
                self.risen = 0

    def _untrained(self) -> Best | None:
        """The base measure itself, of a model that may be it: λ = 0, as before the first epoch. log Z is 0 there."""
        model = self._trainer.model
        if not isinstance(model, MinMaxEntModel) or not isinstance(
            model.base_measure, MixtureBase | AutoregressiveBase
        ):
            return None
        values = model.values_of(
            model.named(self._trainer.average) | {"multipliers": torch.zeros_like(model.multipliers)}
        )
        found = self._measurement(
            0, self._model(values), Estimate(0.0, 0.0), model.base_measure.entropy(), True
        )
        return Best(found, values)

    def learned_base(self) -> Measurement | None:
        """The measurement of a learned base measure alone, beside that of the model; None of any other."""
        start = (
            self._untrained() if isinstance(self._trainer.model.base_measure, AutoregressiveBase) else None
        )
        return None if start is None else start.found

    def _improves(self, state: Best, start: Best) -> bool:
        """True if validation items are likelier than before training, by more than `CERTAIN` standard errors."""
        multipliers = to_host(self._trainer.model.named(state.parameters)["multipliers"])
        if not state.found.counts or not multipliers.any():
            return False
        before, after = (
            to_host(self._model(one.parameters).surprisal(self._validation)).double()
            for one in (start, state)
        )
        gain, log_z, counted = before - after, state.found.log_z, self._host_weights[1]
        weights = None if counted is None else torch.from_numpy(counted)
        worth = len(gain) if weights is None else float(weights.sum())
        error = math.sqrt(float(weighted_variance(gain, weights)) / worth)
        least = math.hypot(CERTAIN * error, log_z.reach(CERTAIN))
        return bool(self._ranks.agreed(float(weighted_mean(gain, weights)) - log_z.value > least)[0])

    def solve(self, state: Best, fresh: FreshChains) -> Best:
        """A state brought to equilibrium by the trainer on fresh chains, unless it was better as it was."""
        with self._aside():
            return self._solved(state, fresh)

    def _solved(self, state: Best, fresh: FreshChains) -> Best:
        values = fresh.equilibrate(state.parameters)
        if values is state.parameters:
            return state
        solved = self._measured(state.epoch, values, MEASURING_KEPT)
        return solved if solved.found.counts and not state.found.is_below(solved.found) else state

    def state_dict(self) -> dict[str, Any]:
        """All that estimates go on from, but the trainer: a tree of tensors and numbers, of all ranks."""
        named, ladder, pending = self._trainer.model.named, self.ladder, self.pending
        state: dict[str, Any] = {
            "risen": self.risen,
            "risen_since": self._risen_since,
            "evaluations": self.evaluations,
            "sum_evaluations": self._sum_evaluations,
            "last_log_z": self._last_log_z,
            "seconds": self.seconds,
            "ladder": ladder.whole_state(ladder.state_dict()),
            "random": random_state(ladder.generator.get_state(), self._ranks),
        }
        if self.best is not None:
            state["best"] = {"found": asdict(self.best.found), "parameters": named(self.best.parameters)}
        if pending is not None:
            state["pending"] = {
                "epoch": pending.epoch,
                "steps": pending.steps,
                "parameters": named(pending.parameters),
                "energy": ladder.gathered(ladder.state.energy),
            }
            if ladder.state.gradient is not None:
                state["pending"]["gradient"] = ladder.gathered(ladder.state.gradient)
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
        self.risen, self._risen_since = int(state["risen"]), int(state["risen_since"])
        self.evaluations = float(state["evaluations"])
        self._sum_evaluations, self._last_log_z = float(state["sum_evaluations"]), float(state["last_log_z"])
        self.seconds = float(state["seconds"])
        ladder.load_state_dict(ladder.own_state(state["ladder"]), model.target)
        restore_random(ladder.generator, state["random"], self._ranks)
        self.best = self.pending = self._best_surprisal = None
        if "best" in state:
            best = state["best"]
            self.best = Best(Measurement.from_figures(best["found"]), model.values_of(best["parameters"]))
        if "pending" in state:
            self._restore_pending(state["pending"])

    def _restore_pending(self, state: Mapping[str, Any]) -> None:
        ladder, values = self.ladder, self._trainer.model.values_of(state["parameters"])
        was, spacing = ladder.state, ladder.spacing
        rows, own = ladder.replicas * ladder.all_columns, self._ranks.own(ladder.all_columns)
        check_shape("energy", state["energy"], (rows,))
        gradient = None
        if was.gradient is not None:
            check_shape("gradient", state["gradient"], (rows, *was.gradient.shape[1:]))
            gradient = ladder.own_rows(state["gradient"]).to(was.gradient)
        recorded = None
        if "recorded" in state:
            energy, log_q = state["recorded"]["energy"], state["recorded"]["log_q"]
            steps = len(log_q)
            if not 0 < steps <= RECORDED_SWEEPS:
                raise ValueError(f"there are {steps} recorded sweeps, of at most {RECORDED_SWEEPS}")
            check_shape("energy", energy, (steps, ladder.replicas, ladder.all_columns))
            check_shape("log_q", log_q, (steps, ladder.all_columns))
            found = LadderEnergies(to_host(ladder.betas), energy[:, :, own], log_q[:, own])
            recorded = RecordedEnergies(ladder, RECORDED_SWEEPS, found)
        self.pending = PendingEstimate(int(state["epoch"]), values, int(state["steps"]), recorded)
        ladder.retarget(self._model(values))
        # As they were evaluated then: in other batches the last bits differ.
        energies = ladder.own_rows(state["energy"]).to(was.energy)
        ladder.spacing, ladder.state = spacing, State(was.x, energies, gradient)

    @contextmanager
    def telling(self, on_step: Callable[[str, float], object] | None) -> Iterator[None]:
        """Tells of what it does in the block, as `on_step` is told."""
        self.on_step = on_step
        try:
            yield
        finally:
            self.on_step = None

    def _measured(self, epoch: int, parameters: list[Tensor], words: str) -> Best:
        """Values of an epoch, measured from the beginning to the end, also on the test set."""
        found = None
        if self.sums:
            if self.on_step is not None:
                self.on_step(words, 0.0)
            found = self._summed(epoch, parameters, judged=True)
        return Best(found or self._estimated(epoch, parameters, words), parameters)

    def _summed(self, epoch: int, parameters: list[Tensor], judged: bool) -> Measurement | None:
        """A measurement by a sum over the space or hidden units; None where a quadrature does not converge."""
        weights = {"held_out_weights": self._weights[1], "training_weights": self._weights[0]}
        exact = exact_figures(self._model(parameters), self._validation, self._trainer.training, **weights)
        if exact is None:
            self._sum_evaluations = math.inf
            return None
        self._sum_evaluations = exact.evaluations
        self.evaluations += SUM_COST * (exact.evaluations + SUM_OVERHEAD)
        log_z = Estimate(exact.log_partition, exact.rounding)
        entropy = Estimate(exact.entropy, exact.entropy_error)
        return self._measurement(epoch, self._model(parameters), log_z, entropy, judged)

    def _estimated(self, epoch: int, parameters: list[Tensor], words: str = "") -> Measurement:
        """A measurement by the ladder, at once: longer where its sides do not agree."""
        self._begin(epoch, parameters)
        settling = self._settling
        for attempt in range(MOST_ROUNDS):
            if attempt:
                self.pending = PendingEstimate(epoch, parameters, settling - settling * 2**attempt)
            found = None
            with self._told(words, self.steps * 2**attempt):
                while found is None:
                    found = self._recorded()
            if found.agree:
                break
        assert found is not None
        self.pending = None
        return self._held(epoch, parameters, found, judged=True)

    @contextmanager
    def _told(self, words: str, steps: int) -> Iterator[None]:
        """Tells of every step of the ladder in the block, of about so many."""
        look, tell = self.ladder.on_step, self.on_step
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            if look is not None:
                look()
            if tell is not None:
                tell(words, min(1.0, done / steps))

        self.ladder.on_step = count
        try:
            yield
        finally:
            self.ladder.on_step = look

    def _step(self) -> Measurement | None:
        """The next step of the ladder; a measurement where it completes one."""
        if self.pending is None:
            self._begin(self._trainer.epoch, self._trainer.average)
        assert self.pending is not None
        epoch, parameters = self.pending.epoch, self.pending.parameters
        found = self._recorded()
        if found is None:
            return None
        measurement = self._judge(self._held(epoch, parameters, found, judged=False), parameters)
        self.pending = None
        return measurement

    def _begin(self, epoch: int, parameters: list[Tensor]) -> None:
        """Puts half of the columns on data, and all under the parameters."""
        model = self._model(parameters)
        (starts,) = self._ranks.first(self._starts(model))
        own, first = self._ranks.own(COLUMNS), COLUMNS - len(starts)
        self.ladder.restart(starts[max(own.start - first, 0) : max(own.stop - first, 0)])
        self.ladder.retarget(model)
        self.pending = PendingEstimate(epoch, parameters)

    def _recorded(self) -> Thermometry | None:
        """A step of the ladder towards the pending measurement; what it found where that is complete."""
        now, ladder = self.pending, self.ladder
        assert now is not None
        settling = self._settling
        recording = now.steps >= settling
        if recording and now.energies is None:
            ladder.respace()
            now.energies = RecordedEnergies(ladder, RECORDED_SWEEPS)
        adapt, ladder.adapt = ladder.adapt, ladder.adapt and not recording
        try:
            ladder.advance(1)
        finally:
            ladder.adapt = adapt
        now.steps += 1
        self.evaluations += ladder.replicas * ladder.all_columns * ladder.kernel.cost
        if now.energies is None or (now.steps - settling) % self._sweep:
            return None
        now.energies.add(ladder)
        if len(now.energies) < RECORDED_SWEEPS:
            return None
        return measure_from_both_sides(
            now.energies.on_host(), torch.arange(COLUMNS) >= COLUMNS - COLUMNS // 2
        )

    @property
    def _settling(self) -> int:
        """Steps before energies are recorded."""
        return SETTLING_SWEEPS * self._sweep // self.ladder.kernel.quickness

    @property
    def _sweep(self) -> int:
        return self.ladder.kernel.steps_of_sweep(self._trainer.model.space)

    def _model(self, values: list[Tensor]) -> Target:
        return self._trainer.model.with_values(values).target

    def _starts(self, model: Target) -> Tensor:
        """Starts of the columns that come from data: half at training items, half at the training chains.

        On a discrete space a single item can have a probability that counts, P = exp(−(H − log q))/Z; columns start
        there as often.
        """
        training, generator = self._trainer.training, self.ladder.generator
        chains = self._trainer.ensemble.chains_at_one
        items, others = COLUMNS // 2 - COLUMNS // 4, COLUMNS // 4
        weights = self._trainer.weights
        log_weights = training.new_zeros(len(training)) if weights is None else weights.log()
        if model.base_measure.space.is_discrete:
            surprisal = to_host(model.surprisal(training)).double()
            states = self._distinct
            bound = float((-surprisal[states]).logsumexp(0))
            log_z = bound if math.isnan(self._last_log_z) else max(bound, self._last_log_z)
            own = torch.zeros(len(training), dtype=torch.float64)
            own[states] = (-surprisal[states] - log_z).exp()
            counted = self._host_weights[0]
            share = torch.ones_like(own) if counted is None else torch.from_numpy(counted)
            mixed = own + (1 - float(own.sum())) * share / share.sum()
            log_weights = mixed.clamp_min(1e-300).log().float().to(training.device)
        return torch.cat(
            [
                training[systematic_resample(log_weights, items, generator)],
                chains.x[systematic_resample(chains.log_weights, others, generator)],
            ]
        )

    def _held(self, epoch: int, parameters: list[Tensor], found: Thermometry, judged: bool) -> Measurement:
        """The measurement of what the ladder found, held to the bounds of a discrete space."""
        model, chains = self._model(parameters), self.ladder.state
        space = model.base_measure.space
        if space.is_discrete:
            of_data, of_chains, x = read_back(
                self._surprisal_of_items(model),
                self.ladder.gathered(chains.energy - model.base_measure.log_prob(chains.x)),
                self.ladder.gathered(space.compact(chains.x)),
            )
            seen = [of_data[self._data.places], of_chains[self._data.not_among(x)]]
            found = held_to_bounds(found, torch.cat(seen).double())
        self._last_log_z = found.log_partition.value
        return self._measurement(epoch, model, found.log_partition, found.entropy, judged)

    def _measurement(
        self, epoch: int, model: Target, log_z: Estimate, entropy: Estimate, judged: bool
    ) -> Measurement:
        validation, test, training = self._surprisals(model)
        self._surprisal = validation
        share = self.seconds / (self._trainer.seconds + 1e-9)
        found = Measurement.of_surprisals(
            *(epoch, log_z, entropy, training, validation, test, judged, share, self._log_unit),
            weights=self._host_weights,
        )
        figures = asdict(found)
        agreed = dict(zip(figures, self._ranks.agreed(*figures.values()), strict=True))
        return Measurement.from_figures(agreed | {"epoch": epoch})

    def _surprisals(self, model: Target) -> list[np.ndarray]:
        """H − log q of the validation, the test and the training items."""
        sizes = [len(self._validation), len(self._test)]
        surprisal = to_host(self._surprisal_of_items(model)).double().numpy()
        return np.split(surprisal, np.cumsum(sizes))

    def _surprisal_of_items(self, model: Target) -> Tensor:
        """H − log q of all items, which ranks share."""
        items = self._items
        return self._ranks.gather(len(items), model.surprisal(items[self._ranks.own(len(items))]))[0]

    @cached_property
    def _host_weights(self) -> tuple[np.ndarray | None, ...]:
        """Weights of the training, validation and test items on the host, float64; None where all count alike."""
        return tuple(None if w is None else to_host(w).double().numpy() for w in self._weights)

    @cached_property
    def _items(self) -> Tensor:
        """Validation, test and training items."""
        return torch.cat([self._validation, self._test, self._trainer.training])

    @cached_property
    def _distinct(self) -> Tensor:
        """Places of the first of each state among the training items, int64, shape (distinct,)."""
        return DistinctStates(to_host(self._trainer.model.space.compact(self._trainer.training))).places

    @cached_property
    def _data(self) -> DistinctStates:
        """All items."""
        return DistinctStates(to_host(self._trainer.model.space.compact(self._items)))

    def _judge(self, found: Measurement, parameters: list[Tensor]) -> Measurement:
        """Keeps the best state, and counts measurements that lie above it beyond doubt.

        Returns:
            The measurement, with the error of its rise above the best.
        """
        if not found.counts:
            return found
        if self.best is None or found.highest <= self.best.found.highest:
            found = replace(found, rise_error=0.0)
            self.best, self._best_surprisal = Best(found, parameters), self._surprisal
        else:
            if self._best_surprisal is None:
                self._best_surprisal = self._surprisals(self._model(self.best.parameters))[0]
            rises = self._surprisal - self._best_surprisal
            (error,) = self._ranks.agreed(mean_error(rises, self._host_weights[1]))
            found = replace(found, rise_error=error)
        if not self.best.found.is_below(found):
            self.risen = 0
        else:
            self._risen_since = self._risen_since if self.risen else found.epoch
            self.risen += 1
        return found
