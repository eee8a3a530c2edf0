"""A session to its run file and back: nothing is lost, and nothing damaged is taken in."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from landscape_app.physics.base_measure import ContinuousBase
from landscape_app.physics.host import text_of
from landscape_app.physics.space import Levels
from landscape_app.problems import PROBLEMS
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.run_file import RunState, read_run, write_run
from landscape_app.session import checkpoint, entropy_estimator
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition
from landscape_app.session.session import Session


def train(session: Session, epochs: int) -> None:
    for _ in islice(session.train(), epochs):
        pass


@pytest.fixture(scope="module")
def run(new_session: Callable[..., Session], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs, which tests read and leave as it is."""
    session = new_session()
    train(session, 2)
    path = tmp_path_factory.mktemp("saved") / "run.h5"
    save_session(session, path)
    return path


@pytest.mark.parametrize("replicas", [1, 4])
def test_a_saved_run_goes_on_bit_for_bit(
    new_session: Callable[..., Session], tmp_path: Path, replicas: int
) -> None:
    straight, halved = new_session(chains=8, replicas=replicas), new_session(chains=8, replicas=replicas)
    train(straight, 8)
    train(halved, 4)
    save_session(halved, tmp_path / "run.h5")
    resumed = open_session(tmp_path / "run.h5", "cpu")
    train(resumed, 4)
    for a, b in zip(
        straight.model.observables.parameters(), resumed.model.observables.parameters(), strict=True
    ):
        assert torch.equal(a, b)
    assert torch.equal(straight.model.multipliers, resumed.model.multipliers)
    assert torch.equal(straight.trainer.ensemble.chains_at_one.x, resumed.trainer.ensemble.chains_at_one.x)
    for name, array in straight.trainer.ensemble.state_dict().items():
        assert torch.equal(array, resumed.trainer.ensemble.state_dict()[name]), name
    assert straight.trainer.evaluations == resumed.trainer.evaluations
    for name in straight.history.names:
        if name != "seconds":
            np.testing.assert_array_equal(straight.history[name], resumed.history[name], err_msg=name)


@pytest.mark.parametrize(("pauses", "sums"), [((4, 15), False), ((20,), True)])
def test_the_entropy_estimator_goes_on_bit_for_bit_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: tuple[int, ...], sums: bool
) -> None:
    """On the line, where epochs are quick; by sums, and by a ladder that measures once in about ten epochs."""
    monkeypatch.setattr(ContinuousBase, "is_summable", sums)
    few = {"SHARE": 0.1, "SETTLING_SWEEPS": 10, "RECORDED_SWEEPS": 12, "MOST_ROUNDS": 1}
    for name, number in few.items():
        monkeypatch.setattr(entropy_estimator, name, number)
    configuration = replace(PROBLEMS["two-gaussians"].defaults, chains=1_024, planned_epochs=30)
    straight, halved = Session(configuration, "cpu"), Session(configuration, "cpu")
    train(straight, 30)
    resumed = []
    for pause in pauses:
        train(halved, pause - halved.trainer.epoch)
        save_session(halved, tmp_path / f"{pause}.h5")
        resumed.append(open_session(tmp_path / f"{pause}.h5", "cpu"))
        train(resumed[-1], 30 - pause)
    assert len(straight.measurements) > 1
    for session in resumed:
        for name in set(straight.measurements.names) - {"share"}:
            np.testing.assert_array_equal(
                straight.measurements[name], session.measurements[name], err_msg=name
            )
    final = replace(straight.finish().final, share=0.0)
    for session in resumed:
        assert replace(session.finish().final, share=0.0) == final
        assert torch.equal(straight.model.multipliers, session.model.multipliers)


def test_a_saved_run_keeps_its_classifier_samples_and_chains(run: Path, classified_session: Session) -> None:
    session = open_session(run, "cpu", sampler_chains=12)
    assert session.classifier_accuracy == classified_session.classifier_accuracy
    x = session.training_items[:20]
    assert session.classifier is not None
    assert classified_session.classifier is not None
    assert torch.equal(session.classifier(x), classified_session.classifier(x))
    assert len(session.sampler) == 12
    assert torch.equal(session.samples.weighted_samples.x, session.trainer.ensemble.samples.x)
    session.steer(Composition.towards(5))


def test_saving_twice_gives_the_same_numbers(run: Path, tmp_path: Path) -> None:
    save_session(open_session(run, "cpu"), tmp_path / "again.h5")
    first, second = read_run(run), read_run(tmp_path / "again.h5")
    assert first.configuration == second.configuration
    assert set(first.arrays) == set(second.arrays)
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(array, second.arrays[name], err_msg=name)


def test_a_run_without_any_epoch_can_be_saved_and_trained(
    new_session: Callable[..., Session], tmp_path: Path
) -> None:
    save_session(new_session(), tmp_path / "run.h5")
    session = open_session(tmp_path / "run.h5", "cpu")
    train(session, 1)
    assert len(session.history) == 1


def test_missing_and_misshapen_arrays_are_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_run(run)
    for name, array in whole.arrays.items():
        misshapen = np.zeros((3, 3, 3, 3, 3), dtype=array.dtype)
        without = {n: a for n, a in whole.arrays.items() if n != name}
        variants = [{**whole.arrays, name: misshapen}, without]
        for arrays in variants:
            # A hundred files would take most of the time.
            state = replace(whole, arrays=arrays)
            monkeypatch.setattr(checkpoint, "read_run", lambda path, state=state: state)
            is_refused(run, name)


