"""The network of convolutional observables on the host, compiled: each SiLU and its derivative in one loop.

Layers lie in memory position by position, the channels of a position together, as the convolutions of the processor
take them without sorting them first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.physics.kernels.compiled import BITS, ONE, compiled, compiled_sums, power_of_two

MOST_DENSE = 128
"""Numbers in an image up to which the first convolution is one matrix, of all pixels in place of those of a patch."""

QUARTER = np.float32(0.25)


@compiled
def _silu(s: Any) -> Any:  # pragma: no cover
    """SiLU(s) = s / (1 + exp(−s)), and its derivative, in single precision."""
    exponential = power_of_two(s * -BITS)
    sigmoid = np.divide(ONE, ONE + exponential)
    value = s * sigmoid
    return value, sigmoid + value * (exponential * sigmoid)


@compiled
def _hide(z: Any, bias: Any, width: int, out: Any) -> None:  # pragma: no cover
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
def _read_out(z: Any, bias: Any, weights: Any, energy: Any) -> None:  # pragma: no cover
    """Sums of weights · SiLU(z + bias); z becomes the derivatives of these."""
    for image in range(len(z)):
        total = np.float32(0)
        for i in range(z.shape[1]):
            value, slope = _silu(z[image, i] + bias[i])
            total += value * weights[i]
            z[image, i] = slope * weights[i]
        energy[image] = total


@compiled
def _spread(slope: Any, width: int, steep: Any) -> None:  # pragma: no cover
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


class CompiledNetwork:
    """w · SiLU(conv₂(h) + b₂), h = SiLU(conv₁(x) + b₁) or its mean over 2 × 2, with the weights of one time.

    Means are over channels: where there are any, the first convolution has the channels of four positions together,
    at twice the stride.

    Args:
        shape: of an image, (height, width) or (height, width, planes).
        first: kernel of conv₁, shape (channels, planes, side, side).
        first_bias: by channel where there are means, else shape (channels, height / stride, width / stride).
        second: kernel of conv₂.
        second_bias: likewise.
        stride: of the first.
        pooled: whether there are means.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        first: Tensor,
        first_bias: Tensor,
        second: Tensor,
        second_bias: Tensor,
        stride: int,
        pooled: bool,
    ) -> None:
        channels, planes = first.shape[:2]
        self._image = (*shape[:2], planes)
        self._blocks = 4 if pooled else 1
        self._stride = 2 * stride if pooled else stride
        self._sides = tuple(side // self._stride for side in shape[:2])
        self._kernel = over_2x2(first, stride) if pooled else first
        positions, sites = math.prod(self._sides), math.prod(self._image)
        self._is_dense = sites <= MOST_DENSE
        if self._is_dense:
            images = torch.eye(sites, dtype=first.dtype).view(sites, *self._image)
            matrix = self._convolved(images).unflatten(-1, (self._blocks, channels)).movedim(-2, 1)
            self._matrix = matrix.reshape(sites, -1)
            self._width = positions * channels
        else:
            self._matrix = self._kernel.flatten(1)
            self._width = channels
        self._transposed = self._matrix.T.contiguous()
        self._second = second.contiguous(memory_format=torch.channels_last)
        second = second.flip(2, 3).transpose(0, 1)
        self._second_transposed = second.contiguous(memory_format=torch.channels_last)
        self._first_bias = self._by_position(first_bias, positions * self._blocks)
        self._second_bias = self._by_position(second_bias, positions)

    def _by_position(self, bias: Tensor, positions: int) -> np.ndarray:
        """Biases as the layers lie, of those by channel or by channel and position."""
        return (bias.repeat(positions) if bias.dim() == 1 else bias.movedim(0, -1).flatten()).numpy()

    def _convolved(self, images: Tensor) -> Tensor:
        """conv₁ of images with their planes last, likewise."""
        planes = images.movedim(-1, 1)
        return F.conv2d(planes, self._kernel, stride=self._stride, padding=1).movedim(1, -1)

    def energy(self, x: Tensor, weights: Tensor) -> Tensor:
        """w · SiLU(…), shape (batch,), of x, float32 on the host, and w, as the channels lie in the observables."""
        return self._forwards(x, self._arranged(weights))[2]

    def energy_and_gradient(self, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and its derivatives by x, same shape as x."""
        first, second, energy = self._forwards(x, self._arranged(weights))
        slope = F.conv2d(second.movedim(-1, 1), self._second_transposed, padding=1).movedim(1, -1)
        slope = slope.reshape(len(x), -1)
        _spread(slope.numpy(), self._width, first.numpy())
        if self._is_dense:
            return energy, (first @ self._transposed).view(x.shape)
        patches = self._transposed @ first.view(len(x), math.prod(self._sides), -1).transpose(1, 2)
        side = self._kernel.shape[2:]
        planes = F.fold(patches, self._image[:2], side, padding=1, stride=self._stride)
        return energy, planes.movedim(1, -1).reshape(x.shape)

    def _arranged(self, weights: Tensor) -> np.ndarray:
        """Weights of the last layer as it lies here."""
        return weights.view(-1, math.prod(self._sides)).T.contiguous().flatten().numpy()

    def _forwards(self, x: Tensor, weights: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Derivatives of the first SiLU, those of the energy by the second's argument, and the energy."""
        count = len(x)
        if self._is_dense:
            first = x.reshape(count, -1) @ self._matrix
        else:
            first = self._convolved(x.view(count, *self._image)).reshape(count, -1)
        hidden = x.new_empty(count, *self._sides, first[0].numel() // (self._blocks * math.prod(self._sides)))
        of_hidden = hidden.view(count, -1).numpy()
        _hide(first.numpy(), self._first_bias, self._width, of_hidden)
        second = F.conv2d(hidden.movedim(-1, 1), self._second, padding=1).movedim(1, -1).contiguous()
        energy = x.new_empty(count)
        _read_out(second.view(count, -1).numpy(), self._second_bias, weights, energy.numpy())
        return first, second, energy
