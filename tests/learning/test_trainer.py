"""What a session asks of a trainer: named metrics of known shape, and a state that training goes on from."""

import dataclasses

import numpy as np
import torch

from landscape_app.learning.minmaxent import MinMaxEntRecord
from landscape_app.learning.trainer import EpochRecord, Trainer
from landscape_app.runs.history import History
from tests.learning.enumerable import exact_trainer


def test_metrics_name_every_number_of_an_epoch_with_its_shape() -> None:
    trainer: Trainer = exact_trainer()
    record = trainer.advance()
    assert isinstance(record, MinMaxEntRecord)
    found = {field.name: np.shape(getattr(record, field.name)) for field in dataclasses.fields(record)}
    assert trainer.metrics == found
    history = History()
    history.append(record)
    again = History.from_arrays(history.as_arrays(), trainer.metrics)
    assert again.names == history.names


def test_the_numbers_every_trainer_reports_come_first() -> None:
    common = [field.name for field in dataclasses.fields(EpochRecord)]
    assert [field.name for field in dataclasses.fields(MinMaxEntRecord)][: len(common)] == common


def test_training_goes_on_from_a_state_as_if_it_had_not_stopped() -> None:
    straight, halved = exact_trainer(), exact_trainer()
    for _ in range(4):
        straight.advance()
    for _ in range(2):
        halved.advance()
    state, values = halved.state_dict(), halved.model.values()
    resumed = exact_trainer(seed=6)
    resumed.model.set_values(values)
    resumed.load_state_dict({name: torch.as_tensor(v) if np.isscalar(v) else v for name, v in state.items()})
    for _ in range(2):
        resumed.advance()
    for a, b in zip(straight.model.values(), resumed.model.values(), strict=True):
        assert torch.equal(a, b)
    assert resumed.epoch == 4
