"""Formulas as programs that loops on the host run, with their derivatives."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Operation(IntEnum):
    """Operation of a step of a program."""

    NUMBER = 0
    COORDINATE = 1
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    DIVIDE = 5
    POWER = 6
    NEGATE = 7
    EXP = 8
    LOG = 9
    SQRT = 10
    SIN = 11
    COS = 12
    TAN = 13
    TANH = 14
    ABS = 15
    MIN = 16
    MAX = 17
    SQUARE = 18


class Program(NamedTuple):
    """Steps of a formula.

    Attributes:
        steps: operation and numbers of two earlier steps, or of a coordinate and none, int64, shape (steps, 3).
        numbers: of the steps that are numbers, float32, shape (steps,).
        forbidden: energy where the formula gives no finite number, nats.
    """

    steps: np.ndarray
    numbers: np.ndarray
    forbidden: np.float32

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Energy, shape (batch,), and its derivatives, same shape as x: on the host, float32.

        Slopes that are not finite, as that of a square root at 0, count as zero.
        """
        from landscape_app.physics.kernels.program_loops import BLOCK, evaluate_block, work_space

        rows = x.numpy().reshape(len(x), -1)
        energy, gradient = np.empty(len(rows), np.float32), np.empty(rows.shape, np.float32)
        work = work_space(self.steps, self.numbers)
        for start in range(0, len(rows), BLOCK):
            block = slice(start, start + BLOCK)
            columns = rows[block].T.copy()
            of_block = np.empty_like(columns)
            evaluate_block(self.steps, self.forbidden, np.float32(1), work, columns, energy[block], of_block)
            gradient[block] = of_block.T
        return torch.from_numpy(energy), torch.from_numpy(gradient).view(x.shape)
