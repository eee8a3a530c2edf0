"""A session saved while it trains: what was handed over stays, and a resumed run is the same to the last bit."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from landscape_app.problems import PROBLEMS
from landscape_app.runs.run_file import read_run
from landscape_app.session.autosave import Autosave, snapshot
from landscape_app.session.checkpoint import open_session
from landscape_app.session.session import Session


def test_a_snapshot_does_not_change_with_the_training(new_session: Callable[..., Session]) -> None:
    session = new_session(chains=8)
    for _ in islice(session.train(), 2):
        pass
    taken = snapshot(session)
    arrays = {name: array.copy() for name, array in (taken.arrays | taken.metrics).items()}
    for _ in islice(session.train(), 3):
        pass
    for name, array in arrays.items():
        np.testing.assert_array_equal((taken.arrays | taken.metrics)[name], array, err_msg=name)


def test_a_run_resumed_from_any_checkpoint_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    configuration = replace(PROBLEMS["rings"].defaults, chains=64, planned_epochs=30)
    straight, halved = Session(configuration, "cpu"), Session(configuration, "cpu")
    for _ in islice(straight.train(), 30):
        pass
    autosave = Autosave(halved, tmp_path / "run.h5")
    for record in halved.train():
        if record.epoch in (7, 20):
            autosave.save_now()
            assert autosave.wait()
            (tmp_path / f"{record.epoch}.h5").write_bytes((tmp_path / "run.h5").read_bytes())
        if record.epoch == 21:
            break
    autosave.close()
    for epoch in (7, 20):
        resumed = open_session(tmp_path / f"{epoch}.h5", "cpu")
        assert resumed.trainer.epoch == epoch
        for _ in islice(resumed.train(), 30 - epoch):
            pass
        for a, b in zip(straight.trainer.model.values(), resumed.trainer.model.values(), strict=True):
            assert torch.equal(a, b)
        x = straight.trainer.ensemble.chains_at_one.x
        assert torch.equal(x, resumed.trainer.ensemble.chains_at_one.x)


def test_a_pause_saves_what_there_is_once(tmp_path: Path) -> None:
    session = Session(replace(PROBLEMS["rings"].defaults, chains=64), "cpu")
    autosave = Autosave(session, tmp_path / "run.h5")
    assert autosave.wait()
    first = (tmp_path / "run.h5").stat().st_mtime_ns
    for _ in range(3):
        autosave.after_epoch()
    assert autosave.wait()
    assert (tmp_path / "run.h5").stat().st_mtime_ns == first
    autosave.finish()
    autosave.close()
    assert read_run(tmp_path / "run.h5").writer is None
