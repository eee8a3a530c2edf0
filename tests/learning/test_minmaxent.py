"""The trainer against the exact entropy, by enumeration in double precision."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from landscape_app.learning.schedule import Schedule
from landscape_app.learning.trainer import DivergenceError, EpochRecord
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.kernels import DiscreteLangevin
from tests.learning.enumerable import (
    BASE,
    HELD_OUT,
    NEVER_RESAMPLE,
    SPACE,
    STATES,
    TRAINING,
    SmallObservables,
    dual,
    exact_trainer,
    log_model,
    log_partition,
    trainer_with,
    weighted_schedule,
)
from tests.physics.exact import boltzmann, state_index


def solve(f: SmallObservables) -> Tensor:
    """λ at the constraint, by Newton's method on the dual with halved steps."""
    multipliers = torch.zeros(2, dtype=torch.float64)
    with torch.no_grad():
        values, mean = f(STATES), f(TRAINING).mean(0)
        for _ in range(100):
            p = log_model(f, multipliers).exp()
            centred = values - p @ values
            step = torch.linalg.solve(centred.T @ (p.unsqueeze(1) * centred), p @ values - mean)
            while dual(f, multipliers + step) > dual(f, multipliers) + 1e-13:
                step /= 2
            multipliers = multipliers + step
    return multipliers


def constraint_residual(f: SmallObservables, multipliers: Tensor) -> float:
    with torch.no_grad():
        return float((log_model(f, multipliers).exp() @ f(STATES) - f(TRAINING).mean(0)).abs().max())


def gradients(f: nn.Module) -> list[Tensor]:
    return [p.grad.clone() for p in f.parameters() if p.grad is not None]


def test_entropy_gradient_agrees_with_finite_differences_of_the_exact_entropy() -> None:
    """Equation (8), λ solved anew at every θ, base measure not uniform."""
    f = SmallObservables(seed=7)
    multipliers = solve(f)
    assert constraint_residual(f, multipliers) < 1e-10
    trainer = exact_trainer(seed=7, multipliers=multipliers)
    record = trainer.run_epoch()
    ours = gradients(trainer.model.observables)
    assert record.chi_squared < 1e-18

    def relative_entropy() -> float:
        """log Z + Σ_i λ_i ⟨f_i⟩_P (equation 7), by λ solved at this θ."""
        lam = solve(f)
        with torch.no_grad():
            return float(log_partition(f, lam) + lam @ (log_model(f, lam).exp() @ f(STATES)))

    step = 1e-4
    for parameter, gradient in zip(f.parameters(), ours, strict=True):
        flat = parameter.data.view(-1)
        for k in range(len(flat)):
            value = float(flat[k])
            flat[k] = value + step
            above = relative_entropy()
            flat[k] = value - step
            below = relative_entropy()
            flat[k] = value
            # Second order in the step.
            assert float(gradient.view(-1)[k]) == pytest.approx((above - below) / (2 * step), abs=1e-6)
    assert record.entropy_gradient == pytest.approx(math.sqrt(sum(float((g**2).sum()) for g in ours)))


@pytest.mark.parametrize("multipliers", [(0.0, 0.0), (0.7, -0.4), (-2.0, 1.5)])
def test_loss_gradient_is_that_of_the_exact_cross_entropy_at_any_multipliers(
    multipliers: tuple[float, float],
) -> None:
    lam = torch.tensor(multipliers, dtype=torch.float64)
    trainer = exact_trainer(seed=8, multipliers=lam)
    trainer.run_epoch()
    f = SmallObservables(seed=8)
    dual(f, lam).backward()
    for ours, exact in zip(gradients(trainer.model.observables), gradients(f), strict=True):
        torch.testing.assert_close(ours, exact, rtol=1e-10, atol=1e-12)


