"""Maximum likelihood: ⟨∂E⟩_data − ⟨∂E⟩_P, with P's average from chains of several kinds, or from a sum."""

from __future__ import annotations

import copy
import math
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.ensembles import ChainEnsemble, DrawnSamples, Motion
from landscape_app.learning.equilibrium_dual import solve_at_equilibrium
from landscape_app.learning.gradient import GradientTrainer
from landscape_app.learning.trainer import shrunk
from landscape_app.models.model import Model
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading
from landscape_app.physics.kernels import MALA, DiscreteLangevin, Kernel
from landscape_app.physics.kernels.kernel import State
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Discrete, Mixed, Space
from landscape_app.physics.weighted_samples import WeightedSamples

MOST_STATES = 2**20
"""States of a space that every epoch can sum over."""

FRESH_SHARE = 0.05
"""Of the chains of a replay buffer, those that begin anew from the base measure in an epoch (Du, Mordatch 2019)."""

ENOUGH = 256
"""Chains that judge how much an update changes their distribution: to a tenth of its variance."""

LEAST_FACTOR = 1e-3
"""An update that must be shrunk further than this is made at this size."""

UNITS_RIDGE = 0.1
"""Added to the covariance of hidden units, over its mean diagonal, as their biases are solved: units say much the
same, and what tells them apart is noise."""

PROPOSING = (DiscreteLangevin, MALA)
"""Kernels whose proposals an unadjusted chain takes."""

CONTRAST = tr("⟨E⟩ data − ⟨E⟩ samples, nats: its gradient is that of −log P, its value is not −log P")


def _shown(space: Space) -> str:
    """Number of states in words: some are more than a float holds."""
    if not space.is_discrete:
        return tr("infinitely many")
    states = space.states
    return f"{states:.3g}" if states < 10**300 else tr("about 10^{power}", power=round(math.log10(states)))


class MaximumLikelihood(GradientTrainer):
    """−∂ log L/∂θ = ⟨∂E⟩_data − ⟨∂E⟩_P, P's average from the ensemble: weighted chains, persistent ones, or a ladder.

    Chains that carry weights, or are a ladder, stay in equilibrium with the model while it changes (Carbone et al.
    2023); persistent chains without weights are near it where the model changes slowly (Tieleman 2008).
    """

    title: ClassVar[str] = tr("Maximum likelihood")
    objective_meaning: ClassVar[str] = CONTRAST
    approximates: ClassVar[str] = tr("maximum likelihood, as far as the chains are in equilibrium")
    may_share: ClassVar[bool] = True
    learns_from_chains: ClassVar[bool] = True
    solves_modes_of: ClassVar[tuple[str, ...]] = ("rbm",)

    def _objective(self, batch: Tensor) -> Tensor:
        samples = self.ensemble.draw(self.model.most_drawn)
        self._samples = samples
        self.evaluations += len(batch) + 2 * len(samples)
        weights = self.batches.weights
        if self.ranks.is_alone:
            return self.model.contrast(batch, samples, weights)
        own, log_weights = self.ranks.own(len(batch)), samples.log_weights[samples.rows]
        counts = batch.new_ones(len(batch)) if weights is None else weights
        shares = counts[own].sum() / counts.sum(), samples.log_weights.softmax(0)[samples.rows].sum()
        here = WeightedSamples(samples.x, samples.energy, log_weights)
        return self.model.contrast(batch[own], here, None if weights is None else weights[own], shares)

    def equilibrate(self, values: list[Tensor], ladder: Ladder) -> list[Tensor]:
        """Values of other biases of hidden units, at which these are on as often on the ladder as over the data.

        It is where the likelihood is largest in the biases. Chains that train lag behind, and leave modes the weights
        that they had when they were last crossed to.
        """
        model = self.model.with_values(values)
        if not isinstance(model, RestrictedBoltzmannMachine):
            return values

        def changed(at: Tensor) -> Target:
            model.hidden.copy_(-at)
            return model.target

        with torch.no_grad():
            start = -model.hidden.clone()
            solved = solve_at_equilibrium(
                model.activations, start, self.training, ladder, changed, self.weights, UNITS_RIDGE
            )
            changed(solved)
        return model.values()

    def _update(self, start: list[Tensor]) -> tuple[float, State | None]:
        """The update shrunk until importance weights across it keep their share, as Min-MaxEnt's are."""
        samples, factor = self._samples, 1.0
        # Some of them judge as well as all where they count alike.
        alike = isinstance(self.ensemble, ChainEnsemble) and not self.ensemble.weighted
        if alike and len(samples) > ENOUGH:
            here, rows = self.ranks.share(ENOUGH), self.ranks.own(ENOUGH)
            samples = DrawnSamples(
                samples.x[:here], samples.energy[:here], samples.log_weights[:ENOUGH], rows
            )
        while True:
            self.model.set_values([a + factor * v for a, v in zip(start, self.velocity, strict=True)])
            ahead = self.ensemble.ahead(samples, self.model.target)
            share = self.ensemble.kept_share(samples, ahead).now()
            if not math.isfinite(share):
                raise self._divergence(tr("the energies"))
            if share >= self.schedule.least_share or factor <= LEAST_FACTOR:
                return factor, ahead
            factor = shrunk(factor, share, self.schedule.least_share)


