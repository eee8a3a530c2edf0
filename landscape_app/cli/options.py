"""Options of training: what is proposed for the data, what the user chooses, and what an epoch costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.errors import WrongUsageError
from landscape_app.counting import byte_size, counted

if TYPE_CHECKING:
    import torch
    from rich.console import Console

    from landscape_app.data import Dataset
    from landscape_app.problems import Configuration

Rows = list[tuple[str, str]]

LADDER_COLUMNS = 32
"""Chains that train where each is to be a column of replicas, if not said otherwise; they carry no weights."""
WEIGHTED_CHAINS = 1_024
"""Chains that train where they are to be without replicas, if not said otherwise; they carry weights."""
LEARNED_BASE = "autoregressive, learned first, in half of the training at most"
"""Base measure in the plan."""


def _whole(name: str, words: str) -> object:
    return typer.Option(metavar=name, show_default=False, help=words)


Model = Annotated[
    str | None,
    _whole(
        "NAME",
        "Kind of model: observables (learned ones), pairs (coupled spins), potts (coupled categories), or rbm.",
    ),
]
Fit = Annotated[
    str | None,
    _whole(
        "NAME",
        "Way of fitting: min-maxent, likelihood, persistent, contrastive-divergence, langevin, exact, "
        "pseudo-likelihood, score-matching; for pairs also mean-field, hebb, projection.",
    ),
]
Units = Annotated[int | None, _whole("N", "Hidden units of an rbm, or hidden spins of pairs, at most 12.")]
Observables = Annotated[int | None, _whole("K", "Observables; if not said, as proposed for the data.")]
Network = Annotated[
    str | None,
    _whole(
        "NAME",
        "What makes them: convolutions or full-resolution (images), perceptron, or pairs (spins and categories).",
    ),
]
Base = Annotated[
    str | None,
    _whole(
        "NAME",
        "Base measure of images: independent (pixels, by counting), or autoregressive (learned first, every pixel "
        "given those before it).",
    ),
]
Channels = Annotated[
    str | None, _whole("A,B", "Channels of the two convolutions, or units of a perceptron's hidden layers.")
]
Kernel = Annotated[
    str | None, _whole("NAME", "Markov kernel, such as discrete-langevin, single-site, mala or hmc.")
]
Batch = Annotated[
    int | None,
    _whole("N", "Training items that an epoch looks at, each item once a pass; 0 for all of them."),
]
Moves = Annotated[int | None, _whole("N", "Kernel steps of every chain an epoch.")]
Members = Annotated[
    int | None,
    _whole(
        "K",
        "Networks of convolutions that learn apart, on as many of the processor's threads, and are averaged.",
    ),
]
Balance = Annotated[
    int | None,
    _whole(
        "N",
        "Ladders of replicas that follow chains with observables and give modes their weights; 0 for none.",
    ),
]
Rate = Annotated[
    float | None, _whole("R", "Learning rate of the observables' parameters in effect, before it falls.")
]
MultiplierRate = Annotated[float | None, _whole("R", "Learning rate of the multipliers.")]


@dataclass(frozen=True)
class Choices:
    """Configuration that the user has chosen; None for the proposed one.

    Attributes:
        model: kind of model.
        fit: way of fitting.
        units: hidden units or spins of a machine.
        chains: chains that train.
        replicas: temperatures of each.
        observables: their number.
        network: what makes them.
        base: base measure of images.
        channels: sizes of its layers, with commas between.
        kernel: name of the Markov kernel.
        batch: training items an epoch; 0 for all.
        moves: kernel steps an epoch.
        members: networks that are averaged.
        balance: ladders that give modes their weights.
        rate: learning rate of θ.
        multiplier_rate: learning rate of λ.
    """

    model: str | None = None
    fit: str | None = None
    units: int | None = None
    chains: int | None = None
    replicas: int | None = None
    observables: int | None = None
    network: str | None = None
    base: str | None = None
    channels: str | None = None
    kernel: str | None = None
    batch: int | None = None
    moves: int | None = None
    members: int | None = None
    balance: int | None = None
    rate: float | None = None
    multiplier_rate: float | None = None

    @property
    def made(self) -> Mapping[str, object]:
        """Those that a person has made, by their option."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def applied(self, configuration: Configuration, dataset: Dataset) -> Configuration:
        """The configuration with these choices in it.

        Raises:
            ValueError: one is out of its range.
        """
        from landscape_app.models import MODELS
        from landscape_app.problems import NETWORKS, Proposal

        if self.replicas is not None and (self.replicas > 1) != (configuration.replicas > 1):
            schedule = replace(configuration.schedule, weighted=self.replicas == 1)
            number = LADDER_COLUMNS if self.replicas > 1 else WEIGHTED_CHAINS
            configuration = replace(configuration, chains=number, schedule=schedule)
        # A name of none is refused with the rest.
        kind = MODELS.get(self.model or configuration.model)
        if self.units is not None and kind is not None and not kind.most_units:
            able = " or ".join(name for name, model in MODELS.items() if model.most_units)
            raise WrongUsageError(f"--units goes with --model {able}; “{kind.title}” has no hidden units")
        proposal = Proposal.of(configuration, dataset).chosen(
            model=self.model,
            fit=self.fit,
            units=self.units,
            chains=self.chains,
            replicas=self.replicas,
            observables=self.observables,
            network=self.network,
            base=self.base,
            kernel=self.kernel,
            batch=self.batch or None,
            moves=self.moves,
            members=self.members,
            balance=self.balance,
            theta_rate=self.rate,
            multiplier_rate=self.multiplier_rate,
        )
        if self.batch == 0:
            plan = proposal.configuration
            plan = replace(plan, schedule=replace(plan.schedule, batch=None))
            proposal = replace(proposal, configuration=plan)
        if self.channels is not None:
            layers = NETWORKS[proposal.network].layers or "hidden"
            proposal = proposal.chosen(**{layers: _sizes(self.channels)})
        return proposal.configuration


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUsageError(
            f"--channels must be whole numbers with commas, such as 16,64, got {text!r}"
        ) from error


