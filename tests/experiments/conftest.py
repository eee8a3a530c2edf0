"""An evaluation classifier for all experiments on images, trained for a few seconds only."""

from collections.abc import Iterator
from functools import partial

import pytest

from landscape_app.experiments import quality
from landscape_app.learning.quality import evaluator_passes


@pytest.fixture(scope="session")
def quick_evaluator() -> Iterator[None]:
    """Evaluation classifiers are trained for 8 passes; one is then kept for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "evaluator_passes", partial(evaluator_passes, passes=8))
        yield
