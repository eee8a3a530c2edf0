"""`landscape diagnose` as a person runs it."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from landscape_app import diagnose, open_session, save
from landscape_app.session import convergence
from landscape_app.session.convergence import ConvergenceRecord
from landscape_app.session.session import Session
from tests.cli.conftest import Run

NAMES = [
    "kept_epoch",
    "validation_nats",
    "test_nats",
    "test_nats_error",
    "entropy",
    "entropy_error",
    "exact",
    "exact_test_nats",
    "low",
    "high",
    "mixed",
    "matched",
    "class_shares",
]
QUICK = ("--chains", "4", "--steps", "100", "--device", "cpu")


@pytest.fixture(autouse=True)
def short_tuning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Temperatures that are tuned for moments only."""
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 1)


def test_the_verdict_and_the_entropy_are_printed(landscape: Run, run_file: Path) -> None:
    done = landscape("diagnose", str(run_file), *QUICK)
    # Four chains of each start do not know its mean to 0.6 standard deviations.
    assert done.code == 4
    assert done.out.startswith("Convergence: ")
    assert "\nModel: not known: chains that are not in equilibrium say nothing of the model\n" in done.out
    for line in ("starts' means", "f1", "round trips", "log Z", "entropy S", "bits a pixel"):
        assert line in done.out


def test_the_figures_are_one_json_object_and_those_of_the_library(landscape: Run, run_file: Path) -> None:
    done = landscape("diagnose", str(run_file), *QUICK, "--json")
    assert done.code == 4
    found = json.loads(done.out)
    record = diagnose(open_session(run_file, device="cpu"), 100, columns=4)
    assert found == json.loads(json.dumps(record.figures()))
    assert (found["mixed"], found["matched"], found["exact"]) == (False, None, False)
    assert found["entropy_error"] is None or found["entropy_error"] > 0
    assert found["means"]["energy"]["data_error"] == 0
    kept = json.loads(landscape("info", str(run_file), "--json").out)
    data = open_session(run_file, device="cpu").dataset.as_json()
    assert {name: kept.pop(name) for name in data} == json.loads(json.dumps(data))
    assert kept.keys() <= found.keys()
    assert kept.keys() >= set(NAMES)
    assert kept["kept_epoch"] == found["kept_epoch"] == 3
    assert (kept["mixed"], kept["matched"], kept["class_shares"]) == (None, None, None)
    for name in ("validation_nats", "test_nats"):
        # Both from the same items: log Z alone differs, by as much as it is not known.
        shift = kept["log_partition"] - found["log_partition"]
        assert kept[name] - found[name] == pytest.approx(shift, abs=1e-3)


def test_info_has_the_verdict_that_a_run_keeps(landscape: Run, run_file: Path, tmp_path: Path) -> None:
    session = open_session(run_file, device="cpu")
    figures = json.loads(json.dumps(diagnose(session, 100, columns=4).figures()))
    save(session, tmp_path / "tested.h5")
    found = json.loads(landscape("info", str(tmp_path / "tested.h5"), "--json").out)
    for name in ("mixed", "matched", "class_shares", "means"):
        assert found[name] == figures[name]
    told = landscape("info", str(tmp_path / "tested.h5")).out
    assert figures["mixing"][:40] in told
    assert "the model of epoch 3 alone, at T = 1" in told
    assert "no verdict on this state" in landscape("info", str(run_file)).out


def test_every_pair_of_verdicts_has_its_exit_code(
    landscape: Run, run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = diagnose(open_session(run_file, device="cpu"), 100, columns=4)
    tested = SimpleNamespace(run=lambda _: iter([record]))
    monkeypatch.setattr(Session, "convergence_test", lambda *_: tested)
    for agree, matched, code in ((True, True, 0), (True, False, 3), (True, None, 3), (False, None, 4)):
        monkeypatch.setattr(ConvergenceRecord, "agree", agree)
        monkeypatch.setattr(ConvergenceRecord, "matched", matched)
        assert landscape("diagnose", str(run_file), *QUICK, "--json").code == code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--steps", "3"), "--steps must be a whole number from 100"),
        (("--chains", "1"), "--chains must be a whole number from 2"),
        (("--seed", "-1"), "the seed must be"),
        (("--kernel", "slow"), "no kernel is called 'slow'"),
        (("--kernel", "hmc"), "not on levels"),
    ],
)
def test_wrong_options_are_refused_in_one_line(
    landscape: Run, run_file: Path, options: tuple[str, ...], message: str
) -> None:
    done = landscape("diagnose", str(run_file), *options)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert message in done.err


def test_a_missing_run_is_named(landscape: Run) -> None:
    done = landscape("diagnose", "nothing.h5")
    assert done.code == 2
    assert "there is no file nothing.h5" in done.err
