"""Training items that an epoch looks at, where it does not look at all of them."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_app.physics.host import to_host
from landscape_app.physics.resampling import systematic_resample


class Batches:
    """Training items in random batches, each item once a pass, in an order that only seed and epoch decide.

    An epoch's averages over its batch are unbiased estimates of those over the training set, and so is the entropy
    gradient, which is linear in them (equation 8): θ goes where it would go. λ is solved for the averages over the
    whole set too: it takes a small step an epoch, and the batch's μ differs from the set's by about
    σ_i √(1/B − 1/n), as often to one side as to the other. The average of the parameters, which the model takes at
    rest, has seen many batches. That deviation is no larger than what the estimate of ⟨f_i⟩_P from C chains has
    anyway, σ_i / √C, as long as B is not much smaller than C: nothing is gained by a full pass before every update.
    σ_i only scales the steps; from a batch its relative error is about 1/√(2B). χ² and the residuals that an epoch
    reports are those of its batch, so that they level off at about K (1/B + 1/C) rather than at K/C.

    All updates of an epoch look at the same batch. Nothing is kept from one epoch to the next: a run resumes to the
    last bit, and going back after a divergence meets other batches.

    Items with weights are drawn in proportion to these: a pass has n of them, an item ⌊n w⌋ or ⌈n w⌉ times where w
    is its share. Within a batch all then count alike.

    Args:
        items: training set, shape (n, *shape).
        size: items B of a batch; None, or n or more, for all of them always.
        seed: of the order.
        weights: of the items, positive, shape (n,); None where all count alike.

    Attributes:
        weights: those of the items of an epoch, shape (B,); None where they count alike.
    """

    def __init__(self, items: Tensor, size: int | None, seed: int, weights: Tensor | None = None) -> None:
        self.items = items
        self.size = len(items) if size is None else min(size, len(items))
        self.weights = weights if self.size == len(items) else None
        self._log_weights = None if weights is None else to_host(weights).double().log()
        self._seed = seed
        self._order: tuple[int, Tensor] | None = None

    def __len__(self) -> int:
        """Batches of a pass; items that are left over have their turn in other passes."""
        return len(self.items) // self.size

    def at(self, epoch: int) -> Tensor:
        """The items of an epoch, shape (B, *shape)."""
        if self.size == len(self.items):
            return self.items
        number, place = divmod(epoch, len(self))
        chosen = self._order_of(number)[place * self.size : (place + 1) * self.size]
        return self.items[chosen.to(self.items.device)]

    @property
    def monitored(self) -> Tensor:
        """Items whose energies stand for those of all: as many as of a batch, always the same."""
        if self.size == len(self.items):
            return self.items
        generator = torch.Generator().manual_seed(self._seed)
        chosen = self._drawn(generator)[: self.size]
        return self.items[chosen.to(self.items.device)]

    def _order_of(self, number: int) -> Tensor:
        if self._order is None or self._order[0] != number:
            generator = torch.Generator().manual_seed((self._seed + 1_000_003 * (number + 1)) % 2**63)
            self._order = number, self._drawn(generator)
        return self._order[1]

    def _drawn(self, generator: torch.Generator) -> Tensor:
        """Indices of as many items as there are, in a random order, int64, shape (n,)."""
        order = torch.randperm(len(self.items), generator=generator)
        if self._log_weights is None:
            return order
        return systematic_resample(self._log_weights, len(order), generator)[order]
