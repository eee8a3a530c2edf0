"""A trainer on so few states that every average is a sum over them, in double precision."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from landscape_app.learning.ensembles import ChainEnsemble
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels import Info, Kernel, State
from landscape_app.physics.ranks import ALONE, Ranks
from landscape_app.physics.space import Levels, Space
from tests.physics.exact import CoupledLevels, all_states, boltzmann, draw, random_base

SPACE = Levels((2,), 5)
STATES = SPACE.enumerate()


class SmallObservables(nn.Module):
    """f(x; θ) = V tanh(W x + b) in double precision: K = 2 observables of four hidden units."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(shape, generator=generator, dtype=torch.float64))

        self.inward, self.bias, self.readout = normal(4, 2), normal(4), normal(2, 4)

    def forward(self, x: Tensor) -> Tensor:
        centred = SPACE.unit(x).double() * 2 - 1
        return torch.tanh(centred.flatten(1) @ self.inward.T + self.bias) @ self.readout.T

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        return self(x) @ multipliers


class Still(Kernel):
    """Chains that never move: on every state once, with log weights log P, they are P itself."""

    label: ClassVar[str] = "Still"
    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 0.5
    step_size_range: ClassVar[tuple[float, float]] = (0.1, 1.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Levels,)

    def init(self, x: Tensor, target: Target) -> State:
        return State(x, target.hamiltonian.energy(x), None)

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        return state, Info(torch.zeros(len(state.x), dtype=torch.bool), torch.zeros(len(state.x)), 0)


BASE = random_base(SPACE, seed=1)
LOG_Q = BASE.log_probabilities.double().log_softmax(-1)[torch.arange(2), STATES.long()].sum(1)
DATA_TERM = CoupledLevels(SPACE, seed=2)
DATA_P = boltzmann(BASE, DATA_TERM.exact_energy(all_states(SPACE)))
TRAINING = draw(DATA_P, 60, SPACE, seed=3)
HELD_OUT = draw(DATA_P, 40, SPACE, seed=4)
NEVER_RESAMPLE = 1e-9


def log_model(f: SmallObservables, multipliers: Tensor) -> Tensor:
    """log P over every state, differentiable in θ and λ, shape (states,)."""
    return (LOG_Q - f(STATES) @ multipliers).log_softmax(0)


def log_partition(f: SmallObservables, multipliers: Tensor) -> Tensor:
    return (LOG_Q - f(STATES) @ multipliers).logsumexp(0)


def dual(f: SmallObservables, multipliers: Tensor, data: Tensor = TRAINING) -> Tensor:
    """Cross-entropy of the data, −⟨log q⟩_data + λ·μ + log Z, up to its first term, which has no parameter."""
    return f(data).mean(0) @ multipliers + log_partition(f, multipliers)


def weighted_schedule(**values: Any) -> Schedule:
    """A schedule whose chains carry weights from the start."""
    return Schedule(
        **{
            "weighted": True,
            "theta_rate": 1e-3,
            "momentum": 0.0,
            "multiplier_update": "preconditioned",
            **values,
        }
    )


def exact_trainer(
    seed: int = 5,
    multipliers: Tensor | None = None,
    schedule: Schedule | None = None,
    ranks: Ranks = ALONE,
) -> MinMaxEnt:
    """A trainer whose chains are every state once, weighted by the model's exact probability; ranks share them."""
    f = SmallObservables(seed)
    multipliers = torch.zeros(2, dtype=torch.float64) if multipliers is None else multipliers.clone()
    schedule = schedule or weighted_schedule(resample_share=NEVER_RESAMPLE)
    trainer = trainer_with(f, multipliers, STATES, Still(), schedule, ranks=ranks)
    trainer.ensemble.log_weights = log_model(f, multipliers).detach()
    return trainer


def trainer_with(
    f: nn.Module,
    multipliers: Tensor,
    x: Tensor,
    kernel: Kernel,
    schedule: Schedule,
    seed: int = 6,
    ranks: Ranks = ALONE,
) -> MinMaxEnt:
    model = MinMaxEntModel(BASE, f, multipliers)
    generator = torch.Generator().manual_seed(seed)
    chains = Chains(x[ranks.own(len(x))], model.target, kernel, generator, adapt=False, ranks=ranks)
    ensemble = ChainEnsemble(chains, schedule.weighted, schedule.resample_share)
    trainer = MinMaxEnt(model, TRAINING, HELD_OUT, ensemble, schedule)
    trainer.ensemble.log_weights = trainer.ensemble.log_weights.double()
    return trainer
