"""Members that learn apart, side by side, and the model of their mean energy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from landscape_app.learning.ensembles import ChainEnsemble
from landscape_app.learning.minmaxent import MinMaxEnt, MinMaxEntRecord
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.observables import MemberObservables
from landscape_app.physics.threads import set_threads


class Committee(MinMaxEnt):
    """Trains the members of a model (`MemberObservables`) apart, each with an ensemble, λ and rates of its own.

    The model is their mean energy, λ_i/K of K members. log Z is convex in the energy, so that it has no worse a
    cross-entropy on any data than the members have on average, and a better one the more they differ. Its own chains,
    which are looked at and which rest, follow it without weights; no member learns from them.

    A record has the constraints of all members on their own chains. The mean energy need not hold them: it is maximum
    entropy with relaxed constraints (Dudík, Phillips, Schapire 2007).

    Args:
        members: trainers of the model's members, which share their parameters θ with it.
        *of_trainer: the arguments of `Trainer`; model and ensemble are those of the mean energy.
        **named: likewise.

    Attributes:
        members: they.
    """

    may_weigh: ClassVar[bool] = False
    may_share: ClassVar[bool] = False

    def __init__(self, members: Sequence[MinMaxEnt], *of_trainer: Any, **named: Any) -> None:
        self.members = tuple(members)
        super().__init__(*of_trainer, **named)

    def _prepare(self) -> None:
        super()._prepare()
        self.scalings = {}
        self._is_adopted = False

    def adopt(self, parameters: list[Tensor], epoch: int, x: Tensor | None = None) -> None:
        """Goes on from parameters that were found elsewhere, and with chains of members where the model's will be."""
        super().adopt(parameters, epoch, x)
        shares = self.model.multipliers.chunk(len(self.members))
        for member, share in zip(self.members, shares, strict=True):
            member.model.multipliers.data.copy_(share * len(self.members))
            member.average, member.epoch = member.model.values(), epoch
            member.velocity = [torch.zeros_like(v) for v in member.velocity]
            if member.energies is None:
                member.look()
        self._is_adopted = True

    def recover(self) -> bool:
        """False: a member goes back by itself as often as it helps."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """All that training goes on from, but the model's parameters and the data."""
        members = [
            {**member.state_dict(), "multipliers": member.model.multipliers.clone()}
            for member in self.members
        ]
        named = {f"member_{k}": state for k, state in enumerate(members)}
        return super().state_dict() | named | {"adopted": int(self._is_adopted)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state, the model's parameters loaded before."""
        super().load_state_dict(state)
        self._is_adopted = bool(state["adopted"])
        at_rest = self.model.values()
        if self.live is not None:
            self.model.set_values(self.live.parameters)
        for k, member in enumerate(self.members):
            found = state[f"member_{k}"]
            member.model.multipliers.copy_(found["multipliers"])
            member.load_state_dict(found)
        self.model.set_values(at_rest)

    def _epoch(self) -> MinMaxEntRecord:
        """An epoch of every member; the model and its chains follow."""
        if self._is_adopted:
            self._set_members_down()
        for member in self.members:
            member.progress = self.progress
        count, before = len(self.members), sum(member.evaluations for member in self.members)
        records = self._advance()
        with torch.no_grad():
            multipliers = torch.cat([member.model.multipliers for member in self.members])
            self.model.multipliers.copy_(multipliers / count)
        self.ensemble.follow(self.model.target)
        motion = self.ensemble.run(self.schedule.moves)
        spent = sum(member.evaluations for member in self.members) - before
        self.evaluations += spent + self.ensemble.size * (self.schedule.moves + 1) * count
        energies = self._end_epoch()
        averages = [member.model.named(member.average) for member in self.members]
        self.average = self.model.values_of(mean_values(averages))
        self.recoveries = sum(member.recoveries for member in self.members)
        self.balanced_at = max(member.balanced_at for member in self.members)
        return MinMaxEntRecord(
            **self._common_figures(motion.now().acceptance_rate, energies),
            entropy_gradient=math.sqrt(sum(record.entropy_gradient**2 for record in records)),
            chi_squared=sum(record.chi_squared for record in records),
            residuals=np.concatenate([record.residuals for record in records]),
            multipliers=np.concatenate([record.multipliers for record in records]) / count,
            swap_rate=math.nan,
            effective_samples=sum(record.effective_samples for record in records),
            weight_share=min(record.weight_share for record in records),
            updates=max(record.updates for record in records),
            update_share=min(record.update_share for record in records),
            resampled=max(record.resampled for record in records),
        )

    def _advance(self) -> list[MinMaxEntRecord]:
        """An epoch of every member, on the host side by side on as many threads as there are, one each.

        Members have random numbers of their own: nothing depends on which is done first. Whatever fails, none is left
        at work.
        """
        workers = min(len(self.members), torch.get_num_threads())
        if workers == 1 or not self.training.is_cpu:
            return [member.advance() for member in self.members]  # type: ignore[misc]
        with ThreadPoolExecutor(workers, "member", set_threads, (1,)) as pool:
            return list(pool.map(MinMaxEnt.advance, self.members))  # type: ignore[arg-type]

    def _set_members_down(self) -> None:
        """Lets the chains of the members go on from those of the model, which they are near to."""
        x = self.ensemble.chains_at_one.x
        for member in self.members:
            if isinstance(member.ensemble, ChainEnsemble):
                member.ensemble.start_from(x, member.model.target)
        self._is_adopted = False

    @contextmanager
    def _undone_by_failure(self) -> Iterator[None]:
        with ExitStack() as stack:
            for member in self.members:
                stack.enter_context(member._undone_by_failure())
            stack.enter_context(super()._undone_by_failure())
            yield


def mean_values(members: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Values by name of a model of `MemberObservables` whose energy is the mean of K others', λ_i/K, by theirs."""
    named = {
        name.replace("observables.", f"observables.members.{k}.", 1): value
        for k, member in enumerate(members)
        for name, value in member.items()
        if name != "multipliers"
    }
    return named | {"multipliers": torch.cat([member["multipliers"] / len(members) for member in members])}


def has_members(model: MinMaxEntModel) -> bool:
    """True of a model of a mean energy."""
    return isinstance(model.observables, MemberObservables)


def member_models(model: MinMaxEntModel) -> list[MinMaxEntModel]:
    """Models of the members of a mean energy, with the parameters θ of theirs and multipliers K λ_i."""
    assert isinstance(model.observables, MemberObservables)
    members = model.observables.members
    shares = model.multipliers.detach().chunk(len(members))
    return [
        MinMaxEntModel(model.base_measure, member, share * len(members))
        for member, share in zip(members, shares, strict=True)
    ]
