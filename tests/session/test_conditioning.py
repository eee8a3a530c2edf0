"""Conditional sampling: chains given some columns, against closed forms, enumeration and quadrature."""

import csv
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data.columns import ColumnMeaning, from_units
from landscape_app.data.dataset import Dataset, Kind, stratified_split
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.fields.columns import FixedColumns
from landscape_app.physics.space import Discrete, Levels
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session.api import sample
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import read_composition, write_composition
from landscape_app.session.conditioning import (
    columns_of,
    fixed_columns,
    in_words,
    named_columns,
    place_of,
    site_of,
    table_of,
)
from landscape_app.session.landscape_watch import LandscapeWatch
from landscape_app.session.load import load_data
from landscape_app.session.provenance import Provenance
from landscape_app.session.sample_file import SampleFile, check_form, write_samples
from landscape_app.session.session import Session

COLUMNS = (
    ColumnMeaning("sex", ("f", "m")),
    ColumnMeaning("income", offset=5e6, scale=2e6),
    ColumnMeaning("age"),
)


def mixed_rows(n: int = 1_000) -> Dataset:
    rng = np.random.default_rng(0)
    sex = rng.integers(2, size=n)
    income = 1.2 * sex - 0.6 + 0.7 * rng.standard_normal(n)
    age = 40 + 8 * income * (2 * sex - 1) + 5 * rng.standard_normal(n)
    items = np.stack([sex, income, age], 1).astype(np.float32)
    return Dataset("people", Kind.MIXED, items, *stratified_split(n, None, 0.2), columns=COLUMNS)


def category_rows(n: int = 800) -> Dataset:
    rng = np.random.default_rng(1)
    a = rng.integers(3, size=n)
    b = np.where(rng.random(n) < 0.7, a, rng.integers(3, size=n))
    c = np.where(rng.random(n) < 0.6, (a + b) % 3, rng.integers(3, size=n))
    columns = tuple(ColumnMeaning(name, ("low", "middle", "high")) for name in "abc")
    items = np.stack([a, b, c], 1).astype(np.uint8)
    return Dataset("abc", Kind.LEVELS, items, *stratified_split(n, None, 0.2), levels=3, columns=columns)


def plane(n: int = 600) -> Dataset:
    rng = np.random.default_rng(2)
    x = rng.standard_normal(n)
    return Dataset.of_points(np.stack([x, x**2 - 1 + 0.4 * rng.standard_normal(n)], 1))


def trained(data: Dataset, epochs: int = 40) -> Session:
    plan = replace(starting_configuration(data), hidden=(16, 16), planned_epochs=epochs, chains=128)
    session = Session(plan, "cpu", sampler_chains=200, dataset=data)
    for _ in islice(session.train(), epochs):
        pass
    session.rest()
    return session


@pytest.fixture(scope="module")
def sessions() -> dict[str, Session]:
    return {"mixed": trained(mixed_rows()), "categories": trained(category_rows()), "plane": trained(plane())}


GIVEN = {
    "a number": ("mixed", {"age": 45}),
    "a number of another unit": ("mixed", {"income": 6e6, "sex": "f"}),
    "a category": ("mixed", {"sex": "m"}),
    "all numbers": ("mixed", {"age": 33, "income": 6.5e6}),
    "one of three categories": ("categories", {"b": "high"}),
    "two of three categories": ("categories", {1: "middle", "c": "low"}),
    "a coordinate": ("plane", {"x1": 1.2}),
}


def conditional(session: Session, field: FixedColumns) -> ExactModel:
    """Sum over the model's space with the values put in by hand: enumeration, or a grid of the free numbers."""
    mask, values = field.tables(session.space)
    target, space = session.model.target, session.space
    if isinstance(space, Discrete):
        model = ExactModel(target)
        model.log_volume = torch.where(
            (model.x[:, mask] == values[mask]).all(1), model.log_volume, torch.full((), -1e30).double()
        )
        return model
    numbers = [i for i in range(space.sites) if not getattr(space, "values", (0,) * space.sites)[i]]
    along = []
    for i in range(space.sites):
        spread, centre = session.training_items[:, i].std(), session.training_items[:, i].mean()
        free = centre + spread * torch.linspace(-12, 12, 801) if i in numbers else torch.arange(2.0)
        along.append(values[i : i + 1] if mask[i] else free)
    model = ExactModel.__new__(ExactModel)
    model.x = torch.cartesian_prod(*along)
    model.energy = target.hamiltonian.energy(model.x).double()
    model.log_q = target.base_measure.log_prob(model.x).double()
    model.log_volume = torch.zeros(len(model.x), dtype=torch.float64)
    return model


