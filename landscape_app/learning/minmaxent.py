"""Min-MaxEnt: observables that learn while their multipliers hold the constraints (equations 7 to 10)."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.learning.batches import Batches
from landscape_app.learning.dual import solve_dual
from landscape_app.learning.ensembles import Ensemble, Motion
from landscape_app.learning.equilibrium_dual import solve_at_equilibrium
from landscape_app.learning.maxent import ChiSquaredUpdate, Moments, estimate_moments
from landscape_app.learning.scaling import RootMeanSquareScaling
from landscape_app.learning.schedule import Schedule
from landscape_app.learning.trainer import MONITOR_INTERVAL, DivergenceError, Energies, EpochRecord
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.exact import BATCH, ExactModel
from landscape_app.physics.host import DeviceReading, check_shape, read_back, restore_random, to_host
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.resampling import conditional_effective_share, effective_count
from landscape_app.physics.weighted_samples import WeightedSamples

LEAST_RATE_SHARE = 0.02
"""Share that annealing leaves of the learning rates."""

CHECKPOINT_INTERVAL = 100
"""Epochs between two states that training can go back to."""

CAUTION = 0.5
"""Factor of the learning rates when training has gone back."""

MOST_RECOVERIES = 8

LOST_EPOCHS = 50
"""So many epochs in a row without the constraints, or without progress, are a divergence."""

LOST_RESIDUAL = 5.0
"""Root mean square of the residuals z_i beyond which constraints count as lost."""

STALLED_SHARE = 1e-3
"""Share of an update that the step control lets through below which training counts as stalled."""

AVERAGED_SHARE = 0.1
"""Of all epochs so far, the last ones over which the average of the parameters looks back."""

RESTING_MOVES = 10
"""Of the ensemble, when the model takes its averaged parameters."""

MOST_SUMMED = 2**24
"""Numbers f_i of all states together up to which multipliers are solved by sums over the states."""

LEAST_FACTOR = 1e-6
"""An update that must be shrunk further than this is none."""


@dataclass(frozen=True)
class MinMaxEntRecord(EpochRecord):
    """Measurements of one epoch of Min-MaxEnt.

    Gradient, χ² and residuals are those before the epoch's first update, multipliers those after its last.

    Attributes:
        entropy_gradient: ‖∂S/∂θ‖ (equation 8), Euclidean norm over all parameters, in nats per unit of θ.
        chi_squared: χ² (equation 5).
        residuals: z_i, shape (K,).
        multipliers: λ_i, shape (K,).
        swap_rate: of the neighbouring temperatures that swap least; NaN without a ladder.
        effective_samples: how many samples the weighted ones are worth that averages were taken from.
        weight_share: effective sample size of the weights that the ensemble carries, over their number, before it is
            resampled.
        updates: updates of θ and λ done.
        update_share: how much of the last one the step control let through.
        resampled: 1 where the ensemble was resampled in this epoch, else 0.
    """

    entropy_gradient: float
    chi_squared: float
    residuals: np.ndarray
    multipliers: np.ndarray
    swap_rate: float
    effective_samples: float
    weight_share: float
    updates: int
    update_share: float
    resampled: int

    @property
    def summary(self) -> str:
        """Gradient of the entropy and χ²."""
        return f"‖∂S/∂θ‖ {self.entropy_gradient:.3g} · χ² {self.chi_squared:.2g}"


class Constraints(NamedTuple):
    """Constraints and gradient before an update.

    Attributes:
        loss: the auxiliary loss (equations 9, 10).
        chi_squared: χ² (equation 5).
        entropy_gradient: ‖∂S/∂θ‖.
        residuals: z_i, float32, shape (K,).
        effective_samples: how many samples the weighted ones are worth that averages were taken from.
    """

    loss: float
    chi_squared: float
    entropy_gradient: float
    residuals: np.ndarray
    effective_samples: float


class Checkpoint(NamedTuple):
    """A state to go back to: parameters, their average and velocity, the gradients' scalings, the ensemble."""

    parameters: list[Tensor]
    average: list[Tensor]
    velocity: list[Tensor]
    scalings: list[tuple[int, Tensor | None]]
    ensemble: dict[str, Tensor]


