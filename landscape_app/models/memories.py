"""Patterns that coupled spins are to remember: names of the states near them, and damage to be recalled from."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr

LEAST_OVERLAP = 0.9
"""Overlap from which a state bears the name of a pattern or of a mixture."""

PARTS = (3, 5, 7)
"""Numbers of patterns whose signed sum has no zero: mixtures of so many are named."""

FEW_PATTERNS = 64
"""Most items of a data set that are taken for patterns to be remembered."""

MOST_NAMED = 256
"""Distinct states that are named in a tally, those that come most often; the rest count among the others."""

HALVES = ("left", "right", "top", "bottom")


class Likeness(StrEnum):
    """Relation of a state to the stored patterns."""

    PATTERN = "pattern"
    REVERSED = "reversed pattern"
    MIXTURE = "mixture"
    OTHER = "other"


class StateName(NamedTuple):
    """Name of a state among the patterns that are stored.

    Attributes:
        likeness: its kind.
        short: where there is little room, such as "A", "−A", "A+C−J" or "other".
        text: in words, such as "pattern 1 (A)", "−pattern 1 (A)" or "mixture of 1, 2, 5 (signs + + −)".
        overlap: with what it is named after; with the nearest pattern where it is another state, in absolute value.
    """

    likeness: Likeness
    short: str
    text: str
    overlap: float


@dataclass(frozen=True, eq=False)
class Memories:
    """Patterns that a network of spins is to remember, on the host.

    Attributes:
        patterns: ξ, spins ±1, shape (P, *shape).
        names: what to call each; empty where its number, from 1, says it.
    """

    patterns: np.ndarray
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.patterns)

    def called(self, number: int) -> str:
        """Short name of a pattern by its index from 0: its own, else its number from 1."""
        return self.names[number] if self.names else str(number + 1)

    def titled(self, number: int) -> str:
        """A pattern in words, such as "pattern 1 (A)"."""
        if self.names:
            return tr("pattern {number} ({name})", number=number + 1, name=self.names[number])
        return tr("pattern {number}", number=number + 1)

    def overlaps(self, states: np.ndarray) -> np.ndarray:
        """m^μ = ξ^μ·s/N of states of spins, shape (n, *shape), as shape (n, P)."""
        flat = self.patterns.reshape(len(self), -1).astype(float)
        overlaps: np.ndarray = states.reshape(len(states), -1) @ flat.T / flat.shape[1]
        return overlaps

    def name_of(self, state: np.ndarray) -> StateName:
        """Name of a state of spins, shape (*shape).

        It is the name of a pattern, of the reverse of one, or of sgn(Σ ±ξ^μ) over three, five or seven of those
        that it overlaps with most (Amit, Gutfreund, Sompolinsky 1985), whichever the state is; else of whichever it
        overlaps with by `LEAST_OVERLAP` or more. Fewer patterns go before more.
        """
        overlaps = self.overlaps(state[None])[0]
        nearest = int(np.abs(overlaps).argmax())
        parts, alike = self._mixtures(state.ravel(), overlaps)
        for least in (1.0 - 1e-9, LEAST_OVERLAP):
            if abs(overlaps[nearest]) >= least:
                return self._single(nearest, overlaps[nearest] < 0, abs(float(overlaps[nearest])))
            for size in PARTS:
                found = [i for i, part in enumerate(parts) if len(part) == size and alike[i] >= least]
                if found:
                    best = max(found, key=lambda i: alike[i])
                    return self._mixture(parts[best], float(alike[best]))
        return StateName(Likeness.OTHER, tr("other"), tr("other"), abs(float(overlaps[nearest])))

    def _single(self, number: int, is_reversed: bool, overlap: float) -> StateName:
        sign, kind = ("−", Likeness.REVERSED) if is_reversed else ("", Likeness.PATTERN)
        return StateName(kind, sign + self.called(number), sign + self.titled(number), overlap)

    def _mixtures(self, state: np.ndarray, overlaps: np.ndarray) -> tuple[list[list[int]], np.ndarray]:
        """Signed patterns, ±(index + 1), of every mixture of those nearest, and the state's overlap with each."""
        flat = self.patterns.reshape(len(self), -1).astype(np.int64)
        nearest = sorted(np.argsort(-np.abs(overlaps), kind="stable")[: max(PARTS)].tolist())
        parts: list[list[int]] = []
        alike: list[np.ndarray] = []
        for size in PARTS:
            signs = np.array(list(itertools.product((1, -1), repeat=size)))
            for chosen in itertools.combinations(nearest, size):
                sums = np.sign(signs @ flat[list(chosen)])
                alike.append(sums @ state / state.size)
                parts += [[int(sign) * (i + 1) for sign, i in zip(row, chosen, strict=True)] for row in signs]
        return parts, np.concatenate(alike) if alike else np.zeros(0)

    def _mixture(self, parts: list[int], overlap: float) -> StateName:
        numbers = ", ".join(str(abs(part)) for part in parts)
        signs = " ".join("+" if part > 0 else "−" for part in parts)
        short = "".join(("+" if part > 0 else "−") + self.called(abs(part) - 1) for part in parts)
        text = tr("mixture of {numbers} (signs {signs})", numbers=numbers, signs=signs)
        return StateName(Likeness.MIXTURE, short.removeprefix("+"), text, overlap)


