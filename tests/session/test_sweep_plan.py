"""Files of many runs: which runs they make, by which names, and which entries are refused."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from landscape_app.session.sweep_plan import RunsPlan, read_plan


def plan_of(folder: Path, text: str, name: str = "mine.toml") -> RunsPlan:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


GRID = """
command = "train digits"
seeds = [3, 5]
[options]
epochs = 10
[grid]
units = [8, 16]
fit = ["exact", "persistent"]
"""


def test_every_combination_is_run_with_every_seed(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, GRID)
    runs = plan.runs()
    assert [(run.settings["units"], run.settings["fit"], run.seed) for run in runs] == [
        (units, fit, seed) for seed in (3, 5) for units in (8, 16) for fit in ("exact", "persistent")
    ]
    assert all(run.settings["epochs"] == 10 for run in runs)
    assert plan.output == tmp_path / "mine"
    names = [plan.name_of(run) for run in runs]
    assert names[0].startswith("units=8_fit=exact_seed=3_")
    assert len(set(names)) == 8


def test_the_same_run_has_the_same_hash_and_another_has_not(tmp_path: Path) -> None:
    first = plan_of(tmp_path, GRID)
    hashes = [first.digest_of(run) for run in first.runs()]
    wider = plan_of(tmp_path, GRID.replace("[8, 16]", "[8, 16, 32]"))
    assert set(hashes) < {wider.digest_of(run) for run in wider.runs()}
    fixed = plan_of(tmp_path, GRID.replace("[grid]\nunits = [8, 16]", "units = 8\n[grid]"))
    assert {fixed.digest_of(run) for run in fixed.runs()} < set(hashes)
    longer = plan_of(tmp_path, GRID.replace("epochs = 10", "epochs = 20"))
    assert not {longer.digest_of(run) for run in longer.runs()} & set(hashes)


RANDOM = """
command = "train rings"
[random]
count = {count}
seed = 4
rate = {{log = [1e-4, 1e-2]}}
units = {{uniform = [3, 6]}}
balance = {{uniform = [0.5, 1.5]}}
kernel = {{choice = ["mala", "hmc"]}}
"""


def test_draws_have_the_distribution_that_was_asked_for(tmp_path: Path) -> None:
    runs = plan_of(tmp_path, RANDOM.format(count=1_000)).runs()
    drawn = {name: [run.settings[name] for run in runs] for name in runs[0].varied}
    logs = np.log10(np.array(drawn["rate"], float))
    assert stats.kstest(logs, stats.uniform(-4, 2).cdf).pvalue > 1e-3
    assert stats.kstest(np.array(drawn["balance"], float), stats.uniform(0.5, 1).cdf).pvalue > 1e-3
    assert stats.chisquare(np.unique(np.array(drawn["units"]), return_counts=True)[1]).pvalue > 1e-3
    assert set(drawn["units"]) == {3, 4, 5, 6}
    assert set(drawn["kernel"]) == {"mala", "hmc"}
    fewer = plan_of(tmp_path, RANDOM.format(count=10)).runs()
    assert fewer == runs[:10]


def test_equal_draws_are_run_once(tmp_path: Path) -> None:
    text = 'command = "train rings"\n[random]\ncount = 50\nunits = {choice = [1, 2, 3]}'
    assert len(plan_of(tmp_path, text).runs()) == 3


def test_parameters_of_an_experiment_are_a_table_of_their_own(tmp_path: Path) -> None:
    text = 'command = "experiment rbm"\n[options.set]\nepochs = 10\n[grid.set]\nhidden_units = [2, 4]'
    plan = plan_of(tmp_path, text)
    assert [dict(run.settings) for run in plan.runs()] == [
        {"set.epochs": 10, "set.hidden_units": units} for units in (2, 4)
    ]
    assert plan.name_of(plan.runs()[0]).startswith("hidden_units=2_")


def test_names_are_those_of_files_on_every_system(tmp_path: Path) -> None:
    text = 'command = "train"\n[grid]\nenergy = ["x**4 - y<2", "' + "x" * 300 + '"]\n"box" = ["−5,5"]'
    names = [plan_of(tmp_path, text).name_of(run) for run in plan_of(tmp_path, text).runs()]
    assert all(len(name) < 140 and not set(name) & set('<>:"/\\|?* ') for name in names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("comand = 'train digits'", "no entry 'comand'; did you mean 'command'?"),
        ("seeds = 3", 'such as command = "train digits"'),
        ("command = 'train digits'\nseeds = 0", "seeds: expected their number"),
        ("command = 'train digits'\nseeds = [1, 1]", "seeds: 1 is given twice"),
        ("command = 'train digits'\n[grid]\nunits = 8", "grid.units: expected a list"),
        ("command = 'train digits'\n[grid]\nunits = []", "grid.units: expected a list"),
        ("command = 'train digits'\n[grid]\nunits = [8, 8]", "grid.units: 8 is given twice"),
        ("command = 'train digits'\n[grid]\nunits = [2020-01-01]", "grid.units: expected a number"),
        (
            "command = 'train digits'\n[options]\nunits = 8\n[grid]\nunits = [9]",
            "units stands in [options] and [grid]",
        ),
        (
            "command = 'train digits'\n[options]\nmultiplier_rate = 1\nmultiplier-rate = 1",
            "multiplier-rate is given twice",
        ),
        ("command = 'train digits'\n[random]\nrate = {log = [1e-4, 1e-2]}", "random.count"),
        (
            "command = 'train digits'\n[random]\ncount = 3\nrate = {log = [0, 1]}",
            "random.rate.log: expected numbers above 0",
        ),
        ("command = 'train digits'\n[random]\ncount = 3\nrate = {uniform = [2, 1]}", "the smaller first"),
        ("command = 'train digits'\n[random]\ncount = 3\nrate = 5", "random.rate: expected {uniform"),
        (
            "command = 'train digits'\n[grid]\na = [1, 2]\n[random]\ncount = 90000\nb = {choice = [1]}",
            "at most 100,000",
        ),
        ("command =", "is no TOML file"),
    ],
)
def test_what_is_no_sweep_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"mine\.toml") as refused:
        plan_of(tmp_path, text)
    assert message in str(refused.value)
