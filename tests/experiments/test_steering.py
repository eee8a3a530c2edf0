"""The steering experiment in a small setting: what passes, and what must not."""

from collections.abc import Callable, Generator

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.experiments import steering
from landscape_app.experiments.experiment import Finding, Progress
from landscape_app.experiments.figure import Images, Points
from landscape_app.experiments.steering import Steering, distinct_share, spread
from landscape_app.physics.hamiltonian import WeightedTerm
from landscape_app.session.composer import Composer

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("quick_evaluator")]

SMALL = {"chains": 60.0, "moves": 20.0}


def run(**values: float) -> list[Progress]:
    return list(Steering().start(SMALL | values))


def verdicts(progress: list[Progress]) -> list[bool]:
    return [finding.passed for finding in progress[-1].findings]


def failed(progress: list[Progress]) -> list[Finding]:
    return [finding for finding in progress[-1].findings if not finding.passed]


@pytest.fixture(scope="session")
def good(quick_evaluator: None) -> list[Progress]:
    return run(seed=0)


def test_every_digit_comes_out_and_the_classifier_alone_is_fooled(good: list[Progress]) -> None:
    last = good[-1]
    assert last.is_complete
    assert len(last.findings) == 7
    assert last.has_passed, failed(good)


def test_it_tells_all_along_what_it_is_doing(good: list[Progress]) -> None:
    shares = [progress.share for progress in good]
    assert shares == sorted(shares)
    assert len(good) > 30 * 20
    assert all(not progress.findings for progress in good[:-1])
    assert any("classifier alone" in progress.doing for progress in good)


def test_the_figure_has_images_of_every_digit_in_three_ways(good: list[Progress]) -> None:
    mosaics, plots = good[-1].figure.rows
    assert len(mosaics) == 3
    for panel in mosaics:
        (images,) = panel.marks
        assert isinstance(images, Images)
        assert images.heads == tuple("0123456789")
        assert images.images.shape == (10 * steering.SHOWN, 8, 8)
        assert images.images.max() <= images.top == 16
    shares = [mark for mark in plots[0].marks if isinstance(mark, Points)]
    assert all(len(mark.y) == 10 and (mark.y >= 0).all() and (mark.y <= 1).all() for mark in shares)


def test_a_field_of_the_wrong_sign_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Composer.fields

    def wrong(*arguments: object) -> tuple[WeightedTerm, ...]:
        return tuple(WeightedTerm(-strength, term) for strength, term in right(*arguments))  # type: ignore[arg-type]

    monkeypatch.setattr(Composer, "fields", wrong)
    on_target, worst, *_ = verdicts(run(chains=20, moves=5))
    assert not on_target
    assert not worst


def test_one_image_repeated_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = steering.steered_walk

    def repeated(*arguments: object) -> Generator[float, None, Tensor]:
        x = yield from walk(*arguments)  # type: ignore[arg-type]
        return x[:1].expand(len(x), -1, -1)

    monkeypatch.setattr(steering, "steered_walk", repeated)
    assert not verdicts(run(chains=20, moves=5))[2]


def test_a_hamiltonian_that_was_never_switched_off_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    walk: Callable[..., Generator[float, None, Tensor]] = steering.steered_walk
    monkeypatch.setattr(
        steering,
        "lone_walk",
        lambda session, network, target, strength, chains, moves, seed: walk(
            session, target, strength, moves
        ),
    )
    *_, typical, far = verdicts(run(chains=20, moves=5))
    assert not typical
    assert not far


def test_spread_and_distinct_images_against_numpy() -> None:
    x = np.random.default_rng(0).integers(17, size=(30, 8, 8)).astype(np.float32)
    expected = np.linalg.norm((x - x.mean(0)).reshape(30, -1), axis=1).mean()
    assert spread(torch.as_tensor(x)) == pytest.approx(float(expected), rel=1e-5)
    assert spread(torch.as_tensor(x[:1]).expand(30, -1, -1)) == pytest.approx(0, abs=1e-4)
    assert distinct_share(torch.as_tensor(np.concatenate([x[:10], x[:10], x[:5]]))) == 10 / 25
