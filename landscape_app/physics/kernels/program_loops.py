"""Values of programs forwards and derivatives backwards, on the host: a compiled loop for every operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from landscape_app.physics.kernels.compiled import compiled

BLOCK = 256
"""Configurations that are evaluated at once, so that all results stay in the processor's cache."""


@compiled
def _forwards(code: Any, n: Any, a: Any, b: Any, out: Any) -> None:  # pragma: no cover
    """One operation on the first n of a block."""
    if code == 2:
        for k in range(n):
            out[k] = a[k] + b[k]
    elif code == 3:
        for k in range(n):
            out[k] = a[k] - b[k]
    elif code == 4:
        for k in range(n):
            out[k] = a[k] * b[k]
    elif code == 5:
        for k in range(n):
            out[k] = np.divide(a[k], b[k])
    elif code == 6:
        for k in range(n):
            out[k] = np.power(a[k], b[k])
    elif code == 7:
        for k in range(n):
            out[k] = -a[k]
    elif code == 8:
        for k in range(n):
            out[k] = np.exp(a[k])
    elif code == 9:
        for k in range(n):
            out[k] = np.log(a[k])
    elif code == 10:
        for k in range(n):
            out[k] = np.sqrt(a[k])
    elif code == 11:
        for k in range(n):
            out[k] = np.sin(a[k])
    elif code == 12:
        for k in range(n):
            out[k] = np.cos(a[k])
    elif code == 13:
        for k in range(n):
            out[k] = np.tan(a[k])
    elif code == 14:
        for k in range(n):
            out[k] = np.tanh(a[k])
    elif code == 15:
        for k in range(n):
            out[k] = abs(a[k])
    elif code == 16:
        for k in range(n):
            out[k] = np.minimum(a[k], b[k])
    elif code == 17:
        for k in range(n):
            out[k] = np.maximum(a[k], b[k])
    else:
        for k in range(n):
            out[k] = a[k] * a[k]


@compiled
def _backwards(
    code: Any, n: Any, a: Any, b: Any, out: Any, slope: Any, of_a: Any, of_b: Any
) -> None:  # pragma: no cover
    """Adds the derivatives by the arguments of one operation to theirs, on the first n of a block."""
    one = np.float32(1)
    if code == 2:
        for k in range(n):
            of_a[k] += slope[k]
            of_b[k] += slope[k]
    elif code == 3:
        for k in range(n):
            of_a[k] += slope[k]
            of_b[k] -= slope[k]
    elif code == 4:
        for k in range(n):
            s, left, right = slope[k], a[k], b[k]
            of_a[k] += s * right
            of_b[k] += s * left
    elif code == 5:
        for k in range(n):
            share = np.divide(slope[k], b[k])
            of_a[k] += share
            of_b[k] -= share * out[k]
    elif code == 6:
        for k in range(n):
            if b[k] != 0:
                of_a[k] += slope[k] * b[k] * np.power(a[k], b[k] - one)
            if a[k] != 0 or b[k] < 0:
                of_b[k] += slope[k] * out[k] * np.log(a[k])
    elif code == 7:
        for k in range(n):
            of_a[k] -= slope[k]
    elif code == 8:
        for k in range(n):
            of_a[k] += slope[k] * out[k]
    elif code == 9:
        for k in range(n):
            of_a[k] += np.divide(slope[k], a[k])
    elif code == 10:
        for k in range(n):
            of_a[k] += np.divide(slope[k], out[k] + out[k])
    elif code == 11:
        for k in range(n):
            of_a[k] += slope[k] * np.cos(a[k])
    elif code == 12:
        for k in range(n):
            of_a[k] -= slope[k] * np.sin(a[k])
    elif code == 13:
        for k in range(n):
            of_a[k] += slope[k] * (one + out[k] * out[k])
    elif code == 14:
        for k in range(n):
            of_a[k] += slope[k] * (one - out[k] * out[k])
    elif code == 15:
        for k in range(n):
            of_a[k] += slope[k] * np.sign(a[k])
    elif code == 16 or code == 17:
        for k in range(n):
            if out[k] == a[k]:
                of_a[k] += slope[k]
            else:
                of_b[k] += slope[k]
    else:
        for k in range(n):
            of_a[k] += slope[k] * (a[k] + a[k])


@compiled
def work_space(steps: Any, numbers: Any) -> Any:  # pragma: no cover
    """Results of all steps on a block and the derivatives by them, the numbers filled in, shape (2, steps, BLOCK)."""
    work = np.empty((2, len(steps), BLOCK), np.float32)
    for step in range(len(steps)):
        if steps[step, 0] == 0:
            work[0, step] = numbers[step]
    return work


@compiled
def evaluate_block(
    steps: Any, forbidden: Any, strength: Any, work: Any, x: Any, energy: Any, gradient: Any
) -> None:  # pragma: no cover
    """Energies times a strength, shape (n,), and their derivatives, shape (sites, n), of x with shape (sites, n)."""
    count, n = len(steps), x.shape[1]
    values, slopes = work[0], work[1]
    for step in range(count):
        code, first, second = steps[step, 0], steps[step, 1], steps[step, 2]
        if code == 1:
            place, out = x[first], values[step]
            for k in range(n):
                out[k] = place[k]
        elif code > 1:
            _forwards(code, n, values[first], values[second], values[step])
    slopes[:] = 0
    gradient[:] = 0
    last, of_last = values[count - 1], slopes[count - 1]
    for k in range(n):
        is_finite = np.isfinite(last[k])
        energy[k] = strength * (last[k] if is_finite else forbidden)
        of_last[k] = strength if is_finite else np.float32(0)
    for step in range(count - 1, -1, -1):
        code, first, second = steps[step, 0], steps[step, 1], steps[step, 2]
        if code == 1:
            total, slope = gradient[first], slopes[step]
            for k in range(n):
                total[k] += slope[k]
        elif code > 1:
            _backwards(
                code,
                n,
                values[first],
                values[second],
                values[step],
                slopes[step],
                slopes[first],
                slopes[second],
            )
    for site in range(len(x)):
        total = gradient[site]
        for k in range(n):
            total[k] = total[k] if np.isfinite(total[k]) else np.float32(0)
