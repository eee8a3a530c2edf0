"""Sessions of models that are given: densities against quadrature and sums, files, trust, and what is refused."""

import itertools
import math
from itertools import islice
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import integrate

from landscape_app import Composition, Layer, diagnose, energy, energy_session, open_session, sample, save
from landscape_app.data import ColumnMeaning, Dataset, Kind
from landscape_app.data.couplings import read_parameters
from landscape_app.learning.given import Given
from landscape_app.models.energy import EnergyError, UntrustedError
from landscape_app.physics.fields import CustomField
from landscape_app.session.given import COLUMNS, GivenModel, read_given, reference_data
from landscape_app.session.script import script_of
from landscape_app.session.session import Session

WELLS = "x**4 - x**2 + y**2"
BOWL = "def energy(x):\n    return (x**2).sum(1) / 2\n"


def wells(x: float, y: float) -> float:
    return x**4 - x**2 + y**2


@pytest.fixture(scope="module")
def session() -> Session:
    return energy_session(WELLS, low=-4, high=4, device="cpu", sampler_chains=32)


@pytest.fixture
def couplings(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    table = random.normal(0, 0.4, (9, 9))
    table = np.triu(table, 1) + np.triu(table, 1).T
    with h5py.File(tmp_path / "glass.h5", "w") as file:
        file["J"], file["h"] = table, random.normal(0, 0.3, 9)
    return tmp_path / "glass.h5"


def test_log_z_and_entropy_of_a_formula_are_those_of_quadrature(session: Session) -> None:
    z, _ = integrate.dblquad(lambda y, x: math.exp(-wells(x, y)), -4, 4, -4, 4)
    mean, _ = integrate.dblquad(lambda y, x: wells(x, y) * math.exp(-wells(x, y)) / z, -4, 4, -4, 4)
    assert session.kept is not None
    # log Z is relative to the uniform measure on the box.
    assert session.kept.log_z.is_exact
    assert session.kept.log_partition == pytest.approx(math.log(z / 64), abs=1e-4)
    assert session.kept.entropy == pytest.approx(math.log(z) + mean, abs=1e-4)


def test_reference_samples_and_chains_are_of_the_density(session: Session) -> None:
    def moment(f: str) -> float:
        powers = {"x²": (2, 0), "y²": (0, 2), "x⁴": (4, 0)}[f]
        top = integrate.quad(lambda x: x ** powers[0] * math.exp(-(x**4) + x**2), -4, 4)[0]
        bottom = integrate.quad(lambda x: math.exp(-(x**4) + x**2), -4, 4)[0]
        of_y = integrate.quad(lambda y: y ** powers[1] * math.exp(-(y**2)), -4, 4)[0] / math.sqrt(math.pi)
        return top / bottom * of_y

    drawn = sample(session, 1_000, seed=1).x
    for x in (session.dataset.items.astype(np.float64), drawn.astype(np.float64)):
        for name, values in {"x²": x[:, 0] ** 2, "y²": x[:, 1] ** 2, "x⁴": x[:, 0] ** 4}.items():
            error = values.std() / math.sqrt(len(values))
            assert values.mean() == pytest.approx(moment(name), abs=4 * error), name
        # Both wells, as often.
        assert abs((x[:, 0] > 0).mean() - 0.5) < 4 * 0.5 / math.sqrt(len(x))


def test_all_that_a_session_does_works_with_an_energy(session: Session, tmp_path: Path) -> None:
    record = diagnose(session, 200, columns=8)
    assert record.agree
    assert record.exact is not None
    assert record.thermometry is not None
    found = record.thermometry.log_partition
    assert found.value == pytest.approx(record.exact.log_partition, abs=5 * found.error)
    energies = energy(session, np.array([[1.0, 2.0], [0.0, 0.5]]))
    np.testing.assert_allclose(energies, [wells(1, 2), wells(0, 0.5)], rtol=1e-6)
    session.steer(Composition(temperature=0.5))
    assert "x**4 - x**2 + y**2" in session.composition.formula_of(session.model.formula)
    assert "0.5 · (x**4" in Composition(model_temperature=2.0).formula_of(session.model.formula)
    for _ in islice(session.sample(), 3):
        pass
    assert session.space.contains(session.sampler.chains.x).all()
    session.steer(Composition())


def test_a_run_holds_the_formula(session: Session, tmp_path: Path) -> None:
    save(session, tmp_path / "run.h5")
    again = open_session(tmp_path / "run.h5", "cpu")
    assert again.configuration == session.configuration
    assert again.kept == session.kept
    x = session.dataset.items[:50]
    np.testing.assert_array_equal(energy(again, x), energy(session, x))
    assert isinstance(again.trainer, Given)
    assert again.is_done


def test_the_script_makes_the_same_run(session: Session) -> None:
    text = script_of(session.journal.entries, session.trainer.epoch)
    assert "energy_session(" in text
    found: dict[str, Session] = {}
    exec(compile(text, "script", "exec"), found)  # type: ignore[arg-type]
    again = found["session"]
    np.testing.assert_array_equal(again.dataset.items, session.dataset.items)
    assert again.kept is not None
    assert session.kept is not None
    assert again.kept.log_partition == session.kept.log_partition
    assert again.kept.test_nats == session.kept.test_nats


def test_couplings_of_a_file_are_those_of_enumeration(couplings: Path, tmp_path: Path) -> None:
    session = energy_session(couplings, shape=(3, 3), device="cpu", sampler_chains=8)
    tables = read_parameters(couplings)
    states = np.array(list(itertools.product((-1, 1), repeat=9)), dtype=float)
    energies = -0.5 * np.einsum("ni,ij,nj->n", states, tables["J"], states) - states @ tables["h"]
    weights = np.exp(-energies)
    z = weights.sum()
    assert session.kept is not None
    assert session.kept.log_partition == pytest.approx(math.log(z) - 9 * math.log(2), abs=1e-5)
    p = weights / z
    assert session.kept.entropy == pytest.approx(-(p * np.log(p)).sum(), abs=1e-4)
    means = p @ states
    found = session.dataset.items.reshape(-1, 9).astype(float)
    errors = np.sqrt((1 - means**2) / len(found))
    assert (np.abs(found.mean(0) - means) < 4.5 * errors).all()
    save(session, tmp_path / "run.h5")
    again = open_session(tmp_path / "run.h5", "cpu")
    assert again.kept == session.kept
    np.testing.assert_allclose(again.model.values()[0].numpy(), tables["J"], rtol=1e-6)
    assert "shape=(3, 3)" in script_of(session.journal.entries, session.trainer.epoch)


@pytest.mark.parametrize("spins", [False, True])
def test_a_machine_of_a_file_is_that_of_enumeration(spins: bool, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    w, a, b = random.normal(0, 0.7, (6, 3)), random.normal(0, 0.5, 6), random.normal(0, 0.5, 3)
    with h5py.File(tmp_path / "machine.h5", "w") as file:
        file["W"], file["a"], file["b"] = w, a, b
    session = energy_session(tmp_path / "machine.h5", spins=spins, device="cpu", sampler_chains=8)
    visible = np.array(list(itertools.product((-1, 1) if spins else (0, 1), repeat=6)), dtype=float)
    hidden = np.array(list(itertools.product((0, 1), repeat=3)), dtype=float)
    z = np.exp((visible @ a)[:, None] + hidden @ b + visible @ w @ hidden.T).sum()
    assert session.kept is not None
    assert session.kept.log_partition == pytest.approx(math.log(z) - 6 * math.log(2), abs=1e-5)


def test_where_nothing_can_be_summed_samples_come_from_a_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape_app.session.given.SAMPLES", 1_000)
    given = read_given("(x1**2 + x2**2 + x3**2)/2", low=-6, high=6)
    data = reference_data(given.model({}), given.name)
    x = data.items.astype(np.float64)
    # Draws of one ladder are not independent; no more of them are than there are ladders, at worst.
    assert np.abs(x.mean(0)).max() < 4 / math.sqrt(COLUMNS)
    assert np.abs((x**2).mean(0) - 1).max() < 4 * math.sqrt(2 / COLUMNS)
    assert len({*map(tuple, x)}) > 0.9 * len(x)


def test_a_formula_is_of_the_columns_of_a_table_in_their_order() -> None:
    random = np.random.default_rng(5)
    columns = (ColumnMeaning("size", ("s", "m", "l")), ColumnMeaning("colour", ("red", "blue")))
    items = np.stack([random.integers(0, 3, 60), random.integers(0, 2, 60)], 1).astype(np.uint8)
    table = Dataset("table", Kind.LEVELS, items, np.arange(40), np.arange(40, 60), levels=3, columns=columns)
    session = energy_session("x1*(1 - x2)", data=table, device="cpu", sampler_chains=8)
    # A column has the levels that it has: the second only two.
    weights = {(a, b): math.exp(-a * (1 - b)) for a in range(3) for b in range(2)}
    z = sum(weights.values())
    assert session.kept is not None
    assert session.kept.log_partition == pytest.approx(math.log(z / 6), abs=1e-5)
    drawn = sample(session, 600, seed=2).x
    assert drawn[:, 1].max() == 1
    share = (weights[0, 0] + weights[1, 0] + weights[2, 0]) / z
    assert (drawn[:, 1] == 0).mean() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 600))
    spins = Dataset(
        "spins",
        Kind.SPINS,
        np.where(random.random((50, 2, 2)) < 0.5, -1, 1).astype(np.int8),
        np.arange(30),
        np.arange(30, 50),
    )
    session = energy_session("-x1*x4", data=spins, device="cpu", sampler_chains=8)
    assert session.kept is not None
    assert session.kept.log_partition == pytest.approx(math.log(math.cosh(1)), abs=1e-5)


