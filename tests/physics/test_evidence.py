"""The evidence lower bound of coupled hidden spins against sums over their states."""

import math

import pytest
import torch

from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.evidence import Posterior, evidence_steps
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.mean_field import mean_field, random_starts
from landscape_app.physics.space import Spins

VISIBLE, HIDDEN = 3, 4


def model(strength: float) -> PairModel:
    """Three visible and four hidden spins over a base measure that is not uniform, the hidden ones coupled too."""
    generator = torch.Generator().manual_seed(0)
    upper = strength * torch.randn(VISIBLE + HIDDEN, VISIBLE + HIDDEN, generator=generator).triu(1)
    fields = 0.5 * torch.randn(VISIBLE + HIDDEN, generator=generator)
    base = ProductBase(Spins((VISIBLE,)), torch.randn(VISIBLE, 2, generator=generator))
    return PairModel(base, upper + upper.T, fields)


def test_the_posterior_is_the_one_of_the_joint_distribution() -> None:
    made = model(0.7)
    x, s = made.space.enumerate(), Spins((HIDDEN,)).enumerate().double()
    posterior = made.posterior(x)
    assert posterior is not None
    couplings = made.couplings.detach().double()
    for number, v in enumerate(x.double()):
        every = torch.cat([v.expand(len(s), -1), s], 1)
        energy = -0.5 * (every @ couplings * every).sum(1) - every @ made.fields.detach().double()
        log_p = 0.5 * (s @ posterior.couplings * s).sum(1) + s @ posterior.fields[number]
        torch.testing.assert_close(
            (log_p + posterior.free_energy[number]).exp(), (-energy).softmax(0), atol=1e-6, rtol=1e-5
        )


def test_a_gap_is_left_where_hidden_spins_are_coupled_and_it_is_a_divergence() -> None:
    made = model(0.7)
    x = made.space.enumerate()
    posterior = made.posterior(x)
    assert posterior is not None
    steps = list(evidence_steps(posterior))
    gaps = torch.stack([step.gap for step in steps])
    assert steps[-1].settled
    assert float(gaps.diff(dim=0).max()) < 1e-12
    assert float(gaps.min()) > 1e-3
    # By enumeration, of the means that mean field finds for each item from the same start.
    s = Spins((HIDDEN,)).enumerate().double()
    for number in range(len(x)):
        (found,) = mean_field(posterior.couplings, posterior.fields[number], 1.0, torch.zeros(1, HIDDEN))
        q = ((1 + s * found.means) / 2).prod(1)
        log_p = 0.5 * (s @ posterior.couplings * s).sum(1) + s @ posterior.fields[number]
        divergence = float(q @ (q.log() - log_p.log_softmax(0)))
        assert float(steps[-1].gap[number]) == pytest.approx(divergence, abs=1e-6)


def test_without_couplings_one_pass_is_tight() -> None:
    fields = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    exact = -(2 * fields.cosh()).log().sum(1)
    steps = list(evidence_steps(Posterior(torch.zeros(3, 3, dtype=torch.float64), fields, exact)))
    assert [step.updates for step in steps] == [0, 1, 2, 3, 6]
    torch.testing.assert_close(steps[0].gap, -3 * math.log(2) - exact)
    assert float(steps[3].gap.abs().max()) < 1e-12


def test_as_spins_hidden_ones_and_the_base_measure_are_in_the_bound() -> None:
    made = model(0.4)
    form = made.as_spins()
    assert form is not None
    log_z = ExactModel(made.target).at().log_partition
    s = Spins((VISIBLE + HIDDEN,)).enumerate().double()
    energy = -0.5 * (s @ form.couplings * s).sum(1) - s @ form.fields + form.constant
    assert float((-energy).logsumexp(0)) == pytest.approx(log_z, abs=1e-5)
    starts = random_starts(VISIBLE + HIDDEN, 6, torch.Generator().manual_seed(0))
    found = mean_field(form.couplings, form.fields, 1.0, starts)
    assert found[0].free_energy + form.constant >= -log_z