class PersistentChains(MaximumLikelihood):
    """Persistent contrastive divergence: chains without weights, which go on from model to model (Tieleman 2008)."""

    title: ClassVar[str] = tr("Persistent chains")
    approximates: ClassVar[str] = tr(
        "maximum likelihood, as long as the model changes more slowly than the chains"
    )
    may_weigh: ClassVar[bool] = False


class ContrastiveDivergence(GradientTrainer):
    """CD-k: samples are `moves` kernel steps away from the data, where they began (Hinton 2002).

    Their distribution is not P's: what lies between the data, where no such chain comes, stays as it is. The chains
    on view follow the model by themselves.
    """

    title: ClassVar[str] = tr("Contrastive divergence")
    objective_meaning: ClassVar[str] = CONTRAST
    may_weigh: ClassVar[bool] = False
    approximates: ClassVar[str] = tr("no likelihood: samples near the data stand for those of the model")

    def _prepare(self) -> None:
        super()._prepare()
        self._kernel: Kernel = copy.deepcopy(self.ensemble.kernel)

    def _move(self) -> DeviceReading[Motion]:
        """Moves the chains on view once."""
        self.evaluations += self.ensemble.size
        return self.ensemble.run(1)

    def _objective(self, batch: Tensor) -> Tensor:
        target, kernel = self.model.target, self._kernel
        kernel.step_sizes = [self.ensemble.kernel.step_size]
        state = kernel.init(batch, target)
        for _ in range(self.schedule.moves):
            state, _ = kernel.step(state, target, self.ensemble.generator)
        self.evaluations += len(batch) * (self.schedule.moves + 3)
        weights = self.batches.weights
        of_data = weighted_mean(self.model.energy(batch), weights)
        return of_data - weighted_mean(self.model.energy(state.x), weights)