class ParameterUpdate(NamedTuple):
    """An update of θ and λ that has been made.

    Attributes:
        motion: how the ensemble had moved.
        before: the constraints before it.
        share: the factor s in (0, 1] that it was shrunk by.
        energy: of the samples after it, shape (n,).
        multipliers: λ after it, on the host, shape (K,).
    """

    motion: Motion
    before: Constraints
    share: float
    energy: Tensor
    multipliers: np.ndarray


class Live(NamedTuple):
    """State that training goes on from, while the model rests on other parameters.

    Attributes:
        parameters: λ and θ (`Model.values`).
        ensemble: its state under them.
        random: state of its generator.
    """

    parameters: list[Tensor]
    ensemble: dict[str, Tensor]
    random: Tensor


class MinMaxEnt:
    """Trainer of a Min-MaxEnt model: its ensemble, its step sizes and how far it has come.

    While it trains the parameters wander about where they are going to, the more the larger the rates. Their
    average is the better model (Polyak and Juditsky 1992): at rest, that is what the observables and multipliers
    hold; the next epoch goes on from where training was, as if there had been no rest.

    Args:
        model: trained in place.
        training: training set, shape (n, *shape).
        held_out: validation set, shape (m, *shape); takes no part in any update.
        ensemble: what ⟨·⟩_P is taken from, under the current Hamiltonian.
        schedule: how an epoch is done.
        seed: of the batches that epochs look at, where the training set is too large for all of it (`Batches`).

    Attributes:
        progress: share of the planned training that is done, set by whoever knows the plan; 0 where there is
            none, and the rates then stay as they are.
        recoveries: how often training has gone back to an earlier state.
        average: of λ and θ (`Model.values`), over about the last `AVERAGED_SHARE` of the epochs.
        velocity: their last change, before it was shrunk.
        live: where training goes on from; None but at rest.
        energies: of the whole data sets at the last look; None before the first.
        evaluations: of the observables for training so far, of single configurations.
    """

    def __init__(
        self,
        model: MinMaxEntModel,
        training: Tensor,
        held_out: Tensor,
        ensemble: Ensemble,
        schedule: Schedule,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.training = training
        self.batches = Batches(training, schedule.batch, seed)
        self._monitored = self.batches.monitored
        self.held_out = held_out
        self.ensemble = ensemble
        self.schedule = schedule
        self.multiplier_update = schedule.update()
        self.scalings = [RootMeanSquareScaling() for _ in model.observables.parameters()]
        self.average = self.model.values()
        self.velocity = [torch.zeros_like(p) for p in self.average]
        self.live: Live | None = None
        self.epoch = 0
        self.seconds = 0.0
        self.progress = 0.0
        self.recoveries = 0
        self.evaluations = 0
        self._lost = 0
        self.energies: Energies | None = None
        self._checkpoint: Checkpoint | None = None

    @property
    def metrics(self) -> dict[str, tuple[int, ...]]:
        """Shape of every number of `MinMaxEntRecord`, by its name."""
        shapes = dict.fromkeys((field.name for field in fields(MinMaxEntRecord)), ())
        return shapes | dict.fromkeys(("residuals", "multipliers"), tuple(self.model.multipliers.shape))

    @property
    def is_resting(self) -> bool:
        """True if the model holds other parameters than training goes on from."""
        return self.live is not None

    @property
    def rate_share(self) -> float:
        """The learning rates over those of the schedule: 1, annealed; less after a divergence."""
        left = (1 - self.progress) / (1 - self.schedule.anneal_from)
        return min(1.0, max(LEAST_RATE_SHARE, left)) * CAUTION**self.recoveries

    def run_epoch(self) -> MinMaxEntRecord:
        """One epoch: move the ensemble, measure, update λ and θ.

        Raises:
            DivergenceError: a number is not finite, or the constraints have been lost for long; the state before
                the epoch is restored.
        """
        self._go_on()
        before, epoch = self._state(), self.epoch
        start = time.perf_counter()
        try:
            if self._checkpoint is None or (self.epoch % CHECKPOINT_INTERVAL == 0 and not self._lost):
                self._checkpoint = before
            record = self._epoch()
        except DivergenceError:
            self._go_to(before)
            self.epoch = epoch
            raise
        self.seconds += time.perf_counter() - start
        return replace(record, seconds=self.seconds)

    def rest(self, parameters: list[Tensor] | None = None) -> None:
        """Lets the model take its averaged parameters, or those given, and the ensemble follow.

        Where that fails, as by too little memory, nothing has changed.
        """
        with self._undone_by_failure():
            if self.live is None:
                self.live = Live(
                    self.model.values(), self.ensemble.state_dict(), self.ensemble.generator.get_state()
                )
            self.model.set_values(self.average if parameters is None else parameters)
            self.ensemble.follow(self.model.target)
            self.ensemble.run(RESTING_MOVES)

    def _go_on(self) -> None:
        """Back to where training was."""
        if self.live is None:
            return
        self.model.set_values(self.live.parameters)
        self.ensemble.load_state_dict(self.live.ensemble, self.model.target)
        self.ensemble.generator.set_state(self.live.random)
        self.live = None

    def advance(self) -> MinMaxEntRecord:
        """One epoch that comes to its end: where it diverges, back to the last good state and on with smaller steps.

        Where anything else fails, as by too little memory, all is as it was before the epoch, to the last bit.

        Raises:
            DivergenceError: even that did not help; the last good state is kept.
        """
        with self._undone_by_failure():
            while True:
                try:
                    return self.run_epoch()
                except DivergenceError:
                    if not self.recover():
                        raise

    def state_dict(self) -> dict[str, Any]:
        """All that training goes on from, but the model's parameters and the data."""
        named = self.model.named
        state: dict[str, Any] = {
            "epoch": self.epoch,
            "seconds": self.seconds,
            "recoveries": self.recoveries,
            "evaluations": self.evaluations,
            "average": named(self.average),
            "velocity": named(self.velocity),
            "scaling": {name: scaling.state_dict() for name, _, scaling in self._named_scalings()},
            "ensemble": self.ensemble.state_dict(),
            "random": self.ensemble.generator.get_state(),
        }
        if self.energies is not None:
            state["energies"] = torch.tensor(self.energies, dtype=torch.float64)
        if self.live is not None:
            state["live"] = self.live._asdict() | {"parameters": named(self.live.parameters)}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state, the model's parameters loaded before.

        Raises:
            KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another model.
        """
        model, ensemble = self.model, self.ensemble
        self.live = None
        if "live" in state:
            live, at_rest = state["live"], model.values()
            model.set_values(model.values_of(live["parameters"]))
            ensemble.load_state_dict(live["ensemble"], model.target)
            restore_random(ensemble.generator, live["random"])
            self.live = Live(model.values(), ensemble.state_dict(), ensemble.generator.get_state())
            model.set_values(at_rest)
        ensemble.load_state_dict(state["ensemble"], model.target)
        restore_random(ensemble.generator, state["random"])
        for name, parameter, scaling in self._named_scalings():
            scaling.load_state_dict(state["scaling"][name], parameter)
        self.average, self.velocity = model.values_of(state["average"]), model.values_of(state["velocity"])
        self.epoch, self.recoveries = int(state["epoch"]), int(state["recoveries"])
        self.evaluations, self.seconds = int(state["evaluations"]), float(state["seconds"])
        self.energies = None
        if self.epoch:
            check_shape("energies", state["energies"], (len(Energies._fields),))
            self.energies = Energies(*state["energies"].tolist())

    def equilibrate(self, values: list[Tensor], ladder: Ladder) -> list[Tensor]:
        """Values whose multipliers hold the constraints at equilibrium, θ as it is.

        While θ moves fast, the ensemble lags behind: values from amid the training that hold the constraints on it
        need not hold them on fresh chains, and give classes wrong weights. Multipliers are solved by sums over the
        states where these are few, by quadrature in one or two dimensions, else on the ladder. Those that no sum
        gives, as the data's means lie at the edge of what is possible, stay as they are.

        Args:
            values: λ and θ (`Model.values`).
            ladder: is run where there is no sum, and stays near the last model.
        """
        start = self.model.with_values(values)
        observables, multipliers = start.observables, start.multipliers.detach()
        base, space = start.base_measure, start.space

        def model(at: Tensor) -> MinMaxEntModel:
            return MinMaxEntModel(base, observables, at)

        few = not space.is_discrete or space.states * len(multipliers) <= MOST_SUMMED
        exact = ExactModel(start.target, self.training) if base.is_summable and few else None
        if exact is None or not exact.is_exact:
            solved = solve_at_equilibrium(
                observables, multipliers, self.training, ladder, lambda at: model(at).target
            )
            return model(solved).values()
        with torch.no_grad():
            f = [to_host(observables(x.to(multipliers.device))) for x in exact.x.split(BATCH)]
            means = to_host(observables(self.training)).double().mean(0)
        try:
            found = solve_dual(torch.cat(f), exact.log_q + exact.log_volume, means)
        except ValueError:
            return values
        return model(found.multipliers.float().to(multipliers.device)).values()

    def recover(self) -> bool:
        """After a divergence: back to the last good checkpoint, with smaller steps; False when that is exhausted."""
        if self._checkpoint is None or self.recoveries >= MOST_RECOVERIES:
            return False
        self._go_to(self._checkpoint)
        self.velocity = [torch.zeros_like(v) for v in self.velocity]
        self.recoveries += 1
        self._lost = 0
        return True

    def _epoch(self) -> MinMaxEntRecord:
        """One epoch; it waits for the device once for every update that is tried, and then learns all there is."""
        motion = self.ensemble.run(self.schedule.moves)
        samples = self.ensemble.draw()
        log_weights = samples.log_weights
        first: ParameterUpdate | None = None
        updates, update_share, batch = 0, 1.0, self.batches.at(self.epoch)
        while updates < self.schedule.updates and update_share == 1.0:
            moments, loss = self._measure(batch, samples.x, log_weights.softmax(0))
            self.model.observables.zero_grad()
            loss.backward()
            update = self._update(moments, loss, samples, motion)
            first = first or update
            update_share = update.share
            log_weights = samples.log_weights + samples.energy - update.energy
            updates += 1
        assert first is not None
        self.ensemble.follow(self.model.target)
        self.evaluations += self.ensemble.size * (self.schedule.moves + 1)
        self.evaluations += (len(batch) + len(samples)) * updates
        self.epoch += 1
        self._look_after(first.before.chi_squared, update_share)
        share = 1 / max(1.0, AVERAGED_SHARE * self.epoch)
        self.average = [a.lerp(p, share) for a, p in zip(self.average, self.model.values(), strict=True)]
        return self._record(first.motion, first.before, update, updates)

    def _record(
        self, motion: Motion, before: Constraints, last: ParameterUpdate, updates: int
    ) -> MinMaxEntRecord:
        if self.energies is None or self.epoch % MONITOR_INTERVAL == 0:
            self.energies = self._look_at_energies()
        return MinMaxEntRecord(
            epoch=self.epoch,
            seconds=self.seconds,
            entropy_gradient=before.entropy_gradient,
            chi_squared=before.chi_squared,
            residuals=before.residuals,
            multipliers=last.multipliers,
            energy_training=self.energies.training,
            energy_held_out=self.energies.held_out,
            energy_model=self.energies.model,
            acceptance_rate=motion.acceptance_rate,
            step_size=self.ensemble.kernel.step_size,
            swap_rate=motion.swap_rate,
            effective_samples=before.effective_samples,
            weight_share=motion.weight_share,
            updates=updates,
            update_share=last.share,
            resampled=int(motion.resampled),
            recoveries=self.recoveries,
        )

    def _look_at_energies(self) -> Energies:
        hamiltonian = self.model.target.hamiltonian
        chains = self.ensemble.chains_at_one
        means = read_back(
            hamiltonian.energy(self._monitored).mean(),
            hamiltonian.energy(self.held_out).mean(),
            chains.log_weights.softmax(0) @ chains.energy,
        )
        energies = Energies(*map(float, means))
        if not all(math.isfinite(energy) for energy in energies):
            raise self._divergence("an energy")
        return energies

    def _look_after(self, chi_squared: float, update_share: float) -> None:
        """Counts epochs in which the constraints are lost, or updates do not get through.

        Raises:
            DivergenceError: there were too many in a row.
        """
        lost = chi_squared > LOST_RESIDUAL**2 * len(self.model.multipliers)
        self._lost = self._lost + 1 if lost or update_share < STALLED_SHARE else 0
        if self._lost >= LOST_EPOCHS:
            what = "the constraints were lost" if lost else "no update of the parameters got through"
            raise DivergenceError(f"{what} for {LOST_EPOCHS} epochs, up to epoch {self.epoch}. {_ADVICE}")

    def _measure(self, batch: Tensor, x: Tensor, weights: Tensor) -> tuple[Moments, Tensor]:
        """Moments, and the auxiliary loss Σ_i λ_i (⟨f_i⟩_data − ⟨f_i⟩_P) (equations 9, 10)."""
        f = self.model.observables(torch.cat([batch, x]))
        f_data, f_model = f[: len(batch)], f[len(batch) :]
        weights = weights.to(f.dtype)
        loss = self.model.multipliers @ (f_data.mean(0) - weights @ f_model)
        return estimate_moments(f_data.detach(), f_model.detach(), weights), loss

    def _constraints(self, moments: Moments, loss: Tensor, log_weights: Tensor) -> tuple[Tensor, ...]:
        """The fields of `Constraints`, on the device."""
        squares = [(p.grad**2).sum() for p in self.model.observables.parameters() if p.grad is not None]
        norm = torch.stack(squares).sum().sqrt()
        return loss, moments.chi_squared, norm, moments.residuals, effective_count(log_weights)

    def _check(self, before: Constraints) -> None:
        if not (math.isfinite(before.chi_squared) and math.isfinite(before.loss)):
            raise self._divergence("the observables")
        if not math.isfinite(before.entropy_gradient):
            raise self._divergence("the entropy gradient")

    def _update(
        self, moments: Moments, loss: Tensor, samples: WeightedSamples, motion: DeviceReading[Motion]
    ) -> ParameterUpdate:
        """Moves θ and λ, shrunk until importance weights since the ensemble last moved keep their share.

        Weights exp(−s ΔH) with Var ΔH = v keep about 1/(1 + s² v) of the effective sample size, which gives
        the first guess of the factor s; it is checked and shrunk again where H is far from linear.

        What the epoch has measured so far is read back with the first outcome. Only where an update is shrunk the
        host waits once more.

        Raises:
            DivergenceError: a number is not finite, or no update is small enough.
        """
        start = self.model.values()
        constraints = self._constraints(moments, loss, samples.log_weights)
        self.velocity = self._next_velocity(moments)
        factor = 1.0
        allowed = 1 / self.schedule.least_share - 1
        found: tuple[Motion, Constraints] | None = None
        while factor > LEAST_FACTOR:
            self.model.set_values([a + factor * v for a, v in zip(start, self.velocity, strict=True)])
            energy = self.model.target.hamiltonian.energy(samples.x)
            kept = conditional_effective_share(samples.log_weights, samples.energy - energy)
            if found is None:
                moved, (kept, multipliers, *measured) = motion.along_with(
                    kept, self.model.multipliers, *constraints
                )
                found = moved, _constraints_of(*measured)
                self._check(found[1])
            else:
                kept, multipliers = read_back(kept, self.model.multipliers)
            share = float(kept)
            if share >= self.schedule.least_share:
                return ParameterUpdate(*found, factor, energy, multipliers.numpy().copy())
            factor *= min(0.95 * math.sqrt(allowed / (1 / share - 1)), 0.8) if share > 0 else 0.1
        raise self._divergence("the energies")

    def _next_velocity(self, moments: Moments) -> list[Tensor]:
        """The change of λ and θ that is to be made: momentum, and the gradients scaled by their size."""
        rate, momentum = self.rate_share * self.schedule.theta_rate, self.schedule.momentum
        steps = [self.rate_share * self.multiplier_update.step(moments)]
        steps += [
            torch.zeros_like(p) if p.grad is None else -rate * scaling.scale(p.grad)
            for p, scaling in zip(self.model.observables.parameters(), self.scalings, strict=True)
        ]
        return [momentum * v + (1 - momentum) * s for v, s in zip(self.velocity, steps, strict=True)]

    @contextmanager
    def _undone_by_failure(self) -> Iterator[None]:
        """Puts everything back where the block fails, but for a divergence, which has gone back itself.

        Nothing is computed for that, as there may be no memory for it.
        """
        parameters, own, go_back = self.model.values(), dict(vars(self)), self.ensemble.bookmark()
        scalings = [(scaling, dict(vars(scaling))) for _, _, scaling in self._named_scalings()]
        try:
            yield
        except DivergenceError:
            raise
        except Exception:
            self.model.set_values(parameters)
            for part, values in ((self, own), *scalings):
                vars(part).update(values)
            go_back()
            raise

    def _state(self) -> Checkpoint:
        scalings = [(scaling.steps, scaling.mean_square) for _, _, scaling in self._named_scalings()]
        return Checkpoint(
            self.model.values(), self.average, self.velocity, scalings, self.ensemble.state_dict()
        )

    def _go_to(self, state: Checkpoint) -> None:
        self.model.set_values(state.parameters)
        self.average, self.velocity = state.average, state.velocity
        for (_, _, scaling), (steps, mean_square) in zip(self._named_scalings(), state.scalings, strict=True):
            scaling.steps, scaling.mean_square = steps, mean_square
        self.ensemble.load_state_dict(state.ensemble, self.model.target)

    def _named_scalings(self) -> Iterator[tuple[str, Tensor, RootMeanSquareScaling]]:
        """Every scaling with the parameter whose gradient it scales."""
        for (name, parameter), scaling in zip(
            self.model.observables.named_parameters(), self.scalings, strict=True
        ):
            yield f"observables.{name}", parameter, scaling
        if isinstance(self.multiplier_update, ChiSquaredUpdate):
            yield "multipliers", self.model.multipliers, self.multiplier_update.scaling

    def _divergence(self, what: str) -> DivergenceError:
        return DivergenceError(
            f"{what} became infinite or undefined in epoch {self.epoch + 1}; the last good state is kept. {_ADVICE}"
        )


def _constraints_of(
    loss: Tensor, chi_squared: Tensor, norm: Tensor, residuals: Tensor, count: Tensor
) -> Constraints:
    """`Constraints` on the host."""
    return Constraints(float(loss), float(chi_squared), float(norm), residuals.numpy().copy(), float(count))


_ADVICE = "Try a smaller learning rate of θ, more moves an epoch, or another seed."
