"""Adam, for the networks that are trained beside a model."""

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.optim.adam import adam

from landscape_app.learning.scaling import FLOOR, SECOND_DECAY
from landscape_app.physics.host import check_shape

FIRST_DECAY = 0.9
"""β₁ of the first moment, as in the paper."""


class Adam:
    """Adam (Kingma, Ba 2015), with decay of the weights apart from the gradient (Loshchilov, Hutter 2019).

    To the last bit `torch.optim.AdamW`, whose first instance loads torch's compiler, for more than a second.

    Args:
        parameters: changed in place.
        rate: learning rate.
        decay: of the weights.

    Attributes:
        rate: learning rate of the next step.
    """

    def __init__(self, parameters: Iterable[Tensor], rate: float, decay: float = 0.0) -> None:
        self.rate = rate
        self._decay = decay
        self._parameters = list(parameters)
        self._first = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._second = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._steps = [torch.tensor(0.0, dtype=torch.float32) for _ in self._parameters]

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Moves all parameters that have a gradient."""
        moved = [i for i, parameter in enumerate(self._parameters) if parameter.grad is not None]
        adam(
            [self._parameters[i] for i in moved],
            [gradient for i in moved if (gradient := self._parameters[i].grad) is not None],
            [self._first[i] for i in moved],
            [self._second[i] for i in moved],
            [],
            [self._steps[i] for i in moved],
            amsgrad=False,
            beta1=FIRST_DECAY,
            beta2=SECOND_DECAY,
            lr=self.rate,
            weight_decay=self._decay,
            eps=FLOOR,
            maximize=False,
            decoupled_weight_decay=True,
        )

    def state_dict(self) -> dict[str, Tensor]:
        """Steps so far, and the moments of each parameter by its number."""
        moments = [*self._first, *self._second]
        return {"steps": torch.stack(self._steps)} | {str(k): m.clone() for k, m in enumerate(moments)}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes back to a state.

        Raises:
            KeyError: a part is missing.
            ValueError: one is of another shape.
        """
        moments = [*self._first, *self._second]
        check_shape("steps", state["steps"], (len(self._steps),))
        for number, moment in enumerate(moments):
            check_shape(str(number), state[str(number)], tuple(moment.shape))
        for step, value in zip(self._steps, state["steps"], strict=True):
            step.copy_(value)
        for number, moment in enumerate(moments):
            moment.copy_(state[str(number)])

    def anneal(self, step: int, steps: int) -> None:
        """Lowers the rate from its value in the step before, 1 for the first, along a cosine that ends at zero."""
        before, now = (1 + math.cos(math.pi * at / steps) for at in (step - 1, step))
        self.rate = now / before * self.rate