@pytest.mark.parametrize("case", sorted(GIVEN))
def test_samples_given_some_columns_follow_the_conditional_law(
    sessions: dict[str, Session], case: str
) -> None:
    which, values = GIVEN[case]
    session = sessions[which]
    field = fixed_columns(session.dataset.columns, session.space, values)  # type: ignore[arg-type]
    exact = conditional(session, field)
    drawn = sample(session, 2_000, Composition(), steps=60, ladder=False, seed=3, given=values)  # type: ignore[arg-type]
    x = torch.as_tensor(from_units(session.dataset.columns, drawn.x)).float()
    mask, fixed = field.tables(session.space)
    assert bool((x[:, mask] == fixed[mask]).all())
    assert bool(session.space.contains(x).all())
    for i in np.flatnonzero(~mask.numpy()):
        centre = float(x[:, i].double().mean())
        for f in (lambda x, i=i: x[:, i], lambda x, i=i, m=centre: (x[:, i] - m) ** 2):
            found = f(x).double()
            error = float(found.std()) / min(drawn.effective_samples, 2_000) ** 0.5
            assert float(found.mean()) == pytest.approx(float(exact.mean(f)), abs=4.5 * error)


def test_a_gaussian_model_given_some_columns_has_the_known_conditional_law() -> None:
    covariance = np.array([[1.0, 0.8, 0.3], [0.8, 2.0, -0.4], [0.3, -0.4, 1.5]])
    points = np.random.default_rng(3).multivariate_normal([1, 2, 3], covariance, size=2_000)
    data = Dataset.of_points(points)
    # An untrained model is its base measure, a Gaussian of known mean and covariance.
    session = Session(replace(starting_configuration(data), chains=16, components=1), "cpu", dataset=data)
    base = session.model.base_measure
    c = (base.factor @ base.factor.T).double().numpy()  # type: ignore[attr-defined]
    m = base.mean.double().numpy()  # type: ignore[attr-defined]
    drawn = sample(session, 4_000, Composition(), steps=30, seed=1, given={"x2": 3.5})
    across = c[[0, 2], 1] / c[1, 1]
    mean = m[[0, 2]] + across * (3.5 - m[1])
    left = c[np.ix_([0, 2], [0, 2])] - np.outer(across, c[1, [0, 2]])
    x = drawn.x[:, [0, 2]].astype(float)
    n = min(drawn.effective_samples, len(x))
    np.testing.assert_allclose(x.mean(0), mean, atol=4.5 * np.sqrt(left.max() / n))
    np.testing.assert_allclose(np.cov(x.T), left, atol=4.5 * left.max() * np.sqrt(2 / n))


def test_a_ladder_samples_the_conditional_law_too(sessions: dict[str, Session]) -> None:
    session = sessions["mixed"]
    field = fixed_columns(session.dataset.columns, session.space, {"age": 45})
    exact = conditional(session, field)
    drawn = sample(session, 600, Composition(), steps=60, seed=4, given={"age": 45})
    x = torch.as_tensor(from_units(session.dataset.columns, drawn.x)).float()
    share = float((x[:, 0] == 1).float().mean())
    expected = float(exact.mean(lambda x: (x[:, 0] == 1).float()))
    error = (expected * (1 - expected) / min(drawn.effective_samples, 600)) ** 0.5
    assert share == pytest.approx(expected, abs=4.5 * error)


def test_chains_keep_what_is_fixed_wherever_they_start(sessions: dict[str, Session]) -> None:
    session = sessions["mixed"]
    field = fixed_columns(session.dataset.columns, session.space, {"sex": "m", "age": 45})
    session.steer(Composition((Layer(field),)))
    assert session.composition.formula == "H(x) = Σᵢ λᵢ fᵢ(x), given sex = m, age = 45"
    for place in ("base", "noise", "data", "chains"):
        session.sampler.restart(place)
        for _ in islice(session.sample(), 3):
            pass
        assert bool((session.sampler.chains.x[:, [0, 2]] == torch.tensor([1.0, 45.0])).all())
    session.steer(Composition())


def test_a_composition_file_fixes_columns(sessions: dict[str, Session]) -> None:
    space = sessions["mixed"].space
    composition = Composition((Layer(FixedColumns(((2, 45.0),))),))
    again = read_composition(write_composition(composition), space)
    assert (again.composition, again.notes) == (composition, ())
    text = write_composition(composition).replace("45.0", "1e400")
    assert read_composition(text, space).composition.layers == ()
    wrong = Composition((Layer(FixedColumns(((7, 45.0),))),))
    assert "no column 8 among 3" in read_composition(write_composition(wrong), space).notes[0]


def test_two_layers_may_not_fix_everything(sessions: dict[str, Session]) -> None:
    session = sessions["mixed"]
    layers = [Layer(FixedColumns(((i, 1.0),))) for i in range(3)]
    before = session.sampler.chains.x
    with pytest.raises(ValueError, match="free one of them"):
        session.steer(Composition(tuple(layers)))
    assert torch.equal(session.sampler.chains.x, before)


