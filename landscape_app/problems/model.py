"""The model of a configuration on its data, and its trainer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from landscape_app.data import ColumnMeaning, Dataset, Kind
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.learning.balance import readable
from landscape_app.learning.base_samples import BaseSamples
from landscape_app.learning.committee import Committee, has_members, member_models
from landscape_app.learning.ensembles import Ensemble, make_ensemble
from landscape_app.learning.learned_base import LearnedBaseMinMaxEnt
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.trainer import Trainer
from landscape_app.models import MODELS
from landscape_app.models.autoregressive import AutoregressiveBase, PixelCNN
from landscape_app.models.energy import EnergyModel, EnergySource, Function
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.model import Model
from landscape_app.models.observables import ConvObservables, MemberObservables
from landscape_app.physics.base_measure import (
    CLAMPED_LOG_PROBABILITY,
    BaseMeasure,
    CorrelatedGaussianBase,
    GaussianBase,
    ProductBase,
    UniformBase,
)
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.ranks import ALONE, Ranks, stream_seed
from landscape_app.physics.space import Box, Discrete, Levels, Line, Mixed, Space, Spins, require_images
from landscape_app.problems import Configuration, load_problem
from landscape_app.problems.networks import NETWORKS, TrainableObservables

FOLLOWERS = 128
"""Chains at most of a mean energy, whose members learn on chains of their own."""

HELD_OUT_MONITORED = 400
"""Held-out items whose energies are looked at while a model trains; the estimator takes all of them."""

SIZED = 4
"""Configurations, and twice as many, by which the memory of one is measured."""


def build_model(
    configuration: Configuration,
    space: Space,
    training: Tensor,
    columns: Sequence[ColumnMeaning] = (),
    functions: Mapping[str, Function] | None = None,
    base: BaseMeasure | None = None,
    weights: Tensor | None = None,
) -> Model:
    """The model of a configuration before any training, when P is q, or nearly so; an energy of the user's as it is.

    Args:
        configuration: network, sizes and seed.
        space: of the data.
        training: training set, shape (n, *shape).
        columns: of a table.
        functions: energies in Python that are trusted, by the digest of their source.
        base: q of a model of observables; None for that of the configuration by the training set.
        weights: of the training set, shape (n,); None where its items count alike.

    Raises:
        UntrustedError: the energy is Python that is not trusted.
        ValueError: the configuration's model or network does not fit the space.
    """
    energy = configuration.given_energy
    if energy is not None:
        base = without_missing_levels(uniform_base(space), columns)
        return EnergyModel(base.to(training.device), energy, functions)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(configuration.seed)
        if configuration.model != "observables":
            kind = MODELS[configuration.model]
            if not kind.suits(space):
                able = kind.served or tr(" or ").join(one.label for one in kind.serves)
                raise ValueError(
                    tr(
                        "the model “{model}” is of {spaces}, and the data are {space}; choose another model",
                        model=kind.title,
                        spaces=able,
                        space=space.meaning,
                    )
                )
            # Couplings of spins are those of the textbooks over uniform spins.
            base = (
                ProductBase.uniform(space).to(training.device)
                if isinstance(space, Spins)
                else build_base(configuration, space, training, columns, weights)
            )
            return kind.untrained(base, configuration.hidden_units)
        if base is None:
            base = build_base(configuration, space, training, columns, weights)
        observables = build_observables(configuration, space, training, weights).to(training.device)
    return MinMaxEntModel(base, observables, torch.zeros(observables.count, device=training.device))


class ModelSize(NamedTuple):
    """Memory that the model of a configuration takes, known before there is one.

    Attributes:
        parameters: numbers that are learned, those of a learned base measure too.
        kept: bytes of a configuration's layers that wait for the gradient by the parameters.
        at_once: configurations that are evaluated at once on the host; None for as many as there are.
    """

    parameters: int
    kept: int
    at_once: int | None


def model_size(configuration: Configuration, space: Space) -> ModelSize:
    """Size of the model of a configuration, by one that is made without data and forgotten.

    Args:
        configuration: of a model that is learned; one that is given has no parameters.
        space: of the data.

    Raises:
        ValueError: the configuration's model or network does not fit the space.
    """
    if configuration.given_energy is not None:
        return ModelSize(0, 0, None)
    with torch.random.fork_rng(devices=[]):
        if configuration.model != "observables":
            assert isinstance(space, Discrete)
            model = MODELS[configuration.model].untrained(
                ProductBase.uniform(space), configuration.hidden_units
            )
            return ModelSize(_numbers(model), _kept(model.energy, space), None)
        observables = build_observables(configuration, space, torch.zeros(SIZED, *space.shape))
        members = observables.members if isinstance(observables, MemberObservables) else [observables]
        at_once = [member.at_once for member in members if isinstance(member, ConvObservables)]
        parameters = _numbers(observables) + observables.count
        size = ModelSize(parameters, _kept(observables, space), min(at_once, default=None))
        if not configuration.is_base_learned:
            return size
        network = PixelCNN(require_images(space, grey=True))
        kept = max(size.kept, _kept(network.log_prob, space))
        return size._replace(parameters=size.parameters + _numbers(network), kept=kept)


def _numbers(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _kept(evaluate: Callable[[Tensor], Tensor], space: Space) -> int:
    """Bytes that a function keeps of each configuration for its derivatives, every storage once."""

    def of(count: int) -> int:
        kept: dict[int, int] = {}

        def note(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            # Held, as the memory of what is gone would be taken for the next.
            held = evaluate(torch.zeros(count, *space.shape))
        del held
        return sum(kept.values())

    # The difference is without parameters and what is kept once for all configurations.
    return (of(2 * SIZED) - of(SIZED)) // SIZED


def training_data(configuration: Configuration, given: Dataset | None) -> Dataset:
    """The data set that is given, else the problem's own, split as the configuration says.

    Raises:
        ValueError: there is no such problem, or it has no data of its own, or not so many to learn from.
    """
    dataset = load_problem(configuration.problem) if given is None else given
    return (
        dataset if configuration.training_size is None else dataset.with_training(configuration.training_size)
    )


def uniform_base(space: Space) -> BaseMeasure:
    """The uniform measure on a box or a discrete space, under which P is exp(−E) but for its norm.

    Raises:
        ValueError: the space is the line, on which there is none.
    """
    if isinstance(space, Discrete):
        return ProductBase.uniform(space)
    if isinstance(space, Box):
        return UniformBase(space)
    raise ValueError(tr("there is no uniform measure on {space}", space=space.label))


def build_space(dataset: Dataset, energy: EnergySource | None = None) -> Space:
    """Space of a data set's items; points under an energy of the user's are in its box.

    Raises:
        ValueError: points lie outside the box.
    """
    shape = dataset.items.shape[1:]
    if energy is not None and dataset.kind is Kind.POINTS:
        low, high = float(dataset.items.min()), float(dataset.items.max())
        if low < energy.low or high > energy.high:
            raise ValueError(
                tr(
                    "the data reach from {low:.4g} to {high:.4g}, beyond the energy's box from {wall:g} to "
                    "{other_wall:g}; choose a larger one",
                    low=low,
                    high=high,
                    wall=energy.low,
                    other_wall=energy.high,
                )
            )
        return Box(shape, energy.low, energy.high)
    if dataset.kind is Kind.LEVELS:
        return Levels(shape, dataset.levels)
    if dataset.kind is Kind.MIXED:
        return Mixed(tuple(len(column.values) for column in dataset.columns))
    return Spins(shape) if dataset.kind is Kind.SPINS else Line(shape)


def build_base(
    configuration: Configuration,
    space: Space,
    training: Tensor,
    columns: Sequence[ColumnMeaning] = (),
    weights: Tensor | None = None,
) -> BaseMeasure:
    """q by the training set: Gaussian numbers, correlated where they are several, or a mixture; else independent.

    A learned one is not trained yet: its network is at random (`learning.learned_base`).

    Args:
        configuration: how much broader than the data.
        space: where they live.
        training: shape (n, *shape).
        columns: of a table; levels that a column does not have get no probability.
        weights: of the training set, shape (n,); None where its items count alike.
    """
    if configuration.is_base_learned:
        return AutoregressiveBase(PixelCNN(require_images(space, grey=True)).to(training.device))
    if isinstance(space, Line | Mixed) and configuration.components != 1:
        return MixtureBase.chosen(space, training, configuration.components, configuration.widening, weights)
    if isinstance(space, Mixed):
        widening, pseudo_count = configuration.widening, configuration.pseudo_count
        return MixtureBase.from_samples(space, training, widening, pseudo_count, weights)
    if isinstance(space, Line):
        kind = GaussianBase if space.sites == 1 else CorrelatedGaussianBase
        return kind.from_samples(space, training, configuration.widening, weights)
    assert isinstance(space, Discrete)
    smoothing = 0.0 if space.is_categorical else configuration.smoothing
    base = ProductBase.from_marginals(space, training, configuration.pseudo_count, smoothing, weights)
    return without_missing_levels(base, columns)


def without_missing_levels(base: BaseMeasure, columns: Sequence[ColumnMeaning]) -> BaseMeasure:
    """q of a table of categories without the levels that a column does not have; any other q as it is."""
    space = base.space
    if not (columns and space.is_categorical and isinstance(base, ProductBase)):
        return base
    values = torch.tensor([len(column.values) for column in columns], device=base.device)
    missing = torch.arange(space.levels, device=base.device) >= values.unsqueeze(1)
    return ProductBase(base.space, base.log_probabilities.masked_fill(missing, CLAMPED_LOG_PROBABILITY))


def build_observables(
    configuration: Configuration, space: Space, training: Tensor, weights: Tensor | None = None
) -> TrainableObservables:
    """f(x; θ) at random θ, by the configuration's network.

    Args:
        configuration: their number and sizes.
        space: of the configurations.
        training: training set, whose centre and spread a perceptron takes for its own of numbers.
        weights: of it, shape (n,); None where its items count alike.

    Raises:
        ValueError: the configuration's network does not fit the space.
    """
    network = NETWORKS[configuration.network_on(space)]
    return network.build(configuration.sizes, space, training, weights)


def build_trainer(
    configuration: Configuration,
    model: Model,
    training: Tensor,
    held_out: Tensor,
    weights: Tensor | None = None,
    held_out_weights: Tensor | None = None,
    ranks: Ranks = ALONE,
) -> Trainer:
    """The trainer of a model, its ensemble at the base measure.

    Args:
        configuration: kernel, number of chains, replicas and schedule.
        model: trained in place.
        training: training set, shape (n, *shape).
        held_out: held-out set, shape (m, *shape).
        weights: of the training set, shape (n,); None where its items count alike.
        held_out_weights: of the held-out set, likewise, shape (m,).
        ranks: that share the ensemble.

    Raises:
        ValueError: the kernel cannot move here, with those that can; or the model cannot be fitted so, or not by
            several ranks.
    """
    kind = FITS[configuration.way_of_fitting]
    kind.check(model)
    check_ranks(configuration, ranks.count)
    order = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0))
    chosen = order[:HELD_OUT_MONITORED].to(held_out.device)
    of_chosen = None if held_out_weights is None else held_out_weights[chosen]
    sets = training, held_out[chosen]
    rest: dict[str, Any] = {
        "schedule": configuration.schedule,
        "seed": configuration.seed,
        "weights": weights,
        "held_out_weights": of_chosen,
    }
    if isinstance(model, MinMaxEntModel) and isinstance(model.base_measure, AutoregressiveBase):
        kernel = make_kernel(configuration.kernel, model.target)
        generator = torch.Generator(training.device).manual_seed(configuration.seed)
        samples = BaseSamples(configuration.chains, model.target, kernel, generator)
        return LearnedBaseMinMaxEnt(model, *sets, samples, **rest)
    if not (kind is MinMaxEnt and isinstance(model, MinMaxEntModel) and has_members(model)):
        return kind(model, *sets, build_ensemble(configuration, model, kind, ranks=ranks), **rest)
    members = [
        MinMaxEnt(one, *sets, build_ensemble(configuration, one, kind, number), **rest)
        for number, one in enumerate(member_models(model), 1)
    ]
    plan = replace(configuration, chains=min(configuration.chains, FOLLOWERS), balance=0, replicas=1)
    return Committee(members, model, *sets, build_ensemble(plan, model, Committee), **rest)


def check_ranks(configuration: Configuration, ranks: int) -> None:
    """Refuses what so many ranks cannot train together.

    Args:
        configuration: of the run.
        ranks: how many there are to be.

    Raises:
        ValueError: with what to do.
    """
    if ranks < 1:
        raise ValueError(f"the number of ranks must be at least 1, got {ranks}")
    if ranks == 1:
        return
    kind = FITS[configuration.way_of_fitting]
    alone = "" if kind.may_share else f"the way of fitting “{kind.title}”"
    if configuration.members > 1:
        alone = "a network of several members"
    elif configuration.is_base_learned:
        alone = "an autoregressive base measure"
    if alone:
        shared = ", ".join(name for name, fit in FITS.items() if fit.may_share)
        raise ValueError(
            f"{alone} is trained by one process; start it without torchrun, or choose one network that is fitted by "
            f"{shared}"
        )
    if configuration.chains < ranks:
        raise ValueError(
            f"{configuration.chains} chains cannot be shared by {ranks} ranks; take more chains (--chains)"
        )
    if configuration.balances and configuration.balance < ranks:
        raise ValueError(
            f"{configuration.balance} balancing ladders cannot be shared by {ranks} ranks; take as many "
            "ladders (--balance), or none"
        )


def build_ensemble(
    configuration: Configuration,
    model: Model,
    kind: type[Trainer],
    number: int = 0,
    ranks: Ranks = ALONE,
) -> Ensemble:
    """An ensemble that starts at the base measure.

    Args:
        configuration: kernel, number of chains, replicas and schedule.
        model: that it samples.
        kind: of the trainer, which may forbid weights and replicas.
        number: of the ensemble among those of a run, which have random numbers of their own.
        ranks: that share it.

    Raises:
        ValueError: the kernel cannot move here, with those that can.
    """
    target, schedule = model.target, configuration.schedule
    if not kind.may_weigh:
        schedule = replace(schedule, weighted=False)
    generator = ranks.generator(model.base_measure.device, stream_seed(configuration.seed, number))
    balancing = None
    if configuration.balances and readable(model) is not None:
        kernel = make_kernel(configuration.kernel, target)
        balancing = Ladder(configuration.balance, target, kernel, generator, ranks=ranks)
    return make_ensemble(
        target,
        make_kernel(configuration.kernel, target),
        generator,
        configuration.chains,
        configuration.replicas if kind.may_climb else 1,
        schedule,
        balancing,
        ranks,
    )
