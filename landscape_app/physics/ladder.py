"""A ladder of replicas from the base measure (β = 0) to the model (β = 1): chains that cross every barrier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading, check_shape, check_steps, number, to_host
from landscape_app.physics.kernels.kernel import Kernel, State
from landscape_app.physics.kernels.replica_exchange import propose_exchange, rearrange
from landscape_app.physics.ladder_spacing import SpacingStatistics, apart, respace
from landscape_app.physics.ranks import ALONE, Ranks
from landscape_app.physics.threads import threads_for

DEFAULT_REPLICAS = 12
MOST_REPLICAS = 48

TUNING_STEPS = 30
"""Between two moves of the temperatures while a ladder warms up."""

LEAST_OVERLAP = 0.01
"""Swap rate between neighbours below which the ladder counts as cut in two."""


COUNTED = ("swaps", "flow")
"""Arrays of what a rank has counted in sums of floats, which another order would round otherwise."""


class LadderStatistics(NamedTuple):
    """Report of some steps of a ladder.

    Attributes:
        acceptance_rate: of the kernel at β = 1.
        swap_rates: mean acceptance probability between neighbours, on the host, shape (replicas − 1,).
        evaluations: evaluations of H per replica.
    """

    acceptance_rate: float
    swap_rates: Tensor
    evaluations: int


class Ladder:
    """Independent ladders side by side, one a column; each holds one replica at every β.

    The lowest replica is at β = 0 and is drawn afresh from q at every step, so what a replica brings up from
    there is new. A step moves every other replica by the kernel, then exchanges neighbours.

    Args:
        columns: number of ladders, of all ranks together.
        target: q and H; its β is set here.
        kernel: moves the replicas; gets a step size for each.
        generator: random state.
        betas: inverse temperatures from 0 to 1, rising; or how many to space evenly in β².
        x: where the replicas here start, shape (replicas · columns, *shape), or (columns, *shape) for all of a column
            at one place; None draws each from q.
        adapt: whether step sizes follow the acceptance rates.
        ranks: that share the ladders; temperatures and step sizes are those of all of them.

    Attributes:
        columns: number of ladders here.
        all_columns: of all ranks together.

    Raises:
        ValueError: the temperatures do not rise from 0 to 1.
    """

    def __init__(
        self,
        columns: int,
        target: Target,
        kernel: Kernel,
        generator: torch.Generator,
        betas: Sequence[float] | int = DEFAULT_REPLICAS,
        x: Tensor | None = None,
        adapt: bool = True,
        ranks: Ranks = ALONE,
    ) -> None:
        kernel.check(target)
        check_columns(columns, ranks.count)
        spaced = torch.linspace(0, 1, betas, dtype=torch.float64) ** 2 if isinstance(betas, int) else betas
        self.ranks = ranks
        self.all_columns, self.columns = columns, ranks.share(columns)
        columns = self.columns
        self.kernel = kernel
        self.generator = generator
        self.adapt = adapt
        self.on_step: Callable[[], None] | None = None
        """Called after every step; it may look, but must not change the replicas."""
        self.rounds = 0
        self.betas, self.spacing = self._spaced(torch.as_tensor(spaced, dtype=torch.float64))
        if len(kernel.step_sizes) != self.replicas - 1:
            self.kernel.step_sizes = [kernel.step_size] * (self.replicas - 1)
        device = generator.device
        if x is None:
            start = target.base_measure.sample(columns * self.replicas, generator)
        elif len(x) == columns:
            start = x.repeat(self.replicas, *[1] * (x.dim() - 1))
        else:
            start = x
        self._named = 0
        self.ancestors = self._new_names()
        """Names of where replicas come from, int64, shape (replicas, columns): equal for those that descend from the
        same sample, and a new one, below zero, for each that is drawn from q."""
        self.replica_ids = torch.arange(columns * self.replicas, device=device).view(self.replicas, columns)
        """Number of the replica at each temperature, int64, shape (replicas, columns); swaps exchange them."""
        self.direction = torch.zeros(self.replicas, columns, dtype=torch.int8, device=device)
        """1 for a replica that has seen β = 0 last, −1 for one that has seen β = 1 last, 0 for neither yet."""
        self.trips = torch.zeros((), dtype=torch.int64, device=device)
        """`round_trips` on the device, int64, a scalar."""
        self.target, self._moving_target = self._targets(target)
        self.state: State = kernel.init(start, self.target)

    @property
    def replicas(self) -> int:
        """Number of temperatures."""
        return len(self.betas)

    @property
    def x(self) -> Tensor:
        """Configurations at β = 1, shape (columns, *shape)."""
        return self.state.x[-self.columns :]

    @property
    def energy(self) -> Tensor:
        """H at β = 1, shape (columns,)."""
        return self.state.energy[-self.columns :]

    @property
    def energies(self) -> Tensor:
        """H of every replica, shape (replicas, columns)."""
        return self.state.energy.view(self.replicas, self.columns)

    @property
    def round_trips(self) -> int:
        """Ways of replicas from β = 0 to 1 and back so far, on all ranks; waits for the device."""
        return int(self.ranks.total(number(self.trips))[0])

    def __len__(self) -> int:
        return self.columns

    def retarget(self, target: Target) -> None:
        """Goes on under another target, from where the replicas are."""
        self.target, self._moving_target = self._targets(target)
        self.state = self.kernel.init(self.state.x, self.target)

    def restart(self, x: Tensor) -> None:
        """Puts the last columns at given places, at every temperature but β = 0, shape (columns, *shape).

        The target is evaluated by whoever calls, with `retarget`.
        """
        state = self.state.x.view(self.replicas, self.columns, *x.shape[1:])
        first = self.columns - len(x)
        moved = torch.cat([state[1:, :first], x.expand(self.replicas - 1, *x.shape)], dim=1)
        self.state = self.state._replace(x=torch.cat([state[:1], moved]).flatten(0, 1))
        self.direction = torch.cat(
            [self.direction[:, :first], torch.zeros_like(self.direction[:, first:])], dim=1
        )

    def select(self, columns: Tensor) -> None:
        """Goes on with copies of chosen columns, int64, shape (all columns,), as resampling does."""
        if not self.ranks.is_alone:
            self._exchange_columns(columns)
            return
        rows = torch.arange(self.replicas, device=columns.device).unsqueeze(1) * self.columns + columns
        self.state = self.state.rows(rows.flatten())
        self.direction = self.direction[:, columns]
        self.ancestors = self.ancestors[:, columns]

    def _exchange_columns(self, columns: Tensor) -> None:
        """`select` where columns of other ranks may be wanted, which know no ancestors here."""
        shape = self.replicas, self.columns
        rows = [part.view(*shape, *part.shape[1:]).transpose(0, 1) for part in self.state.parts]
        *rows, direction = self.ranks.select(columns, *rows, self.direction.T.float())
        self.state = State(*(row.transpose(0, 1).flatten(0, 1) for row in rows))
        self.direction = direction.T.to(self.direction.dtype)
        self.ancestors = self._new_names()

    def name_ancestors(self, names: Tensor) -> None:
        """Says which samples the replicas above β = 0 descend from, int64, shape (replicas − 1, columns)."""
        self._named = max(0, -int(number(names.min())))
        self.ancestors = torch.cat([self._new_names(1), names])

    def state_dict(self) -> dict[str, Tensor]:
        """All that going on here depends on, but the random state and the target."""
        seen = self.spacing
        counts = torch.full((3,), self.rounds, dtype=torch.int64, device=self.trips.device)
        counts[1:2], counts[2] = self.trips, seen.rounds
        return {
            "x": self.state.x,
            "betas": self.betas,
            "step_sizes": torch.tensor(self.kernel.step_sizes, dtype=torch.float64),
            "replica_ids": self.replica_ids,
            "direction": self.direction,
            "counts": counts,
            "swaps": torch.stack([seen.accepted, seen.proposed]),
            "flow": torch.stack([seen.rising, seen.falling]),
            **self.kernel.tuning(),
        }

    def gathered(self, rows: Tensor) -> Tensor:
        """Rows of the replicas of all ranks, shape (replicas · all columns, …), of those here."""
        if self.ranks.is_alone:
            return rows
        table = rows.reshape(-1, self.columns, *rows.shape[1:])
        return self.ranks.gather_columns(self.all_columns, table)[0].flatten(0, 1)

    def own_rows(self, rows: Tensor) -> Tensor:
        """Rows of the replicas here, of those of all ranks."""
        if self.ranks.is_alone:
            return rows
        table = rows.reshape(-1, self.all_columns, *rows.shape[1:])
        return table[:, self.ranks.own(self.all_columns)].flatten(0, 1)

    def whole_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The ladders of all ranks, of a `state_dict` of this one, from whenever: it may have had other temperatures.

        What each rank has counted stands in a row for each.
        """
        whole = dict(state)
        if self.ranks.is_alone:
            return whole
        ranks, n, compact = self.ranks, self.all_columns, self.target.base_measure.space.compact
        whole["x"] = self.gathered(compact(state["x"])).to(state["x"].dtype)
        names = ("replica_ids", "direction")
        ids = state["replica_ids"]
        ids = ids // self.columns * n + ids % self.columns + ranks.own(n).start
        whole |= zip(names, ranks.gather_columns(n, ids, state["direction"].to(ids.dtype)), strict=True)
        whole["direction"] = whole["direction"].to(state["direction"].dtype)
        for name in COUNTED:
            (whole[name],) = ranks.gather(ranks.count, state[name].unsqueeze(0))
        whole["counts"] = state["counts"].clone()
        (whole["counts"][1:2],) = ranks.sum(state["counts"][1:2])
        return whole

    def own_state(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """This rank's part of a `whole_state`, of as many ranks or of others.

        Raises:
            ValueError: an array of another shape.
            KeyError: an array is missing.
        """
        own, ranks, n = dict(state), self.ranks, self.all_columns
        for name in COUNTED:
            rows = state[name].view(-1, *state[name].shape[-2:])
            # Sums over all ranks are all that counts: of others, the first takes them.
            own[name] = rows[ranks.rank] if len(rows) == ranks.count else rows.sum(0) * ranks.is_first
        if ranks.is_alone:
            return own
        if not ranks.is_first:
            own["counts"] = own["counts"] * torch.tensor([1, 0, 1], device=own["counts"].device)
        replicas, here = own["betas"].numel(), ranks.own(n)
        check_shape("x", own["x"], (replicas * n, *self.state.x.shape[1:]))
        own["x"] = self.own_rows(own["x"])
        for name in ("replica_ids", "direction"):
            check_shape(name, own[name], (replicas, n))
            own[name] = own[name][:, here]
        own["replica_ids"] = own["replica_ids"] // n * self.columns + own["replica_ids"] % n - here.start
        return own

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target.

        Raises:
            ValueError: an array of another shape, or temperatures that do not rise from 0 to 1.
            KeyError: an array is missing.
        """
        device = self.generator.device
        replicas = state["betas"].numel()
        for name, shape in {
            "betas": (replicas,),
            "x": (replicas * self.columns, *self.state.x.shape[1:]),
            "step_sizes": (replicas - 1,),
            "replica_ids": (replicas, self.columns),
            "direction": (replicas, self.columns),
            "counts": (3,),
            "swaps": (2, replicas - 1),
            "flow": (2, replicas),
        }.items():
            check_shape(name, state[name], shape)
        check_steps(state["step_sizes"])
        # Files of version 1.0.0 may have temperatures that float32 does not tell apart.
        self.betas, self.spacing = self._spaced(apart(to_host(state["betas"]).double()))
        self.kernel.step_sizes = state["step_sizes"].tolist()
        self.kernel.take_tuning(tuning_on(device, state))
        self.replica_ids = state["replica_ids"].to(device)
        self.direction = state["direction"].to(device)
        self.ancestors = self._new_names()
        self.rounds, trips, seen = to_host(state["counts"]).tolist()
        self.trips = torch.tensor(trips, device=device)
        tables = [*state["swaps"].to(device), *state["flow"].to(device)]
        self.spacing = SpacingStatistics(seen, *tables)
        self.target, self._moving_target = self._targets(target)
        self.state = self.kernel.init(state["x"].to(device), self.target)

    def run(self, steps: int) -> LadderStatistics:
        """Moves and exchanges so many times; reads back once."""
        reading = self.advance(steps)
        self.ranks.settle()
        return reading.now()

    def advance(self, steps: int) -> DeviceReading[LadderStatistics]:
        """Moves and exchanges `steps` times; of several ranks it reports as `Chains.advance` does."""
        with threads_for(self.state.x.numel()):
            return self._advance(steps)

    def _advance(self, steps: int) -> DeviceReading[LadderStatistics]:
        kernel = self.kernel
        acceptance, evaluations = self.state.energy.new_zeros(()), 0
        swaps = SpacingStatistics.empty(self.replicas, self.state.x.device)
        for _ in range(steps):
            moving = self.state.rows(slice(self.columns, None))
            moved, info = kernel.step(moving, self._moving_target, self.generator)
            if self.adapt:
                kernel.adapt_steps(info.probability, self.target.base_measure.space)
                kernel.adapt(moving, info, self._moving_target)
                kernel.average_over(self.ranks)
            fresh = kernel.init(self.target.base_measure.sample(self.columns, self.generator), self.target)
            self.state = _stack(fresh, moved)
            self._exchange(swaps)
            acceptance = acceptance + info.probability[-self.columns :].mean()
            evaluations += info.evaluations
            if self.on_step is not None:
                self.on_step()
        self.spacing = self.spacing + swaps
        adaptation, swap_rates = kernel.adaptation(), swaps.swap_rates
        self.ranks.mean_later(acceptance, swap_rates)

        def meaning(acceptance: Tensor, swap_rates: Tensor, *adapted: Tensor) -> LadderStatistics:
            adaptation.meaning(*adapted)
            return LadderStatistics(float(acceptance) / max(steps, 1), swap_rates, evaluations)

        return DeviceReading((acceptance, swap_rates, *adaptation.tensors), meaning)

    def respace(self, least_swap_rate: float = 0.35, most_replicas: int = MOST_REPLICAS) -> bool:
        """Moves the temperatures to where replicas are held up; adds one where they are too far apart.

        Replicas keep their configurations and go on under their new temperature. To be called while chains
        warm up or the model trains, never while samples are kept.

        Args:
            least_swap_rate: below this mean rate a replica is added, and where a single rate is below 0.01.
            most_replicas: limit of their number.

        Returns:
            Whether anything was known to go by.
        """
        if not self.spacing.is_sufficient:
            return False
        seen = self.spacing.on_host().of_all(self.ranks)
        rates = seen.swap_rates
        too_far = float(rates.mean()) < least_swap_rate or float(rates.min()) < LEAST_OVERLAP
        grow = bool(self.ranks.agreed(too_far and self.replicas < most_replicas)[0])
        before = to_host(self.betas)
        (betas,) = self.ranks.first(respace(before, seen, self.replicas + int(grow)))
        if grow:
            self._grow((betas.unsqueeze(1) - before.unsqueeze(0)).abs().argmin(1))
        self.betas, self.spacing = self._spaced(betas)
        self.target, self._moving_target = self._targets(self.target)
        return True

    def tune(self, steps: int, every: int = TUNING_STEPS) -> None:
        """Warms up: moves and exchanges, and moves the temperatures every so many steps."""
        for _ in range(max(1, steps // every)):
            self.run(every)
            self.respace()

    def _exchange(self, swaps: SpacingStatistics) -> None:
        self.rounds += 1
        self.ancestors[0] = self._new_names(1)
        exchange = propose_exchange(self.energies, self.betas, self.rounds % 2 == 1, self.generator)
        self.state = rearrange(self.state, exchange.order)
        self.replica_ids = self.replica_ids.gather(0, exchange.order)
        self.direction = self.direction.gather(0, exchange.order)
        self.ancestors = self.ancestors.gather(0, exchange.order)
        self.trips = self.trips + (self.direction[0] == -1).sum()
        self.direction[0] = 1
        self.direction[-1] = -1
        swaps.add(exchange.probability, self.direction)

    def _grow(self, origin: Tensor) -> None:
        """Copies replicas so that there is one for each new temperature, from the nearest old one, on the host."""
        device = self.state.x.device
        rows = (origin.unsqueeze(1) * self.columns + torch.arange(self.columns)).flatten().to(device)
        self.state = self.state.rows(rows)
        self.replica_ids = torch.arange(len(rows), device=device).view(-1, self.columns)
        self.direction = self.direction[origin.to(device)]
        self.ancestors = self.ancestors[origin.to(device)]
        known = self.kernel.step_sizes
        steps = [known[0], *known]
        self.kernel.step_sizes = [steps[int(i)] for i in origin[1:]]

    def _new_names(self, replicas: int | None = None) -> Tensor:
        """Names that no replica has had yet, int64, shape (replicas, columns)."""
        count = (self.replicas if replicas is None else replicas) * self.columns
        self._named += count
        names = torch.arange(count, device=self.generator.device) - self._named
        return names.view(-1, self.columns)

    def _spaced(self, betas: Tensor) -> tuple[Tensor, SpacingStatistics]:
        """Temperatures, float64 on the host, on the device, and nothing seen of them yet."""
        if len(betas) < 2 or betas[0] != 0 or betas[-1] != 1 or bool((betas.diff() <= 0).any()):
            raise ValueError(f"a ladder's temperatures must rise from β = 0 to 1, got {betas.tolist()}")
        device = self.generator.device
        return betas.float().to(device), SpacingStatistics.empty(len(betas), device)

    def _targets(self, target: Target) -> tuple[Target, Target]:
        """The model, and what the replicas above β = 0 sample."""
        tempered = target._replace(beta=self.betas[1:].repeat_interleave(self.columns))
        return target._replace(beta=None), tempered


def check_columns(columns: int, ranks: int) -> None:
    """Refuses more ranks than ladders.

    Raises:
        ValueError: there are.
    """
    if ranks > columns:
        raise ValueError(f"{columns} ladders cannot be shared by {ranks} ranks; take fewer ranks")


def tuning_on(device: torch.device, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Part of a kernel's saved state, of any shape, on the device, but for what is float64 and stays on the host."""
    return {
        name: tensor if tensor.dtype == torch.float64 else tensor.to(device) for name, tensor in state.items()
    }


def _stack(a: State, b: State) -> State:
    gradient = None
    if a.gradient is not None and b.gradient is not None:
        gradient = torch.cat([a.gradient, b.gradient])
    return State(torch.cat([a.x, b.x]), torch.cat([a.energy, b.energy]), gradient)
