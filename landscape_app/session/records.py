"""Small frozen records of a session and its sampler, on the host, without tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.models.model import SplitMeans
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import JointThermodynamics
from landscape_app.physics.kernels import KernelParameter
from landscape_app.session.adequacy import Adequacy
from landscape_app.session.composition import Composition
from landscape_app.session.fresh_chains import FreshRecord
from landscape_app.session.measurement import Measurement
from landscape_app.session.motion import Change
from landscape_app.session.provenance import Source
from landscape_app.session.trajectory import LandscapeRecord

MANY_CHAINS = 256
"""More chains than these are not asked to be worth as many effective samples: there are not so many samples."""

MOST_ACTIVATIONS = 2**17
"""Most activations of hidden units that a snapshot carries."""


@dataclass(frozen=True)
class SweepRecord:
    """One kernel step of a sampler.

    Attributes:
        sweep: steps since the chains last started or jumped.
        acceptance_rate: mean acceptance probability.
        step_size: of the kernel, in the units of x.
        energy: mean of the chains' H under the composition, nats.
    """

    sweep: int
    acceptance_rate: float
    step_size: float
    energy: float


@dataclass(frozen=True)
class KernelRecord:
    """A kernel at one moment.

    Attributes:
        name: its name in `KERNELS`.
        parameters: what of it can be set.
        values: of the parameters.
        automatic: whether it tunes itself; else it moves as it was set.
        adapting: whether it does at this moment: it stops when it is accepted as often as it should be.
        acceptance_rate: mean over the last steps; None before the first.
        target_acceptance: where it moves chains best.
    """

    name: str
    parameters: tuple[KernelParameter, ...]
    values: tuple[float, ...]
    automatic: bool
    adapting: bool
    acceptance_rate: float | None
    target_acceptance: float


@dataclass(frozen=True)
class ClassShares:
    """Shares of chains that a classifier finds in classes, with the errors of as many as they are worth.

    Attributes:
        on_target: of those in a class which every condition of the composition wants.
        classes: of those in each class.
    """

    on_target: Estimate
    classes: tuple[Estimate, ...]

    @classmethod
    def of(cls, composition: Composition, classes: Tensor, count: int, worth: float) -> ClassShares:
        """Shares of chains.

        Args:
            composition: whose conditions are wanted.
            classes: of each chain, int64, on the host, shape (n,).
            count: number of classes.
            worth: number of independent chains that they count as (`independent_samples`).
        """

        def share(chosen: Tensor) -> Estimate:
            return Estimate.share(float(chosen.double().mean()), worth)

        met = torch.from_numpy(composition.is_met_by(classes.numpy()))
        return cls(share(met), tuple(share(classes == number) for number in range(count)))

    def figures(self, names: Sequence[str]) -> dict[str, Any]:
        """The shares and their errors by the names that every command prints them by.

        Args:
            names: of the classes.
        """
        return {
            "on_target": self.on_target.value,
            "on_target_error": self.on_target.error,
            "class_shares": {
                name: {"share": found.value, "error": found.error}
                for name, found in zip(names, self.classes, strict=True)
            },
        }


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The chains on view at one moment.

    Attributes:
        training: whether these are the chains that train (else the sampler's).
        x: configurations in few bytes (`Space.compact`), shape (n, *shape); rows of a table that are shown to people
            in the units of the file.
        energies: the model's energy of each in nats, measured from the training items' mean, shape (n,).
        of_hidden: ⟨E⟩ and S of each chain's hidden units, whose difference is the model's energy, nats, shape (2, n);
            None of a model that sums over none.
        activations: p(h_j = 1|x) of each chain's hidden units, shape (n, H); None of a model without any, and where
            these are too many (`MOST_ACTIVATIONS`).
        classes: most probable class of each by the classifier, shape (n,); None without one.
        confidences: its probability, shape (n,); None without one.
        shares: of chains on target, and in each class; None where nothing is wanted of classes.
        worth: number of independent samples that the chains are worth (`independent_samples`); None of chains that
            are not steered, and of those that train.
        ages: steps since each last moved, int64, shape (n,); None where nobody watches.
        followed: the past of one of them; None where none is followed.
        landscape: over one or two coordinates, what the chains lie on; None for other spaces, and where nobody looks.
        source: the model and the composition that they are of; None where nobody asked.
        overlaps: m^μ = ξ^μ·s/N of each chain with the patterns that spins are to remember, shape (n, P); None where
            there are none.
        change: of the chains in their last hundred steps; None before so many, and while these train.
    """

    training: bool
    x: np.ndarray
    energies: np.ndarray
    classes: np.ndarray | None
    confidences: np.ndarray | None
    shares: ClassShares | None
    worth: float | None = None
    of_hidden: np.ndarray | None = None
    activations: np.ndarray | None = None
    ages: np.ndarray | None = None
    followed: ChainHistory | None = None
    landscape: LandscapeRecord | None = None
    source: Source | None = None
    overlaps: np.ndarray | None = None
    change: Change | None = None


