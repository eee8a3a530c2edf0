"""Gradients scaled by their running root mean square: by entry (Adam without momentum), as a whole, or rotated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from landscape_app.physics.host import check_shape, read_back

SECOND_DECAY = 0.999
"""β₂ of the running means of squares."""

COVARIANCE_DECAY = 0.99
"""Of the running covariances that a rotation is found from."""

ROTATION_INTERVAL = 10
"""Steps from one rotation to the next, and before the first."""

FLOOR = 1e-8
"""Added to the roots, as in the paper on Adam."""


class Scaling(Protocol):
    """A way to scale gradients that remembers earlier ones. What it holds is replaced at a step, never changed."""

    def scale(self, gradient: Tensor) -> Tensor:
        """The scaled gradient, same shape, after it has been taken in."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors that it remembers."""
        ...

    def load_state_dict(self, state: Mapping[str, Tensor], like: Tensor) -> None:
        """Goes back to a state.

        Args:
            state: as `state_dict` gives it.
            like: what is scaled: its shape, and the device.

        Raises:
            KeyError: a part is missing.
            ValueError: a part has another shape.
        """
        ...


class RootMeanSquareScaling:
    """g / √(mean of g²), entry by entry or the mean over all entries, running and corrected for its start.

    This is Adam with β₁ = 0 (Kingma and Ba 2015): momentum makes the class proportions of the chains swing.
    Written out because torch's optimisers take two seconds to import, most of the window's start.

    Args:
        decay: of the running mean (β₂).
        together: one scale for all entries, which leaves the gradient its direction: among entries many of which are
            hardly ever more than noise, such as weights of pixels that are always empty, it carries further.
    """

    def __init__(self, decay: float = SECOND_DECAY, together: bool = False) -> None:
        self.decay = decay
        self.together = together
        self.steps = 0
        self.mean_square: Tensor | None = None

    def state_dict(self) -> dict[str, Tensor]:
        """Steps so far and the running mean; of it nothing before the first step."""
        mean = {} if self.mean_square is None else {"mean_square": self.mean_square}
        return {"steps": torch.tensor(self.steps), **mean}

    def load_state_dict(self, state: Mapping[str, Tensor], like: Tensor) -> None:
        """Goes back to a state.

        Args:
            state: as `state_dict` gives it.
            like: what is scaled: its shape where entries have means of their own, and the device of the mean.

        Raises:
            KeyError: a part is missing.
            ValueError: the mean has another shape.
        """
        self.steps, self.mean_square = int(state["steps"]), None
        if self.steps:
            check_shape("mean_square", state["mean_square"], () if self.together else tuple(like.shape))
            self.mean_square = state["mean_square"].to(like)

    def scale(self, gradient: Tensor) -> Tensor:
        """The scaled gradient, same shape, after the running mean has taken it in."""
        square = gradient.square()
        if self.together:
            square = square.mean()
        if self.mean_square is None:
            self.mean_square = torch.zeros_like(square)
        self.steps += 1
        self.mean_square = self.decay * self.mean_square + (1 - self.decay) * square
        corrected = self.mean_square / (1 - self.decay**self.steps)
        return gradient / (corrected.sqrt() + FLOOR)


