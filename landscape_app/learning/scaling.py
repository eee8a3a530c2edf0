"""Gradients scaled by their running root mean square: by entry (Adam without momentum), as a whole, or rotated."""

from __future__ import annotations

import math
from collections.abc import Mapping

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


class RotatedScaling(RootMeanSquareScaling):
    """g / √(mean of g²) in a basis where the entries of g vary apart, for the weights of a convolution.

    Along each axis of the weights, outputs, inputs and pixels of the kernel, the basis is that of the eigenvectors of
    the running covariance of g (Shampoo: Gupta, Koren, Singer 2018), and in it g is scaled as by
    `RootMeanSquareScaling` (SOAP: Vyas et al. 2025). Weights of a convolution act together, at every position: scaled
    entry by entry it takes more than twice as many epochs to as many nats.

    Attributes:
        covariances: running, one for each axis, not corrected for their start.
        bases: eigenvectors of each as columns; the running mean of squares is of entries in these.
    """

    def __init__(self) -> None:
        super().__init__()
        self.covariances: list[Tensor] = []
        self.bases: list[Tensor] = []

    def state_dict(self) -> dict[str, Tensor]:
        """Steps so far, covariances, bases and the running mean; nothing of these before the first step."""
        state = super().state_dict()
        for axis, (covariance, basis) in enumerate(zip(self.covariances, self.bases, strict=True)):
            state |= {f"covariance{axis}": covariance, f"basis{axis}": basis}
        return state

    def load_state_dict(self, state: Mapping[str, Tensor], like: Tensor) -> None:
        """Goes back to a state of the same shape; begins anew from one of no step, or of a scaling by entries."""
        self.steps, self.covariances, self.bases, self.mean_square = 0, [], [], None
        if not int(state["steps"]) or tuple(state["mean_square"].shape) == tuple(like.shape):
            return
        axes = _axes(like)
        parts: dict[str, list[Tensor]] = {"covariance": [], "basis": []}
        for part, found in parts.items():
            for axis, n in enumerate(axes.shape):
                name = f"{part}{axis}"
                check_shape(name, state[name], (n, n))
                found.append(state[name].to(like))
        super().load_state_dict(state, axes)
        self.covariances, self.bases = parts["covariance"], parts["basis"]

    def scale(self, gradient: Tensor) -> Tensor:
        """The scaled gradient, same shape, after covariances and mean have taken it in."""
        g = _axes(gradient)
        of_axes = [g.movedim(axis, 0).flatten(1) for axis in range(g.dim())]
        now = [rows @ rows.T for rows in of_axes]
        if not self.bases:
            self.covariances = [torch.zeros_like(c) for c in now]
            self.bases = [torch.eye(len(c)).to(c) for c in now]
        self.covariances = [
            torch.lerp(c, n, 1 - COVARIANCE_DECAY) for c, n in zip(self.covariances, now, strict=True)
        ]
        if self.mean_square is not None and (self.steps + 1) % ROTATION_INTERVAL == 0:
            bases = _eigenvectors(self.covariances)
            # The mean square of a sum of entries that vary apart is that of their mean squares.
            shares = [(a.T @ b).square() for a, b in zip(self.bases, bases, strict=True)]
            self.mean_square, self.bases = _along_axes(self.mean_square, shares), bases
        scaled = super().scale(_along_axes(g, self.bases))
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
