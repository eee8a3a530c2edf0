"""An ensemble of independent samples of the base measure, weighted by exp(−H)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from landscape_app.learning.ensembles import MOST_DRAWN, DrawnSamples, Ensemble, Motion
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import DeviceReading, check_shape, to_host
from landscape_app.physics.kernels.kernel import Kernel, State
from landscape_app.physics.resampling import effective_count, systematic_resample
from landscape_app.physics.weighted_samples import WeightedSamples

RENEWED_SHARE, INTERVAL = 1 / 8, 4
"""Of the samples, those that are renewed at once, and moves in between: drawing many at once costs little more."""


class BaseSamples(Ensemble):
    """Independent samples of q, with the importance weights exp(−H) that make them samples of the model.

    There is no equilibrium to wait for, and no mode that q has can be missed; in return the weights are the less
    even the further the model is from q, which has to be close to it, as a learned base measure is. Moves renew some
    of the samples, in turn.

    Args:
        count: number of samples.
        target: q and H.
        kernel: of chains that are to go on from here; it moves nothing.
        generator: random state.
    """

    def __init__(self, count: int, target: Target, kernel: Kernel, generator: torch.Generator) -> None:
        self.chains = Chains(target.base_measure.sample(count, generator), target, kernel, generator)
        super().__init__(self.chains, True, 0.0)
        self._next = self._moves = 0
        self._weigh()

    @property
    def size(self) -> int:
        """Number of samples."""
        return len(self)

    @property
    def samples(self) -> WeightedSamples:
        """All the samples, weighted."""
        return self.chains_at_one

    @property
    def on_view(self) -> WeightedSamples:
        """Samples drawn by their weights, as samples of q alone would be none of the model."""
        generator = torch.Generator(self.log_weights.device).manual_seed(self._moves)
        chosen = systematic_resample(self.log_weights, len(self), generator)
        return WeightedSamples(
            self.chains.x[chosen], self.chains.energy[chosen], torch.zeros_like(self.log_weights)
        )

    def run(self, moves: int) -> DeviceReading[Motion]:
        """Renews a share of the samples where it is time; in many moves at once all of them at most."""
        due = (self._moves + moves) // INTERVAL - self._moves // INTERVAL
        self._moves += moves
        self._renew(min(len(self), due * math.ceil(RENEWED_SHARE * len(self))))
        if self.on_step is not None:
            self.on_step()
        # Of a proposal of q: the mean over P, by the weights, of min(1, w(x') / w(x)).
        ratio = (self.log_weights.roll(1) - self.log_weights).clamp(max=0).exp()
        acceptance = self.log_weights.softmax(0) @ ratio
        share = effective_count(self.log_weights) / len(self)

        def meaning(acceptance: Tensor, share: Tensor) -> Motion:
            return Motion(float(acceptance), False, float("nan"), float(share))

        return DeviceReading((acceptance, share), meaning)

    def _renew(self, count: int) -> None:
        """Draws so many samples anew, those that are the oldest."""
        if not count:
            return
        x, target = self.chains.x, self.chains.target
        rows = (self._next + torch.arange(count, device=x.device)) % len(self)
        self._next = (self._next + count) % len(self)
        fresh = target.base_measure.sample(count, self.generator)
        energy = self.chains.energy.index_copy(0, rows, target.hamiltonian.energy(fresh))
        self.chains.state = State(x.index_copy(0, rows, fresh), energy, None)
        self._weigh()

    def draw(self, most: int = MOST_DRAWN) -> DrawnSamples:
        """The samples, weighted; where they are very many, some of them, without a bias."""
        return self._thinned(self.own_chains, most)

    def follow(self, target: Target, ahead: State | None = None) -> None:
        """Goes on under changed parameters: the weights are those of its energies."""
        looked_at = ahead is not None and ahead.x is self.chains.x
        self.chains.retarget(target, state=ahead if looked_at else None)
        self._weigh()

    def redraw(self) -> None:
        """Draws all samples anew, from a base measure that has changed."""
        base = self.chains.target.base_measure
        self.chains.retarget(self.chains.target, base.sample(len(self), self.generator))
        self._weigh()

    def state_dict(self) -> dict[str, Tensor]:
        """Samples, which is renewed next, and moves so far."""
        return {"x": self.chains.x, "counts": torch.tensor([self._next, self._moves])}

    def load_state_dict(self, state: Mapping[str, Tensor], target: Target) -> None:
        """Goes back to a state, under a target."""
        check_shape("x", state["x"], tuple(self.chains.x.shape))
        check_shape("counts", state["counts"], (2,))
        self._next, self._moves = to_host(state["counts"]).tolist()
        self._next %= len(self)
        self.chains.retarget(target, state["x"].to(self.log_weights.device))
        self._weigh()

    def _weigh(self) -> None:
        self.log_weights = -self.chains.energy
