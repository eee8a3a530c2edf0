"""The public names: data in, a model trained and evaluated, samples out; loaded only when they are used."""

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from landscape_app.data.dataset import Kind
from landscape_app.data.digits import load_digits
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.fields.custom import FieldError
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount
from landscape_app.runs.atomic import RunFileError
from landscape_app.session import api, discriminator
from landscape_app.session.api import (
    cross_validate,
    diagnose,
    energy,
    gradient,
    new_session,
    sample,
    train,
    train_discriminator,
    trust_field,
)
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.dataset_io import save_data
from landscape_app.session.load import load_data
from landscape_app.session.records import CrossValidation, Fold
from landscape_app.session.session import Session

SMALL = {"chains": 16, "observables": 3, "channels": (4, 4), "device": "cpu", "sampler_chains": 12}
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def digits() -> Session:
    session = new_session("digits", seed=2, **SMALL)
    train(session, 4)
    return session


@pytest.fixture(scope="module")
def line() -> Session:
    session = new_session(
        load_data(RNG.normal(1.0, 0.5, 60)), chains=16, replicas=3, device="cpu", sampler_chains=12
    )
    train(session, 3)
    return session


def test_folds_test_every_item_by_a_model_that_has_not_seen_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[Session] = []

    def kept(*arguments: Any, **named: Any) -> Session:
        sessions.append(Session(*arguments, **named))
        return sessions[-1]

    monkeypatch.setattr(api, "Session", kept)
    spins = np.random.default_rng(4).choice([-1, 1], (31, 5))
    shares: list[float] = []
    found = cross_validate(
        load_data(spins), 3, device="cpu", planned_epochs=4, chains=16, report=shares.append
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1
    nats, scatter, means = [], [], []
    for fold, session in zip(found.folds, sessions, strict=True):
        # The exact log P of every state.
        exact = ExactModel(session.model.target)
        log_p = {
            bytes(x.numpy()): float(w)
            for x, w in zip(exact.x, exact.log_weights().log_softmax(0), strict=True)
        }
        items = sorted(map(bytes, spins.astype(np.int8)))
        for item in map(bytes, session.dataset.items):
            items.remove(item)
        of_items = [-log_p[bytes(np.frombuffer(item, np.int8).astype(np.float32))] for item in items]
        assert sorted(fold.surprisal + fold.log_z.value) == pytest.approx(sorted(of_items), abs=1e-4)
        nats += of_items
        means.append(np.mean(of_items))
        scatter.append(((np.array(of_items) - np.mean(of_items)) ** 2).sum())
    assert len(nats) == 31
    error = max(np.sqrt(sum(scatter) / (31 - 3) / 31), np.std(means, ddof=1) / np.sqrt(3))
    assert found.mean[:2] == (pytest.approx(np.mean(nats), abs=1e-4), pytest.approx(error, rel=1e-3))
    figures = found.as_json()
    assert figures["exact"]
    assert figures["test_nats"] == found.mean.value
    assert sum(row["items"] for row in figures["folds"]) == 31


def test_bounds_of_one_fold_make_bounds_of_the_mean() -> None:
    of_two = (Estimate(1.0, 0.1), Estimate.between(1.0, 3.0))
    folds = tuple(Fold(log_z, np.array([1.0, 2.0]), 3) for log_z in of_two)
    mean = CrossValidation(folds).mean
    scatter = max(np.sqrt(0.5 / 4), np.std([2.5, 3.5], ddof=1) / np.sqrt(2))
    assert mean.low == pytest.approx(1.5 + (0.8 + 1) / 2 - 2 * scatter)
    assert mean.high == pytest.approx(1.5 + (1.2 + 3) / 2 + 2 * scatter)


def test_folds_of_one_item_know_the_error_of_their_mean() -> None:
    folds = tuple(Fold(Estimate(1.0, 0.0), np.array([nats]), 3) for nats in (1.0, 2.0, 4.0))
    assert CrossValidation(folds).mean[:2] == pytest.approx((10 / 3, np.std([1, 2, 4], ddof=1) / np.sqrt(3)))


def parameters(session: Session) -> list[np.ndarray]:
    return [p.numpy().copy() for p in session.model.values()]


def test_importing_the_package_and_its_help_wait_for_no_torch() -> None:
    code = (
        "import sys, landscape_app\n"
        "assert {'train', 'Composition'} <= set(dir(landscape_app))\n"
        "from landscape_app.cli import main\n"
        "assert main(['--help']) == 0\n"
        "assert not {'torch', 'h5py', 'PySide6', 'numpy', 'scipy'} & set(sys.modules)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_training_in_pieces_is_training_at_once_to_the_last_bit(digits: Session) -> None:
    pieces, whole = (new_session("digits", seed=2, **SMALL) for _ in range(2))
    told: list[int] = []
    assert train(pieces, 1, report=lambda record: told.append(record.epoch)) is None
    pieces.steer(Composition((Layer(InkAmount(0.3), 5.0),)))
    assert train(pieces, 0) is None
    assert train(pieces, 3, report=lambda record: told.append(record.epoch)) is None
    assert told == [1, 2, 3, 4]
    for _ in islice(whole.train(), 4):
        pass
    whole.rest()
    for one, other in zip(parameters(pieces), parameters(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    assert pieces.composition.acting
    with pytest.raises(ValueError, match="negative"):
        train(pieces, -1)


def test_a_plan_is_trained_to_its_end_and_measured() -> None:
    session = new_session("digits", planned_epochs=3, **SMALL)
    outcome = train(session)
    assert session.trainer.epoch == 3
    assert outcome is not None
    assert outcome.final.entropy_error > 0
    assert outcome.final is session.kept
    assert isinstance(session.trainer, MinMaxEnt)
    assert session.trainer.live is not None


def test_energy_is_the_sum_of_the_observables_and_its_gradient_a_difference_quotient(line: Session) -> None:
    x = np.linspace(-1.0, 3.0, 9)[:, None]
    f = line.model.observables(torch.as_tensor(x).float()).detach().numpy().astype(np.float64)
    expected = f @ line.model.multipliers.numpy().astype(np.float64)
    np.testing.assert_allclose(energy(line, x), expected, rtol=1e-5, atol=1e-5)
    step = 1e-2
    quotient = (energy(line, x + step) - energy(line, x - step)) / (2 * step)
    # Of single precision: energies of order one have errors of 1e-6, quotients of 1e-4; curvature adds step².
    np.testing.assert_allclose(gradient(line, x)[:, 0], quotient, rtol=2e-2, atol=2e-3)


def test_energy_of_a_composition_is_that_of_its_parts(digits: Session) -> None:
    x = digits.dataset.held_out_items[:5]
    ink = InkAmount(0.3)
    composition = Composition((Layer(ink, 2.0),), temperature=4.0, model_temperature=0.5)
    only = Composition((Layer(ink, 1.0),), hamiltonian=False)
    expected = (energy(digits, x) / 0.5 + 2.0 * energy(digits, x, only)) / 4.0
    np.testing.assert_allclose(energy(digits, x, composition), expected, rtol=1e-4, atol=1e-3)
    slope = gradient(digits, x) / 0.5 + 2.0 * gradient(digits, x, only)
    np.testing.assert_allclose(gradient(digits, x, composition), slope / 4.0, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("x", "said"),
    [(np.zeros((8, 8)), "shape"), (np.zeros((2, 8, 7)), "shape"), (np.full((1, 8, 8), 17), "space"),
     (np.full((1, 8, 8), 0.5), "space")],
)  # fmt: skip
def test_what_is_no_image_of_the_model_has_no_energy(digits: Session, x: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        energy(digits, x)


@pytest.mark.parametrize("ladder", [True, False])
def test_samples_come_with_their_energies_and_a_seed_repeats_them(
    digits: Session, tmp_path: Path, ladder: bool
) -> None:
    save_session(digits, tmp_path / "run.h5")
    held = Composition((Layer(FixedPixels(((0, 0, 5),)), 1.0),), temperature=2.0)
    sessions = [open_session(tmp_path / "run.h5", "cpu") for _ in range(2)]
    first, second = (sample(session, 7, held, steps=3, ladder=ladder, seed=4) for session in sessions)
    assert first.x.shape == (7, 8, 8)
    assert first.x.dtype == np.uint8
    assert (first.x[:, 0, 0] == 5).all()
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_allclose(first.energy, energy(digits, first.x, held), rtol=1e-4, atol=1e-3)
    assert sessions[0].composition == held
    np.testing.assert_array_equal(sessions[0].sampler.chains.x.numpy(), first.x)
    assert 1 <= first.effective_samples <= 7
    with pytest.raises(ValueError, match="at least one sample"):
        sample(digits, 0)


def test_samples_without_a_step_are_where_chains_start(digits: Session) -> None:
    drawn = sample(digits, 6, Composition(), steps=0, start="data")
    training = {image.tobytes() for image in digits.dataset.training_items}
    assert {image.tobytes() for image in drawn.x} <= training


def test_diagnosis_has_the_entropy_within_its_error_of_quadrature(line: Session) -> None:
    told: list[float] = []
    starts = diagnose(line, 100, columns=6, report=lambda record: told.append(record.share))
    assert starts.thermometry is not None
    assert starts.exact is not None
    value, error = starts.thermometry.entropy[:2]
    # Five standard errors: one seed in a million fails.
    assert abs(value - starts.exact.entropy) < 5 * error
    assert told == sorted(told)
    with pytest.raises(ValueError, match="at least 100 steps"):
        diagnose(line, 50)


def test_a_user_defined_field_is_trusted_as_it_was_read(digits: Session, tmp_path: Path) -> None:
    path = tmp_path / "dark.py"
    path.write_text("def energy(x):\n    return x.mean((1, 2))\n", encoding="utf-8")
    field = trust_field(digits, path)
    x = digits.dataset.held_out_items[:3]
    alone = Composition((Layer(field, 3.0),), hamiltonian=False)
    np.testing.assert_allclose(energy(digits, x, alone), 3.0 * x.mean((1, 2)), rtol=1e-5)
    assert trust_field(digits, path, field.digest) == field
    path.write_text("def energy(x):\n    return -x.mean((1, 2))\n", encoding="utf-8")
    with pytest.raises(FieldError, match="has changed"):
        trust_field(digits, path, field.digest)


def test_a_discriminator_is_the_session_s_next_round(
    digits: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discriminator, "GENERATED", 100)
    known = len(digits.composer.rounds)
    digits.sampler.restart("noise", 12)
    assert train_discriminator(digits, passes=1) is digits.composer.rounds[known]


def test_settings_change_the_usual_configuration_and_nothing_else() -> None:
    session = new_session("ising", seed=4, schedule={"moves": 3}, device="cpu", sampler_chains=1)
    configuration = session.configuration
    assert (configuration.seed, configuration.schedule.moves, configuration.schedule.weighted) == (
        4,
        3,
        False,
    )
    assert configuration.observables == 4
    for settings, said in (
        ({"epochs": 3}, "no setting is called 'epochs'"),
        ({"chains": 1}, "number of chains"),
        ({"schedule": {"speed": 1}}, "speed"),
    ):
        with pytest.raises(ValueError, match=said):
            new_session("ising", device="cpu", **settings)
    with pytest.raises(ValueError, match="no data set is called 'faces'"):
        new_session("faces")


def test_data_come_by_name_from_files_and_of_arrays(tmp_path: Path, digits: Session) -> None:
    assert len(load_data("digits").items) == len(load_digits().items)
    images = RNG.integers(0, 4, (20, 6, 6)).astype(np.uint8)
    of_images = load_data(images, labels=["a", "b"] * 10, held_out=0.25)
    assert (of_images.kind, of_images.class_names, len(of_images.held_out)) == (Kind.LEVELS, ("a", "b"), 5)
    np.testing.assert_array_equal(of_images.items, images)
    of_spins = load_data(RNG.choice([-1, 1], (12, 5)))
    assert (of_spins.kind, of_spins.items.dtype) == (Kind.SPINS, np.int8)
    save_data(of_images, tmp_path / "data.h5")
    save_session(new_session(of_images, **SMALL), tmp_path / "run.h5")
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "points.npy", RNG.normal(size=(9, 2)))
    (tmp_path / "table.csv").write_text("a,b\n1,2\n3,5\n4,4\n0,1\n", encoding="utf-8")
    for i, image in enumerate(images[:4]):
        (tmp_path / "folder").mkdir(exist_ok=True)
        Image.fromarray(image * 60).save(tmp_path / "folder" / f"{i}.png")
    for name, kind, shape in (
        ("data.h5", Kind.LEVELS, (20, 6, 6)),
        ("run.h5", Kind.LEVELS, (20, 6, 6)),
        ("images.npy", Kind.LEVELS, (20, 6, 6)),
        ("folder", Kind.LEVELS, (4, 6, 6)),
        ("points.npy", Kind.POINTS, (9, 2)),
        ("table.csv", Kind.POINTS, (4, 2)),
    ):
        data = load_data(tmp_path / name)
        assert (data.kind, data.items.shape) == (kind, shape)
    assert load_data(str(tmp_path / "folder"), height=4, width=8, levels=3).items.shape == (4, 4, 8)


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("nowhere.h5", {}, "there is no file"),
        ("digits", {"height": 8}, "'height' goes with images"),
        (np.zeros((9, 2)), {"labels": np.zeros(9)}, "'labels' goes with images"),
        (np.zeros((9, 4, 4)), {"hue": 1}, "not read with 'hue'"),
        (np.zeros((9, 2)), {}, "standard deviation"),
    ],
)
def test_what_cannot_be_loaded_is_told(source: object, options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load_data(source, **options)  # type: ignore[arg-type]


def test_a_file_that_is_no_data_is_told(tmp_path: Path, digits: Session) -> None:
    (tmp_path / "odd.h5").write_bytes(b"nothing")
    (tmp_path / "odd.npy").write_bytes(b"nothing")
    (tmp_path / "odd.xyz").write_bytes(b"nothing")
    for name in ("odd.h5", "odd.npy", "odd.xyz"):
        with pytest.raises(ValueError, match=name):
            load_data(tmp_path / name)
    save_session(digits, tmp_path / "run.h5")
    with pytest.raises(RunFileError, match="carries no data of its own: it is a run on “digits”"):
        load_data(tmp_path / "run.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["temperature"] = np.arange(2.0)
    with pytest.raises(
        ValueError, match=r"other.h5 has no array of images.*it has temperature \(2 numbers\)"
    ):
        load_data(tmp_path / "other.h5")
    with pytest.raises(ValueError, match="labels go with an array"):
        load_data(tmp_path / "odd.h5", labels=[1])
