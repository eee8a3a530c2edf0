"""Statistics of the layers of a composition: of the chains and of the model, and the range of a slider."""

import numpy as np
import pytest
import torch

from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount, SymmetryAbout
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.layer_statistics import LayerMeter, strength_limit
from tests.session.conftest import NewSession


@pytest.mark.parametrize("spread", [1e-9, 0.126, 0.64, 2.9, 4.87, 40.0, 1e5])
def test_a_slider_ends_at_a_round_number_where_the_field_overwhelms_the_model(spread: float) -> None:
    limit = strength_limit(spread)
    assert limit is not None
    if 0.1 < limit < 1e4:
        assert 25 / 1.3 < limit * spread < 25 * 1.3
    assert len(f"{limit:.6g}".replace(".", "").strip("0")) <= 2


def test_a_field_without_a_spread_has_no_limit() -> None:
    assert strength_limit(0.0) is None
    assert strength_limit(float("nan")) is None


def test_statistics_are_those_of_the_chains_and_of_the_model(new_session: NewSession) -> None:
    session = new_session(chains=1024, sampler_chains=40)
    layers = (
        Layer(InkAmount(0.2), 30.0),
        Layer(SymmetryAbout("left-right"), 2.0, enabled=False),
        Layer(FixedPixels(((0, 0, 3),)), 1.0),
        Layer(ClassCondition((3,)), 2.0),
        Layer(DiscriminatorRound(1), 1.0, enabled=False),
    )
    session.steer(Composition(layers))
    generator = session.sampler.chains.generator.get_state()
    found = LayerMeter(session.sampler, session.configuration.seed).measure()
    assert torch.equal(session.sampler.chains.generator.get_state(), generator)
    assert found.composition == session.composition
    assert session.classifier is not None

    def energies(x: torch.Tensor) -> list[torch.Tensor]:
        u = x / 16
        ink = 64 * (u.mean((1, 2)) - 0.2).square()
        symmetry = 0.5 * (u - u.flip(2)).square().sum((1, 2))
        assert session.classifier is not None
        return [ink, symmetry, -session.classifier(x).log_softmax(-1)[:, 3]]

    weighted_samples = session.samples.weighted_samples
    weights = weighted_samples.log_weights.softmax(0)
    measured = [found.layers[i] for i in (0, 1, 3)]
    for record, chains, model in zip(
        measured, energies(session.sampler.chains.x), energies(weighted_samples.x), strict=True
    ):
        assert record is not None
        assert record.chains_mean == pytest.approx(float(chains.mean()), rel=1e-4)
        assert record.chains_spread == pytest.approx(float(chains.std(correction=0)), rel=1e-4)
        mean = float((weights * model).sum())
        spread = float((weights * (model - mean).square()).sum().sqrt())
        # The meter looks at 512 of the samples.
        assert record.model_mean == pytest.approx(mean, abs=4 * spread / np.sqrt(512))
        assert record.model_spread == pytest.approx(spread, rel=0.25)
    assert found.layers[2] is None
    assert found.layers[4] is None
