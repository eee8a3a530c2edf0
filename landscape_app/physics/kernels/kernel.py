"""Interface of every Markov kernel, and the Metropolis–Hastings decision that they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Self

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading, number, to_host
from landscape_app.physics.ranks import Ranks
from landscape_app.physics.space import Continuous, Levels, Space

CONTINUOUS_STEP_SIZES = (1e-5, 1e4)
"""Range of adaptation in continuous spaces, whose units are the user's."""

LAG = 8
"""Adaptations after which a kernel that decides on the host takes their outcome (`Kernel.held`)."""


class State(NamedTuple):
    """The position of an ensemble of chains.

    Attributes:
        x: configurations, shape (batch, *shape).
        energy: H(x) in nats, shape (batch,).
        gradient: ∂H/∂x, shape (batch, *shape); None for kernels that do not use it.
    """

    x: Tensor
    energy: Tensor
    gradient: Tensor | None = None

    @property
    def parts(self) -> list[Tensor]:
        """Its tensors, by which `State(*parts)` is made again."""
        return [part for part in self if part is not None]

    def rows(self, rows: slice | Tensor) -> State:
        """Of some of the chains."""
        gradient = None if self.gradient is None else self.gradient[rows]
        return State(self.x[rows], self.energy[rows], gradient)


class Info(NamedTuple):
    """Report of one step.

    Attributes:
        accepted: which chains moved to their proposal, bool, shape (batch,).
        probability: acceptance probability of each chain's proposal, shape (batch,).
        evaluations: evaluations of H (with its gradient where the kernel uses it) per chain.
        proposal: where each chain was to go, outside a box too, shape (batch, *shape); None where there is no one
            such place. In continuous spaces every kernel has one.
        path: the places from each chain's own to its proposal, both included, shape (points, batch, *shape); None
            but for kernels that follow a path, while they keep it (`Kernel.keep_path`).
    """

    accepted: Tensor
    probability: Tensor
    evaluations: int
    proposal: Tensor | None = None
    path: Tensor | None = None

    @property
    def acceptance_rate(self) -> Tensor:
        """Mean acceptance probability over the chains, a scalar."""
        return self.probability.mean()


