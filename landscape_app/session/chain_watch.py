"""Chains over time: the age of each one's state, and the past of one that is followed, its energy split by terms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.models.model import Model
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.base_measure import BaseMeasure
from landscape_app.physics.fields import FieldError
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.host import to_host
from landscape_app.session.model_samples import ModelSamples
from landscape_app.session.records import ChainHistory
from landscape_app.session.sampler import Sampler

BASE_NAME = "−log q"


class EnergyShare(NamedTuple):
    """One term's part in −log P.

    Attributes:
        energy: in nats, from where it is measured, shape (n,).
        pull: norm of its slope in nats a level, NaN where it has none, shape (n,).
    """

    energy: np.ndarray
    pull: np.ndarray


def split_energy(
    x: Tensor,
    target: Target,
    fields: Sequence[str] = (),
    base_origin: float = 0.0,
    model_origin: float = 0.0,
) -> dict[str, EnergyShare]:
    """−log P(x) − log Z = −log q(x) + Σ_k α_k E_k(x) / T, term by term, by the names of the terms.

    Args:
        x: configurations, shape (n, *shape).
        target: q and the terms.
        fields: names of the terms beside the model, in their order; the others have those of their kind.
        base_origin: −log q from which the base's share is measured.
        model_origin: energy from which the model's share is measured.
    """
    hamiltonian, names = target.hamiltonian, iter(fields)
    surprisal = to_host(-target.base_measure.log_prob(x) - base_origin).numpy()
    shares = {BASE_NAME: EnergyShare(surprisal, np.full(len(x), np.nan))}
    for weighted in hamiltonian.terms:
        alone = Hamiltonian([weighted], hamiltonian.temperature)
        energy, slope = alone.energy_and_gradient(x)
        energy = energy - _origin(weighted, hamiltonian.temperature, model_origin)
        pull = slope.flatten(1).norm(dim=1)
        term = weighted.term
        name = "E" if isinstance(term, Model) else next(names, type(term).__name__)
        shares[_unused(name, shares)] = EnergyShare(to_host(energy).numpy(), to_host(pull).numpy())
    return shares


def _origin(weighted: WeightedTerm, temperature: float, model_origin: float) -> float:
    is_model = isinstance(weighted.term, Model)
    return weighted.strength / temperature * model_origin if is_model else 0.0


def _unused(name: str, taken: dict[str, EnergyShare]) -> str:
    """The name, with a number where another term has it."""
    number, wanted = 1, name
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name


MEMORY = 1000
"""States of the followed chain that are remembered."""


class ChainWatch(ABC):
    """Takes note of chains after every step, and remembers one of them.

    Args:
        samples: of the model that they are chains of.
    """

    def __init__(self, samples: ModelSamples) -> None:
        self._samples = samples
        self._origin: tuple[BaseMeasure, float] | None = None
        self._ages = torch.zeros(0, dtype=torch.int64)
        self._chain: int | None = None
        self._past: _Past | None = None
        self._waiting: list[_State] = []

    @property
    def ages(self) -> np.ndarray:
        """Steps since each chain last moved or was started, int64, shape (chains,)."""
        return to_host(self._ages).numpy()

    @property
    def followed(self) -> int | None:
        """Index of the chain that is remembered."""
        return self._chain

    def follow(self, chain: int | None) -> None:
        """Remembers another chain from where it is now, or none.

        Raises:
            ValueError: there is no such chain.
        """
        x = self._positions()
        if chain is not None and not 0 <= chain < len(x):
            raise ValueError(
                tr("there is no chain {chain}; there are {chains}", chain=chain + 1, chains=len(x))
            )
        if chain != self._chain:
            self._chain, self._past = chain, None
            self._waiting.clear()
            if chain is not None:
                self._remember(x, None)

    def history(self) -> ChainHistory | None:
        """The last states of the followed chain; None where none is followed."""
        self._weigh()
        if self._chain is None or self._past is None:
            return None
        return self._past.record(self._chain)

    @abstractmethod
    def _positions(self) -> Tensor:
        """Configurations of the chains, shape (chains, *shape)."""

    @abstractmethod
    def _target(self) -> Target:
        """The distribution that they sample."""

    @abstractmethod
    def _fields(self) -> tuple[str, ...]:
        """Names of the fields in it."""

    @abstractmethod
    def _step(self) -> int:
        """Steps that they have done."""

    def _note(self, x: Tensor, moved: Tensor, probability: Tensor | None) -> None:
        """Takes note of a step, or of a jump (which has no probability)."""
        self._ages = torch.where(
            moved, torch.zeros_like(self._ages), self._ages + int(probability is not None)
        )
        if self._chain is not None:
            self._remember(x, probability)

    def _begin(self, x: Tensor) -> None:
        """Another number of chains: all are young, and one that is gone is no longer followed."""
        self._ages = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        if self._chain is not None and self._chain >= len(x):
            self.follow(None)
        if self._chain is not None:
            self._remember(x, None)

    def _remember(self, x: Tensor, probability: Tensor | None) -> None:
        assert self._chain is not None
        target = self._target()
        if self._waiting and self._waiting[-1].target is not target:
            self._weigh()
        chance = float("nan") if probability is None else float(probability[self._chain])
        self._waiting.append(_State(x[self._chain].clone(), target, self._fields(), self._step(), chance))
        if len(self._waiting) >= MEMORY:
            self._weigh()

    def _weigh(self) -> None:
        """Evaluates the energies of the states that wait for it, all at once.

        Where a field fails there, they are forgotten: it is asked no second time.

        Raises:
            FieldError: a field of what the chains sample now has failed.
        """
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        x, last = torch.stack([state.x for state in waiting]), waiting[-1]
        base_origin = self._base_origin(last.target.base_measure)
        try:
            shares = split_energy(x, last.target, last.fields, base_origin, self._samples.energy_origin)
        except FieldError:
            if last.target is self._target():
                raise
            return
        if self._past is None:
            self._past = _Past(to_host(self._samples.model.space.compact(x[0])).numpy())
        for row, state in enumerate(waiting):
            x_row = to_host(self._samples.model.space.compact(state.x)).numpy()
            self._past.add(x_row, shares, row, state.step, state.acceptance)

    def _base_origin(self, base: BaseMeasure) -> float:
        """Mean of −log q over the training images, with the fixed pixels."""
        if self._origin is None or self._origin[0] is not base:
            images = base.with_fixed_sites(self._samples.data)
            self._origin = base, -float(weighted_mean(base.log_prob(images), self._samples.weights))
        return self._origin[1]


class SamplerWatch(ChainWatch):
    """Watches the chains of a sampler; `observe` after every step, start or jump."""

    def __init__(self, sampler: Sampler) -> None:
        super().__init__(sampler.samples)
        self._sampler = sampler
        self._state = sampler.chains.state
        self._begin(self._state.x)

    def observe(self) -> None:
        """Takes note of where the chains are, where they have moved since."""
        chains, before = self._sampler.chains, self._state
        if chains.state is before:
            return
        self._state = chains.state
        x = chains.x
        if x.shape != before.x.shape:
            self._begin(x)
            return
        move = chains.move
        if move is not None and move.before is before:
            self._note(x, move.info.accepted, move.info.probability)
            return
        moved = (x != before.x).flatten(1).any(1)
        if bool(moved.any()):
            self._note(x, moved, None)

    def _positions(self) -> Tensor:
        return self._sampler.chains.x

    def _target(self) -> Target:
        return self._sampler.chains.target

    def _fields(self) -> tuple[str, ...]:
        return tuple(f"V[{layer.title}]" for layer in self._sampler.composition.acting)

    def _step(self) -> int:
        return self._sampler.steps


class TrainingWatch(ChainWatch):
    """Watches the chains that train, at β = 1; `observe` after every step of theirs.

    Replicas are swapped and chains are resampled, so a chain has moved where its configuration has changed.
    """

    def __init__(self, samples: ModelSamples) -> None:
        super().__init__(samples)
        self._model = samples.model.target
        self._x = self._positions()
        self._steps = 0
        self._begin(self._x)

    def observe(self) -> None:
        """Takes note of a step."""
        before, self._x = self._x, self._positions()
        self._steps += 1
        if self._x.shape != before.shape:
            self._begin(self._x)
        else:
            moved = (self._x != before).flatten(1).any(1)
            self._note(self._x, moved, moved.float())

    def _positions(self) -> Tensor:
        return self._samples.training_chains.x

    def _target(self) -> Target:
        return self._model

    def _fields(self) -> tuple[str, ...]:
        return ()

    def _step(self) -> int:
        return self._steps


@dataclass(frozen=True, eq=False)
class _State:
    """A state whose energies are not known yet."""

    x: Tensor
    target: Target
    fields: tuple[str, ...]
    step: int
    acceptance: float


class _Past:
    """The last `MEMORY` states, each like one example, in arrays twice as long: what is kept lies in one piece."""

    def __init__(self, example: np.ndarray) -> None:
        self._x = np.zeros((2 * MEMORY, *example.shape), example.dtype)
        self._steps = np.zeros(2 * MEMORY, np.int64)
        self._acceptance = np.zeros(2 * MEMORY)
        self._energies: dict[str, np.ndarray] = {}
        self._pulls: dict[str, np.ndarray] = {}
        self._end = self._seen = 0

    def add(
        self, x: np.ndarray, shares: dict[str, EnergyShare], row: int, step: int, acceptance: float
    ) -> None:
        """Adds a state, and a row of the shares of its energy."""
        if self._end == 2 * MEMORY:
            for array in self._arrays:
                array[:MEMORY] = array[MEMORY:]
                array[MEMORY:] = np.nan if array.dtype.kind == "f" else 0
            self._end = MEMORY
        end = self._end
        self._x[end], self._steps[end], self._acceptance[end] = x, step, acceptance
        for name, share in shares.items():
            self._energies.setdefault(name, np.full(2 * MEMORY, np.nan))[end] = share.energy[row]
            self._pulls.setdefault(name, np.full(2 * MEMORY, np.nan))[end] = share.pull[row]
        self._end += 1
        self._seen += 1

    def record(self, chain: int) -> ChainHistory:
        """A copy of the states that are kept."""
        kept = slice(max(0, self._end - MEMORY), self._end)
        energies = {name: array[kept] for name, array in self._energies.items()}
        terms = tuple(name for name, array in energies.items() if np.isfinite(array).any())
        n = kept.stop - kept.start
        return ChainHistory(
            chain=chain,
            first=self._seen - n,
            steps=self._steps[kept].copy(),
            x=self._x[kept].copy(),
            terms=terms,
            energies=np.nan_to_num(np.stack([energies[name] for name in terms], 1)),
            pulls=np.stack([self._pulls[name][kept] for name in terms], 1),
            acceptance=self._acceptance[kept].copy(),
        )

    @property
    def _arrays(self) -> list[np.ndarray]:
        return [
            self._x,
            self._steps,
            self._acceptance,
            *self._energies.values(),
            *self._pulls.values(),
        ]
