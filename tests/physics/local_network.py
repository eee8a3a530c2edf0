"""A local energy of any receptive field, which no model of the application has: kernels promise to serve one."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.physics.hamiltonian import ReceptiveField
from landscape_app.physics.space import Levels, Spins

CONVOLUTIONS: dict[int, type[nn.Conv1d | nn.Conv2d | nn.Conv3d]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
"""By the number of axes."""


class LocalNetwork(nn.Module):
    """E(x) = a Σ_p g(x near p): convolutions at random weights with SiLU between, the last one summed over p."""

    def __init__(
        self,
        space: Levels | Spins,
        kernel_sizes: Sequence[int],
        periodic: bool = False,
        scale: float = 1.0,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.space, self.scale = space, scale
        reach = sum(size // 2 for size in kernel_sizes)
        self.receptive_field = ReceptiveField(before=reach, after=reach, periodic=periodic)
        widths = (1, *(5 for _ in kernel_sizes[1:]), 1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.convolutions = nn.ModuleList(
                CONVOLUTIONS[len(space.shape)](
                    widths[layer],
                    widths[layer + 1],
                    size,
                    padding=size // 2,
                    padding_mode="circular" if periodic else "zeros",
                )
                for layer, size in enumerate(kernel_sizes)
            )
        self.requires_grad_(False)

    def energy_map(self, x: Tensor) -> Tensor:
        """The terms at all positions, shape (batch, *shape)."""
        h = self.space.unit(x).unsqueeze(1)
        for convolution in list(self.convolutions)[:-1]:
            h = F.silu(convolution(h))
        return self.scale * self.convolutions[-1](h).squeeze(1)

    def energy(self, x: Tensor) -> Tensor:
        """Their sum, shape (batch,)."""
        return self.energy_map(x).flatten(1).sum(1)