class HiddenFigures(NamedTuple):
    """Energy, entropy and free energy of a model's hidden units, side by side.

    Attributes:
        training: means over the training set.
        chains: means over the chains on view: those that train, with their weights, or the sampler's.
        size: number of chains.
        steered: True where the chains sample something else than the model.
        joint: of sites and hidden units together, a sum; None where it was not made.
    """

    training: SplitMeans
    chains: SplitMeans
    size: int
    steered: bool
    joint: JointThermodynamics | None


@dataclass(frozen=True, eq=False)
class EnergySets:
    """The model's energies in nats of three sets, measured from the training items' mean.

    Attributes:
        training: of the training items, shape (n,).
        held_out: of the held-out items, shape (m,).
        model: of samples of the model, shape (k,).
    """

    training: np.ndarray
    held_out: np.ndarray
    model: np.ndarray


@dataclass(frozen=True)
class SteeringRecord:
    """The way in which chains reached a composition by resample–move.

    Attributes:
        composition: the composition.
        source: "model" or "base": which distribution the samples are of; "chains" where the chains themselves
            were taken along with a small change, and are the weighted samples.
        effective_sample_size: of the samples' weights under the whole change.
        weighted_samples: number of them.
        ancestors: distinct samples among the chains.
        chains: number of chains.
        stages: tempering stages; 1 where a single resampling did.
        seconds: time it took.
    """

    composition: Composition
    source: str
    effective_sample_size: float
    weighted_samples: int
    ancestors: int
    chains: int
    stages: int
    seconds: float

    @property
    def is_in_stages(self) -> bool:
        """True for chains that came in stages from the base measure."""
        return self.source == "base" and self.stages > 1

    @property
    def is_poor(self) -> bool:
        """True where the distribution hardly contains what was asked of it.

        Chains that came in stages from the base measure, as where pixels are fixed, are worth their ancestors: of one
        jump all the way no weight would be left.
        """
        worth = self.ancestors if self.is_in_stages else self.effective_sample_size
        return worth < min(self.chains, MANY_CHAINS) / 5


