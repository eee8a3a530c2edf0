"""Draws of chains in files: written and read again, opened by ArviZ, and refused where they are something else."""

import math
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from landscape_app import diagnose_chains
from landscape_app.physics.chain_statistics import ChainDraws
from landscape_app.runs import RunFileError
from landscape_app.session.chains_file import read_chains, write_chains
from tests.physics.autoregression import autoregressive

READ_AGAIN = (".nc", ".npz", ".csv")
NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8).filter(
    lambda name: name.lower() not in ("chain", "draw", "iteration") and not name.isnumeric()
)


def some_draws() -> ChainDraws:
    return ChainDraws.of_arrays(
        "made",
        {
            "energy": autoregressive(0.5, 4, 300, 0),
            "θ": np.stack([autoregressive(0.7, 4, 300, k) for k in range(6)], -1).reshape(4, 300, 2, 3),
        },
        units={"energy": "nats"},
    )


@pytest.mark.parametrize("ending", READ_AGAIN)
def test_what_is_written_is_read_again(ending: str, tmp_path: Path) -> None:
    draws, path = some_draws(), tmp_path / f"chains{ending}"
    write_chains(path, draws)
    found = read_chains(path)
    assert list(found.quantities) == list(draws.quantities)
    for name, values in draws.quantities.items():
        np.testing.assert_array_equal(found.quantities[name], values)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.dictionaries(
        NAMES, arrays(np.float64, (3, 4), elements=st.floats(allow_nan=True)), min_size=1, max_size=4
    )
)
def test_any_numbers_survive_a_table(columns: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "any.csv"
    write_chains(path, ChainDraws("any", columns))
    found = read_chains(path)
    assert list(found.quantities) == list(columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(found.quantities[name], values)


@pytest.mark.parametrize("ending", [*READ_AGAIN, ".zarr"])
def test_names_that_no_file_can_have_are_changed_and_nothing_is_lost_or_written_elsewhere(
    ending: str, tmp_path: Path
) -> None:
    names = (
        "..",
        "../up",
        "z/b",
        "chain",
        "Draw",
        "file",
        "x:y",
        "x?y",
        "",
        "new\nline",
        "α β",
        "provenance",
    )
    draws = ChainDraws("odd", {name: np.full((2, 3), float(k)) for k, name in enumerate(names)})
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    write_chains(folder / f"odd{ending}", draws, {"provenance": "made here"})
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["er"]
    assert [path.name for path in folder.iterdir()] == [f"odd{ending}"]
    if ending != ".zarr":
        found = read_chains(folder / f"odd{ending}").quantities
        assert [values[0, 0] for values in found.values()] == list(range(len(names)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400), ending=st.sampled_from(READ_AGAIN))
def test_random_bytes_are_refused_in_one_message(content: bytes, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"random{ending}"
    path.write_bytes(content)
    told = ""
    try:
        read_chains(path)
    except ValueError as error:
        told = str(error)
    assert not told or "random" in told


@pytest.mark.parametrize("ending", [".nc", ".npz"])
def test_files_cut_short_are_refused(ending: str, tmp_path: Path) -> None:
    whole = tmp_path / f"whole{ending}"
    write_chains(whole, some_draws())
    content = whole.read_bytes()
    for share in (0.1, 0.5, 0.9):
        path = tmp_path / f"cut{ending}"
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ValueError, match="cannot be read"):
            read_chains(path)


@pytest.mark.parametrize(("ending", "engine"), [(".nc", "h5netcdf"), (".zarr", "zarr")])
def test_arviz_opens_what_is_written_and_finds_the_same_figures(
    ending: str, engine: str, tmp_path: Path
) -> None:
    pytest.importorskip(engine)
    pytest.importorskip("xarray_einstats")
    arviz_base = pytest.importorskip("arviz_base")
    xarray = pytest.importorskip("xarray")
    diagnostics = pytest.importorskip("arviz_stats.sampling_diagnostics")

    draws, path = some_draws(), tmp_path / f"chains{ending}"
    write_chains(path, draws, {"provenance": "made here"})
    with xarray.open_datatree(path, engine=engine) as tree:
        posterior = arviz_base.convert_to_datatree(tree)["posterior"]
        assert posterior["energy"].dims == ("chain", "draw")
        assert posterior["energy"].attrs["units"] == "nats"
        assert tree.attrs["provenance"] == "made here"
        assert posterior["θ"].shape == (4, 300, 2, 3)
        ours = {row.name: row for row in diagnose_chains({"energy": draws.quantities["energy"]}).quantities}
        assert float(diagnostics.rhat(tree)["energy"]) == pytest.approx(ours["energy"].r_hat)
        assert float(diagnostics.ess(tree)["energy"]) == pytest.approx(ours["energy"].bulk)
        tails = diagnostics.ess(tree, method="tail", prob=(0.05, 0.95))
        assert float(tails["energy"]) == pytest.approx(ours["energy"].tail)


def test_what_arviz_writes_is_read(tmp_path: Path) -> None:
    pytest.importorskip("h5netcdf")
    arviz_base = pytest.importorskip("arviz_base")
    theta = np.random.default_rng(0).normal(size=(4, 100, 3))
    tree = arviz_base.from_dict(
        {
            "posterior": {"theta": theta, "mu": theta[..., 0]},
            "sample_stats": {"lp": theta[..., 1], "diverging": theta[..., 0] > 2.5},
        },
        coords={"school": ["a", "b", "c"]},
        dims={"theta": ["school"]},
    )
    path = tmp_path / "theirs.nc"
    tree.to_netcdf(path, engine="h5netcdf")
    found = read_chains(path)
    assert sorted(found.quantities) == ["lp", "mu", "theta[0]", "theta[1]", "theta[2]"]
    np.testing.assert_array_equal(found.quantities["theta[2]"], theta[..., 2])
    count = int((theta[..., 0] > 2.5).sum())
    assert any(note.startswith(f"{count} of 400 steps diverged") for note in found.notes)


def test_a_variable_with_its_axes_in_another_order_is_turned(tmp_path: Path) -> None:
    path, values = tmp_path / "turned.nc", np.arange(12.0).reshape(3, 4)
    with h5py.File(path, "w") as file:
        for name, side in (("draw", 3), ("chain", 4)):
            file.create_dataset(name, data=np.arange(side)).make_scale(name)
        variable = file.create_dataset("x", data=values)
        for axis, name in enumerate(("draw", "chain")):
            variable.dims[axis].attach_scale(file[name])
        file.create_dataset("alone", data=np.zeros(5))
    found = read_chains(path)
    np.testing.assert_array_equal(found.quantities["x"], values.T)
    assert found.notes == ("left out, as no draws: alone",)


def test_links_to_other_files_are_not_followed(tmp_path: Path) -> None:
    write_chains(tmp_path / "other.nc", some_draws())
    path = tmp_path / "link.nc"
    with h5py.File(path, "w") as file:
        file["posterior"] = h5py.ExternalLink("other.nc", "/posterior")
    with pytest.raises(ValueError, match="no arrays of numbers"):
        read_chains(path)


STAN = """# model = eight_schools
# num_warmup = 2
lp__,accept_stat__,divergent__,mu,theta.1
-10,0.1,0,5,5
-9,0.2,0,4,4
# Adaptation terminated
# Step size = 0.5
-1.5,0.9,0,{0},0.25
-2.5,0.8,1,{1},-0.5
#
# Elapsed Time: 0.1 seconds (Warm-up)
"""


def test_tables_of_stan_are_a_chain_each_without_their_warm_up(tmp_path: Path) -> None:
    paths = [tmp_path / f"chain_{number}.csv" for number in (1, 2)]
    for number, path in enumerate(paths):
        path.write_text(STAN.format(number, number + 10))
    found = read_chains(paths)
    assert list(found.quantities) == ["lp__", "mu", "theta.1"]
    assert found.quantities["mu"].tolist() == [[0, 10], [1, 11]]
    assert "2 draws of the warm-up were left out of chain_1.csv" in found.notes
    assert any(note.startswith("2 of 4 steps diverged") for note in found.notes)


def test_a_table_is_sorted_by_its_columns_of_chain_and_draw(tmp_path: Path) -> None:
    path = tmp_path / "mingled.csv"
    path.write_text(".chain,.iteration,.draw,x\n2,2,4,22\n1,1,1,11\n2,1,3,21\n1,2,2,\n")
    found = read_chains(path).quantities["x"]
    assert found[0, 0] == 11
    assert math.isnan(found[0, 1])
    assert found[1].tolist() == [21, 22]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no draws"),
        ("x,y\n", "has no draws"),
        ("1,2\n3,4\n", "no header"),
        ("x,x\n1,2\n", "name of its own"),
        ("x,y\n1\n", "line 2: 1 cell, where the header has 2 columns"),
        ("x\none\n", "line 2, column x: 'one' is no number"),
        ("chain,draw\n0,0\n", "no quantities"),
        ("chain,x\n0,1\n0,2\n1,3\n", "the same number of draws, got 2, 1"),
        ("chain,draw,x\n0,0,1\n0,0,2\n", "a draw comes twice in chain 0"),
        ("chain,x\na,1\n", "column chain: 'a' is no number"),
        ("chain,x\n,1\n", "cells that are no numbers"),
    ],
)
def test_tables_of_something_else_are_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        read_chains(path)


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"{name}.csv" for name in ("one", "two", "three"))
    one.write_text("x\n1\n2\n")
    two.write_text("y\n1\n2\n")
    three.write_text("chain,x\n0,1\n1,2\n")
    with pytest.raises(ValueError, match="other columns than one"):
        read_chains([one, two])
    with pytest.raises(ValueError, match="give it alone"):
        read_chains([three, three])
    with pytest.raises(ValueError, match="only tables"):
        read_chains([one, tmp_path / "a.npz"])
    with pytest.raises(ValueError, match="chains are read from"):
        read_chains(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="there is no file"):
        read_chains(tmp_path / "missing.nc")


