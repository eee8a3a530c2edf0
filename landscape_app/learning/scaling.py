"""Gradients scaled by their running root mean square, entry by entry (Adam without momentum) or as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from landscape_app.physics.host import check_shape


class RootMeanSquareScaling:
    """g / √(mean of g²), entry by entry or the mean over all entries, running and corrected for its start.

    This is Adam with β₁ = 0 (Kingma and Ba 2015): momentum makes the class proportions of the chains swing.
    Written out because torch's optimisers take two seconds to import, most of the window's start.

    Args:
        decay: of the running mean (β₂).
        together: one scale for all entries, which leaves the gradient its direction: among entries many of which are
            hardly ever more than noise, such as weights of pixels that are always empty, it carries further.
    """

    def __init__(self, decay: float = 0.999, together: bool = False) -> None:
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
        return gradient / (corrected.sqrt() + 1e-8)