@dataclass(frozen=True)
class Outcome:
    """The end of a training.

    Attributes:
        final: what the entropy estimator finds of the model as it is now.
        epoch: whose state that is: the last, or an earlier one that was better beyond doubt.
        stopped_early: whether training ended because the validation cross-entropy had risen.
        fresh: means over chains that took no part in training; None of an energy that is given.
        base: what the estimator finds of a learned base measure alone; None of any other.
        adequacy: evidence on the model by the fresh chains and its base measure; None without such chains.
    """

    final: Measurement
    epoch: int
    stopped_early: bool
    fresh: FreshRecord | None = None
    base: Measurement | None = None
    adequacy: Adequacy | None = None

    @property
    def cautions(self) -> tuple[str, ...]:
        """Warnings on the figures of the model, a sentence each."""
        return () if self.adequacy is None else self.adequacy.cautions(self.final)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Words on what the model is not, on the fresh chains, and on the base measure alone where it was learned."""
        told = (*self.cautions, *(() if self.fresh is None else self.fresh.sentences))
        if self.base is None:
            return told
        (_, model), (_, alone) = self.final.verdict, self.base.verdict
        # All items are the same: the difference has the error of log Z alone.
        gain = self.final.log_z.plus(model.value - alone.value - self.final.log_partition)
        return (
            *told,
            tr(
                "The learned base measure alone: validation {nats:.2f} nats; with the energy {gain:+.2f}, "
                "± {error:.2f} of log Z.",
                nats=alone,
                gain=gain.value,
                error=gain.reach(1.0),
            )
            if self.final.test is None
            else tr(
                "The learned base measure alone: test {nats:.2f} nats; with the energy {gain:+.2f}, "
                "± {error:.2f} of log Z.",
                nats=alone,
                gain=gain.value,
                error=gain.reach(1.0),
            ),
        )


@dataclass(frozen=True, eq=False)
class Fold:
    """Test of a model on a part of the data that had no part in it.

    Attributes:
        log_z: of the model that is kept.
        surprisal: H − log q of the items of the part, float64, shape (m,).
        epoch: at which the model was.
        weights: rows that each item counts as, float64, shape (m,); None for one each.
    """

    log_z: Estimate
    surprisal: np.ndarray
    epoch: int
    weights: np.ndarray | None = None

    @property
    def worth(self) -> float:
        """Number of rows that the items are worth."""
        return float(len(self.surprisal) if self.weights is None else self.weights.sum())

    @property
    def mean_surprisal(self) -> float:
        """Mean of H − log q, nats an item."""
        return float(np.average(self.surprisal, weights=self.weights))

    @property
    def squares(self) -> float:
        """Sum of the squared deviations of H − log q from its mean, of all rows that the items count as."""
        return self.worth * float(
            np.average((self.surprisal - self.mean_surprisal) ** 2, weights=self.weights)
        )


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Tests of models that each left out another part of the data: every item tests one model.

    Attributes:
        folds: one for each part.
    """

    folds: tuple[Fold, ...]

    @property
    def nats(self) -> tuple[Estimate, ...]:
        """−⟨log P⟩ of what the data are drawn from by each model, nats an item."""
        spread = self._spread
        return tuple(
            fold.log_z.plus(fold.mean_surprisal, spread / math.sqrt(fold.worth)) for fold in self.folds
        )

    @property
    def mean(self) -> Estimate:
        """Mean of the models' test nats over all items.

        Its error is that of every log Z, and of so many items or of the spread of the folds, whichever is larger.
        Models share most of their training items: how much others would differ that learned from other data cannot
        be told from these (Bengio, Grandvalet 2004, "No unbiased estimator of the variance of K-fold
        cross-validation").
        """
        worth = sum(fold.worth for fold in self.folds)
        shares = np.array([fold.worth / worth for fold in self.folds])
        log_zs = [fold.log_z for fold in self.folds]
        if any(z.is_bracket for z in log_zs):
            low, high = shares @ [z.bounds for z in log_zs]
            log_z = Estimate.between(float(low), float(high))
        else:
            errors = shares * [z.error for z in log_zs]
            log_z = Estimate(float(shares @ [z.value for z in log_zs]), math.hypot(*errors))
        # Folds of one item each have no spread within: theirs is that of the folds.
        of_items = self._spread / math.sqrt(worth) if math.isfinite(self._spread) else 0.0
        of_folds = float(np.std([nats.value for nats in self.nats], ddof=1)) / math.sqrt(len(shares))
        mean = float(shares @ [fold.mean_surprisal for fold in self.folds])
        return log_z.plus(mean, max(of_items, of_folds))

    def as_json(self) -> dict[str, Any]:
        """The figures by name; None for what is not known."""

        def of(nats: Estimate) -> dict[str, float | None]:
            low, high = nats.bounds
            found = {"test_nats": nats.value, "test_nats_error": nats.error, "low": low, "high": high}
            return {name: number if math.isfinite(number) else None for name, number in found.items()}

        rows = [
            {"kept_epoch": fold.epoch, "items": len(fold.surprisal), **of(nats)}
            for fold, nats in zip(self.folds, self.nats, strict=True)
        ]
        return {**of(self.mean), "exact": all(fold.log_z.is_exact for fold in self.folds), "folds": rows}

    @property
    def _spread(self) -> float:
        """Standard deviation of an item's nats within the folds, of which few have enough to know it themselves."""
        freedom = sum(fold.worth - 1 for fold in self.folds if len(fold.surprisal) > 1)
        return math.sqrt(sum(fold.squares for fold in self.folds) / freedom) if freedom > 0 else math.inf


@dataclass(frozen=True, eq=False)
class ChainHistory:
    """The last states of one chain, oldest first.

    Attributes:
        chain: its index.
        first: number of the oldest state that is kept, counted from the one where it was first followed.
        steps: kernel steps that the chains had done, since they last started or jumped, shape (n,).
        x: configurations in few bytes (`Space.compact`), shape (n, *shape).
        terms: names of the terms of −log P = H − log q, those that took part in any of the states.
        energies: of each term in nats, from the training images' mean for q and for Σ λ f, zero where it took no
            part, shape (n, terms).
        pulls: norm of the slope of each term in nats a level, NaN for q and where it took no part, shape (n, terms).
        acceptance: probability with which the step that led to each state was accepted; NaN where none did, as
            after a start, shape (n,).
    """

    chain: int
    first: int
    steps: np.ndarray
    x: np.ndarray
    terms: tuple[str, ...]
    energies: np.ndarray
    pulls: np.ndarray
    acceptance: np.ndarray

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def acceptance_rate(self) -> float:
        """Mean over the states that a step led to; NaN where there is none."""
        known = self.acceptance[np.isfinite(self.acceptance)]
        return float(known.mean()) if len(known) else float("nan")


@dataclass(frozen=True)
class DiscriminatorRecord:
    """Accuracy of one round's discriminator on real images and on the chains that it was trained against.

    Attributes:
        real: share of real images found real.
        generated: share of the chains' states found generated.
        error: standard error of the mean of both.
        against: what those chains sampled, as a formula.
    """

    real: float
    generated: float
    error: float
    against: str

    @property
    def accuracy(self) -> float:
        """Mean of both shares, on images that it has not seen; ½ where the two cannot be told apart."""
        return (self.real + self.generated) / 2