@dataclass(frozen=True)
class Damage:
    """Harm to a pattern before chains start from it.

    Attributes:
        noise: share of the spins that are turned, others in every chain.
        hidden: half whose spins are drawn at random, one of `HALVES`; empty for none.
        painted: spins in place of the pattern's, "+" or "-" for each, row by row; empty for none.

    Raises:
        ValueError: the share is not within 0 and 1, there is no such half, or another sign is among the spins.
    """

    noise: float = 0.0
    hidden: str = ""
    painted: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.noise <= 1:
            raise ValueError(
                tr("the share of spins that are turned must be 0 to 1, got {noise:g}", noise=self.noise)
            )
        if self.hidden and self.hidden not in HALVES:
            raise ValueError(f"no half is called {self.hidden!r}; choose from {', '.join(HALVES)}")
        if set(self.painted) - {"+", "-"}:
            raise ValueError("painted spins are written as + and -")

    def applied(self, pattern: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """Damaged copies of a pattern.

        Args:
            pattern: spins ±1, shape (*shape).
            count: copies.
            generator: of what differs between them, on the pattern's device.

        Returns:
            shape (count, *shape).

        Raises:
            ValueError: as many spins are not painted as the pattern has, or a half is hidden of what has no two axes.
        """
        x = pattern
        if self.painted:
            if len(self.painted) != pattern.numel():
                raise ValueError(f"{pattern.numel()} spins must be painted, got {len(self.painted)}")
            spins = [1.0 if sign == "+" else -1.0 for sign in self.painted]
            x = torch.tensor(spins, device=pattern.device).view(pattern.shape)
        x = x.expand(count, *pattern.shape)
        if self.hidden:
            mask = _half(self.hidden, pattern)
            drawn = torch.rand(x.shape, generator=generator, device=x.device).round() * 2 - 1
            x = torch.where(mask, drawn, x)
        order = torch.rand(count, pattern.numel(), generator=generator, device=x.device).argsort(1)
        turned = (order < round(self.noise * pattern.numel())).view(x.shape)
        return torch.where(turned, -x, x)


def tally(memories: Memories, states: np.ndarray) -> str:
    """Numbers of states by their names, the largest first, such as "60 in pattern 1 (A), 3 in mixtures, 2 in others".

    Args:
        memories: the patterns.
        states: spins ±1, shape (n, N).
    """
    distinct, counts = np.unique(states, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    found: Counter[str] = Counter()
    for number, place in enumerate(order):
        name = memories.name_of(distinct[place]) if number < MOST_NAMED else None
        if name is None or name.likeness is Likeness.OTHER:
            found[tr("others")] += int(counts[place])
        else:
            found[tr("mixtures") if name.likeness is Likeness.MIXTURE else name.text] += int(counts[place])
    return ", ".join(
        tr("{count:,} in {state}", count=count, state=name) for name, count in found.most_common()
    )


def _half(name: str, pattern: Tensor) -> Tensor:
    """Mask of a half of a lattice, bool, of its shape; of an odd number the larger half."""
    if pattern.dim() != 2:
        raise ValueError(tr("half of a pattern is hidden where it has rows and columns; choose noise"))
    axis = 1 if name in ("left", "right") else 0
    side = pattern.shape[axis]
    at = torch.arange(side, device=pattern.device)
    mask = at < (side + 1) // 2 if name in ("left", "top") else at >= side // 2
    return (mask.unsqueeze(0) if axis == 1 else mask.unsqueeze(1)).expand(pattern.shape)


def painted_as(spins: np.ndarray) -> str:
    """Spins ±1 as `Damage.painted` has them."""
    return "".join("+" if spin > 0 else "-" for spin in spins.ravel())
