"""Number of chains that a device moves in about the time of fewer: ensembles sized to the device."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch

from landscape_app.counting import byte_size
from landscape_app.data import Dataset
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.learning.committee import has_members, member_models
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.ranks import ALONE, Ranks
from landscape_app.problems import PROBLEMS, Configuration, fitted_otherwise, starting_configuration
from landscape_app.problems.model import build_ensemble, build_model, build_space, model_size, training_data
from landscape_app.problems.problem import MOST_CHAINS
from landscape_app.session.device import free_memory, is_accelerator, resolve_device
from landscape_app.session.memory import is_out_of_memory
from landscape_app.session.plan import DataSize, rank_memory

AS_LONG = 1.25
"""Times as long as the proposed number of chains that more of them may take to move."""

TIMED_MOVES = 3
"""Moves of which the quickest tells how long one takes, after one that does not count."""

MEMORY_SHARE = 0.5
"""Of the device's free memory, the most that the run may take with more chains than proposed."""


class EnsembleSize(NamedTuple):
    """Number of chains that a device was found to move.

    Attributes:
        proposed: chains that it began with.
        chains: those that it moves in about the same time; of all ranks.
        seconds: moves of an epoch take with these.
        memory: bytes of the whole run with these, on a rank.
        device: where.
        ranks: that share the chains.
    """

    proposed: int
    chains: int
    seconds: float
    memory: int
    device: str
    ranks: int = 1

    @property
    def sentence(self) -> str:
        """The finding, such as "768 → 6,144 chains: cuda:0 moves them in the same time, 2 ms an epoch; …"."""
        if self.ranks > 1:
            return self._sentence_of_ranks
        takes = tr(
            "{seconds:.3g} ms an epoch; the run takes {memory} there",
            seconds=1000.0 * self.seconds,
            memory=byte_size(self.memory),
        )
        if self.chains == self.proposed:
            return tr(
                "{chains:,} chains: {device} has no room or time for more, {takes}",
                chains=self.chains,
                device=self.device,
                takes=takes,
            )
        return tr(
            "{proposed:,} → {chains:,} chains: {device} moves them in about the same time, {takes}",
            proposed=self.proposed,
            chains=self.chains,
            device=self.device,
            takes=takes,
        )

    @property
    def _sentence_of_ranks(self) -> str:
        """The same of several ranks: only the command line starts these, whose language is English."""
        takes = f"{1e3 * self.seconds:.3g} ms an epoch; the run takes {byte_size(self.memory)} on each"
        if self.chains == self.proposed:
            return f"{self.chains:,} chains: one of {self.ranks} ranks has no room or time for more, {takes}"
        moves = f"each of {self.ranks} ranks moves its part in about the same time"
        return f"{self.proposed:,} → {self.chains:,} chains: {moves}, {takes}"


def sized(
    configuration: Configuration, dataset: Dataset | None, device: str, ranks: Ranks = ALONE
) -> tuple[Configuration, EnsembleSize | None]:
    """A configuration with the number of chains that suits a device, and what was found; None where it stays.

    Args:
        configuration: of a new run, with the proposed number of chains.
        dataset: its data; None for those of the configuration's problem.
        device: as `resolve_device` takes it.
        ranks: that share the run, each on a device of its own.

    Raises:
        ValueError: the device does not exist, or the configuration does not fit the data.
    """
    found = ensemble_size(configuration, dataset, resolve_device(device).device, ranks)
    return (configuration if found is None else replace(configuration, chains=found.chains)), found


def has_proposed_chains(configuration: Configuration, dataset: Dataset | None) -> bool:
    """True if the number of chains is that of the proposal, so that nobody has chosen it.

    Args:
        configuration: of a new run.
        dataset: its data; None for those of the configuration's problem.
    """
    known = dataset is not None or configuration.problem in PROBLEMS
    if not known or not FITS[configuration.way_of_fitting].learns_from_chains:
        return False
    usual = PROBLEMS[configuration.problem].defaults if dataset is None else starting_configuration(dataset)
    if (usual.model, usual.way_of_fitting) != (configuration.model, configuration.way_of_fitting):
        usual = fitted_otherwise(replace(usual, model=configuration.model, fit=configuration.fit))
    return configuration.chains == usual.chains


def ensemble_size(
    configuration: Configuration, dataset: Dataset | None, device: torch.device, ranks: Ranks = ALONE
) -> EnsembleSize | None:
    """Chains for a run on a device whose configuration has the proposed number; None where it stays.

    An accelerator works on some number of chains at once, and as long on fewer. The number is doubled as long as
    moves take no longer than `AS_LONG` times those of the proposed one, there is memory, and it is at most
    `MOST_CHAINS`. It stays on the host, whose time grows with it, and where chains are only looked at.

    Each of several ranks moves its part of the chains, and all take what the one that moves least has found.

    Args:
        configuration: of the run.
        dataset: its data; None for those of the configuration's problem.
        device: where it computes.
        ranks: that share the run.

    Raises:
        ValueError: the configuration does not fit the data.
    """
    if not FITS[configuration.way_of_fitting].learns_from_chains or configuration.is_base_learned:
        return None
    own = _own_size(configuration, dataset, device, ranks) if is_accelerator(device) else None
    if ranks.is_alone:
        return own
    # All of them answer, whatever they compute on: none waits for another for ever.
    chains, seconds, memory = (0, 0.0, 0) if own is None else (own.chains, own.seconds, own.memory)
    here = torch.tensor([[chains, seconds, memory]], dtype=torch.float64)
    (found,) = ranks.gather(ranks.count, here)
    chains, seconds, memory = min(found.tolist())
    if own is None or not chains:
        return None
    return own._replace(chains=int(chains), seconds=seconds, memory=int(memory))


def _own_size(
    configuration: Configuration, dataset: Dataset | None, device: torch.device, ranks: Ranks
) -> EnsembleSize:
    """Chains of all ranks of which this one moves its part."""
    data = training_data(configuration, dataset)
    space, size, free = build_space(data), DataSize.of(data), free_memory(device)
    of_model, kind = model_size(configuration, space), FITS[configuration.way_of_fitting]
    training = torch.as_tensor(data.training_items).float().to(device)
    model = build_model(configuration, space, training, data.columns)
    if isinstance(model, MinMaxEntModel) and has_members(model):
        model = member_models(model)[0]

    def needed(chains: int) -> int:
        plan = replace(configuration, chains=chains)
        return rank_memory(plan, space, size, of_model, ranks.count, compiled=False).total

    def seconds(chains: int) -> float:
        ensemble = build_ensemble(replace(configuration, chains=ranks.share(chains), balance=0), model, kind)
        return seconds_of(lambda: ensemble.run(configuration.schedule.moves).now())

    chains = configuration.chains
    first = found = seconds(chains)
    while 2 * chains <= MOST_CHAINS and (free is None or needed(2 * chains) <= MEMORY_SHARE * free):
        try:
            now = seconds(2 * chains)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            break
        if now > AS_LONG * first:
            break
        chains, found = 2 * chains, now
    return EnsembleSize(configuration.chains, chains, found, needed(chains), str(device), ranks.count)


def seconds_of(move: Callable[[], object]) -> float:
    """Seconds of a move that waits for the device: the least of `TIMED_MOVES`."""
    move()
    times = []
    for _ in range(TIMED_MOVES):
        start = time.perf_counter()
        move()
        times.append(time.perf_counter() - start)
    return min(times)
