"""One model of several that were trained apart on the same data: mean energy, constraints solved."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from landscape_app.learning.committee import mean_values
from landscape_app.learning.trainer import Trainer
from landscape_app.models.autoregressive import AutoregressiveBase
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.model import Model
from landscape_app.models.observables import ConvObservables
from landscape_app.session.entropy_estimator import Best, EntropyEstimator
from landscape_app.session.fresh_chains import FreshChains


def mean_energy(models: Sequence[Model]) -> dict[str, Tensor]:
    """Values by name of a model of `MemberObservables` whose energy is the mean of theirs: λ_i/K of K members.

    log Z is convex in the energy: the cross-entropy of the mean is at most the mean of the members'.

    Raises:
        ValueError: fewer than two models, or others than of convolutions.
    """
    if len(models) < 2:
        raise ValueError("an average needs two runs at least")
    for model in models:
        if isinstance(model.base_measure, AutoregressiveBase):
            raise ValueError(
                "each run has learned a base measure of its own, and energies are averaged over the same one; train "
                "the runs with the base measure “independent”"
            )
        if not (isinstance(model, MinMaxEntModel) and isinstance(model.observables, ConvObservables)):
            raise ValueError("only networks of convolutions are averaged, each of one member")
    return mean_values([model.named(model.values()) for model in models])


def settle(
    trainer: Trainer, estimator: EntropyEstimator, values: list[Tensor], epoch: int, fresh: FreshChains
) -> Best:
    """Puts a trainer and its chains where values that were found elsewhere have come to equilibrium.

    Such values need not hold the constraints. These are solved at equilibrium, unless held-out data say that
    the model was better before (`EntropyEstimator.solve`). Chains go on from samples of the fresh ones.

    Args:
        trainer: of a model of the same kind, its ensemble of chains.
        estimator: of the trainer.
        values: of the model (`Model.values`).
        epoch: that they count as those of.
        fresh: chains at the base measure.

    Returns:
        What is kept, measured.
    """
    trainer.adopt(values, epoch)
    kept = estimator.solve(Best(estimator.measure_now(), trainer.average), fresh)
    trainer.adopt(kept.parameters, kept.epoch)
    fresh.set_down(trainer, fresh.draw(trainer.model.target))
    trainer.look()
    return kept