def test_numbers_that_are_not_finite_are_refused(run: Path, tmp_path: Path) -> None:
    whole = read_run(run)
    for name in (
        "model/multipliers",
        "model/observables.conv1.weight",
        "samples/log_weights",
        "base_measure/log_probabilities",
    ):
        damaged = np.full_like(whole.arrays[name], np.nan)
        refused(tmp_path, replace(whole, arrays={**whole.arrays, name: damaged}), name)
    name = "trainer/ensemble/x"
    levels = np.full_like(whole.arrays[name], 17)
    refused(tmp_path, replace(whole, arrays={**whole.arrays, name: levels}), name)


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": "faces"},
        {"problem": ["digits"]},
        {"chains": 0},
        {"chains": 2.5},
        {"chains": "many"},
        {"chains": 31},
        {"seed": -1},
        {"seed": None},
        {"observables": 5},
        {"channels": [4]},
        {"channels": "ab"},
        {"channels": [4.5, 8]},
        {"kernel": "teleport"},
        {"kernel": []},
        {"pseudo_count": "half"},
        {"smoothing": -1.0},
        {"schedule": {"moves": 0}},
        {"schedule": {"theta_rate": "fast"}},
        {"schedule": 3},
        {"colour": "red"},
    ],
    ids=str,
)
def test_strange_configurations_are_refused(run: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    whole = read_run(run)
    refused(tmp_path, replace(whole, configuration={**whole.configuration, **changes}), str(changes))


def test_metrics_of_different_lengths_are_refused(run: Path, tmp_path: Path) -> None:
    whole = read_run(run)
    refused(tmp_path, replace(whole, metrics={**whole.metrics, "chi_squared": np.zeros(7)}), "chi_squared")


def test_a_run_of_other_metrics_opens_and_goes_on(run: Path, tmp_path: Path) -> None:
    """As one from before a metric was measured, or from a newer version that measures more."""
    whole = read_run(run)
    metrics = {
        name: whole.metrics[name] for name in whole.metrics if name not in ("chi_squared", "residuals")
    }
    write_run(tmp_path / "other.h5", replace(whole, metrics={**metrics, "novelty": np.zeros(2)}))
    session = open_session(tmp_path / "other.h5", "cpu")
    train(session, 1)
    assert np.isnan(session.history["chi_squared"]).tolist() == [True, True, False]
    assert session.history["residuals"].shape == (3, len(session.model.multipliers))
    assert "novelty" not in session.history.names
    np.testing.assert_array_equal(session.history["epoch"], [1, 2, 3])
    no_epochs = {name: column for name, column in whole.metrics.items() if name != "epoch"}
    refused(tmp_path, replace(whole, metrics=no_epochs), "epoch")


def refused(folder: Path, state: RunState, what: str) -> None:
    write_run(folder / "strange.h5", state)
    is_refused(folder / "strange.h5", what)


def is_refused(path: Path, what: str) -> None:
    try:
        open_session(path, "cpu", sampler_chains=2)
    except RunFileError:
        return
    pytest.fail(f"a run with a strange {what} was opened")


def test_a_tree_of_states_comes_back_from_its_arrays() -> None:
    space = Levels((2, 2), 5)
    tree = {
        "chains": {"x": torch.tensor([[[0.0, 4.0], [1.0, 2.0]]]), "deep": {"steps": 3, "rate": 0.5}},
        "random": torch.Generator().get_state(),
        "note": "⟨H⟩",
    }
    arrays = checkpoint.arrays_of(tree, space)
    assert set(arrays) == {"chains/x", "chains/deep/steps", "chains/deep/rate", "random", "note"}
    assert arrays["chains/x"].dtype == np.uint8
    back = checkpoint.tree_of(arrays, space)
    assert torch.equal(back["chains"]["x"], tree["chains"]["x"])  # type: ignore[index]
    assert int(back["chains"]["deep"]["steps"]) == 3
    assert float(back["chains"]["deep"]["rate"]) == 0.5
    assert torch.equal(back["random"], tree["random"])  # type: ignore[arg-type]
    assert text_of(back["note"]) == "⟨H⟩"


@pytest.mark.parametrize(
    ("path", "array", "complaint"),
    [
        ("a/weights", np.array([1.0, np.inf]), "a/weights has numbers that are not finite"),
        ("a/x", np.full((1, 2, 2), 5), "a/x has configurations that are not in the space"),
        ("a/x", np.zeros((2, 2)), "a/x is .*expected n × 2 × 2"),
        ("a/x", np.zeros((0, 2, 2)), "a/x is .*expected n × 2 × 2"),
    ],
)
def test_leaves_that_cannot_be_are_refused(path: str, array: np.ndarray, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        checkpoint.tree_of({path: array}, Levels((2, 2), 5))


def test_what_was_not_measured_may_be_no_number() -> None:
    tree = checkpoint.tree_of({"kept/entropy": np.array(np.nan)}, Levels((2, 2), 5))
    assert np.isnan(float(tree["kept"]["entropy"]))


def test_arrays_that_cannot_be_written_are_read_without_a_warning() -> None:
    array = np.frombuffer(np.arange(4, dtype=np.float32).tobytes(), np.float32)
    assert not array.flags.writeable
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (leaf,) = checkpoint.tree_of({"numbers": array}, Levels((2, 2), 5)).values()
    assert leaf.tolist() == [0, 1, 2, 3]
