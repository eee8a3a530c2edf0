"""Coupled categories: couplings of a model that can be listed are found again, up to what leaves P as it is."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import ColumnMeaning, Dataset, Kind
from landscape_app.models.potts import PottsModel, corrected
from landscape_app.physics.base_measure import CLAMPED_LOG_PROBABILITY, ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.space import Levels, Spins
from landscape_app.problems import PROBLEMS, Configuration
from landscape_app.problems.proposal import proposal_for, ways_on
from landscape_app.session.session import Session
from tests.session.exact import exact_record

SITES, LEVELS = 4, 3
SPACE = Levels((SITES,), LEVELS)
STATES = SPACE.enumerate()
ROWS, EPOCHS = 1e7, 100


def truth(seed: int = 0) -> PottsModel:
    """Random couplings, those between the first two sites the strongest."""
    random = torch.Generator().manual_seed(seed)
    features = SITES * LEVELS
    couplings = 0.3 * torch.randn(features, features, generator=random)
    couplings[:LEVELS, LEVELS : 2 * LEVELS] *= 4
    couplings = torch.triu(couplings)
    fields = 0.5 * torch.randn(features, generator=random)
    return PottsModel(ProductBase.uniform(SPACE), couplings + couplings.T, fields)


def drawn(model: PottsModel) -> Dataset:
    """Every state, weighed by its probability: data without noise."""
    weights = ExactModel(model.target).log_weights().exp().numpy() * ROWS
    items = STATES.numpy().astype(np.uint8)
    columns = tuple(ColumnMeaning(str(i + 1), ("A", "C", "-")) for i in range(SITES))
    both = np.concatenate([items, items])
    learned = np.arange(len(items))
    return Dataset(
        *("family", Kind.LEVELS, both, learned, learned + len(items)),
        levels=LEVELS,
        columns=columns,
        weights=np.concatenate([weights, weights]),
    )


def test_energy_is_the_sum_over_pairs_and_sites():
    model = truth()
    j, h = model.symmetric.detach(), model.fields.detach()
    for x in STATES[:20]:
        place = [LEVELS * i + int(v) for i, v in enumerate(x)]
        pairs = sum(float(j[place[a], place[b]]) for a in range(SITES) for b in range(a))
        assert float(model.energy(x.unsqueeze(0)).detach()) == pytest.approx(
            -pairs - sum(float(h[p]) for p in place), abs=1e-5
        )


def test_conditional_energies_differ_as_energies_do():
    model = truth()
    sites = torch.arange(SITES).expand(len(STATES), -1)
    ours = model.conditional_energies(STATES, sites)
    theirs = super(PottsModel, model).conditional_energies(STATES, sites)
    assert torch.allclose(ours - ours[..., :1], theirs - theirs[..., :1], atol=1e-5)


def test_the_gauge_changes_no_energy_difference_and_sums_to_zero():
    model = truth()
    blocks = model.blocks()
    assert float(blocks.sum(2).abs().max()) < 1e-6
    assert float(blocks.sum(3).abs().max()) < 1e-6
    moved = truth()
    with torch.no_grad():
        # J_01(a, ·) + c(a), h_0(a) − c(a)
        shift = torch.tensor([1.0, -2.0, 0.5])
        moved.couplings[:LEVELS, LEVELS : 2 * LEVELS] += 2 * shift.unsqueeze(1)
        moved.fields[:LEVELS] -= shift
    assert torch.allclose(moved.energy(STATES), model.energy(STATES), atol=1e-5)
    assert torch.allclose(moved.blocks(), blocks, atol=1e-6)


@pytest.mark.parametrize("fit", ["exact", "pseudo-likelihood"])
def test_couplings_of_a_model_that_can_be_listed_are_found_again(fit: str):
    model = truth()
    data = drawn(model)
    plan = replace(proposal_for(data).configuration, fit=fit, chains=2, replicas=1, planned_epochs=EPOCHS)
    plan = replace(plan, schedule=replace(plan.schedule, moves=1, theta_rate=0.03))
    session = Session(plan, "cpu", 2, data)
    for _ in islice(session.train(), EPOCHS):
        pass
    session.rest()
    found = session.model
    assert isinstance(found, PottsModel)
    wanted = model.blocks()
    assert float((found.blocks() - wanted).abs().max()) < 0.02
    exact = exact_record(session)
    entropy = ExactModel(model.target).at().entropy
    # With the data's own law as data, the cross-entropy is least at its entropy.
    assert exact.cross_entropy_training == pytest.approx(entropy, abs=1e-4)
    scores = found.coupling_scores()
    # (0, 1) or (1, 0), as digits round.
    assert sorted(divmod(int(scores.argmax()), len(scores))) == [0, 1]
    assert found.portrait().values == pytest.approx(scores.numpy(), abs=1e-6)


def test_scores_are_norms_less_what_single_sites_let_expect():
    norms = torch.rand(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    norms = (norms + norms.T).fill_diagonal_(0.0)
    f = norms.numpy()
    off = ~np.eye(5, dtype=bool)
    for i in range(5):
        for j in range(5):
            mean_i, mean_j = f[i][off[i]].mean(), f[j][off[j]].mean()
            wanted = 0.0 if i == j else f[i, j] - mean_i * mean_j / f[off].mean()
            assert float(corrected(norms)[i, j]) == pytest.approx(wanted)
    assert not corrected(torch.zeros(3, 3)).any()


def test_values_that_a_site_does_not_have_count_nowhere():
    table = torch.zeros(SITES, LEVELS)
    table[0, 2] = CLAMPED_LOG_PROBABILITY
    model = PottsModel(ProductBase(SPACE, table), truth().couplings.detach(), truth().fields.detach())
    blocks = model.blocks()
    assert not blocks[0, :, 2].any()
    assert float(blocks[0, 1, :2].sum(0).abs().max()) < 1e-6


def test_categories_of_few_values_can_be_coupled_and_images_cannot():
    assert "potts" in ways_on(SPACE)
    assert PottsModel.default_fit == ways_on(SPACE)["potts"][0] == "pseudo-likelihood"
    for space in (Levels((4, 4), 3), Levels((300,), 21), Spins((4,))):
        assert "potts" not in ways_on(space)
    with pytest.raises(ValueError, match="categories on one axis"):
        PottsModel.untrained(ProductBase.uniform(Levels((4, 4), 3)))


def test_alignments_are_proposed_coupled_categories():
    data = drawn(truth())
    assert data.is_alignment
    assert proposal_for(data).model == "Coupled categories; Pseudo-likelihood"
    named = replace(data, columns=tuple(replace(c, name=f"c{c.name}") for c in data.columns))
    assert not named.is_alignment
    plan: Configuration = proposal_for(named).configuration
    assert plan.model == PROBLEMS["ising"].defaults.model


def test_the_penalty_is_that_of_its_formula():
    model = truth()
    j = model.symmetric.detach().view(SITES, LEVELS, SITES, LEVELS)
    pairs = sum(float(j[a, :, b].square().sum()) for a in range(SITES) for b in range(a))
    wanted = 0.01 * float(model.fields.detach().square().sum()) + 0.2 * (SITES - 1) * pairs
    assert float(model.penalty(0.0, 0.0).detach()) == pytest.approx(wanted, rel=1e-5)