def test_python_is_trusted_by_its_source_where_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "bowl.py"
    path.write_text(BOWL)
    session = energy_session(path, low=-8, high=8, device="cpu", sampler_chains=8)
    assert session.kept is not None
    assert session.kept.entropy == pytest.approx(1 + math.log(2 * math.pi), abs=1e-3)
    save(session, tmp_path / "run.h5")
    path.unlink()
    with pytest.raises(UntrustedError, match="“bowl” is a Python file"):
        open_session(tmp_path / "run.h5", "cpu")
    again = open_session(tmp_path / "run.h5", "cpu", trust=True)
    assert again.kept == session.kept
    # The same trust is that of fields: a field of the same source runs in this session.
    source = again.configuration.given_energy
    assert source is not None
    assert source.text == BOWL
    again.steer(Composition((Layer(CustomField(str(path), source.digest), 1.0),)))
    path.write_text(BOWL + "# changed\n")
    with pytest.raises(EnergyError, match="“bowl” has changed since it was trusted"):
        energy_session(path, digest=source.digest, device="cpu")


def test_nothing_of_a_file_runs_before_it_is_trusted(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n{BOWL}")
    given = read_given(path)
    assert given.code is not None
    with pytest.raises(UntrustedError):
        given.model({})
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ("x + foo", {}, "“foo” is not known"),
        ("log(-1 - x**2)", {}, "no finite number at any of 4,096 places"),
        ("x", {"low": 1, "high": 1}, "finite walls, low below high, got 1 and 1"),
        ("x + z", {"shape": (2,)}, "names x3, and a configuration has 2 numbers"),
        ("gone.csv", {}, "there is no file gone.csv"),
        ("gone.py", {}, "the energy “gone” cannot be read"),
        (Path("gone"), {}, "gone is no energy: expected a file that ends in .py, .csv"),
    ],
)
def test_what_is_no_model_is_refused_in_one_message(
    given: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        energy_session(given, device="cpu", **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,2\n1,0,3\n", "square table, a row and a column for each spin, got 2 × 3"),
        ("0,1\n2,0\n", "at row 1, column 2 they differ by 1"),
        ("0,nan\nnan,0\n", "2 are not, the first at row 1, column 2"),
        ("1,0.5\n0.5,0\n", "zero, and is 1 at row 1, column 1.* set it to zero"),
        ("", "is empty"),
        ("0,1\n1\n", "line 2 of J.csv has 1 numbers"),
    ],
)
def test_tables_that_are_no_couplings_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "J.csv").write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_given(tmp_path / "J.csv")
    assert "\n" not in str(caught.value)


def test_tables_of_other_sizes_are_refused(tmp_path: Path) -> None:
    def stored(**tables: object) -> Path:
        with h5py.File(tmp_path / "t.h5", "w") as file:
            for name, table in tables.items():
                file[name] = table
        return tmp_path / "t.h5"

    j = np.ones((3, 3)) - np.eye(3)
    with pytest.raises(ValueError, match="one field for each spin"):
        read_given(stored(J=j, h=np.zeros(4)))
    with pytest.raises(ValueError, match="is of 3 sites, which make no 2 × 2"):
        read_given(stored(J=j), shape=(2, 2))
    with pytest.raises(ValueError, match="couplings J are between spins"):
        read_given(stored(J=j), spins=False)
    with pytest.raises(ValueError, match="visible units' bias"):
        read_given(stored(W=np.ones((3, 2)), a=np.zeros(4), b=np.zeros(2)))
    with pytest.raises(ValueError, match="W of a restricted Boltzmann machine must be finite"):
        read_given(stored(W=np.full((3, 2), np.nan)))
    assert isinstance(read_given(stored(W=np.ones((3, 2)))), GivenModel)