def test_objects_and_classic_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "objects.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="objects"):
        read_chains(tmp_path / "objects.npz")
    (tmp_path / "old.nc").write_bytes(b"CDF\x01 and so on")
    with pytest.raises(ValueError, match="NetCDF 3"):
        read_chains(tmp_path / "old.nc")
    np.savez(tmp_path / "words.npz", x=np.array("words"))
    with pytest.raises(ValueError, match="no arrays of numbers"):
        read_chains(tmp_path / "words.npz")


def test_a_folder_that_is_there_is_not_replaced_and_other_endings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "chains.zarr"
    write_chains(path, some_draws())
    assert not list(tmp_path.glob(".landscape-*"))
    with pytest.raises(ValueError, match="already"):
        write_chains(path, some_draws())
    with pytest.raises(ValueError, match="draws of chains are written to"):
        write_chains(tmp_path / "chains.txt", some_draws())
    with pytest.raises(RunFileError, match="no folder"):
        write_chains(tmp_path / "missing" / "chains.zarr", some_draws())


def test_more_chains_than_draws_are_told(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(40, 6, 2))
    np.savez(tmp_path / "turned.npz", x=values)
    np.savez(tmp_path / "right.npz", x=values.swapaxes(0, 1))
    (note,) = read_chains(tmp_path / "turned.npz").notes
    assert note.startswith("turned.npz has 40 chains of 6 draws")
    assert "swap the first two axes" in note
    assert read_chains(tmp_path / "right.npz").notes == ()
