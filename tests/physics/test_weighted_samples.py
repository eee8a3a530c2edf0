"""The store of weighted samples: reweighted exactly, and few of the same chain taken from it at a time."""

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Hamiltonian, WeightedTerm
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.weighted_samples import WeightedSamples

CHAINS, SNAPSHOTS = 40, 5


class Slope:
    """V(x) = a x, nats."""

    def __init__(self, a: float) -> None:
        self.a = a

    def energy(self, x: Tensor) -> Tensor:
        return self.a * x[:, 0]


def snapshots(generator: torch.Generator, sizes: list[int]) -> list[WeightedSamples]:
    """Snapshots at other Hamiltonians H = 0, their configurations numbered by chain and snapshot."""
    taken = []
    for number, size in enumerate(sizes):
        x = torch.stack([torch.arange(size) + number / 10], dim=1)
        taken.append(WeightedSamples(x, torch.zeros(size), torch.randn(size, generator=generator)))
    return taken


def sloping(a: float) -> Hamiltonian:
    """H(x) = a x."""
    return Hamiltonian([WeightedTerm(1.0, Slope(a))])


def test_samples_taken_at_once_are_of_different_chains() -> None:
    generator = torch.Generator().manual_seed(0)
    taken = snapshots(generator, [CHAINS] * SNAPSHOTS)
    even = [WeightedSamples(s.x, s.energy, torch.zeros(CHAINS)) for s in taken]
    merged = WeightedSamples.merge(even, sloping(0.0))
    for count in (10, 20, CHAINS):
        chosen = merged.x[systematic_resample(merged.log_weights, count, generator)]
        assert len(set(chosen.long().flatten().tolist())) == count


def test_merged_weights_are_those_of_each_snapshot_times_its_worth() -> None:
    for sizes in ([CHAINS] * SNAPSHOTS, [30, 40, 20]):
        generator = torch.Generator().manual_seed(1)
        taken = snapshots(generator, sizes)
        merged = WeightedSamples.merge(taken, sloping(0.05))
        assert len(merged) == sum(sizes)
        expected = {}
        for s in taken:
            weights = (s.log_weights - 0.05 * s.x[:, 0]).softmax(0)
            worth = 1 / weights.square().sum()
            expected |= dict(zip(s.x[:, 0].tolist(), (weights * worth).tolist(), strict=True))
        found = dict(zip(merged.x[:, 0].tolist(), merged.log_weights.exp().tolist(), strict=True))
        assert found.keys() == expected.keys()
        for place, weight in expected.items():
            assert abs(found[place] - weight) < 1e-5 * max(1.0, weight)
        torch.testing.assert_close(merged.energy, 0.05 * merged.x[:, 0])
