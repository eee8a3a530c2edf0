"""The restricted Boltzmann machine against sums over visible and hidden states."""

import itertools

import numpy as np
import pytest
import scipy.stats
import torch

from landscape_app.models.model import Model, SplitMeans
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import GaussianBase, ProductBase
from landscape_app.physics.estimate import HIDDEN_UNITS
from landscape_app.physics.evidence import evidence_steps
from landscape_app.physics.exact import ExactModel, exact_figures, hidden_sum
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.lattice import Ising
from landscape_app.physics.mean_field import layer_sweeps, mean_field, random_starts
from landscape_app.physics.space import Discrete, Levels, Line, Spins
from landscape_app.physics.weighted_samples import WeightedSamples
from tests.models.joint_energy import joint_energy
from tests.physics.exact import LEAST_P_VALUE, pooled_chi_squared

SPACES = [Spins((2, 2)), Levels((2, 2), 3), Levels((4,), 2)]


def machine(space: Discrete, units: int = 3, seed: int = 0) -> RestrictedBoltzmannMachine:
    """Parameters of deviation 1 over a base measure that is not uniform."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    base = ProductBase(space, normal(space.sites, space.levels))
    sites = space.sites
    return RestrictedBoltzmannMachine(base, normal(sites), normal(units), normal(sites, units))


def hidden_states(units: int) -> torch.Tensor:
    """All of them, shape (2^units, units)."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=units)))


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_the_free_energy_sums_over_the_hidden_units(space: Discrete) -> None:
    model, x = machine(space), space.enumerate()
    with torch.no_grad():
        joint = torch.stack([joint_energy(model, x, h.expand(len(x), -1)) for h in hidden_states(3)], 1)
        torch.testing.assert_close(model.energy(x), -(-joint).logsumexp(1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_gradients_by_hand_are_those_of_automatic_differentiation(space: Discrete) -> None:
    model, x = machine(space), space.enumerate().requires_grad_()
    energy, gradient = model.energy_and_gradient(x.detach())
    torch.testing.assert_close(energy, model.energy(x))
    torch.testing.assert_close(gradient, torch.autograd.grad(model.energy(x).sum(), x)[0])
    odds = model.odds(x.detach())
    torch.testing.assert_close(energy, model.visible_energy(x.detach()) - odds.exp().log1p().sum(1))
    torch.testing.assert_close(gradient, -model.tilt(odds.sigmoid()).view_as(x))


def test_its_constraints_are_the_means_that_the_gradient_by_the_hidden_bias_compares() -> None:
    model, x = machine(SPACES[1]), SPACES[1].enumerate()
    data, samples = x[3:30], x[40:]
    weighted = WeightedSamples(samples, model.energy(samples).detach(), torch.zeros(len(samples)))
    model.requires_grad_(True)
    model.contrast(data, weighted).backward()
    found = model.constraints(samples).mean(0) - model.constraints(data).mean(0)
    torch.testing.assert_close(model.hidden.grad, found)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_it_is_the_energy_less_the_entropy_of_the_hidden_units(space: Discrete) -> None:
    model, x = machine(space), space.enumerate()
    split = model.split(x)
    with torch.no_grad():
        joint = torch.stack(
            [joint_energy(model, x, h.expand(len(x), -1)) for h in hidden_states(3)], 1
        ).double()
    p = (-joint).softmax(1)
    np.testing.assert_allclose(split.energy, (p * joint).sum(1), atol=1e-5)
    np.testing.assert_allclose(split.entropy, -(p * p.log()).sum(1), atol=1e-5)
    np.testing.assert_allclose(split.free_energy, split.energy - split.entropy, atol=1e-5)


def test_means_of_the_split_have_the_errors_of_independent_configurations() -> None:
    model = machine(SPACES[1])
    x = model.exact_samples(500, torch.Generator().manual_seed(0))
    split = model.split(x)
    values = np.stack([part.double().numpy() for part in split])
    found = SplitMeans(*split.means().tolist())
    np.testing.assert_allclose(found[:3], values.mean(1), rtol=1e-4)
    np.testing.assert_allclose(found[3:], values.std(1) / np.sqrt(500), rtol=1e-3)
    assert abs(found.residual) < 1e-5 * abs(found.energy)
    # Weights of whole numbers are copies.
    copies = torch.arange(500) % 3 + 1
    weighted = split.means(copies.log())
    repeated = np.repeat(values, copies.numpy(), axis=1)
    np.testing.assert_allclose(weighted[:3], repeated.mean(1), rtol=1e-4)
    assert (weighted[3:] > split.means()[3:]).all()


def test_activations_are_the_means_of_hidden_units() -> None:
    model, x = machine(SPACES[0]), SPACES[0].enumerate()
    with torch.no_grad():
        joint = torch.stack([joint_energy(model, x, h.expand(len(x), -1)) for h in hidden_states(3)], 1)
    torch.testing.assert_close(model.activations(x), (-joint).softmax(1) @ hidden_states(3))


def test_the_split_is_finite_where_units_are_certain() -> None:
    model = machine(SPACES[0])
    model.hidden.data = torch.tensor([500.0, -500.0, 0.0])
    split = model.split(SPACES[0].enumerate())
    assert split.entropy.isfinite().all()
    np.testing.assert_allclose(split.free_energy, split.energy - split.entropy, rtol=1e-6)


@pytest.mark.parametrize("space", [Levels((4, 6, 3), 3), Spins((3, 4)), Levels((5,), 2)], ids=str)
def test_the_penalty_is_the_sum_over_weights_and_over_pairs_of_neighbouring_pixels(space: Discrete) -> None:
    model, height = machine(space), space.shape[0]
    w = model.weights.detach().double().requires_grad_()
    images = w.view(height, -1, *space.shape[2:], model.units)
    width = images.shape[1] if len(space.shape) > 1 else 0
    places = np.argwhere(np.ones((height, width)))
    pairs = [(a, b) for a, b in itertools.combinations(places, 2) if abs(a - b).sum() == 1]
    of_pairs = [(images[tuple(a)] - images[tuple(b)]).square().sum() for a, b in pairs]
    wanted = 1.5 * w.square().sum() + 3.5 * sum(of_pairs)
    penalty = model.penalty(3.0, 7.0)
    assert penalty is not None
    torch.testing.assert_close(penalty.double(), wanted)
    (slope,) = torch.autograd.grad(penalty, model.weights)
    torch.testing.assert_close(slope.double(), torch.autograd.grad(wanted, w)[0], atol=1e-4, rtol=1e-5)
    assert model.penalty(0.0, 0.0) is None


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_conditionals_are_differences_of_energies(space: Discrete) -> None:
    model, x = machine(space), space.enumerate()
    sites = torch.tensor([[2, 0]]).expand(len(x), 2)
    short, all_of_them = model.conditional_energies(x, sites), Model.conditional_energies(model, x, sites)
    torch.testing.assert_close(short.diff(dim=2), all_of_them.diff(dim=2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_log_z_over_hidden_states_is_that_over_visible_ones(space: Discrete) -> None:
    model = machine(space, units=4)
    assert model.log_partition() == pytest.approx(ExactModel(model.target).at(1.0).log_partition, abs=1e-5)


@pytest.mark.parametrize("space", SPACES[:2], ids=str)
def test_exact_samples_have_the_law_of_the_model(space: Discrete) -> None:
    model, count = machine(space, seed=3), 20_000
    x = model.exact_samples(count, torch.Generator().manual_seed(1))
    states = space.enumerate()
    p = np.exp((model.base_measure.log_prob(states) - model.energy(states)).detach().double().numpy())
    key = (space.levels ** torch.arange(space.sites).flip(0)).float()
    number = (space.index(x.flatten(1)).float() @ key).long()
    counts = torch.bincount(number, minlength=len(states)).numpy()
    statistic, freedom = pooled_chi_squared(counts, p / p.sum())
    assert scipy.stats.chi2.sf(statistic, freedom) > LEAST_P_VALUE


@pytest.mark.parametrize("space", [SPACES[0], SPACES[2]], ids=str)
def test_as_spins_it_has_the_same_sum_over_states_and_mean_field_bounds_it(space: Discrete) -> None:
    model = machine(space)
    form = model.as_spins()
    assert form is not None
    s = Spins((7,)).enumerate().double()
    energy = -0.5 * (s @ form.couplings * s).sum(1) - s @ form.fields + form.constant
    assert float((-energy).logsumexp(0)) == pytest.approx(model.log_partition(), abs=1e-5)
    starts = random_starts(7, 5, torch.Generator().manual_seed(0))
    found = mean_field(form.couplings, form.fields, 1.0, starts)
    assert found[0].free_energy + form.constant >= -model.log_partition()
    assert machine(SPACES[1]).as_spins() is None


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("space", SPACES, ids=str)
def test_mean_field_of_its_layers_bounds_the_free_energy_of_any_levels_and_never_rises(
    space: Discrete, temperature: float
) -> None:
    model = machine(space)
    # All parameters over T: E(v, h)/T, sites and hidden units heated together.
    model = model.with_values([value / temperature for value in model.values()])
    truth = -ExactModel(model.target).at().log_partition
    starts = random_starts(3, 6, torch.Generator().manual_seed(0))
    sweeps = list(layer_sweeps(model.as_layers(), starts))
    falls = torch.stack([sweep.free_energy for sweep in sweeps])
    assert float(falls.diff(dim=0).max()) < 1e-12
    assert float(falls.min()) >= truth - 1e-5
    assert sweeps[-1].settled
    form = model.as_spins()
    assert (form is None) == (space.levels > 2)
    if form is not None:
        found = mean_field(form.couplings, form.fields, 1.0, random_starts(7, 20, torch.Generator()))
        assert float(falls[-1].min()) == pytest.approx(found[0].free_energy + form.constant, abs=1e-8)


def test_the_free_energy_of_the_layers_is_that_of_the_product_distribution() -> None:
    """⟨E⟩ − S by a sum over all states of sites and hidden units of q."""
    model, x, units = machine(SPACES[1]), SPACES[1].enumerate(), hidden_states(3)
    sweep = next(layer_sweeps(model.as_layers(), torch.tensor([[0.3, -0.5, 0.8]])))
    mu = (1 + torch.tensor([0.3, -0.5, 0.8]).double()) / 2
    layers = model.as_layers()
    site = (layers.log_q + (layers.visible + layers.weights @ mu).unsqueeze(1) * layers.values).softmax(1)
    index = SPACES[1].index(x.flatten(1)).long()
    of_sites = site[torch.arange(4), index].prod(1)
    of_units = (mu * units + (1 - mu) * (1 - units)).prod(1)
    q = of_sites.unsqueeze(1) * of_units
    with torch.no_grad():
        joint = torch.stack([joint_energy(model, x, h.expand(len(x), -1)) for h in units], 1).double()
    log_q = model.base_measure.log_prob(x).double().unsqueeze(1)
    assert float((q * (joint - log_q + q.log())).sum()) == pytest.approx(float(sweep.free_energy), abs=1e-5)


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_the_evidence_bound_is_tight_after_a_pass_as_the_posterior_factorises(space: Discrete) -> None:
    model, x = machine(space), space.enumerate()
    posterior = model.posterior(x)
    with torch.no_grad():
        joint = torch.stack([joint_energy(model, x, h.expand(len(x), -1)) for h in hidden_states(3)], 1)
    log_p = (-joint).double().log_softmax(1)
    steps = list(evidence_steps(posterior))
    # q begins uniform: KL(q‖p) = −3 log 2 − ⟨log p⟩ over all states.
    torch.testing.assert_close(steps[0].gap, -3 * np.log(2) - log_p.mean(1), atol=1e-5, rtol=1e-5)
    gaps = torch.stack([step.gap for step in steps])
    assert float(gaps.diff(dim=0).max()) < 1e-12
    assert [step.updates for step in steps[:4]] == [0, 1, 2, 3]
    assert float(gaps[2].min()) > 1e-6
    assert float(gaps[3].abs().max()) < 1e-10


def test_what_cannot_be_a_machine_is_refused() -> None:
    base = ProductBase.uniform(SPACES[0])
    with pytest.raises(ValueError, match="at least one hidden unit"):
        RestrictedBoltzmannMachine(base, torch.zeros(4), torch.zeros(0), torch.zeros(4, 0))
    with pytest.raises(ValueError, match="the weights has shape"):
        RestrictedBoltzmannMachine(base, torch.zeros(4), torch.zeros(3), torch.zeros(3, 4))
    with pytest.raises(ValueError, match="spins or levels"):
        RestrictedBoltzmannMachine(
            GaussianBase.standard(Line((2,))), torch.zeros(2), torch.zeros(3), torch.zeros(2, 3)
        )
    with pytest.raises(ValueError, match="at most 20 hidden units"):
        machine(SPACES[0], units=21).log_partition()


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_sums_over_hidden_units_are_those_over_sites_and_hidden_units(space: Discrete) -> None:
    model, x, units = machine(space), space.enumerate(), hidden_states(3)
    with torch.no_grad():
        joint = torch.stack([joint_energy(model, x, h.expand(len(x), -1)) for h in units], 1).double()
    log_q = model.base_measure.log_prob(x).double().unsqueeze(1)
    log_p = (log_q - joint).flatten().log_softmax(0).view_as(joint)
    found = model.joint()
    assert found.energy == pytest.approx(float((log_p.exp() * joint).sum()), abs=1e-4)
    assert found.entropy == pytest.approx(-float((log_p.exp() * log_p).sum()), abs=1e-4)
    assert found.log_partition == pytest.approx(model.log_partition(), abs=1e-9)


def test_the_sum_over_hidden_units_holds_where_they_pull_against_one_another() -> None:
    """Halves of the units whose pulls of 800 nats nearly cancel: products of their Boltzmann factors underflow."""
    model = machine(SPACES[0], units=4)
    with torch.no_grad():
        model.weights += 800 * torch.tensor([1.0, 0.0, -1.0, 0.0])
        model.hidden -= 1600 * torch.tensor([1.0, 0.0, 1.0, 0.0])
        model.hidden[0] += 1600
    exact = ExactModel(model.target).at(1.0)
    assert model.log_partition() == pytest.approx(exact.log_partition, rel=1e-6)
    assert model.joint().entropy >= 0


def clamped(model: RestrictedBoltzmannMachine) -> ProductBase:
    fixed = torch.zeros(model.space.sites, dtype=torch.bool)
    fixed[1] = True
    return model.base_measure.clamped(fixed.view(model.space.shape), model.space.enumerate()[0])


@pytest.mark.parametrize("fixed", [False, True], ids=["free", "a fixed site"])
@pytest.mark.parametrize("space", SPACES, ids=str)
def test_exact_figures_by_hidden_units_are_those_by_enumeration(
    space: Discrete, fixed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = machine(space)
    base = clamped(model) if fixed else model.base_measure
    target = Target(base, model.hamiltonian)
    items = base.sample(50, torch.Generator().manual_seed(1))
    truth = exact_figures(target, items[:20], items[20:])
    monkeypatch.setattr(ProductBase, "is_summable", False)
    found = exact_figures(target, items[:20], items[20:])
    assert truth is not None
    assert found is not None
    assert (truth.method, found.method) == ("enumeration", HIDDEN_UNITS)
    assert found.log_partition == pytest.approx(truth.log_partition, abs=1e-5)
    assert found.cross_entropy == pytest.approx(truth.cross_entropy, abs=1e-5)
    assert found.cross_entropy_training == pytest.approx(truth.cross_entropy_training, abs=1e-5)
    assert 0 < found.entropy_error < 0.05
    assert abs(found.entropy - truth.entropy) < 4 * found.entropy_error


def test_no_sum_over_hidden_units_where_sites_are_coupled_again() -> None:
    model = machine(SPACES[0])
    field = Ising((2, 2), 0.3)
    assert hidden_sum(model.target) is model
    for terms, temperature in (
        ([WeightedTerm(1.0, model), WeightedTerm(1.0, field)], 1.0),
        ([WeightedTerm(1.0, model)], 2.0),
        ([WeightedTerm(0.5, model)], 1.0),
        ([], 1.0),
    ):
        assert hidden_sum(Target(model.base_measure, Hamiltonian(terms, temperature))) is None
    assert hidden_sum(machine(SPACES[0], units=21).target) is None


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_the_contrast_has_the_gradient_of_the_free_energies(space: Discrete) -> None:
    model, generator = machine(space), torch.Generator().manual_seed(1)
    data, x = (model.base_measure.sample(n, generator) for n in (5, 7))
    samples = WeightedSamples(x, model.hamiltonian.energy(x), torch.randn(7, generator=generator))
    found = []
    for contrast in (model.contrast, lambda *sets: Model.contrast(model, *sets)):
        model.zero_grad()
        value = contrast(data, samples)
        (2 * value).backward()
        found.append([value.detach(), *(parameter.grad.clone() for parameter in model.parameters())])
    for mine, general in zip(*found, strict=True):
        torch.testing.assert_close(mine, general, atol=1e-5, rtol=1e-5)


def test_the_gradient_is_that_at_the_parameters_as_they_are() -> None:
    """Not as they were when the samples were evaluated."""
    model, generator = machine(SPACES[2]), torch.Generator().manual_seed(2)
    data, x = (model.base_measure.sample(n, generator) for n in (5, 7))
    samples = WeightedSamples(x, model.hamiltonian.energy(x), torch.zeros(7))
    model.set_values([value + 0.5 for value in model.values()])
    gradients = []
    for contrast in (model.contrast, lambda *sets: Model.contrast(model, *sets)):
        model.zero_grad()
        contrast(data, samples).backward()
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
    for mine, general in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, general, atol=1e-5, rtol=1e-5)
