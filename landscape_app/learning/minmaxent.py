"""Min-MaxEnt: observables that learn while their multipliers hold the constraints (equations 7 to 10)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning import balance
from landscape_app.learning.dual import solve_dual
from landscape_app.learning.ensembles import ChainEnsemble, DrawnSamples, Motion
from landscape_app.learning.equilibrium_dual import solve_at_equilibrium
from landscape_app.learning.maxent import (
    LEAST_VARIANCE,
    ChiSquaredUpdate,
    Moments,
    PartialMoments,
    estimate_moments,
    joined_moments,
)
from landscape_app.learning.scaling import RootMeanSquareScaling, RotatedScaling
from landscape_app.learning.trainer import ADVICE, DivergenceError, Energies, EpochRecord, Trainer, shrunk
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.model import Model
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.exact import BATCH, ExactModel
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading, read_back, to_host
from landscape_app.physics.kernels.kernel import State
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.resampling import effective_count
from landscape_app.physics.space import Space

LOST_EPOCHS = 50
"""So many epochs in a row without the constraints, or without progress, are a divergence."""

LOST_RESIDUAL = 5.0
"""Root mean square of the residuals z_i beyond which constraints count as lost."""

STALLED_SHARE = 1e-3
"""Share of an update that the step control lets through below which training counts as stalled."""

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


class ParameterUpdate(NamedTuple):
    """An update of θ and λ that has been made.

    Attributes:
        motion: how the ensemble had moved.
        before: the constraints before it.
        share: the factor s in (0, 1] that it was shrunk by.
        ahead: the samples after it, those of this rank.
        multipliers: λ after it, on the host, shape (K,).
    """

    motion: Motion
    before: Constraints
    share: float
    ahead: State
    multipliers: np.ndarray


class MinMaxEnt(Trainer):
    """Trainer of a Min-MaxEnt model: its ensemble, its step sizes and how far it has come."""

    model: MinMaxEntModel
    record: ClassVar[type[EpochRecord]] = MinMaxEntRecord
    title: ClassVar[str] = tr("Min-MaxEnt")
    approximates: ClassVar[str] = tr(
        "maximum likelihood: there the constraints hold, and the entropy is least"
    )
    may_share: ClassVar[bool] = True
    learns_from_chains: ClassVar[bool] = True
    balances: ClassVar[bool] = True
    solves_modes_of: ClassVar[tuple[str, ...]] = ("observables",)

    def _prepare(self) -> None:
        self.multiplier_update = self.schedule.update()
        self.scalings = {
            f"observables.{name}": RotatedScaling() if parameter.dim() == 4 else RootMeanSquareScaling()
            for name, parameter in self.model.observables.named_parameters()
        }
        if isinstance(self.multiplier_update, ChiSquaredUpdate):
            self.scalings["multipliers"] = self.multiplier_update.scaling
        self._lost = 0

    @classmethod
    def obstacle(cls, model: type[Model], space: Space) -> str:
        """Reason where the model has no observables."""
        if not issubclass(model, MinMaxEntModel):
            return tr(
                "Min-MaxEnt learns observables, and the model “{model}” has none; choose likelihood",
                model=model.title,
            )
        return ""

    @property
    def metrics(self) -> dict[str, tuple[int, ...]]:
        """Shape of every number of `MinMaxEntRecord`, by its name."""
        return super().metrics | dict.fromkeys(
            ("residuals", "multipliers"), tuple(self.model.multipliers.shape)
        )

    @property
    def is_sound(self) -> bool:
        """True if the constraints hold."""
        return not self._lost

    @property
    def theta_rate(self) -> float:
        """Learning rate of θ in this epoch, by how many epochs the planned training is going to take."""
        epochs = self.epoch / self.progress if self.progress > 0 else 1.0
        return self.rate_share * self.schedule.rate_of(epochs, len(self.training))

    def equilibrate(self, values: list[Tensor], ladder: Ladder) -> list[Tensor]:
        """Values that hold the constraints at equilibrium: of other multipliers, or of another last layer.

        While θ moves fast, the ensemble lags behind: values from amid the training that hold the constraints on it
        need not hold them on fresh chains, and give classes wrong weights. Multipliers are solved by sums over the
        states where these are few, by quadrature in one or two dimensions. Elsewhere the ladder gives the principal
        components of the last hidden layer their means over the data (`learning.balance`): observables that have
        learned to say much the same could not tell modes apart. Without a last layer it solves the multipliers.
        Those that no sum gives, as the data's means lie at the edge of what is possible, stay as they are.

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
            if balance.readable(start) is not None:
                return self._balanced(start, ladder)
            solved = solve_at_equilibrium(
                observables,
                multipliers,
                self.training,
                ladder,
                lambda at: model(at).target,
                self.weights,
            )
            return model(solved).values()
        with torch.no_grad():
            f = [to_host(observables(x.to(multipliers.device))) for x in exact.x.split(BATCH)]
            f_data = to_host(observables(self.training)).double()
            means = weighted_mean(f_data, self.weights if self.weights is None else to_host(self.weights))
        try:
            found = solve_dual(torch.cat(f), exact.log_q + exact.log_volume, means)
        except ValueError:
            return values
        return model(found.multipliers.float().to(multipliers.device)).values()

    def _balanced(self, model: MinMaxEntModel, ladder: Ladder) -> list[Tensor]:
        """Values of a model whose last layer gives its components their means over the data, on a ladder."""
        observables, multipliers, start = balance.readable(model), model.multipliers.detach(), model.values()
        assert observables is not None
        (x,) = ladder.ranks.gather(ladder.all_columns, ladder.x)
        with torch.no_grad():
            of_data, of_samples = observables.features(self.training), observables.features(x)
        components = balance.Components(
            *ladder.ranks.first(
                *balance.Components.of(of_data, of_samples, balance.MOST_COMPONENTS, self.weights)
            )
        )

        def changed(at: Tensor) -> Target:
            model.set_values(start)
            observables.add_to_energy(components.directions @ at, multipliers)
            return model.target

        solved = solve_at_equilibrium(
            lambda x: components(observables.features(x)),
            multipliers.new_zeros(components.directions.shape[1]),
            self.training,
            ladder,
            changed,
            self.weights,
            balance.LEAST_RIDGE,
        )
        changed(solved)
        return model.values()

    def observe(self) -> MinMaxEntRecord:
        """Record of where the trainer is, as of an epoch that changes nothing; random numbers may be drawn."""
        samples = self.ensemble.draw()
        moments, loss = self._measure(self.batches.at(self.epoch), samples, samples.log_weights.softmax(0))
        measured = read_back(*self._constraints(moments, loss, samples.log_weights), self.model.multipliers)
        *constraints, multipliers = measured
        unmoved = Motion(math.nan, False, math.nan, self.ensemble.weight_share)
        before = _constraints_of(*constraints)
        here = State(samples.x, samples.energy, None)
        update = ParameterUpdate(unmoved, before, math.nan, here, multipliers.numpy().copy())
        return self._record(unmoved, before, update, 0, self.energies or self._look_at_energies())

    def recover(self) -> bool:
        """After a divergence: back to the last good checkpoint, with smaller steps; False when that is exhausted."""
        recovered = super().recover()
        if recovered:
            self._lost = 0
        return recovered

    def _epoch(self) -> MinMaxEntRecord:
        """One epoch; it waits for the device once for every update that is tried, and then learns all there is."""
        motion = self.ensemble.run(self.schedule.moves)
        samples = self.ensemble.draw(self.model.most_drawn)
        log_weights = samples.log_weights
        first: ParameterUpdate | None = None
        update: ParameterUpdate | None = None
        updates, update_share, batch = 0, 1.0, self.batches.at(self.epoch)
        while updates < self.schedule.updates and update_share == 1.0:
            if update is not None:
                log_weights = self.ensemble.reweighted(samples, update.ahead)
            moments, loss = self._measure(batch, samples, log_weights.softmax(0))
            update = self._update(moments, loss, samples, motion)
            first = first or update
            update_share = update.share
            updates += 1
        assert first is not None
        assert update is not None
        self.ensemble.follow(self.model.target, update.ahead)
        self.evaluations += self.ensemble.size * (self.schedule.moves + 1)
        self.evaluations += (len(batch) + len(samples)) * updates
        energies = self._end_epoch()
        self._balance()
        self._look_after(first.before.chi_squared, update_share)
        return self._record(first.motion, first.before, update, updates, energies)

    def _balance(self) -> None:
        """From time to time gives the modes of the model their weights, by the ladders that there may be."""
        ensemble, observables = self.ensemble, balance.readable(self.model)
        if observables is None or not isinstance(ensemble, ChainEnsemble) or ensemble.balancing is None:
            return
        if self.epoch < balance.FIRST or self.epoch % balance.INTERVAL:
            return
        x = ensemble.cross(self.model.target, balance.MOVES, balance.TAKES)
        ladder = ensemble.balancing
        self.evaluations += ladder.all_columns * ladder.replicas * (balance.MOVES + 1)
        with torch.no_grad():
            h_data, h_samples = observables.features(self.training), observables.features(x)
        (change,) = self.ranks.first(balance.balancing_change(h_data, h_samples, balance.TAKES, self.weights))
        before = self.model.values()
        observables.add_to_energy(change, self.model.multipliers)
        after = self.model.values()
        self.average = [a + (new - old) for a, old, new in zip(self.average, before, after, strict=True)]
        ensemble.keep_weights(self.model.target)
        self.balanced_at = self.epoch

    def _record(
        self, motion: Motion, before: Constraints, last: ParameterUpdate, updates: int, energies: Energies
    ) -> MinMaxEntRecord:
        return MinMaxEntRecord(
            **self._common_figures(motion.acceptance_rate, energies),
            entropy_gradient=before.entropy_gradient,
            chi_squared=before.chi_squared,
            residuals=before.residuals,
            multipliers=last.multipliers,
            swap_rate=motion.swap_rate,
            effective_samples=before.effective_samples,
            weight_share=motion.weight_share,
            updates=updates,
            update_share=last.share,
            resampled=int(motion.resampled),
        )

    def _look_after(self, chi_squared: float, update_share: float) -> None:
        """Counts epochs in which the constraints are lost, or updates do not get through.

        Raises:
            DivergenceError: there were too many in a row.
        """
        lost = chi_squared > LOST_RESIDUAL**2 * len(self.model.multipliers)
        self._lost = self._lost + 1 if lost or update_share < STALLED_SHARE else 0
        if self._lost >= LOST_EPOCHS:
            text = (
                tr("the constraints were lost for {epochs} epochs, up to epoch {epoch}. {advice}")
                if lost
                else tr(
                    "no update of the parameters got through for {epochs} epochs, up to epoch {epoch}. {advice}"
                )
            )
            raise DivergenceError(text.format(epochs=LOST_EPOCHS, epoch=self.epoch, advice=ADVICE))

    def _measure(self, batch: Tensor, samples: DrawnSamples, weights: Tensor) -> tuple[Moments, Tensor]:
        """Moments, and the auxiliary loss Σ_i λ_i (⟨f_i⟩_data − ⟨f_i⟩_P) (equations 9, 10); its derivatives by θ.

        Ranks share the items of the batch as they share the samples; what they find is summed in one message.
        """
        own, rows = self.ranks.own(len(batch)), samples.rows
        observables, multipliers = self.model.observables, self.model.multipliers
        weights, of_items = weights.to(multipliers.dtype), self.batches.weights
        if of_items is None:
            shares = weights.new_full((len(batch),), 1 / len(batch))
        else:
            shares = (of_items / of_items.sum()).to(weights.dtype)
        everything = torch.cat([batch[own], samples.x])
        coefficients = torch.cat([shares[own], -weights[rows]])
        observables.zero_grad()
        by_hand = getattr(observables, "differentiate", None)
        f = None if by_hand is None else by_hand(everything, multipliers, coefficients)
        if f is None:
            f = observables(everything)
            (multipliers @ (coefficients @ f)).backward()
            f = f.detach()
        f_data, f_model = f.split([own.stop - own.start, rows.stop - rows.start])
        if self.ranks.is_alone:
            moments = estimate_moments(f_data, f_model, weights, of_items)
        else:
            parts = PartialMoments.of(f_data, shares[own]), PartialMoments.of(f_model, weights[rows])
            moments = self._summed(*parts)
        return moments, multipliers @ (moments.data_mean - moments.model_mean)

    def _summed(self, of_data: PartialMoments, of_model: PartialMoments) -> Moments:
        """Moments of what all ranks have, of those of this one's part; sums the gradients, too."""
        ranks, gradients = self.ranks, [p for p in self.model.observables.parameters() if p.grad is not None]
        here = slice(ranks.rank, ranks.rank + 1)
        of_data, of_model = (
            part._replace(mean=ranks.placed(part.mean.unsqueeze(0), ranks.count, here))
            for part in (of_data, of_model)
        )
        (*sums,) = ranks.sum(*of_data, *of_model, *(p.grad for p in gradients if p.grad is not None))
        for parameter, total in zip(gradients, sums[4:], strict=True):
            parameter.grad = total
        data_mean, data_covariance = joined_moments(*sums[:2])
        variance = data_covariance.diagonal().clamp_min(LEAST_VARIANCE)
        return Moments(data_mean, variance, *joined_moments(*sums[2:4]))

    def _constraints(self, moments: Moments, loss: Tensor, log_weights: Tensor) -> tuple[Tensor, ...]:
        """The fields of `Constraints`, on the device."""
        squares = [(p.grad**2).sum() for p in self.model.observables.parameters() if p.grad is not None]
        norm = torch.stack(squares).sum().sqrt()
        return loss.detach(), moments.chi_squared, norm, moments.residuals, effective_count(log_weights)

    def _check(self, before: Constraints) -> None:
        if not (math.isfinite(before.chi_squared) and math.isfinite(before.loss)):
            raise self._divergence(tr("the observables"))
        if not math.isfinite(before.entropy_gradient):
            raise self._divergence(tr("the entropy gradient"))

    def _update(
        self, moments: Moments, loss: Tensor, samples: DrawnSamples, motion: DeviceReading[Motion]
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
        # By these all ranks decide; they come along with the first outcome.
        self.ranks.first_later(*constraints)
        self.velocity = self._next_velocity(moments)
        judges = samples if self.schedule.updates > 1 else self.ensemble.judges(samples)
        factor = 1.0
        found: tuple[Motion, Constraints] | None = None
        while factor > LEAST_FACTOR:
            self.model.set_values([a + factor * v for a, v in zip(start, self.velocity, strict=True)])
            ahead = self.ensemble.ahead(judges, self.model.target)
            kept = self.ensemble.kept_share(judges, ahead)
            if found is None:
                moved, (of_kept, multipliers, *measured) = motion.along_with(
                    *kept.tensors, self.model.multipliers, *constraints
                )
                found = moved, _constraints_of(*measured)
                self._check(found[1])
            else:
                of_kept, multipliers = read_back(*kept.tensors, self.model.multipliers)
            share = kept.meaning(of_kept)
            if share >= self.schedule.least_share:
                return ParameterUpdate(*found, factor, ahead, multipliers.numpy().copy())
            factor = shrunk(factor, share, self.schedule.least_share)
        raise self._divergence(tr("the energies"))

    def _next_velocity(self, moments: Moments) -> list[Tensor]:
        """The change of λ and θ that is to be made: momentum, and the gradients scaled by their size."""
        rate, momentum = self.theta_rate, self.schedule.momentum
        steps = [self.rate_share * self.multiplier_update.step(moments)]
        steps += [
            torch.zeros_like(p)
            if p.grad is None
            else -rate * self.scalings[f"observables.{name}"].scale(p.grad)
            for name, p in self.model.observables.named_parameters()
        ]
        return [momentum * v + (1 - momentum) * s for v, s in zip(self.velocity, steps, strict=True)]


def _constraints_of(
    loss: Tensor, chi_squared: Tensor, norm: Tensor, residuals: Tensor, count: Tensor
) -> Constraints:
    """`Constraints` on the host."""
    return Constraints(float(loss), float(chi_squared), float(norm), residuals.numpy().copy(), float(count))