class RotatedScaling:
    """g / √(mean of g²) in a basis where the entries of g vary apart, for the weights of a convolution.

    Along each axis of the weights, outputs, inputs and pixels of the kernel, the basis is that of the eigenvectors of
    the running covariance of g (Shampoo: Gupta, Koren, Singer 2018), and in it g is scaled as by
    `RootMeanSquareScaling` (SOAP: Vyas et al. 2025). Weights of a convolution act together, at every position: scaled
    entry by entry it takes more than twice as many epochs to as many nats.

    Attributes:
        steps: so far.
        covariances: running, one for each axis, not corrected for their start.
        bases: eigenvectors of each as columns.
        mean_square: running, in these bases.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.covariances: list[Tensor] = []
        self.bases: list[Tensor] = []
        self.mean_square: Tensor | None = None

    def state_dict(self) -> dict[str, Tensor]:
        """Steps so far, covariances, bases and the running mean; nothing of these before the first step."""
        state = {"steps": torch.tensor(self.steps)}
        if self.mean_square is not None:
            state["mean_square"] = self.mean_square
        for axis, (covariance, basis) in enumerate(zip(self.covariances, self.bases, strict=True)):
            state |= {f"covariance{axis}": covariance, f"basis{axis}": basis}
        return state

    def load_state_dict(self, state: Mapping[str, Tensor], like: Tensor) -> None:
        """Goes back to a state of the same shape; begins anew from one of no step, or of a scaling by entries."""
        self.steps, self.covariances, self.bases, self.mean_square = 0, [], [], None
        if not int(state["steps"]) or tuple(state["mean_square"].shape) == tuple(like.shape):
            return
        shape = _axes(like).shape
        for name, sides in {
            "mean_square": tuple(shape),
            **{f"{part}{axis}": (n, n) for axis, n in enumerate(shape) for part in ("covariance", "basis")},
        }.items():
            check_shape(name, state[name], sides)
        self.steps, self.mean_square = int(state["steps"]), state["mean_square"].to(like)
        self.covariances = [state[f"covariance{axis}"].to(like) for axis in range(len(shape))]
        self.bases = [state[f"basis{axis}"].to(like) for axis in range(len(shape))]

    def scale(self, gradient: Tensor) -> Tensor:
        """The scaled gradient, same shape, after covariances and mean have taken it in."""
        g = _axes(gradient)
        of_axes = [g.movedim(axis, 0).flatten(1) for axis in range(g.dim())]
        now = [rows @ rows.T for rows in of_axes]
        if self.mean_square is None:
            self.mean_square = torch.zeros_like(g)
            self.covariances = [torch.zeros_like(c) for c in now]
            self.bases = [torch.eye(len(c)).to(c) for c in now]
        self.steps += 1
        self.covariances = [
            torch.lerp(c, n, 1 - COVARIANCE_DECAY) for c, n in zip(self.covariances, now, strict=True)
        ]
        if self.steps % ROTATION_INTERVAL == 0:
            bases = _eigenvectors(self.covariances)
            # The mean square of a sum of entries that vary apart is that of their mean squares.
            shares = [(a.T @ b).square() for a, b in zip(self.bases, bases, strict=True)]
            self.mean_square, self.bases = _along_axes(self.mean_square, shares), bases
        rotated = _along_axes(g, self.bases)
        self.mean_square = SECOND_DECAY * self.mean_square + (1 - SECOND_DECAY) * rotated.square()
        corrected = self.mean_square / (1 - SECOND_DECAY**self.steps)
        scaled = rotated / (corrected.sqrt() + FLOOR)
        return _along_axes(scaled, [basis.T for basis in self.bases]).reshape(gradient.shape)


def _axes(weights: Tensor) -> Tensor:
    """Weights of a convolution with the pixels of the kernel as one axis, shape (outputs, inputs, pixels)."""
    return weights.flatten(2)


def _along_axes(x: Tensor, matrices: list[Tensor]) -> Tensor:
    """x with each axis in turn multiplied by a matrix, Σ_i x[…, i, …] matrix[i, j], in the order of the axes."""
    for matrix in matrices:
        # The axis that was first is last then; after all of them they are where they were.
        x = torch.tensordot(x, matrix, dims=([0], [0]))
    return x


def _eigenvectors(covariances: list[Tensor]) -> list[Tensor]:
    """Eigenvectors of each as columns; found on the host, as not every device has them, in one transfer each way."""
    found = []
    for covariance in read_back(*covariances):
        exact, basis = covariance.double(), torch.eye(len(covariance))
        scale = float(exact.diagonal().mean())
        if scale > 0 and math.isfinite(scale):
            # Laid out by rows, as a file has them: products of other layouts are rounded otherwise.
            basis = torch.linalg.eigh(exact / scale).eigenvectors.float().contiguous()
        found.append(basis)
    together = torch.cat([basis.flatten() for basis in found]).to(covariances[0])
    parts = together.split([basis.numel() for basis in found])
    return [part.view(basis.shape) for part, basis in zip(parts, found, strict=True)]