class KernelParameter(NamedTuple):
    """A number of a kernel that can be set while it moves chains.

    Attributes:
        name: of the kernel's attribute.
        label: what a person calls it.
        unit: of x; empty where x has none of its own.
        low: least value.
        high: largest value.
        whole: whether it is rounded to a whole number before it is used.
        meaning: what it does, in words.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    whole: bool
    meaning: str


class Kernel(ABC):
    """A Markov kernel with a step size.

    An ensemble may consist of groups of equally many chains, such as the replicas at each temperature; every
    group then has a step size of its own.

    Args:
        step_size: how far a proposal reaches, in the units of x, or one for each group; None takes the
            kernel's own default.

    Attributes:
        adaptations: of the step sizes so far.

    Raises:
        ValueError: a step size is not positive.
    """

    label: ClassVar[str]
    default_step_size: ClassVar[float]
    target_acceptance: ClassVar[float]
    adaptation_rate: ClassVar[float] = 0.05
    """Gain of the step size's adaptation; 0.05 follows a change of the landscape within some tens of steps."""

    step_size_range: ClassVar[tuple[float, float]]
    """Range of adaptation in discrete spaces."""

    step_label: ClassVar[str] = tr("Step ε")
    step_meaning: ClassVar[str] = tr("How far a proposal reaches.")
    serves: ClassVar[tuple[type[Space], ...]]
    """The spaces on which the kernel can move."""

    over_any_base: ClassVar[bool] = False
    """True if it moves on discrete spaces over base measures whose sites depend on each other, too."""

    has_gradient: ClassVar[bool] = False
    """True if its states carry ∂H/∂x."""

    quickness: ClassVar[int] = 1
    """Times faster than local moves at which it forgets where a chain was: so many times fewer steps do."""

    cost: ClassVar[int] = 1
    """Of a step of one chain, in evaluations of an energy with its gradient."""

    tuned: ClassVar[tuple[str, ...]] = ("_on_device",)
    """Attributes that adaptation changes, tensors of floats, or None before the first time."""

    keep_path: bool = False
    """True if `Info` shall tell the path to each proposal, of kernels that follow one."""

    def __init__(self, step_size: float | Sequence[float] | None = None) -> None:
        if step_size is None:
            step_size = self.default_step_size
        self.adaptations = self._known = self._held_at = 0
        self._settle: Callable[[], None] | None = None
        self._step_sizes: list[float] = []
        self.step_sizes = [float(step_size)] if isinstance(step_size, int | float) else list(step_size)
        for step in self.step_sizes:
            if not step > 0:
                raise ValueError(tr("the step size must be positive, got {step}", step=step))

    def anew(self, step_size: float | Sequence[float]) -> Self:
        """A kernel of the same kind with other step sizes, which adapts afresh."""
        return type(self)(step_size)

    def steps_of_sweep(self, space: Space) -> int:
        """Steps in which every site is proposed a move once on average."""
        return 1

    @property
    def step_sizes(self) -> list[float]:
        """The step size of each group; read back where adaptation has changed it since it was last."""
        self._read()
        return list(self._step_sizes)

    @step_sizes.setter
    def step_sizes(self, step_sizes: Sequence[float]) -> None:
        self._read()
        self._step_sizes = [float(step) for step in step_sizes]
        self._on_device: Tensor | None = None
        self._held: list[float] = []

    @property
    def held(self) -> list[float]:
        """The step size of each group, for what is decided on the host: taken anew after `LAG` adaptations.

        When that is depends on the adaptations alone, so that what chains do does not depend on who has looked at a
        step size meanwhile.
        """
        if not self._held or self.adaptations - self._held_at >= LAG:
            self._read()
            self._held, self._held_at = self._on_host(), self.adaptations
        return self._held

    def _on_host(self) -> list[float]:
        """Numbers that adaptation changes, as the host knows them."""
        return list(self._step_sizes)

    @property
    def groups(self) -> int:
        """Number of groups of chains with a step size of their own."""
        return len(self._step_sizes)

    def steps_on(self, device: torch.device) -> Tensor:
        """The step sizes as they are now, float32, shape (groups,)."""
        if self._on_device is None:
            self._on_device = torch.tensor(self._step_sizes, dtype=torch.float32, device=device)
        return self._on_device

    def adapt_steps(self, probability: Tensor, space: Space) -> None:
        """Moves log step size by gain × (acceptance − target), without a word to the host (Robbins and Monro 1951).

        A kernel whose step size depends on its own past is not exactly invariant; it is adapted while the model
        trains or chains warm up, and frozen where samples are kept.

        Args:
            probability: acceptance probabilities of one step, shape (batch,): each group goes by its own.
            space: where the chains move.
        """
        low, high = self.step_size_limits(space)
        if low == high:
            return
        acceptance = self.pooled_acceptance(probability.view(self.groups, -1))
        growth = (self.adaptation_rate * (acceptance - self.target_acceptance)).exp_()
        self._on_device = growth.mul_(self.steps_on(probability.device)).clamp_(low, high)
        self.adaptations += 1

    def average_over(self, ranks: Ranks) -> None:
        """Takes the means of what each rank has tuned by its own chains, along with the next message between them.

        A rank goes on by its own until then; whoever reads a step size waits for the mean.
        """
        if ranks.is_alone:
            return
        found = [getattr(self, name) for name in self.tuned]
        ranks.mean_later(*(tensor for tensor in found if tensor is not None))
        self._settle = ranks.settle

    def adapted(self) -> Tensor:
        """Numbers that adaptation changes and the host wants to know, on the device, shape (numbers,)."""
        assert self._on_device is not None
        return self._on_device

    def adaptation(self) -> DeviceReading[None]:
        """`adapted`, to be read back along with other numbers; nothing where the host knows it already."""
        at = self.adaptations
        if at == self._known:
            return DeviceReading((), lambda: None)

        def meaning(numbers: Tensor) -> None:
            if at > self._known:
                self._take_adapted(numbers)
                self._known = at

        return DeviceReading((self.adapted(),), meaning)

    def _read(self) -> None:
        """Reads back what has been adapted, where the host does not know it."""
        if self.adaptations > self._known:
            if self._settle is not None:
                self._settle()
            self.adaptation().now()

    def _take_adapted(self, numbers: Tensor) -> None:
        """Takes `adapted` as it was read back."""
        self._step_sizes = numbers[: self.groups].tolist()

    @property
    def step_size(self) -> float:
        """The step size of the last group: of the model itself, where the groups are replicas."""
        return self.step_sizes[-1]

    @step_size.setter
    def step_size(self, step_size: float) -> None:
        self.step_sizes = [step_size] * self.groups

    def step_size_limits(self, space: Space) -> tuple[float, float]:
        """The least and the largest step size that adaptation may choose."""
        return CONTINUOUS_STEP_SIZES if isinstance(space, Continuous) else self.step_size_range

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """Parameters that can be set while the kernel moves, its step size first; none where it has no choice."""
        low, high = self.step_size_limits(space)
        unit = space.label if isinstance(space, Levels) else ""
        return (KernelParameter("step_size", self.step_label, unit, low, high, False, self.step_meaning),)

    def check(self, target: Target) -> None:
        """Refuses what the kernel cannot move on.

        Raises:
            ValueError: another space.
        """
        if not isinstance(target.base_measure.space, self.serves):
            served = tr(" or ").join(space.label for space in self.serves)
            raise ValueError(
                tr(
                    "the kernel “{kernel}” moves on {spaces}, not on {space}; choose another",
                    kernel=self.label,
                    spaces=served,
                    space=target.base_measure.space.label,
                )
            )
        dependent = target.base_measure.space.is_discrete and not isinstance(target.base_measure, ProductBase)
        if dependent and not self.over_any_base:
            raise ValueError(
                tr(
                    "the kernel “{kernel}” needs a base measure of independent sites, and this one is learned; "
                    "choose another",
                    kernel=self.label,
                )
            )

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape), without a gradient."""
        return State(x, target.hamiltonian.energy(x), None)

    @abstractmethod
    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One update of every chain."""

    def renews(self, target: Target) -> bool:
        """True if a step does not depend on the energies where it starts."""
        return False

    def pooled_acceptance(self, probability: Tensor) -> Tensor:
        """Acceptance rates to compare with the target, shape (groups,), of probabilities, shape (groups, chains)."""
        return probability.mean(1)

    def adapt(self, before: State, info: Info, target: Target) -> None:  # noqa: B027
        """Tunes what the kernel has beside its step size, by one step from `before`; by default nothing."""

    def tuning(self) -> dict[str, Tensor]:
        """Numbers that `adapt` has tuned and the host holds, by name; none before the first of either."""
        if not self._held:
            return {}
        since = self.adaptations - self._held_at
        return {"held": torch.tensor(self._held, dtype=torch.float64), "since_held": torch.tensor(since)}

    def take_tuning(self, tuning: Mapping[str, Tensor]) -> None:
        """Takes what `tuning` has returned, among whatever else there is.

        Raises:
            ValueError: numbers that cannot be.
        """
        self._held = []
        if "held" not in tuning and "since_held" not in tuning:
            return
        held = to_host(tuning["held"])
        if held.shape != (len(self._on_host()),) or not bool((held.isfinite() & (held > 0)).all()):
            raise ValueError("the step sizes held must be positive, as many as there are")
        self._held, self._held_at = held.tolist(), self.adaptations - int(number(tuning["since_held"]))

    def step_of_each(self, x: Tensor) -> Tensor:
        """The step size of every chain, shape (batch, 1, …) to go with x of shape (batch, *shape)."""
        steps = self.steps_on(x.device)
        return steps.repeat_interleave(len(x) // len(steps)).view(-1, *([1] * (x.dim() - 1)))


def farthest_move(step: KernelParameter) -> KernelParameter:
    """A step size that bounds how many levels a site moves."""
    meaning = tr("A site moves by one level at least and by so many at most, each as likely.")
    return step._replace(label=tr("Reach"), whole=True, meaning=meaning)


def metropolis(
    state: State, proposal: State, log_ratio: Tensor, generator: torch.Generator, evaluations: int
) -> tuple[State, Info]:
    """Accept each chain's proposal with probability min(1, exp(log_ratio)) (Hastings 1970).

    Args:
        state: where the chains are.
        proposal: where they may go.
        log_ratio: log of π(x') Q(x|x') / (π(x) Q(x'|x)), shape (batch,); NaN is a rejection.
        generator: random state.
        evaluations: what to report as the step's cost.
    """
    probability = log_ratio.clamp(max=0).exp().nan_to_num(0.0)
    uniform = torch.rand(probability.shape, generator=generator, device=probability.device)
    accepted = uniform < probability
    per_site = accepted.view(-1, *([1] * (state.x.dim() - 1)))
    gradient = None
    if state.gradient is not None and proposal.gradient is not None:
        gradient = torch.where(per_site, proposal.gradient, state.gradient)
    moved = State(
        x=torch.where(per_site, proposal.x, state.x),
        energy=torch.where(accepted, proposal.energy, state.energy),
        gradient=gradient,
    )
    return moved, Info(accepted, probability, evaluations, proposal.x)


def symmetric_metropolis(
    state: State, wanted: Tensor, target: Target, generator: torch.Generator
) -> tuple[State, Info]:
    """Accept each chain's move with probability min(1, π(x') / π(x)), Q(x'|x) = Q(x|x') (Metropolis et al. 1953).

    A place outside the space is rejected, which keeps the proposal symmetric. One evaluation of H.

    Args:
        state: where the chains are.
        wanted: where they are to go, outside the space too, shape (batch, *shape).
        target: π = q exp(−βH).
        generator: random state.
    """
    base = target.base_measure
    inside = base.space.contains(wanted)
    x = torch.where(inside.view(-1, *([1] * (wanted.dim() - 1))), wanted, state.x)
    proposal = State(x, target.hamiltonian.energy(x), None)
    log_ratio = target.tempered(state.energy - proposal.energy)
    log_ratio = log_ratio + base.log_prob(x) - base.log_prob(state.x)
    log_ratio = log_ratio.masked_fill(~inside, -torch.inf)
    moved, info = metropolis(state, proposal, log_ratio, generator, evaluations=1)
    return moved, info._replace(proposal=wanted)
