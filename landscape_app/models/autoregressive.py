"""Autoregressive densities of grey images of levels, every pixel given those before it, and base measures of them."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.physics.base_measure import CLAMPED_LOG_PROBABILITY, BaseMeasure, ProductBase
from landscape_app.physics.batched import batched
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.hamiltonian import WeightedTerm
from landscape_app.physics.host import check_shape, to_host
from landscape_app.physics.space import ENUMERATION_LIMIT, Levels, require_images

LOGISTICS = 3
"""In the mixture of a pixel."""

LEAST_PROBABILITY = 1e-9
"""Of any level of a pixel."""

AT_ONCE = 2**24
"""Features of images that are drawn at once: 64 MiB."""

ENTROPY_SAMPLES = 2_000
"""Of a base measure, over which −log q is averaged."""


class PixelDensity(Protocol):
    """Anything that gives log P."""

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x) in nats, shape (batch,), of x with shape (batch, height, width)."""
        ...


def nats(density: PixelDensity, x: Tensor) -> Tensor:
    """−log P of every image, shape (n,)."""
    with torch.no_grad():
        return -density.log_prob(x)


def log_logistics(parameters: Tensor, x: Tensor, space: Levels) -> Tensor:
    """log P of every pixel under its mixture of logistics, integrated over a level (Salimans et al. 2017).

    Args:
        parameters: logits, centres and log widths in units of the range of levels, shape (batch, sites, 3 K).
        x: levels, shape (batch, sites).
        space: where x lives; the first and the last level reach to infinity.
    """
    top = space.levels - 1
    logits, centre, log_width = parameters.unflatten(-1, (3, -1)).unbind(2)
    sharpness, x = torch.exp(-log_width.clamp(-6, 3)), x.unsqueeze(-1)
    above = torch.where(x == top, torch.inf, ((x + 0.5) / top - centre) * sharpness)
    below = torch.where(x == 0, -torch.inf, ((x - 0.5) / top - centre) * sharpness)
    mass = (logits.softmax(-1) * (above.sigmoid() - below.sigmoid())).sum(-1)
    return (mass * (1 - LEAST_PROBABILITY * space.levels) + LEAST_PROBABILITY).log()


def initial_logistics() -> Tensor:
    """Parameters of a broad mixture, shape (3 K,)."""
    logits = torch.zeros(LOGISTICS)
    return torch.cat([logits, torch.linspace(-0.1, 1.1, LOGISTICS), torch.full_like(logits, math.log(0.15))])


class MaskedConv(nn.Conv2d):
    """A convolution that sees only earlier pixels in raster order, and the pixel itself if told.

    Attributes:
        taps: rows and columns of the kernel that see something.
    """

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, side: int, itself: bool) -> None:
        super().__init__(inputs, outputs, side, padding=side // 2)
        place = torch.arange(side * side).view(side, side)
        middle = side * side // 2
        self.taps = [divmod(tap, side) for tap in range(middle + int(itself))]
        self.register_buffer("mask", ((place < middle) | (itself & (place == middle))).float())

    def forward(self, x: Tensor) -> Tensor:
        """Features of x that see none of the pixels after their own, shape (n, outputs, height, width)."""
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)

    def at(self, seen: Tensor, row: int, column: int, taps: list[tuple[int, int]], weight: Tensor) -> Tensor:
        """Features of one pixel of every image, shape (n, outputs).

        Args:
            seen: inputs with a margin of zeros of half the kernel's side, shape (height, width, n, inputs).
            row: of the pixel.
            column: of the pixel.
            taps: those of the kernel.
            weight: of these, shape (outputs, taps · inputs).
        """
        patch = torch.cat([seen[row + i, column + j] for i, j in taps], dim=1)
        return F.linear(patch, weight, self.bias)

    def weight_of(self, taps: list[tuple[int, int]]) -> Tensor:
        """Weights of some taps, shape (outputs, taps · inputs)."""
        return torch.cat([self.weight[:, :, i, j] for i, j in taps], dim=1)


class PixelValues(NamedTuple):
    """Pixels that have values for good.

    Attributes:
        mask: which, bool, shape (height, width).
        values: of all pixels, levels, same shape.
    """

    mask: Tensor
    values: Tensor


