"""Metropolis-adjusted Langevin steps in a box or on the line, and the leapfrog integrator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import ContinuousBase, Stretch, UniformBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels.kernel import Info, Kernel, State, metropolis
from landscape_app.physics.space import Box, Line, Space

if TYPE_CHECKING:
    from landscape_app.physics.kernels.leapfrog_loops import HostTarget

SCALE_RATE = 0.05
"""Gain of the adaptation of scales."""

SCALE_PRIOR = 10
"""Chains at which a coordinate's log scale lies halfway between its own and the mean of all."""

LEAST_VARIANCE = 1e-12
"""Least variance of a coordinate, relative to the largest: those that have not moved yet must be able to."""


class MALA(Kernel):
    """Proposes x' = x − ½ ε² s² ∂U/∂x + ε s p with p ~ N(0, 1) and U = βH − log q, then accepts or rejects.

    That is one leapfrog step of size ε from a fresh momentum (Neal 2011, section 5.2), and with p' the momentum
    after it the Hastings ratio is exp(−ΔU − Δp²/2). In a box x' is mirrored at the walls, and p' with it. From
    x' back to x by the same mirrors leads the one momentum −p', so the ratio stays exact without a sum over the
    images of x', and no proposal is lost at the walls, where rejection would lose half of them. s follows the
    spread of each coordinate over the ensemble while the kernel adapts. Where the base measure is correlated, p is
    stretched by its factor first (`Stretch`): x' = x − ½ ε² M s² Mᵀ ∂U/∂x + ε M s p.
    One evaluation of H and its gradient a step.

    Source: Roberts, Tweedie, "Exponential convergence of Langevin distributions and their discrete
    approximations" (1996); target acceptance from Roberts, Rosenthal (1998).
    """

    label: ClassVar[str] = tr("Metropolis-adjusted Langevin")
    default_step_size: ClassVar[float] = 0.1
    target_acceptance: ClassVar[float] = 0.574
    adaptation_rate: ClassVar[float] = 0.1
    has_gradient: ClassVar[bool] = True
    tuned: ClassVar[tuple[str, ...]] = (*Kernel.tuned, "scales")
    step_meaning: ClassVar[str] = tr(
        "Time of one leapfrog step: x moves by ε times its momentum, less ½ε² times the slope of the energy."
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Box, Line)

    scales: Tensor | None = None
    """s of each group, geometric mean 1, shape (groups, *shape); None for 1 everywhere."""

    _host: HostTarget | None = None
    _known_reach: tuple[tuple[Tensor, Tensor | None], np.ndarray] | None = None

    def __getstate__(self) -> dict[str, object]:
        """Of copies: without what is known of the target, which they would copy too."""
        return {name: value for name, value in vars(self).items() if name not in ("_host", "_known_reach")}

    def step_size_limits(self, space: Space) -> tuple[float, float]:
        """The least and the largest step size that adaptation may choose: in a box, its side."""
        if isinstance(space, Box):
            side = space.high - space.low
            return 1e-6 * side, side
        return super().step_size_limits(space)

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape), with its gradient."""
        return State(x, *target.hamiltonian.energy_and_gradient(x))

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One trajectory of every chain; one evaluation of H and its gradient for each leapfrog step."""
        steps = self._steps_of_next()
        if state.x.is_cpu and state.x.dtype == torch.float32:
            # Here, as whoever moves no chains does not wait for the compiler.
            from landscape_app.physics.kernels.leapfrog_loops import host_target, trajectory

            self._host = host_target(target, self._host)
            if self._host is not None:
                reach = self._reach_on_host(state.x)
                return trajectory(state, self._host, target, reach, steps, generator, self.keep_path)
        momentum = torch.randn(state.x.shape, generator=generator, device=state.x.device)
        path = [state.x] if self.keep_path else None
        end, last = leapfrog(state, momentum, self._reach(state.x), steps, target, path)
        log_ratio = target.tempered(state.energy - end.energy)
        log_ratio = log_ratio.add(squared(momentum) - squared(last), alpha=0.5)
        if not isinstance(target.base_measure, UniformBase):
            log_ratio = (
                log_ratio + target.base_measure.log_prob(end.x) - target.base_measure.log_prob(state.x)
            )
        after, info = metropolis(state, end, log_ratio, generator, evaluations=steps)
        return after, info if path is None else info._replace(path=torch.stack(path))

    def adapt(self, before: State, info: Info, target: Target) -> None:
        """Tunes the scales by one step of the ensemble."""
        self.scales = self._adapted_scales(before.x, stretch_of(target))

    def tuning(self) -> dict[str, Tensor]:
        """The scales, once there are some."""
        return super().tuning() | ({} if self.scales is None else {"scales": self.scales})

    def take_tuning(self, tuning: Mapping[str, Tensor]) -> None:
        """Takes the scales, or goes without.

        Raises:
            ValueError: scales that are not positive, or not as many as groups.
        """
        scales = tuning.get("scales")
        if scales is not None and not (
            scales.shape[:1] == (self.groups,) and bool((to_host(scales) > 0).all())
        ):
            raise ValueError("scales must be positive, as many as there are step sizes")
        self.scales = scales
        super().take_tuning(tuning)

    def _steps_of_next(self) -> int:
        """Leapfrog steps of the next trajectory."""
        return 1

    def _reach(self, x: Tensor) -> Tensor:
        """ε s of every chain, to go with x of shape (batch, *shape)."""
        reach = self._group_reach(x)
        return reach if self.groups == 1 else reach.repeat_interleave(len(x) // self.groups, dim=0)

    def _group_reach(self, x: Tensor) -> Tensor:
        """ε s of each group, shape (groups, *shape), of x with shape (batch, *shape)."""
        reach = self.steps_on(x.device).view(-1, *[1] * (x.dim() - 1))
        if self.scales is not None and len(self.scales) == self.groups:
            return reach * self.scales
        return reach.expand(-1, *x.shape[1:])

    def _reach_on_host(self, x: Tensor) -> np.ndarray:
        """ε s of each group, shape (groups, sites), made anew where either has been adapted."""
        made_of = self.steps_on(x.device), self.scales
        if self._known_reach is None or any(
            a is not b for a, b in zip(self._known_reach[0], made_of, strict=True)
        ):
            reach = to_host(self._group_reach(x)).reshape(self.groups, -1).contiguous().numpy()
            self._known_reach = made_of, reach
        return self._known_reach[1]

    def _adapted_scales(self, x: Tensor, stretch: Stretch | None) -> Tensor:
        """log s drawn towards the logarithm of the ensemble's deviations, their mean taken off."""
        members = (x if stretch is None else stretch.back(x)).reshape(self.groups, -1, *x.shape[1:])
        groups, chains = members.shape[:2]
        variance = members.var(dim=1, correction=0).view(groups, -1).clamp_min(torch.finfo(x.dtype).tiny)
        variance = variance.maximum(LEAST_VARIANCE * variance.amax(1, keepdim=True))
        wanted = variance.log() * (0.5 * chains / (chains + SCALE_PRIOR))
        if stretch is None:
            wanted = wanted - wanted.mean(1, keepdim=True)
        else:
            moving = stretch.moving.to(wanted.dtype)
            wanted = (wanted - (wanted * moving).sum(1, keepdim=True) / moving.sum().clamp_min(1)) * moving
        wanted = wanted.view(groups, *x.shape[1:])
        if self.scales is None or self.scales.shape != wanted.shape:
            return wanted.exp()
        return self.scales.log().lerp(wanted, SCALE_RATE).exp()


def stretch_of(target: Target) -> Stretch | None:
    """Map by which the base measure has momenta stretched; None for none."""
    base = target.base_measure
    return base.stretch if isinstance(base, ContinuousBase) else None


def squared(momentum: Tensor) -> Tensor:
    """p², shape (batch,)."""
    return momentum.square().flatten(1).sum(1)


def leapfrog(
    start: State,
    momentum: Tensor,
    reach: Tensor,
    steps: int,
    target: Target,
    path: list[Tensor] | None = None,
) -> tuple[State, Tensor]:
    """Leapfrog steps of ẋ = M s p, ṗ = −s Mᵀ ∂U/∂x: reversible, and keeping the volume of (x, p).

    Args:
        start: where the chains are, with the gradient of H.
        momentum: p, shape (batch, *shape).
        reach: ε s, to go with p.
        steps: how many of size ε, at least one.
        target: q, H and β.
        path: where given, x after every step is added to it.
    """
    space, stretch = target.base_measure.space, stretch_of(target)
    end, momentum = start, kicked(momentum.clone(), start, reach, target, 0.5)
    for left in reversed(range(steps)):
        x = moved(end.x, momentum, reach, stretch)
        if isinstance(space, Box):
            x, momentum = reflected(x, momentum, space)
        end = State(x, *target.hamiltonian.energy_and_gradient(x))
        if path is not None:
            path.append(x)
        momentum = kicked(momentum, end, reach, target, 1.0 if left else 0.5)
    return end, momentum


def moved(x: Tensor, momentum: Tensor, reach: Tensor, stretch: Stretch | None) -> Tensor:
    """x + ε M s p, shape (batch, *shape) like x and p."""
    if stretch is None:
        return torch.addcmul(x, reach, momentum)
    return x + stretch.forth(reach * momentum)


def kicked(momentum: Tensor, state: State, reach: Tensor, target: Target, steps: float) -> Tensor:
    """p − ε s Mᵀ ∂(βH − log q)/∂x for as many steps, shape (batch, *shape), written into p."""
    assert state.gradient is not None
    base = target.base_measure
    assert isinstance(base, ContinuousBase)
    if base.stretch is not None:
        slope = target.tempered(state.gradient) - base.log_prob_gradient(state.x)
        return momentum.addcmul_(reach, base.stretch.transposed(slope), value=-steps)
    momentum.addcmul_(reach, target.tempered(state.gradient), value=-steps)
    if not isinstance(base, UniformBase):
        momentum.addcmul_(reach, base.log_prob_gradient(state.x), value=steps)
    return momentum


def reflected(x: Tensor, momentum: Tensor, box: Box) -> tuple[Tensor, Tensor]:
    """x folded back by mirrors at the walls, and p, turned where their number was odd; same shapes, in place."""
    side = box.high - box.low
    x.sub_(box.low)
    x.sub_((x * (0.5 / side)).round_(), alpha=2 * side)
    momentum.mul_(torch.copysign(torch.ones((), device=x.device, dtype=x.dtype), x))
    # Not a clip of the proposal: rounding alone may put a mirrored x one digit outside.
    return x.abs_().add_(box.low).clamp_(box.low, box.high), momentum
