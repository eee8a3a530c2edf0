"""Runs of six coupled spins, trained in moments, whose probabilities can be summed; lattices that were not moved."""

from itertools import islice
from pathlib import Path

import numpy as np

from landscape_app.data import Dataset, Kind
from landscape_app.problems import Configuration
from landscape_app.session.checkpoint import save_session
from landscape_app.session.lattice_sweep import LatticeSweep, SweepPlan, save_sweep
from landscape_app.session.session import Session


def correlated_spins(held_out: int = 40) -> Dataset:
    """A hundred states of six spins that follow their neighbour, the last of them held out."""
    rng = np.random.default_rng(0)
    turns = np.where(rng.random((100, 6)) < 0.75, 1, -1)
    items = turns.cumprod(1).astype(np.int8)
    order = np.arange(100)
    return Dataset("chain-of-spins", Kind.SPINS, items, order[:-held_out], order[-held_out:])


def small_run(
    path: Path, *, finished: bool = True, fresh: bool = False, held_out: int = 40, **settings: object
) -> Path:
    """Trains a run of couplings for some epochs, measures it by a sum and saves it.

    Args:
        path: of the file.
        finished: measure it as one that has come to its end.
        fresh: end it on fresh chains, as users do, which takes a second.
        held_out: number of held-out items.
        settings: of the configuration, that differ.
    """
    plan = {"problem": "own", "model": "pairs", "fit": "persistent", "kernel": "single-site", "chains": 32}
    plan |= {"planned_epochs": 6, **settings}
    session = Session(Configuration.from_dict(plan), "cpu", 4, correlated_spins(held_out))
    for _ in islice(session.train(), 6):
        pass
    if fresh:
        session.finish()
    elif finished:
        session.rest()
        session.kept = session.estimator.measure_now()
    save_session(session, path)
    return path


def drawn_sweep(path: Path, seed: int, low: float = 2.0) -> LatticeSweep:
    """Saves a sweep of one lattice at two temperatures whose averages are numbers at random."""
    sweep = LatticeSweep(SweepPlan(sides=(8,), low=low, points=2, copies=4, warm_up=5, steps=20, seed=seed))
    sweep.moments[8][:] = np.random.default_rng(seed).random(sweep.moments[8].shape)
    sweep.memory[8][:] = 1.0
    save_sweep(sweep, path)
    return sweep