class PixelCNN(nn.Module):
    """Masked convolutions with residual connections (van den Oord, Kalchbrenner, Kavukcuoglu 2016).

    Images are centred, so that layers may depend on the position: the first and the last have a bias for each pixel.

    Args:
        space: grey images.
        channels: of every layer.
        blocks: layers but the first and the last.
        dropout: share of the features that a step of training leaves out.

    Raises:
        ValueError: x are no grey images of even sides.
    """

    def __init__(self, space: Levels, channels: int = 32, blocks: int = 3, dropout: float = 0.3) -> None:
        super().__init__()
        self.space = require_images(space, grey=True)
        self.first = MaskedConv(2, channels, 5, itself=False)
        self.blocks = nn.ModuleList(MaskedConv(channels, channels, 3, itself=True) for _ in range(blocks))
        self.readout = nn.Conv2d(channels, 3 * LOGISTICS, 1)
        self.place = nn.Parameter(torch.zeros(channels, *space.shape))
        self.place_out = nn.Parameter(torch.zeros(3 * LOGISTICS, *space.shape))
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            self.readout.weight.mul_(0.1)
            assert self.readout.bias is not None
            self.readout.bias.copy_(initial_logistics())

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x), shape (batch,)."""
        return self.log_conditionals(x).sum(1)

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log P(x_i | x_1 … x_i−1) of every pixel, shape (batch, sites)."""
        return log_logistics(self.logistics(x), x.flatten(1), self.space)

    def logistics(self, x: Tensor) -> Tensor:
        """Parameters of the mixture of each pixel given those before it, shape (batch, sites, 3 K)."""
        h = self.first(self._planes(x)) + self.place
        for block in self.blocks:
            h = h + block(self.dropout(F.silu(h)))
        return (self.readout(self.dropout(F.silu(h))) + self.place_out).flatten(2).transpose(1, 2)

    def _planes(self, x: Tensor) -> Tensor:
        image = self.space.unit(x).unsqueeze(1)
        return torch.cat([image, torch.ones_like(image)], dim=1)

    @torch.no_grad()
    def sample(
        self, n: int, generator: torch.Generator | None = None, fixed: PixelValues | None = None
    ) -> Tensor:
        """n independent images, shape (n, height, width), drawn pixel by pixel: exact samples of P.

        Every pixel's features are evaluated once, of as many images at a time as `AT_ONCE` allows. Fixed pixels have
        their values, and the others are drawn given those before them, not those after.
        """
        features = len(self.blocks) * self.place.numel()
        at_once = max(1, AT_ONCE // features)
        counts = [min(at_once, n - first) for first in range(0, max(n, 1), at_once)]
        parts = [self._sample(count, generator, fixed) for count in counts]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _sample(self, n: int, generator: torch.Generator | None, fixed: PixelValues | None) -> Tensor:
        """As many samples at once."""
        height, width = self.space.shape
        levels = self.space.values(self.place.device)
        x = self.place.new_zeros(n, height, width)
        planes = x.new_zeros(height + 4, width + 4, n, 2)
        planes[2:-2, 2:-2, :, 1] = 1.0
        hidden = [x.new_zeros(height + 2, width + 2, n, len(self.place)) for _ in self.blocks]
        layers = [(conv, conv.taps, conv.weight_of(conv.taps)) for conv in (self.first, *self.blocks)]
        of_first, *of_blocks = layers
        mask = [] if fixed is None else to_host(fixed.mask).tolist()
        for row in range(height):
            for column in range(width):
                if mask and mask[row][column]:
                    x[:, row, column] = fixed.values[row, column]  # type: ignore[union-attr]
                    planes[row + 2, column + 2, :, 0] = self.space.unit(x[:, row, column])
                conv, taps, weight = of_first
                h = conv.at(planes, row, column, taps, weight) + self.place[:, row, column]
                for (conv, taps, weight), seen in zip(of_blocks, hidden, strict=True):
                    seen[row + 1, column + 1] = F.silu(h)
                    h = h + conv.at(seen, row, column, taps, weight)
                if mask and mask[row][column]:
                    continue
                parameters = F.linear(F.silu(h), self.readout.weight.flatten(1), self.readout.bias)
                parameters = (parameters + self.place_out[:, row, column]).unsqueeze(1)
                of_levels = parameters.expand(-1, len(levels), -1), levels.expand(n, -1), self.space
                # Of a single draw `torch.multinomial` would check the probabilities, and wait for the device.
                cumulative = log_logistics(*of_levels).exp().cumsum(1)
                uniform = torch.rand(n, 1, generator=generator, device=x.device) * cumulative[:, -1:]
                drawn = (cumulative <= uniform).sum(1).clamp_max(len(levels) - 1)
                x[:, row, column] = levels[drawn]
                planes[row + 2, column + 2, :, 0] = self.space.unit(x[:, row, column])
        return x


class AutoregressiveBase(BaseMeasure):
    """A base measure q(x) = ∏_i q(x_i | x_1 … x_i−1) by a network, learned from data (`learning.learned_base`).

    With fixed pixels q is the product over the other pixels alone, which is drawn from exactly as well. What the
    fixed ones make likelier is one more term of the energy (`remainder`).

    Args:
        network: of the conditional probabilities; taken as it is, not copied.
        fixed: pixels with values; None for none.
    """

    space: Levels

    def __init__(self, network: PixelCNN, fixed: PixelValues | None = None) -> None:
        self.network = network.eval().requires_grad_(False)
        self.space, self.device = network.space, network.place.device
        self._fixed = fixed

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x) in nats, shape (batch,), of x with shape (batch, height, width)."""
        conditionals = self.network.log_conditionals(x)
        if self._fixed is None:
            return conditionals.sum(1)
        free = conditionals.masked_fill(self._fixed.mask.flatten(), 0.0).sum(1)
        astray = (self._fixed.mask & (x != self._fixed.values)).flatten(1).sum(1)
        return free + astray * CLAMPED_LOG_PROBABILITY

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent images, shape (n, height, width)."""
        return self.network.sample(n, generator, self._fixed)

    def clamped(self, mask: Tensor, values: Tensor) -> AutoregressiveBase:
        """The product over the other pixels; with its `remainder` it is the same measure, given the fixed ones."""
        self._check_fixed(mask, values)
        return AutoregressiveBase(
            self.network, PixelValues(mask.to(self.device), values.to(self.device).float())
        )

    @property
    def remainder(self) -> WeightedTerm | None:
        """−Σ log q(x_i | x_1 … x_i−1) over the fixed pixels."""
        return (
            None
            if self._fixed is None
            else WeightedTerm(1.0, FixedPixelsTerm(self.network, self._fixed.mask))
        )

    @property
    def fixed_sites(self) -> Tensor:
        """Mask of the fixed pixels, bool, shape (sites,)."""
        return super().fixed_sites if self._fixed is None else self._fixed.mask.flatten()

    def with_fixed_sites(self, x: Tensor) -> Tensor:
        """x, shape (n, height, width), with the fixed pixels at their values."""
        return x if self._fixed is None else torch.where(self._fixed.mask, self._fixed.values, x)

    def noise(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n images, every value as likely, shape (n, height, width)."""
        return ProductBase.uniform(self.space).to(self.device).sample(n, generator)

    def entropy(self) -> Estimate:
        """S[q] in nats, over independent samples."""
        generator = torch.Generator(self.device).manual_seed(1)
        surprisal = -to_host(batched(self.log_prob, self.sample(ENTROPY_SAMPLES, generator))).double()
        return Estimate(float(surprisal.mean()), float(surprisal.std()) / math.sqrt(ENTROPY_SAMPLES))

    def to(self, device: torch.device | str) -> AutoregressiveBase:
        """The same measure, its network copied to a device."""
        fixed = None if self._fixed is None else PixelValues(*(part.to(device) for part in self._fixed))
        return AutoregressiveBase(copy.deepcopy(self.network).to(device), fixed)

    def state_dict(self) -> dict[str, Tensor]:
        """Parameters of the network."""
        return {name: parameter.detach().clone() for name, parameter in self.network.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes the parameters of a network of the same layers."""
        for name, parameter in self.network.named_parameters():
            check_shape(name, state[name], tuple(parameter.shape))
        for name, parameter in self.network.named_parameters():
            parameter.copy_(state[name])

    @property
    def is_summable(self) -> bool:
        """True if there are few enough states to list them."""
        return self.space.states <= ENUMERATION_LIMIT


class FixedPixelsTerm:
    """−Σ log q(x_i | x_1 … x_i−1) over some pixels, a term of a Hamiltonian.

    Args:
        network: of the conditional probabilities.
        mask: which pixels, bool, shape (height, width).
    """

    def __init__(self, network: PixelCNN, mask: Tensor) -> None:
        self._network, self._mask = network, mask.flatten().float()

    def energy(self, x: Tensor) -> Tensor:
        """Energy in nats, shape (batch,)."""
        return -(self._network.log_conditionals(x) @ self._mask)
