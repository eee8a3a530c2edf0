"""Energies of the user's own on the command line: sampled, saved, tested, trusted and refused."""

import math
from pathlib import Path

import numpy as np
import pytest

from landscape_app.cli.given import GivenOptions
from tests.cli.conftest import Run

WELLS = "x**4 - x**2 + y**2"
BOWL = "def energy(x):\n    return (x**2).sum(1) / 2\n"
COUPLINGS = "0,0.5,0\n0.5,0,-0.25\n0,-0.25,0\n"


def test_a_formula_is_sampled_saved_and_tested(landscape: Run) -> None:
    done = landscape("sample", "--energy", WELLS, "-n", "500", "-o", "w.npz")
    assert done.code == 0
    assert f"500 samples of H(x) = {WELLS}" in done.out
    with np.load("w.npz") as found:
        x, y = found["x"].astype(float).T
        np.testing.assert_allclose(found["energy"], x**4 - x**2 + y**2, rtol=1e-4, atol=1e-4)
    # y is normal of variance 1/2.
    assert abs((y**2).mean() - 0.5) < 4 * (y**2).std() / math.sqrt(500)
    run = "w.h5"
    done = landscape("train", "--energy", WELLS, "--box", "-4,4", "-o", run)
    assert done.code == 0, done.err
    assert "log Z, exact" in done.out
    done = landscape("info", run)
    assert f"{WELLS}; coordinates from -4 to 4" in " ".join(done.out.split())
    assert "Energy of your own, given, nothing fitted, of formula" in " ".join(done.out.split())
    assert landscape("diagnose", run, "--chains", "8", "--steps", "100").code in (0, 3, 4)
    assert "energy_session(" in landscape("script", run).out
    assert landscape("sample", run, "-n", "20", "--steps", "5", "-o", "again.npz").code == 0


def test_couplings_are_sampled(landscape: Run) -> None:
    Path("J.csv").write_text(COUPLINGS)
    done = landscape("sample", "--couplings", "J.csv", "-n", "400", "-o", "s.npz")
    assert done.code == 0, done.err
    with np.load("s.npz") as found:
        s = found["x"].astype(float)
    # An open chain without fields: ⟨s_i s_i+1⟩ = tanh J.
    for i, coupling in enumerate((0.5, -0.25)):
        product = s[:, i] * s[:, i + 1]
        assert abs(product.mean() - math.tanh(coupling)) < 4 * product.std() / 20


def test_python_runs_only_where_it_is_trusted(landscape: Run) -> None:
    code, run = Path("bowl.py"), "bowl.h5"
    code.write_text(BOWL)
    done = landscape("train", "--energy", str(code), "-o", run)
    assert done.code == 2
    assert "bowl.py is Python of its author's" in done.err
    assert "add --trust if you trust it" in done.err
    assert not Path(run).exists()
    assert landscape("train", "--energy", str(code), "--trust", "-o", run).code == 0
    code.unlink()
    few = ("-n", "10", "--steps", "5", "-o", "x.npz")
    for command in (("sample", run, *few), ("diagnose", run), ("train", "--resume", run, "--epochs", "3")):
        done = landscape(*command)
        assert done.code == 2, command
        assert "Python of its author's, bowl.py" in done.err
    assert landscape("sample", run, "--trust", *few).code == 0
    assert "whole" in landscape("check", run).out
    assert "Python, bowl.py, SHA-256" in " ".join(landscape("info", run).out.split())


def test_data_of_the_user_are_compared_with_an_energy(landscape: Run) -> None:
    run = "rings.h5"
    done = landscape("train", "rings", "--energy", "(x^2 + y^2)/8", "-o", run)
    assert done.code == 0, done.err
    assert "test cross-entropy" in done.out
    assert 'data="rings"' in landscape("script", run).out
    done = landscape("train", "rings", "--energy", "x", "--box", "-1,1", "-o", run)
    assert done.code == 2
    assert "beyond the energy's box from -1 to 1" in done.err


def test_options_say_what_is_given() -> None:
    given = GivenOptions(energy="x + y", walls="−2,3", shape="2").read()
    assert given.space.bounds == (-2, 3)
    assert given.space.shape == (2,)
    assert GivenOptions(energy="x1*x2", spins=True).read().space.is_discrete
    assert not GivenOptions().is_made


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sample", "--energy", "foo", "-o", "x.npz"), "“foo” is not known"),
        (
            ("sample", "--energy", "x", "--couplings", "J.csv", "-o", "x.npz"),
            "--energy or --couplings, not both",
        ),
        (("sample", "--couplings", "gone.csv", "-o", "x.npz"), "there is no file gone.csv"),
        (("sample", "--couplings", "J.csv", "--box", "-1,1", "-o", "x.npz"), "couplings are of spins"),
        (("sample", "--couplings", "mine.py", "-o", "x.npz"), "give it as --energy mine.py"),
        (("sample", "--energy", "x", "--box", "5", "-o", "x.npz"), "--box must be two numbers"),
        (("sample", "--energy", "x", "--box", "5,-5", "-o", "x.npz"), "finite walls, low below high"),
        (("sample", "--energy", "x", "--shape", "axb", "-o", "x.npz"), "--shape must be whole numbers"),
        (("sample", "--energy", "x", "--trust", "-o", "x.npz"), "--trust is about a Python file"),
        (("sample", "--energy", "x"), "missing option '-o'"),
        (("sample", "-o", "x.npz"), "say what to sample"),
        (("sample", "run.h5", "--energy", "x", "-o", "x.npz"), "sampled without a run"),
        (("sample", "run.h5", "--spins", "-o", "x.npz"), "--spins goes with --energy or --couplings"),
        (("train", "--energy", "x", "--epochs", "5", "-o", "x.h5"), "is not trained: leave out"),
        (("train", "--energy", "x", "--rate", "0.1", "-o", "x.h5"), "is not trained: leave out"),
        (("train", "rings", "--energy", "x", "--folds", "3"), "leave out --folds"),
        (("train", "rings", "--model", "energy", "-o", "x.h5"), "needs an energy of your own"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    landscape: Run, arguments: tuple[str, ...], message: str
) -> None:
    Path("J.csv").write_text(COUPLINGS)
    done = landscape(*arguments)
    assert done.code == 2
    assert message in done.err
    assert not Path("x.npz").exists()
    assert not Path("x.h5").exists()