def test_reported_moments_and_energies_are_the_exact_ones() -> None:
    lam = torch.tensor([0.7, -0.4], dtype=torch.float64)
    trainer, f = exact_trainer(seed=9, multipliers=lam), SmallObservables(seed=9)
    record = trainer.run_epoch()
    with torch.no_grad():
        p, data = log_model(f, lam).exp(), f(TRAINING)
        z = (p @ f(STATES) - data.mean(0)) / data.std(0, correction=0)
    np.testing.assert_allclose(record.residuals, z.numpy(), rtol=1e-10)
    assert record.chi_squared == pytest.approx(float((z**2).sum()))
    # Energies are those of the parameters that the epoch ends with, as are the multipliers.
    g, end = trainer.model.observables, trainer.model.multipliers
    np.testing.assert_array_equal(record.multipliers, end.numpy())
    with torch.no_grad():
        assert record.energy_training == pytest.approx(float((g(TRAINING) @ end).mean()))
        assert record.energy_held_out == pytest.approx(float((g(HELD_OUT) @ end).mean()))
        model = log_model(g, end).exp() @ (g(STATES) @ end)  # type: ignore[arg-type]
        assert record.energy_model == pytest.approx(float(model))


@pytest.mark.parametrize("update", ["preconditioned", "chi-squared"])
def test_training_lowers_the_entropy_and_meets_the_constraints(update: str) -> None:
    schedule = weighted_schedule(
        moves=1, theta_rate=5e-3, multiplier_update=update, resample_share=NEVER_RESAMPLE, weighted=True
    )
    trainer = exact_trainer(seed=10, schedule=schedule)
    f: SmallObservables = trainer.model.observables  # type: ignore[assignment]
    empirical = np.bincount(state_index(TRAINING, SPACE), minlength=len(STATES)) / len(TRAINING)
    seen = torch.as_tensor(empirical) > 0
    floor = float((torch.as_tensor(empirical)[seen] * torch.as_tensor(empirical)[seen].log()).sum())

    def divergence() -> float:
        """KL from the data to the model, which is S less the data's own entropy."""
        with torch.no_grad():
            return floor - float(torch.as_tensor(empirical) @ log_model(f, trainer.model.multipliers))

    before = divergence()
    maxent_only = float(floor - (torch.as_tensor(empirical) @ log_model(f, solve(f))).detach())
    records = [trainer.run_epoch() for _ in range(800)]
    # Below what the untrained observables could ever reach with λ alone, which is below the base measure.
    assert divergence() < 0.5 * maxent_only < 0.5 * before
    assert records[-1].chi_squared < 1e-3 < records[0].chi_squared
    assert records[-1].entropy_gradient < 0.5 * max(r.entropy_gradient for r in records)