class UnadjustedLangevin(GradientTrainer):
    """Chains of a replay buffer by Langevin proposals that are all taken, right or wrong (Nijkamp et al. 2019).

    The acceptance rate that is told is the one that the Metropolis decision would have had: what it falls short of 1
    is the chains' error. A twentieth of the buffer begins anew from the base measure in every epoch.
    """

    title: ClassVar[str] = tr("Unadjusted Langevin")
    objective_meaning: ClassVar[str] = CONTRAST
    approximates: ClassVar[str] = tr(
        "no likelihood: the chains are biased by their steps, and fresh ones not there yet"
    )

    may_weigh: ClassVar[bool] = False
    may_climb: ClassVar[bool] = False
    learns_from_chains: ClassVar[bool] = True
    ensemble: ChainEnsemble

    @classmethod
    def obstacle(cls, model: type[Model], space: Space) -> str:
        """Reason where categories would stay as they are."""
        if isinstance(space, Mixed):
            return tr(
                "Langevin proposals move no categories, and these are {space}; choose another way",
                space=space.label,
            )
        return super().obstacle(model, space)

    def _prepare(self) -> None:
        if not (isinstance(self.ensemble, ChainEnsemble) and isinstance(self.ensemble.kernel, PROPOSING)):
            kernels = tr(" or ").join(kernel.label for kernel in PROPOSING)
            raise ValueError(
                tr("unadjusted Langevin moves chains without a ladder, by {kernels}", kernels=kernels)
            )
        super()._prepare()

    def _move(self) -> DeviceReading[Motion]:
        chains, base = self.ensemble.chains, self.model.base_measure
        fresh = max(1, round(FRESH_SHARE * len(chains)))
        order = torch.randperm(len(chains), generator=chains.generator, device=chains.x.device)
        x = chains.x.clone()
        x[order[:fresh]] = base.sample(fresh, chains.generator)
        chains.retarget(self.model.target, x)
        acceptance = chains.energy.new_zeros(())
        for _ in range(self.schedule.moves):
            _, info = chains.kernel.step(chains.state, chains.target, chains.generator)
            assert info.proposal is not None
            inside = base.space.contains(info.proposal)
            taken = torch.where(inside.view(-1, *[1] * (x.dim() - 1)), info.proposal, chains.x)
            chains.kernel.adapt_steps(info.probability, base.space)
            chains.retarget(chains.target, taken)
            acceptance = acceptance + info.acceptance_rate
        self.evaluations += len(chains) * 2 * self.schedule.moves
        adaptation = chains.kernel.adaptation()

        def meaning(rate: Tensor, *adapted: Tensor) -> Motion:
            adaptation.meaning(*adapted)
            return Motion(float(rate) / self.schedule.moves, False, float("nan"), 1.0)

        return DeviceReading((acceptance, *adaptation.tensors), meaning)

    def _objective(self, batch: Tensor) -> Tensor:
        chains = self.ensemble.chains
        self.evaluations += len(batch) + len(chains)
        of_data = weighted_mean(self.model.energy(batch), self.batches.weights)
        return of_data - self.model.energy(chains.x).mean()


class ExactLikelihood(GradientTrainer):
    """−⟨log P⟩ of the data, log Z summed over every state of the space."""

    title: ClassVar[str] = tr("Exact likelihood")
    objective_meaning: ClassVar[str] = tr("−⟨log P⟩ of the training items, nats an item")
    approximates: ClassVar[str] = tr("maximum likelihood itself")
    scaling_decay: ClassVar[float] = 0.9
    may_weigh: ClassVar[bool] = False

    @classmethod
    def obstacle(cls, model: type[Model], space: Space) -> str:
        """Reason where a space has too many states to sum over them in every epoch."""
        if not space.is_discrete or space.states > MOST_STATES:
            return tr(
                "the exact likelihood sums over all states of the space, at most {most:,}; this one has "
                "{states}. Choose another way of fitting",
                most=MOST_STATES,
                states=_shown(space),
            )
        return ""

    def _prepare(self) -> None:
        super()._prepare()
        assert isinstance(self.model.space, Discrete)
        self._states = self.model.space.enumerate().to(self.training.device)
        self._log_q = self.model.base_measure.log_prob(self._states)

    def _objective(self, batch: Tensor) -> Tensor:
        self.evaluations += len(batch) + len(self._states)
        log_partition = (self._log_q - self.model.energy(self._states)).logsumexp(0)
        log_q = self.model.base_measure.log_prob(batch)
        return weighted_mean(self.model.energy(batch) - log_q, self.batches.weights) + log_partition
