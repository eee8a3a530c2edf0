"""The network of convolutional observables on the host, compiled: each SiLU and its derivative in one loop.

Layers lie in memory position by position, the channels of a position together, as the convolutions of the processor
take them without sorting them first.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.physics.kernels.compiled import (
    BITS,
    ONE,
    compiled,
    compiled_sums,
    in_parts,
    power_of_two,
)

MOST_DENSE = 128
"""Numbers in an image up to which the first convolution is one matrix, of all pixels in place of those of a patch."""

LEAST_PIXELS = 2**13
"""Of images for which a thread is worth its start."""

QUARTER = np.float32(0.25)


@compiled
def _silu(s: Any) -> Any:  # pragma: no cover
    """SiLU(s) = s / (1 + exp(−s)), and its derivative, in single precision."""
    exponential = power_of_two(s * -BITS)
    sigmoid = np.divide(ONE, ONE + exponential)
    value = s * sigmoid
    return value, sigmoid + value * (exponential * sigmoid)


@compiled
def _hide(z: Any, out: Any, bias: Any, width: int) -> None:  # pragma: no cover
    """SiLU(z + bias), or means over four neighbours, `width` numbers after one another; z becomes derivatives."""
    sites, count = z.shape[1], out.shape[1]
    h = np.empty(sites, np.float32)
    for image in range(len(z)):
        means = out[image]
        if sites == count:
            h = means
        for i in range(sites):
            h[i], z[image, i] = _silu(z[image, i] + bias[i])
        if sites > count:
            for start in range(0, count, width):
                mean, first = means[start:], h[4 * start :]
                second, third, fourth = first[width:], first[2 * width :], first[3 * width :]
                for i in range(width):
                    mean[i] = QUARTER * ((first[i] + second[i]) + (third[i] + fourth[i]))


@compiled_sums
def _read_out(z: Any, energy: Any, bias: Any, weights: Any) -> None:  # pragma: no cover
    """Sums of weights · SiLU(z + bias); z becomes the derivatives of these."""
    for image in range(len(z)):
        total = np.float32(0)
        for i in range(z.shape[1]):
            value, slope = _silu(z[image, i] + bias[i])
            total += value * weights[i]
            z[image, i] = slope * weights[i]
        energy[image] = total


@compiled
def _spread(slope: Any, steep: Any, width: int) -> None:  # pragma: no cover
    """Takes derivatives by the outcome of `_hide` on to those by z, in place of those of SiLU."""
    blocks = steep.shape[1] // slope.shape[1]
    share = np.divide(ONE, np.float32(blocks))
    for image in range(len(slope)):
        for block in range(steep.shape[1] // width):
            s, out = slope[image, block // blocks * width :], steep[image, block * width :]
            for i in range(width):
                out[i] *= share * s[i]


def over_2x2(kernel: Tensor, stride: int) -> Tensor:
    """The kernel at each of 2 × 2 neighbouring positions, as channels of one at twice the stride, same values."""
    channels, planes, side, _ = kernel.shape
    wide = kernel.new_zeros(2, 2, channels, planes, side + stride, side + stride)
    for row in (0, 1):
        for column in (0, 1):
            there = slice(row * stride, row * stride + side), slice(column * stride, column * stride + side)
            wide[row, column, :, :, there[0], there[1]] = kernel
    return wide.flatten(0, 2)


def from_over_2x2(by_wide: Tensor, stride: int) -> Tensor:
    """Derivatives by a kernel, from those by what `over_2x2` makes of it."""
    side = by_wide.shape[-1] - stride
    wide = by_wide.unflatten(0, (2, 2, -1))
    return sum(
        wide[row, column, :, :, row * stride : row * stride + side, column * stride : column * stride + side]
        for row in (0, 1)
        for column in (0, 1)
    )


class CompiledNetwork:
    """w · SiLU(conv₂(h) + b₂), h = SiLU(conv₁(x) + b₁) or its mean over 2 × 2, with the weights of one time.

    Means are over channels: where there are any, the first convolution has the channels of four positions together,
    at twice the stride.

    Args:
        shape: of an image, (height, width) or (height, width, planes).
        layers: kernel of conv₁, shape (channels, planes, side, side), b₁, kernel of conv₂ and b₂. Biases are by
            channel where there are means, else of shape (channels, height / stride, width / stride).
        stride: of the first.
        pooled: whether there are means.
    """

    def __init__(self, shape: tuple[int, ...], layers: Sequence[Tensor], stride: int, pooled: bool) -> None:
        first, first_bias, second, second_bias = layers
        channels, planes = first.shape[:2]
        self._image = (*shape[:2], planes)
        self._blocks = 4 if pooled else 1
        self._stride = 2 * stride if pooled else stride
        self._sides = tuple(side // self._stride for side in shape[:2])
        self._kernel = over_2x2(first, stride) if pooled else first
        positions, sites = math.prod(self._sides), math.prod(self._image)
        self._is_dense = sites <= MOST_DENSE
        if self._is_dense:
            matrix = (
                self._convolved(self._single_pixels(first.dtype))
                .unflatten(-1, (self._blocks, channels))
                .movedim(-2, 1)
            )
            self._matrix = matrix.reshape(sites, -1)
            self._width = positions * channels
        else:
            self._matrix = self._kernel.flatten(1)
            self._width = channels
        self._transposed = self._matrix.detach().T.contiguous()
        self._second = second.contiguous(memory_format=torch.channels_last)
        second = second.detach().flip(2, 3).transpose(0, 1)
        self._second_transposed = second.contiguous(memory_format=torch.channels_last)
        self._first_bias = self._by_position(first_bias, positions * self._blocks)
        self._second_bias = self._by_position(second_bias, positions)
        self._biases = [bias.detach().numpy() for bias in (self._first_bias, self._second_bias)]

    @staticmethod
    def _by_position(bias: Tensor, positions: int) -> Tensor:
        """Biases as the layers lie, of those by channel or by channel and position."""
        return bias.repeat(positions) if bias.dim() == 1 else bias.movedim(0, -1).flatten()

    def _convolved(self, images: Tensor) -> Tensor:
        """conv₁ of images with their planes last, and the channels of the outcome."""
        planes = images.permute(0, 3, 1, 2)
        return F.conv2d(planes, self._kernel, stride=self._stride, padding=1).permute(0, 2, 3, 1)

    def energy_and_gradient(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """The sum above, shape (batch,), and its derivatives by x, same shape as x.

        Args:
            x: images, float32, on the host.
            weights: w, shape (features,), one channel after the other.
        """
        energy, gradient = x.new_empty(len(x)), torch.empty_like(x)

        def part(rows: slice) -> None:
            energy[rows], gradient[rows] = self._energy_and_gradient(x[rows], weights)

        in_parts(part, len(x), x.numel() // LEAST_PIXELS)
        return energy, gradient

    @torch.no_grad()
    def _energy_and_gradient(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        first, _, second = self._forwards(x)
        energy = x.new_empty(len(x))
        of_energy = self._arranged(weights).flatten().numpy()
        _read_out(second.flatten(1).numpy(), energy.numpy(), self._biases[1], of_energy)
        self._backwards(second, first)
        if self._is_dense:
            return energy, (first @ self._transposed).view(x.shape)
        patches = self._transposed @ first.view(len(x), math.prod(self._sides), len(self._matrix)).mT
        side = self._kernel.shape[2:]
        planes = F.fold(patches, self._image[:2], side, padding=1, stride=self._stride)
        return energy, planes.permute(0, 2, 3, 1).reshape(x.shape)

    def gradients(
        self, x: Tensor, readout: Tensor, multipliers: Tensor, coefficients: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """f = W SiLU(…), shape (batch, K), and derivatives of Σ_n c_n λ · f(x_n) by the layers and by W.

        The layers are those that the network was made of, in their order.

        Args:
            x: images, float32, on the host.
            readout: W, shape (K, features), one channel after the other.
            multipliers: λ, shape (K,).
            coefficients: c, shape (batch,).
        """
        found: dict[int, tuple[Tensor, list[Tensor]]] = {}

        def part(rows: slice) -> None:
            found[rows.start] = self._gradients(x[rows], readout, multipliers, coefficients[rows])

        in_parts(part, len(x), x.numel() // LEAST_PIXELS)
        observables, derivatives = zip(*(found[start] for start in sorted(found)), strict=True)
        *by_layers, by_readout = (
            functools.reduce(torch.add, parts) for parts in zip(*derivatives, strict=True)
        )
        return torch.cat(observables), [*self._by_layers(*by_layers), by_readout]

    @torch.no_grad()
    def _by_layers(
        self, first: Tensor, first_bias: Tensor, second: Tensor, second_bias: Tensor
    ) -> Iterator[Tensor]:
        """Derivatives by the layers that the network was made of, from those by the layers as they lie here."""
        if self._is_dense:
            images = self._single_pixels(first.dtype)
            slope = first.view(len(images), self._blocks, *self._sides, -1).movedim(1, -2).flatten(-2)
            first = _by_kernel(images, slope, self._kernel, self._stride)
        if self._blocks > 1:
            first = from_over_2x2(first, self._stride // 2)
        yield first
        yield self._by_bias(first_bias, second.shape[1])
        yield second
        yield self._by_bias(second_bias, second.shape[0])

    def _by_bias(self, by_position: Tensor, channels: int) -> Tensor:
        """Derivatives by a layer's biases, from those at each position."""
        table = by_position.view(-1, channels)
        return table.sum(0) if self._blocks > 1 else table.T.reshape(channels, *self._sides)

    def _single_pixels(self, dtype: torch.dtype) -> Tensor:
        """An image for each site, one there and zero elsewhere."""
        sites = math.prod(self._image)
        return torch.eye(sites, dtype=dtype).view(sites, *self._image)

    @torch.no_grad()
    def _gradients(
        self, x: Tensor, readout: Tensor, multipliers: Tensor, coefficients: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        first, hidden, second = self._forwards(x)
        flat, h = second.flatten(1), torch.empty_like(second).flatten(1)
        _hide(flat.numpy(), h.numpy(), self._biases[1], h.shape[1])
        arranged = self._arranged(readout).flatten(1)
        flat.mul_(multipliers @ arranged).mul_(coefficients.unsqueeze(1))
        by_second = _by_kernel(hidden, second, self._second, 1)
        self._backwards(second, first)
        if self._is_dense:
            by_first = x.flatten(1).T @ first
        else:
            slope = first.view(len(x), *self._sides, len(self._matrix))
            by_first = _by_kernel(x.reshape(len(x), *self._image), slope, self._kernel, self._stride)
        mean = (coefficients @ h).view(-1, second.shape[-1]).T.flatten()
        by_readout = torch.outer(multipliers, mean)
        return h @ arranged.T, [by_first, first.sum(0), by_second, flat.sum(0), by_readout]

    def _arranged(self, weights: Tensor) -> Tensor:
        """Weights of the last layer, shape (…, features), as it lies here, shape (…, positions, channels)."""
        positions = math.prod(self._sides)
        return weights.unflatten(-1, (-1, positions)).transpose(-2, -1).contiguous()

    def _forwards(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Derivatives of the first SiLU, its outcome or the means of it, and conv₂ of that."""
        count = len(x)
        if self._is_dense:
            first = x.flatten(1) @ self._matrix
        else:
            first = self._convolved(x.reshape(count, *self._image)).flatten(1)
        hidden = x.new_empty(count, *self._sides, self._second.shape[1])
        _hide(first.numpy(), hidden.flatten(1).numpy(), self._biases[0], self._width)
        second = F.conv2d(hidden.permute(0, 3, 1, 2), self._second, padding=1)
        return first, hidden, second.permute(0, 2, 3, 1).contiguous()

    def _backwards(self, slope: Tensor, first: Tensor) -> None:
        """Takes derivatives by the second SiLU's argument on to those by the first's, in place of its own."""
        of_hidden = F.conv2d(slope.permute(0, 3, 1, 2), self._second_transposed, padding=1)
        flat = of_hidden.permute(0, 2, 3, 1).flatten(1)
        _spread(flat.numpy(), first.numpy(), self._width)


def _by_kernel(x: Tensor, slope: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """Derivatives by the kernel of a convolution of x, from those by its outcome, both with channels last."""
    planes, slope = x.permute(0, 3, 1, 2), slope.permute(0, 3, 1, 2)
    geometry = [stride, stride], [1, 1], [1, 1], False, [0, 0], 1, [False, True, False]
    return torch.ops.aten.convolution_backward(slope, planes, kernel, None, *geometry)[1]
