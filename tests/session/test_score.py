"""Scores against sums over all states, closed forms, integrals in the units of the file, and counting."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import integrate, stats

from landscape_app import energy_session, new_session, score
from landscape_app.data.dataset import Dataset, Kind, stratified_split
from landscape_app.data.importing import Table, import_table, open_source
from landscape_app.data.importing.alike import ItemsRead
from landscape_app.data.importing.columns import ColumnType
from landscape_app.data.importing.table_data import TableOptions
from landscape_app.models import PairModel
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.space import Levels, Spins
from landscape_app.problems.model import uniform_base
from landscape_app.session.dataset_io import save_data
from landscape_app.session.neighbours import IN_TABLES
from landscape_app.session.sample_file import enlarged, mosaic
from landscape_app.session.score import COLUMNS, Scores, read_items, score_items


def scores(held_out: np.ndarray, items: np.ndarray, **changes: object) -> Scores:
    """Of surprisals alone."""
    n = len(items)
    weights = np.ones(len(held_out))
    names = tuple(f"item {i + 1}" for i in range(n))
    made = Scores(
        np.zeros((n, 1)),
        names,
        items,
        Estimate(0.0, 0.0),
        np.sort(held_out),
        weights,
        np.zeros(n, int),
        np.zeros(n),
        "",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_spins_are_scored_as_by_the_sum_over_all_states(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    couplings = np.triu(rng.normal(0, 0.4, (6, 6)), 1)
    couplings += couplings.T
    states = 1 - 2 * ((np.arange(64)[:, None] >> np.arange(6)) & 1).astype(np.int8)
    log_weights = 0.5 * np.einsum("ni,ij,nj->n", states, couplings, states)
    log_z = np.log(np.exp(log_weights).sum())
    nats = log_z - log_weights
    items = states[rng.choice(64, 400, p=np.exp(-nats))].reshape(-1, 2, 3)
    data = Dataset("spins", Kind.SPINS, items, *stratified_split(400, None, 0.2))
    space = Spins((2, 3))
    model = PairModel(uniform_base(space), torch.from_numpy(couplings), torch.zeros(6))
    np.save(tmp_path / "states.npy", states.reshape(64, 2, 3))
    read = read_items(tmp_path / "states.npy", data, space)
    # Uniform spins are the base measure.
    found = score_items(model, data, Estimate(log_z - 6 * math.log(2), 0.0), read)
    np.testing.assert_allclose([found.nats(i).value for i in range(64)], nats, atol=1e-4)
    # States and their reverses are equally probable, whatever was rounded.
    np.testing.assert_array_equal(found.p_values, found.p_values[::-1])
    test = data.held_out_items[~data.in_validation].reshape(-1, 6)
    of_test = nats[((test < 0) * 2 ** np.arange(6)).sum(1)]
    at_least = (of_test >= nats[:, None] - 1e-4).sum(1)
    np.testing.assert_allclose(found.p_values, (1 + at_least) / (len(test) + 1))
    assert found.held_out_mean is not None
    assert found.held_out_mean.value == pytest.approx(of_test.mean(), abs=1e-4)


def test_images_are_scored_as_by_the_sum_over_all_states(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    space = Levels((2, 2), 3)
    states = space.enumerate().numpy().astype(np.uint8)
    items = states[rng.choice(len(states), 300, p=rng.dirichlet(np.ones(len(states))))]
    data = Dataset("tiny", Kind.LEVELS, items, *stratified_split(300, None, 0.2), levels=3)
    session = new_session(data, device="cpu", sampler_chains=2, model="rbm", units=3, chains=8)
    next(session.train())
    np.savez(tmp_path / "states.npz", x=states)
    found = score(session, tmp_path / "states.npz")
    probability = np.exp([-found.nats(i).value for i in range(len(states))])
    assert probability.sum() == pytest.approx(1.0, abs=1e-5)
    target = session.model.target
    weights = (-target.surprisal(space.enumerate())).double().exp().numpy()
    np.testing.assert_allclose(probability, weights / weights.sum(), rtol=1e-4)
    # Training goes on as if nothing had been scored.
    assert session.kept is None
    near = found.nearest
    differences = np.abs(states[:, None].astype(int) - data.training_items.astype(int)).reshape(81, -1, 4) / 2
    distances = np.sqrt((differences**2).sum(2))
    np.testing.assert_allclose(found.distances, distances.min(1), rtol=1e-6)
    np.testing.assert_allclose(distances[np.arange(81), near], distances.min(1))
    page = mosaic(states[:7], space)
    Image.fromarray(enlarged(page)).save(tmp_path / "seven.png")
    np.testing.assert_array_equal(read_items(tmp_path / "seven.png", data, space).x, states[:7])


def test_a_normal_density_is_scored_by_its_formula_inside_its_box(tmp_path: Path) -> None:
    session = energy_session("x**2/2", low=-8, high=8, device="cpu", sampler_chains=2)
    (tmp_path / "x.csv").write_text("x\n0\n1\n-3.5\n9\n", encoding="utf-8")
    found = score(session, tmp_path / "x.csv")
    expected = np.array([0, 1, -3.5]) ** 2 / 2 + 0.5 * math.log(2 * math.pi)
    np.testing.assert_allclose([found.nats(i).value for i in range(3)], expected, atol=1e-4)
    assert found.left_out == (("line 5", "outside of a box from −8 to 8, where P = 0"),)
    assert found.are_out is not None
    assert found.are_out.tolist() == [False, False, True]
    direct = score(session, [[0.0], [1.0], [-3.5]])
    np.testing.assert_allclose(direct.surprisal, found.surprisal)


def test_densities_of_a_table_integrate_to_one_in_the_units_of_its_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = "\n".join(
        f"{1e8 + 1e5 * rng.standard_normal()!r},{math.exp(rng.standard_normal())!r}" for _ in range(200)
    )
    (tmp_path / "t.csv").write_text(f"length,mass\n{rows}\n", encoding="utf-8")
    table = open_source(tmp_path / "t.csv")
    assert isinstance(table, Table)
    table = table.typed({"mass": ColumnType.LOG})
    data = import_table(table, TableOptions.proposed(table)).dataset
    session = new_session(data, device="cpu", sampler_chains=2, chains=8, hidden=[4, 4])
    length, log_mass = 1e8 + 1e5 * np.linspace(-8, 8, 81), np.linspace(-8, 8, 81)
    grid = [f"{a!r},{math.exp(b)!r}" for a in length.tolist() for b in log_mass.tolist()]
    (tmp_path / "grid.csv").write_text("length,mass\n" + "\n".join(grid), encoding="utf-8")
    # The base measure itself, at λ = 0.
    items = read_items(tmp_path / "grid.csv", data, session.space)
    found = score_items(session.model, data, Estimate(0.0, 0.0), items)
    density = np.exp(-found.surprisal).reshape(81, 81)
    total = integrate.simpson(integrate.simpson(density, x=log_mass), x=length)
    assert total == pytest.approx(1.0, abs=1e-3)
    assert "per unit of the natural logarithm" in found.unit
    assert found.distance_unit == IN_TABLES


def test_categories_are_scored_by_their_words_and_sum_to_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = [(a, b) for a in ("no", "yes") for b in ("Aber", "Bonn", "Cork")]
    rows = [words[i] for i in rng.choice(6, 300, p=[0.3, 0.1, 0.1, 0.1, 0.1, 0.3])]
    (tmp_path / "t.csv").write_text("ill,town\n" + "\n".join(map(",".join, rows)), encoding="utf-8")
    table = open_source(tmp_path / "t.csv")
    assert isinstance(table, Table)
    data = import_table(table, TableOptions.proposed(table)).dataset
    session = new_session(data, device="cpu", sampler_chains=2, model="potts")
    for _, _ in zip(range(3), session.train(), strict=False):
        pass
    text = "\n".join(f"{town},{ill}" for ill, town in words)
    (tmp_path / "all.csv").write_text(f"town,ill\n{text}", encoding="utf-8")
    found = score(session, tmp_path / "all.csv")
    probability = np.exp([-found.nats(i).value for i in range(6)])
    assert probability.sum() == pytest.approx(1.0, abs=1e-5)
    assert found.distances.tolist() == [0.0] * 6
    save_data(data, tmp_path / "t.h5")
    again = score(session, tmp_path / "t.h5")
    which = [words.index(row) for row in rows]
    np.testing.assert_allclose(again.surprisal, found.surprisal[which], atol=1e-5)


def test_percentiles_and_p_values_are_counts() -> None:
    rng = np.random.default_rng(0)
    held_out, items = rng.normal(10, 3, 150).round(1), rng.normal(12, 3, 40).round(1)
    found = scores(held_out, items)
    at_least = (held_out >= items[:, None]).sum(1)
    np.testing.assert_allclose(found.p_values, (1 + at_least) / 151)
    np.testing.assert_allclose(found.percentiles, 100 * (held_out < items[:, None]).mean(1))
    counts = rng.integers(1, 4, 150)
    weighted = scores(held_out, items, held_out_weights=counts[np.argsort(held_out)].astype(float))
    alike = scores(np.repeat(np.sort(held_out), counts[np.argsort(held_out)]), items)
    np.testing.assert_allclose(weighted.p_values, alike.p_values)
    np.testing.assert_allclose(weighted.percentiles, alike.percentiles)
    assert weighted.difference == pytest.approx(alike.difference)


@pytest.mark.parametrize(("count", "rate"), [(150, 0.01), (99, 0.01), (250, 0.05)])
def test_of_items_like_the_held_out_ones_so_many_are_called_as_is_said(count: int, rate: float) -> None:
    values = np.random.default_rng(0).permutation(count + 1).astype(float)
    called = 0
    for i in range(count + 1):
        found = scores(np.delete(values, i), values[i : i + 1], false_alarms=rate)
        assert found.are_out is not None
        called += int(found.are_out[0])
    k = math.floor(rate * (count + 1))
    assert called == k
    chance = scores(values[1:], np.zeros(30), false_alarms=rate).by_chance
    oracle = stats.betabinom(30, k, count + 1 - k)
    assert chance == pytest.approx((oracle.mean(), oracle.std()))


def test_without_enough_test_items_there_is_no_verdict() -> None:
    few = scores(np.arange(98.0), np.array([1e9]))
    assert few.are_out is None
    assert few.by_chance is None
    assert "with 98 test items the least p-value is 0.01; allow more false alarms" in few.rule
    none = scores(np.zeros(0), np.array([1.0, 2.0]))
    assert np.isnan(none.percentiles).all()
    assert (none.are_out, none.held_out_mean, none.difference) == (None, None, None)
    assert "there is no test set" in none.rule
    assert none.as_json()["scores"][0]["p_value"] is None
    data = Dataset.of_points(np.random.default_rng(0).standard_normal((60, 1)))
    session = new_session(data, device="cpu", sampler_chains=2, chains=8, hidden=[4, 4])
    items = ItemsRead(data.items[:3], ("a", "b", "c"))
    assert not score_items(session.model, data, Estimate(0.0, 0.0), items).judges
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        score_items(session.model, data, Estimate(0.0, 0.0), items, 1.0)


def test_all_items_share_the_error_or_the_bounds_of_log_z() -> None:
    held_out, items = np.arange(200.0), np.array([5.0, 7.0])
    found = scores(held_out, items, log_z=Estimate(2.0, 0.25))
    assert found.nats(1) == Estimate(9.0, 0.25)
    assert found.mean.value == 8.0
    assert found.mean.error == pytest.approx(math.hypot(0.25, 1.0))
    assert found.difference is not None
    assert found.difference.error == pytest.approx(math.hypot(1.0, held_out.std(ddof=1) / math.sqrt(200)))
    bounded = scores(held_out, items, log_z=Estimate.between(1.0, 3.0))
    row = dict(zip(COLUMNS, bounded.rows()[0], strict=True))
    assert (row["nats"], row["common_error"], row["nats_low"], row["nats_high"]) == (None, None, 6.0, 8.0)
    assert bounded.difference == found.difference
    told = bounded.as_json()
    assert (told["common_error"], told["log_partition_low"], told["log_partition_high"]) == (None, 1.0, 3.0)
