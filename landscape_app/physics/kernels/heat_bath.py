"""The heat bath: every spin drawn from its distribution given its neighbours, one colour of a lattice at a time."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.kernels.chromatic import ChromaticMetropolis
from landscape_app.physics.space import Space, Spins


class HeatBath(ChromaticMetropolis):
    """Draws every spin anew given all others: s_i = 1 with probability 1/(1 + exp(ΔH_i)), ΔH_i = H(+1) − H(−1).

    With a base measure, ΔH_i has log q_i(−1) − log q_i(+1) added. The spins of one colour are drawn at once, as
    in `ChromaticMetropolis`; there is no step size and no rejection.

    Source: Glauber dynamics (1963), in colours: Gibbs sampling of Geman and Geman (1984).
    """

    label: ClassVar[str] = tr("Heat bath")
    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 1.0
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 1.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Spins,)
    forgets: ClassVar[bool] = True

    def flip_probability(self, log_ratio: Tensor) -> Tensor:
        """Probability of flipping a spin, by the log of new over old probability."""
        return log_ratio.sigmoid()