def test_updates_between_two_moves_are_those_of_as_many_epochs_where_the_average_is_exact() -> None:
    schedule = weighted_schedule(theta_rate=1e-2, resample_share=NEVER_RESAMPLE, least_share=1e-6)
    single = exact_trainer(seed=11, schedule=schedule)
    triple = exact_trainer(seed=11, schedule=dataclasses.replace(schedule, updates=3))
    for _ in range(12):
        single.run_epoch()
    records = [triple.run_epoch() for _ in range(4)]
    assert [record.updates for record in records] == [3] * 4
    for a, b in zip(single.model.values(), triple.model.values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


class Fragile(SmallObservables):
    """Observables that go wrong on demand: averaged, in energy after an update, or in the gradient of θ."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.wrong = ""
        self.good = torch.cat([p.detach().flatten().clone() for p in self.parameters()])

    def forward(self, x: Tensor) -> Tensor:
        f = super().forward(x)
        now = torch.cat([p.detach().flatten() for p in self.parameters()])
        if self.wrong == "value" and torch.is_grad_enabled() and not x.requires_grad:
            return f * torch.nan
        if self.wrong == "energy" and not torch.equal(now, self.good):
            return f + torch.inf
        if self.wrong == "gradient":
            # √(θ − θ) is zero, and its slope infinite.
            return f + (self.bias - self.bias.detach()).sqrt().sum()
        return f


@pytest.mark.parametrize("wrong", ["value", "energy", "gradient"])
@pytest.mark.parametrize("update", ["preconditioned", "chi-squared"])
def test_a_number_that_is_not_finite_restores_parameters_and_chains_bit_for_bit(
    wrong: str, update: str
) -> None:
    f, lam = Fragile(seed=19), torch.tensor([0.3, 0.2], dtype=torch.float64)
    x = BASE.sample(100, torch.Generator().manual_seed(20))
    # So large a share resamples in the epoch that fails, and its weights must come back too.
    schedule = weighted_schedule(multiplier_update=update, resample_share=0.9999)
    trainer = trainer_with(f, lam, x, DiscreteLangevin(), schedule)
    for _ in range(3):
        trainer.run_epoch()
    f.good = torch.cat([p.detach().flatten().clone() for p in f.parameters()])

    def everything() -> list[Tensor]:
        return [
            *(p.detach().clone() for p in f.parameters()),
            trainer.model.multipliers.clone(),
            *(t.clone() for t in trainer.ensemble.chains.state if t is not None),
            trainer.ensemble.log_weights.clone(),
        ]

    before = everything()
    assert trainer.ensemble.weight_share < 0.9999
    f.wrong = wrong
    with pytest.raises(DivergenceError, match=r"epoch 4.*[Tt]ry"):
        trainer.run_epoch()
    for now, then in zip(everything(), before, strict=True):
        assert torch.equal(now, then)
    assert trainer.epoch == 3
    f.wrong = ""
    torch.testing.assert_close(
        trainer.model.target.hamiltonian.energy(trainer.ensemble.chains.x), trainer.ensemble.chains.energy
    )
    assert trainer.run_epoch().epoch == 4
    assert all(bool(torch.isfinite(t).all()) for t in everything())


@pytest.mark.parametrize("weighted", [False, True])
def test_same_seed_gives_the_same_run(weighted: bool) -> None:
    def run(seed: int) -> tuple[list[EpochRecord], Tensor]:
        f, lam = SmallObservables(seed=21), torch.zeros(2, dtype=torch.float64)
        x = BASE.sample(64, torch.Generator().manual_seed(22))
        trainer = trainer_with(f, lam, x, DiscreteLangevin(), Schedule(weighted=weighted), seed=seed)
        return [trainer.run_epoch() for _ in range(10)], trainer.ensemble.chains.x

    first, again, other = run(1), run(1), run(2)
    for a, b in zip(first[0], again[0], strict=True):
        for field in dataclasses.fields(EpochRecord):
            if field.name != "seconds":
                np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name))
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])


def test_held_out_images_take_no_part_in_any_update() -> None:
    ends = []
    for held_out in (HELD_OUT, torch.zeros(5, 2)):
        trainer = exact_trainer(seed=23)
        trainer.held_out = held_out
        trainer.run_epoch()
        ends.append(torch.cat([p.detach().flatten() for p in trainer.model.observables.parameters()]))
    assert torch.equal(*ends)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"moves": 0}, "at least one move"),
        ({"theta_rate": 0.0}, "learning rate of θ"),
        ({"theta_rate": math.nan}, "learning rate of θ"),
        ({"theta_rate": math.inf}, "learning rate of θ"),
        ({"multiplier_update": "adam"}, "no multiplier update is called 'adam'; choose from chi-squared"),
        ({"least_share": 1.0}, "least_share"),
        ({"least_share": math.nan}, "least_share"),
        ({"resample_share": 0.0}, "resample_share"),
    ],
)
def test_schedules_that_cannot_be_followed_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule(**wrong)  # type: ignore[arg-type]


def test_uniform_base_gives_the_plain_entropy() -> None:
    """Equation (7) up to the log of the number of states, by which a normalised uniform q differs from counting."""
    uniform = ProductBase.uniform(SPACE)
    f, lam = SmallObservables(seed=24), torch.tensor([0.5, 0.3], dtype=torch.float64)
    with torch.no_grad():
        h = f(STATES) @ lam
        log_q = uniform.log_prob(STATES).double()
        p = boltzmann(uniform, h.numpy())
        log_z = float((log_q - h).logsumexp(0))
    entropy = -(p * np.log(p)).sum()
    assert log_z + p @ h.numpy() + math.log(len(STATES)) == pytest.approx(entropy, abs=1e-5)
