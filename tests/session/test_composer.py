"""Compositions of several fields: what the chains sample, and what they keep."""

import numpy as np
import pytest
import torch

from landscape_app.physics.fields.classes import ALL_OF, NONE_OF, ClassCondition
from landscape_app.physics.fields.custom import CustomField
from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.pixels import (
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.physics.hamiltonian import Hamiltonian, WeightedTerm
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.session import Session
from tests.session.conftest import NewSession


@pytest.mark.parametrize(
    "others", [(), (Layer(InkAmount(0.2), 3.0), Layer(ClassCondition((0,), NONE_OF), 1.0))]
)
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_a_mixture_gives_every_class_its_share(
    new_session: NewSession, others: tuple[Layer, ...], temperature: float
) -> None:
    session = new_session(chains=512, sampler_chains=32)
    wanted = Layer(ClassCondition((1, 4), shares=(2.0, 1.0)), 1.5)
    session.steer(Composition((wanted, *others), temperature=temperature))
    assert session.classifier is not None
    weighted_samples = session.samples.weighted_samples
    log_p = session.classifier(weighted_samples.x).log_softmax(-1).double()
    model, mixture, *rest = session.sampler.chains.target.hamiltonian.terms

    def weights(*terms: WeightedTerm) -> torch.Tensor:
        energy = Hamiltonian(terms).energy(weighted_samples.x)
        return (weighted_samples.log_weights + weighted_samples.energy - energy).double().softmax(0)

    # Responsibilities of the classes for each sample: under the composition they average to the shares.
    powers = (1.5 / temperature) * log_p[:, [1, 4]]
    log_parts = (weights(model, *rest) @ powers.exp()).log()
    parts = powers + torch.tensor([2 / 3, 1 / 3]).double().log() - log_parts
    weighted = weights(model, mixture, *rest)
    np.testing.assert_allclose((weighted @ parts.softmax(1)).numpy(), [2 / 3, 1 / 3], atol=1e-4)


def test_every_layer_adds_what_it_says(new_session: NewSession) -> None:
    session = new_session(sampler_chains=16)
    image = tuple(tuple(int(v) for v in row) for row in session.dataset.training_items[3])
    layers = (
        Layer(InkAmount(0.2), 2.0),
        Layer(SymmetryAbout("left-right"), -0.5),
        Layer(SimilarityTo(image), 0.25),
        Layer(SmoothPixels(), 0.1),
        Layer(ClassCondition((3, 8), ALL_OF), 1.0),
        Layer(SmoothPixels(), 5.0, enabled=False),
    )
    session.steer(Composition(layers, temperature=2.0, model_temperature=4.0))
    x = session.sampler.chains.x
    u = x / 16
    assert session.classifier is not None
    log_p = session.classifier(x).log_softmax(-1)
    along, down = u.diff(dim=2).square().sum((1, 2)), u.diff(dim=1).square().sum((1, 2))
    expected = (
        session.model_energy(x) / 4
        + 2.0 * 64 * (u.mean((1, 2)) - 0.2).square()
        - 0.5 * 0.5 * (u - u.flip(2)).square().sum((1, 2))
        + 0.25 * (u - torch.tensor(image) / 16).square().sum((1, 2))
        + 0.1 * (along + down)
        - log_p[:, 3]
        - log_p[:, 8]
    ) / 2
    torch.testing.assert_close(session.sampler.chains.energy, expected, rtol=1e-4, atol=1e-4)


def pins(session: Session, rows: int = 3) -> tuple[FixedPixels, np.ndarray]:
    image = session.dataset.training_items[0]
    mask = np.zeros((8, 8), bool)
    mask[:rows] = True
    return FixedPixels.of(image.tolist(), mask.tolist()), image[:rows]


def test_held_pixels_are_kept_whatever_the_chains_do(new_session: NewSession) -> None:
    session = new_session(chains=256, sampler_chains=24)
    field, kept = pins(session)
    record = session.steer(Composition((Layer(field),)))
    assert record.source == "base"

    def check() -> None:
        held = session.sampler.chains.x[:, :3].numpy()
        np.testing.assert_array_equal(held, np.broadcast_to(kept, held.shape))

    check()
    for place in ("base", "noise", "data", "chains"):
        session.sampler.restart(place, 30)
        check()
        for _ in range(3):
            next(session.sample())
        check()
    assert len(np.unique(session.sampler.chains.x[:, 3:].numpy(), axis=0)) > 20
    session.steer(Composition())
    assert np.unique(session.sampler.chains.x[:, :3].numpy(), axis=0).shape[0] > 1


def test_of_two_that_hold_a_pixel_the_last_wins(new_session: NewSession) -> None:
    session = new_session(chains=64, sampler_chains=8)
    first, second = (FixedPixels(((4, 4, level),)) for level in (2, 9))
    session.steer(Composition((Layer(first), Layer(second))))
    assert bool((session.sampler.chains.x[:, 4, 4] == 9).all())


@pytest.mark.parametrize(
    ("layer", "complaint"),
    [
        (Layer(DiscriminatorRound(1)), "no discriminator of round 1: this run has none"),
        (Layer(FixedPixels(((8, 0, 1),))), "no pixel in row 8"),
        (Layer(FixedPixels(((0, 0, 17),))), "outside the model's levels"),
        (Layer(CustomField("mine.py", "0")), "has not been trusted"),
        (Layer(SimilarityTo(((1, 2), (3, 4)))), "shape 2 × 2, not 8 × 8"),
        (Layer(ClassCondition((3, 12))), "no class 12"),
    ],
)
def test_what_cannot_be_composed_is_refused_and_changes_nothing(
    new_session: NewSession, layer: Layer, complaint: str
) -> None:
    session = new_session(chains=64, sampler_chains=8)
    session.steer(Composition.towards(2))
    before, x = session.composition, session.sampler.chains.x.clone()
    with pytest.raises(ValueError, match=complaint):
        session.steer(Composition((layer,)))
    assert session.composition == before
    assert torch.equal(session.sampler.chains.x, x)


def test_what_a_session_cannot_make_is_switched_off(new_session: NewSession) -> None:
    session = new_session(sampler_chains=12)
    layers = (
        Layer(InkAmount(), 1.0),
        Layer(DiscriminatorRound(1), 1.0),
        Layer(CustomField("x.py", "ab"), 1.0),
        Layer(ClassCondition((3,)), 1.0),
    )
    assert all(layer.enabled for layer in session.composer.without_missing(Composition(layers[3:])).layers)
    session.classifier = None
    possible = session.composer.without_missing(Composition(layers))
    assert [layer.enabled for layer in possible.layers] == [True, False, False, False]
    session.steer(possible)