def plan_rows(configuration: Configuration, dataset: Dataset, seconds: float, device: torch.device) -> Rows:
    """The plan by name and value: observables, kernel, chains, batch, memory, and how long an epoch takes.

    Args:
        configuration: the plan.
        dataset: what is learned.
        seconds: an epoch takes; NaN where that is not known.
        device: where it computes.
    """
    from landscape_app.problems import Proposal
    from landscape_app.problems.cost import duration
    from landscape_app.session.plan import memory_of

    plan = Proposal.of(configuration, dataset)
    replicas = f" × {configuration.replicas} replicas" if configuration.replicas > 1 else ""
    balance = (
        f", modes weighed by {counted(configuration.balance, 'ladder')}" if configuration.balances else ""
    )
    rows = [
        ("model", plan.model),
        *([("observables", plan.observables)] if configuration.model == "observables" else []),
        *([("base measure", LEARNED_BASE)] if configuration.is_base_learned else []),
        ("kernel", plan.kernel),
        ("chains", f"{plan.chains:,}{replicas}{balance}"),
    ]
    if plan.batch is not None:
        rows.append(("batch", f"{plan.batch:,} of {plan.items:,} training items an epoch"))
    memory = memory_of(configuration, dataset, device).total
    rows.append(("memory", f"{byte_size(memory)} at most beside the program"))
    if seconds > 0:
        rows.append(("an epoch here", f"{duration(seconds)}; {_length(configuration, seconds)}"))
    return rows


def _length(configuration: Configuration, seconds: float) -> str:
    from landscape_app.problems.cost import duration

    if configuration.training_seconds is None:
        epochs = configuration.planned_epochs
        return f"{epochs:,} of them {duration(seconds * epochs)}"
    epochs = max(1, round(configuration.training_seconds / seconds))
    return f"about {epochs:,} of them in {duration(configuration.training_seconds)}"


def tell_plan(configuration: Configuration, dataset: Dataset, device: torch.device, console: Console) -> None:
    """Prints the plan in a line or two, where progress goes."""
    told = "; ".join(
        f"{name}: {value}" for name, value in plan_rows(configuration, dataset, math.nan, device)
    )
    console.print(f"{told[0].upper()}{told[1:]}", soft_wrap=True)


def tell_cost(
    configuration: Configuration,
    seconds: float,
    classifier_training: float,
    afterwards: float,
    console: Console,
) -> None:
    """Prints how long training takes, and what comes after it.

    Args:
        configuration: the plan.
        seconds: that an epoch takes.
        classifier_training: seconds that it takes to train one beside the epochs; 0 where none is trained.
        afterwards: seconds that measuring the model and collecting samples take.
        console: where progress goes.
    """
    from landscape_app.problems.cost import duration

    beside = (
        f", and some {duration(classifier_training)} for the classifier beside them"
        if classifier_training
        else ""
    )
    console.print(
        f"An epoch here: {duration(seconds)}; {_length(configuration, seconds)}{beside}; then some "
        f"{duration(afterwards)} to measure the model and collect samples",
        soft_wrap=True,
    )
