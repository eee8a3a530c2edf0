"""An evaluation classifier for all experiments on images, trained for a few seconds only; and a wrong sign."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from landscape_app.experiments import quality
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.quality import evaluator_passes


@pytest.fixture(scope="session")
def quick_evaluator() -> Iterator[None]:
    """Evaluation classifiers are trained for 8 passes; one is then kept for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "evaluator_passes", partial(evaluator_passes, passes=8))
        yield


@pytest.fixture
def flipped_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Min-MaxEnt whose θ goes up the entropy."""
    right = MinMaxEnt._measure

    def flipped(self: MinMaxEnt, *arguments: Any) -> Any:
        measured = right(self, *arguments)
        for parameter in self.model.observables.parameters():
            assert parameter.grad is not None
            parameter.grad.neg_()
        return measured

    monkeypatch.setattr(MinMaxEnt, "_measure", flipped)
