"""`landscape diagnose` on draws that another program made."""

import json
from pathlib import Path

import numpy as np
import pytest

from landscape_app.cli.diagnose import CHAIN_ENDINGS
from landscape_app.physics.chain_statistics import ChainDraws
from landscape_app.session import chains_file
from landscape_app.session.chains_file import write_chains
from tests.cli.conftest import Run
from tests.physics.autoregression import autoregressive


def written(path: Path, **quantities: np.ndarray) -> Path:
    write_chains(path, ChainDraws.of_arrays("made", quantities))
    return path


@pytest.mark.parametrize("ending", CHAIN_ENDINGS)
def test_good_chains_are_judged_with_what_that_does_not_say(
    landscape: Run, tmp_path: Path, ending: str
) -> None:
    path = written(tmp_path / f"good{ending}", mu=autoregressive(0.5, 4, 1_000, 0) + 5)
    done = landscape("diagnose", str(path))
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == f"good{ending}: 4 chains of 1,000 draws"
    assert lines[1].startswith("No disagreement found: among these 4 chains R-hat is at most 1.00")
    assert lines[2].startswith(
        "It does not say that these 4 chains have reached equilibrium. A mode that none"
    )
    assert " ".join(lines[4].split()) == "quantity mean ± MCSE sd bulk ESS tail ESS R-hat τ, steps"
    assert lines[5].split()[0] == "mu"
    assert "mixed" not in done.out


def test_the_command_and_the_library_know_the_same_endings() -> None:
    assert chains_file.CHAIN_ENDINGS == CHAIN_ENDINGS


def test_a_frozen_chain_is_named_and_the_exit_code_says_so(landscape: Run, tmp_path: Path) -> None:
    draws = autoregressive(0.5, 4, 500, 0)
    draws[2] = 0.3
    path = written(tmp_path / "frozen.npz", mu=draws)
    done = landscape("diagnose", str(path))
    assert done.code == 4
    assert "\nFrozen: chain 3 never moves while others do" in done.out
    found = json.loads(landscape("diagnose", str(path), "--json").out)
    assert (found["finding"], found["frozen_chains"]) == ("frozen", [3])
    assert set(found["quantities"]["mu"]) == {
        "mean",
        "mean_error",
        "sd",
        "r_hat",
        "bulk_effective_samples",
        "tail_effective_samples",
        "autocorrelation_time",
    }


def test_a_table_for_each_chain(landscape: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    paths = []
    for number in range(4):
        path = tmp_path / f"chain_{number}.csv"
        path.write_text("mu\n" + "\n".join(map(str, rng.normal(size=300))) + "\n")
        paths.append(str(path))
    done = landscape("diagnose", *paths)
    assert done.code == 0
    assert done.out.startswith("chain_0.csv and 3 more: 4 chains of 300 draws")


def test_of_many_quantities_the_worst_are_shown(landscape: Run, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(4, 200, 60))
    x[1, :, 17] += 9
    done = landscape("diagnose", str(written(tmp_path / "many.npz", x=x)))
    assert done.code == 4
    assert "The 40 quantities of the largest R-hat, of 60; --json has all." in done.out
    assert next(line for line in done.out.splitlines() if line.startswith("x[")).startswith("x[17]")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.nc",), "there is no file missing.nc"),
        (("words.csv",), "line 2, column x: 'one' is no number"),
        (("words.csv", "--steps", "200"), "--steps moves the chains of a run"),
        (("words.csv", "run.h5"), "only tables (.csv) can be several"),
        (("run.h5", "other.h5"), "one run is tested at a time"),
        (("nan.npz",), "nothing that can be judged (x: 40 of 40 draws are NaN or infinite)"),
        (("shape.npz",), "expected (chain, draw, …)"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(
    landscape: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "words.csv").write_text("x\none\n")
    np.savez(tmp_path / "nan.npz", x=np.full((2, 20), np.nan))
    np.savez(tmp_path / "shape.npz", x=np.zeros(20))
    done = landscape("diagnose", *arguments)
    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert not done.out