def test_values_are_said_as_the_data_have_them(sessions: dict[str, Session]) -> None:
    space = sessions["mixed"].space
    field = fixed_columns(COLUMNS, space, {"income": "6e6", 1: "m"})
    assert field.columns == ((1, 0.5), (0, 1.0))
    assert field.label == "income = 6000000, sex = m"
    assert (
        in_words(FixedColumns(((1, 0.5), (9, 1.0))), COLUMNS, space).label
        == "income = 6000000, column 10 = 1"
    )
    read = Composition((Layer(FixedColumns(((0, 0.0),))),))
    assert named_columns(read, COLUMNS, space).formula.endswith("given sex = f")
    for values, message in (
        ({"wage": 1}, "no column 'wage'; there are sex, income, age"),
        ({"sex": "x"}, "no value 'x'; it has f, m"),
        ({"age": "old"}, "needs a number, got 'old'"),
        ({0: 1}, "no column 0"),
    ):
        with pytest.raises(ValueError, match=message):
            fixed_columns(COLUMNS, space, values)  # type: ignore[arg-type]


def test_spins_have_the_words_of_their_columns() -> None:
    columns = tuple(ColumnMeaning(name, ("no", "yes")) for name in "ab")
    data = Dataset(
        "s",
        Kind.SPINS,
        np.array([[1, -1], [1, 1], [-1, 1]], np.int8),
        np.array([0, 1]),
        np.array([2]),
        columns=columns,
    )
    session = Session(replace(starting_configuration(data), chains=8), "cpu", sampler_chains=8, dataset=data)
    assert fixed_columns(columns, session.space, {"a": "no"}).columns == ((0, -1.0),)
    assert table_of(columns, session.space, data.items)[:2] == [["a", "b"], ["yes", "no"]]
    assert [place_of(columns[0], session.space, site) for site in (-1.0, 1.0)] == [0, 1]
    assert [site_of(columns[0], session.space, place) for place in (0.0, 1.0)] == [-1, 1]
    # Without words they are the spins themselves.
    assert fixed_columns((), session.space, {"x1": -1}).columns == ((0, -1.0),)
    assert table_of((), session.space, data.items)[1] == ["1", "-1"]
    assert columns_of((), session.space)[1].name == "x2"


def test_a_table_of_samples_has_numbers_and_words_of_the_data(
    sessions: dict[str, Session], tmp_path: Path
) -> None:
    session = sessions["mixed"]
    x = np.array([[1, 0.5, 40.25], [0, -1, 39]], np.float32)
    samples = SampleFile(x, np.array([1.5, 2], np.float32), session.space, 2, Provenance(()), columns=COLUMNS)
    write_samples(tmp_path / "a.csv", samples)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["sex", "income", "age", "energy (nats)", "generated by Landscape"]
    assert [row[:4] for row in rows[1:]] == [["m", "6000000", "40.25", "1.5"], ["f", "3000000", "39", "2"]]
    write_samples(tmp_path / "a.npz", samples)
    assert '"income"' in str(np.load(tmp_path / "a.npz")["columns"])
    with pytest.raises(ValueError, match="are no rows"):
        check_form(tmp_path / "a.csv", Levels((8, 8), 17))


def test_a_script_reads_a_table_of_both(tmp_path: Path) -> None:
    rows = [f"{'ab'[i % 2]},{i * 0.25}" for i in range(40)]
    (tmp_path / "mine.csv").write_text("\n".join(["kind,size", *rows]))
    assert load_data(tmp_path / "mine.csv", kind="mixed").kind is Kind.MIXED
    with pytest.warns(UserWarning, match="size"):
        assert load_data(tmp_path / "mine.csv", kind="levels", columns=["kind"]).kind is Kind.LEVELS
    with pytest.warns(UserWarning, match="kind"):
        assert load_data(tmp_path / "mine.csv").kind is Kind.POINTS


def test_the_landscape_of_a_plane_is_drawn_under_chains_on_a_line_of_it(sessions: dict[str, Session]) -> None:
    session = sessions["plane"]
    watch = LandscapeWatch.of(session.sampler)
    assert watch is not None
    free = watch.record(training=False)
    session.steer(Composition((Layer(fixed_columns((), session.space, {"x1": 1.2})),)))
    next(session.sample())
    fixed = watch.record(training=False)
    assert free is not None
    assert fixed is not None
    np.testing.assert_allclose(fixed.landscape.log_density, free.landscape.log_density, atol=1e-4)
    assert (fixed.chains.positions[:, 0] == np.float32(1.2)).all()
    session.steer(Composition())
