"""Plan of a training before it starts: memory of each rank, bytes that ranks exchange, and the speed to expect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from landscape_app.data import Dataset
from landscape_app.learning import FITS, balance
from landscape_app.learning.ensembles import POOLED_PER_COLUMN
from landscape_app.models import MODELS
from landscape_app.physics.kernels import KERNELS
from landscape_app.physics.kernels.kernel import Kernel
from landscape_app.physics.ladder import DEFAULT_REPLICAS
from landscape_app.physics.space import Space
from landscape_app.problems import Configuration
from landscape_app.problems.cost import LINKS, NUMBER, EpochWork, Traffic, epoch_seconds, exchanges
from landscape_app.problems.model import HELD_OUT_MONITORED, ModelSize, build_space, model_size
from landscape_app.session import entropy_estimator, fresh_chains, snapshots
from landscape_app.session.device import HOST, is_accelerator
from landscape_app.session.model_samples import SAMPLE_COUNT, SNAPSHOTS

ALONE = "alone"
"""Name of the work of one rank."""

STATES = 3
"""States of the chains that there are during a step: before it, the proposal, and after it."""

COPIES = 12
"""Of the parameters: they, their gradient, average, velocity and scaling, each again in the state to go back to but
the gradient, those before an epoch, the best, and those that the estimator measures."""

SAVED = 6
"""Of the parameters in a run file: they, average, velocity and scaling, the best, and those that are measured."""

HEAPS = 2**25
"""Bytes that a run of next to nothing takes, measured (`tests/benchmarks/plan.py`)."""

SAMPLER_CHAINS = 100
"""Chains on view of a session, which the command line makes too."""

WORKSPACES = 2
"""Tables over all values of all sites that a proposal takes on a device without compiled loops."""


class DataSize(NamedTuple):
    """Size of a data set.

    Attributes:
        items: to learn from.
        held_out: the others.
        validation: of those, the items that choose among states.
        bytes: of all items as the data set has them.
        beside: bytes of their places, classes and weights.
        carried: whether a run file carries it.
    """

    items: int
    held_out: int
    validation: int
    bytes: int
    beside: int
    carried: bool

    @classmethod
    def of(cls, dataset: Dataset) -> DataSize:
        """Of a data set."""
        beside = (dataset.training, dataset.held_out, dataset.labels, dataset.weights)
        return cls(
            len(dataset.training),
            len(dataset.held_out),
            int(dataset.in_validation.sum()),
            dataset.items.nbytes,
            sum(part.nbytes for part in beside if part is not None),
            not dataset.shipped,
        )


class RankMemory(NamedTuple):
    """Bytes that a rank needs at most, by what for, beside the program itself.

    Attributes:
        data: the items as they were read, and in single precision on the device.
        chains: that train, their copies during a step, and the latest samples of them.
        ladders: of the entropy estimator, on view, and of the fresh chains at the end of the training.
        activations: layers that wait for the gradient, and tables of proposals.
        parameters: they, their gradients, averages, velocities and states to go back to.
        file: the run as it is written: its arrays, and the bytes of the file.
        heaps: pages that allocators hold beside, and code that is compiled as it is first called.
    """

    data: int
    chains: int
    ladders: int
    activations: int
    parameters: int
    file: int
    heaps: int = HEAPS

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self)


class EpochSizes(NamedTuple):
    """Numbers of configurations in an epoch, of all ranks and members together.

    Attributes:
        chains: at β = 1.
        replicas: of each, 1 without ladders.
        items: that an update looks at.
        drawn: of the configurations, those that it evaluates.
    """

    chains: int
    replicas: int
    items: int
    drawn: int

    @property
    def configurations(self) -> int:
        """Chains with the replicas of their ladders."""
        return self.chains * self.replicas

    @classmethod
    def of(cls, plan: Configuration, data: DataSize) -> EpochSizes:
        """Of a plan on data of a size."""
        replicas = plan.replicas if FITS[plan.way_of_fitting].may_climb else 1
        most = POOLED_PER_COLUMN * plan.chains if replicas > 1 else MODELS[plan.model].most_drawn
        batch = plan.schedule.batch
        items = data.items if batch is None else min(batch, data.items)
        chains, drawn = plan.members * plan.chains, plan.members * min(plan.chains * replicas, most)
        return cls(chains, replicas, items, drawn)


def rank_memory(
    plan: Configuration, space: Space, data: DataSize, model: ModelSize, ranks: int = 1, compiled: bool = True
) -> RankMemory:
    """Memory of the rank that needs most: the one that writes the file.

    Chains and ladders are shared by the ranks; data, parameters and the run as it is written each of them has whole.

    Args:
        plan: of the run.
        space: of the data.
        data: their size.
        model: size of the model (`model_size`).
        ranks: that train together.
        compiled: whether kernels and networks are compiled loops, as on the host, which work on few chains at once.
    """
    kernel, sizes = KERNELS[plan.kernel], EpochSizes.of(plan, data)
    one = NUMBER * space.sites
    state = state_size(kernel, space)
    chains = math.ceil(sizes.chains / ranks) * sizes.replicas
    items = data.items + data.held_out

    # Training and held-out set, its two parts, and all of them for the estimator; those that are monitored.
    on_device = 2 * items + data.held_out
    on_device += min(HELD_OUT_MONITORED, data.validation) + (sizes.items if sizes.items < data.items else 0)
    of_data = data.bytes + data.beside + on_device * one

    of_chain = STATES * state + (one + NUMBER) + SNAPSHOTS * (one + 2 * NUMBER)
    of_chains = chains * of_chain + sizes.chains * NUMBER

    estimating = math.ceil(entropy_estimator.COLUMNS / ranks) * entropy_estimator.REPLICAS
    columns = math.ceil(fresh_chains.MOST_COLUMNS / ranks)
    fresh = columns * max(fresh_chains.LEAST_REPLICAS, DEFAULT_REPLICAS // kernel.quickness)
    balancing = math.ceil(plan.balance / ranks) * DEFAULT_REPLICAS if plan.balances else 0
    of_ladders = STATES * state * (estimating + fresh + balancing + SAMPLER_CHAINS)
    of_ladders += 2 * fresh_chains.TAKES * columns * one + 2 * SAMPLE_COUNT * (one + 2 * NUMBER)

    differentiated = math.ceil((sizes.items + sizes.drawn) / ranks)
    moved = max(chains, fresh)
    if compiled:
        waiting = min(model.at_once or differentiated, differentiated)
        workspace = 0
    else:
        waiting = max(differentiated, moved)
        workspace = WORKSPACES * moved * one * max(1, space.levels)
    of_activations = differentiated * one + waiting * model.kept + workspace
    return RankMemory(
        of_data,
        of_chains,
        of_ladders,
        of_activations,
        COPIES * NUMBER * model.parameters,
        2 * file_size(plan, space, data, model),
    )


def memory_of(plan: Configuration, dataset: Dataset, device: torch.device = HOST) -> RankMemory:
    """Memory of a run by one process.

    Args:
        plan: of the run.
        dataset: its data.
        device: where it computes.
    """
    space, on_host = build_space(dataset, plan.given_energy), not is_accelerator(device)
    return rank_memory(plan, space, DataSize.of(dataset), model_size(plan, space), compiled=on_host)


def state_size(kernel: type[Kernel], space: Space) -> int:
    """Bytes of the state of a chain: x, its gradient where the kernel has one, and its energy."""
    return NUMBER * (space.sites * (2 if kernel.has_gradient else 1) + 1)


def file_size(plan: Configuration, space: Space, data: DataSize, model: ModelSize) -> int:
    """Bytes of the run file at the end of the training, before it is compressed."""
    compact = data.bytes // (data.items + data.held_out) + NUMBER
    chains = EpochSizes.of(plan, data).configurations
    parameters = NUMBER * model.parameters
    estimating = entropy_estimator.COLUMNS * entropy_estimator.REPLICAS
    of_chains = compact * (chains + max(chains, SAMPLE_COUNT) + estimating)
    of_chains += estimating * NUMBER * space.sites * KERNELS[plan.kernel].has_gradient
    kept = parameters + compact * min(
        max(parameters // compact, snapshots.LEAST_CHAINS), snapshots.MOST_CHAINS
    )
    taken = 1 + math.ceil(math.log(max(plan.planned_epochs, 1)) / math.log(snapshots.RATIO))
    of_snapshots = min(snapshots.MOST_BYTES, taken * kept)
    return SAVED * parameters + of_chains + of_snapshots + (data.bytes + data.beside if data.carried else 0)


def balancing_evaluations(plan: Configuration) -> float:
    """Evaluations an epoch of the ladders that balance modes, whose steps come from time to time."""
    if not plan.balances:
        return 0.0
    return plan.balance * DEFAULT_REPLICAS * (balance.MOVES + 1) / balance.INTERVAL


def traffic_of(
    plan: Configuration, space: Space, data: DataSize, model: ModelSize, ranks: int
) -> tuple[Traffic, ...]:
    """Exchanges of an epoch of so many ranks: at most, as if chains with weights were resampled in every epoch.

    Args:
        plan: of the run.
        space: of the data.
        data: their size.
        model: size of the model.
        ranks: that train together.
    """
    fit, sizes = FITS[plan.way_of_fitting], EpochSizes.of(plan, data)
    moved = sizes.configurations * (plan.schedule.moves + 1) + balancing_evaluations(plan)
    evaluations = moved + sizes.items + sizes.drawn
    share = entropy_estimator.SHARE / (1 - entropy_estimator.SHARE)
    steps = share * evaluations / (entropy_estimator.COLUMNS * entropy_estimator.REPLICAS)
    return exchanges(
        ranks,
        chains=sizes.chains,
        configurations=sizes.configurations,
        drawn=sizes.drawn,
        observables=plan.members * plan.observables if plan.model == "observables" else 0,
        parameters=model.parameters,
        chain_bytes=sizes.replicas * state_size(KERNELS[plan.kernel], space),
        resample_share=plan.schedule.resample_share if plan.schedule.weighted and fit.may_weigh else 1.0,
        tunings=plan.schedule.moves + steps + (balance.MOVES / balance.INTERVAL if plan.balances else 0),
    )


@dataclass(frozen=True)
class RunPlan:
    """A training that may be started.

    Attributes:
        configuration: of the run.
        device: where it computes.
        ranks: that share it.
        memory: of the rank that needs most.
        memory_alone: of one rank that does all.
        free: bytes that there are on the device; None where it does not say.
        resident: bytes of the program itself; None where the system does not say.
        traffic: of an epoch.
        works: computation of an epoch, `ALONE` and by the names of links in `LINKS`, as ranks on one machine share
            its cores; none where the run does not fit, and was not tried.
    """

    configuration: Configuration
    device: str
    ranks: int
    memory: RankMemory
    memory_alone: RankMemory
    free: int | None
    resident: int | None
    traffic: tuple[Traffic, ...]
    works: Mapping[str, EpochWork]

    @property
    def fits(self) -> bool:
        """True if a rank finds the memory that it needs here, as far as that is known."""
        return self.free is None or self.memory.total <= self.free

    @property
    def alone(self) -> float | None:
        """Seconds an epoch of one rank; None where it was not tried."""
        return self.works[ALONE].seconds() if self.works else None

    @property
    def links(self) -> tuple[str, ...]:
        """Names of the links over which several ranks are predicted."""
        return tuple(name for name in self.works if name != ALONE)

    def seconds(self, name: str) -> float:
        """Seconds an epoch of all ranks over a link, by its name."""
        return epoch_seconds(self.works[name], self.traffic, self.ranks, LINKS[name])

    def as_json(self) -> dict[str, Any]:
        """The plan as JSON values: bytes, and epochs a second."""
        memory, alone = self.memory, self.memory_alone
        speeds: dict[str, Any] = {"1": None if self.alone is None else 1 / self.alone}
        if self.ranks > 1:
            speeds[str(self.ranks)] = {name: 1 / self.seconds(name) for name in self.links}
        return {
            "device": self.device,
            "ranks": self.ranks,
            "chains": self.configuration.chains,
            "memory_bytes": memory._asdict() | {"total": memory.total},
            "memory_bytes_of_one_rank_alone": alone._asdict() | {"total": alone.total},
            "program_bytes": self.resident,
            "free_bytes": self.free,
            "fits": self.fits,
            "sent_bytes_an_epoch": {part.name: round(part.sent(self.ranks)) for part in self.traffic},
            "epochs_per_second": speeds,
        }
