"""User-defined fields: a Python function of x, run only once its file is trusted, and checked each time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.fields.field import Field, FieldResources, StrengthScale
from landscape_app.physics.host import is_true
from landscape_app.physics.space import Space


class CodeError(ValueError):
    """A user's Python gave what is no energy, or cannot run; `name` says which."""

    kind: ClassVar[str]
    """Kind of code, in words."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(tr("the {kind} “{name}” {what}", kind=self.kind, name=name, what=what))
        self.name = name


class FieldError(CodeError):
    """A user-defined field failed."""

    kind: ClassVar[str] = tr("field")


class CheckedTerm:
    """A function that nobody vouches for: its energies are checked each time, and so is their slope.

    The function has a copy of x, so that it cannot change the chains, and its slope is taken at once, so that what
    fails there has its name too.

    Args:
        name: for people.
        function: x of shape (batch, *shape) to energies in nats, shape (batch,), differentiable in x.
        error: raised where it fails.
    """

    def __init__(
        self, name: str, function: Callable[[Tensor], Tensor], error: type[CodeError] = FieldError
    ) -> None:
        self.name = self.label = name
        self.function = function
        self._error = error

    def energy(self, x: Tensor) -> Tensor:
        """Value of the function, shape (batch,), in the precision of x; differentiable once.

        Raises:
            CodeError: it failed, gave another shape, or a number or slope that is not finite.
        """
        if not x.requires_grad:
            return self._energy(x.clone())
        with torch.enable_grad():
            own = x.detach().clone().requires_grad_()
            energy = self._energy(own.clone())
            slope = self._slope(energy, own)
        return energy.detach() + ((x - x.detach()) * slope).flatten(1).sum(1)

    def _energy(self, x: Tensor) -> Tensor:
        n = len(x)
        try:
            energy: object = self.function(x)
        except CodeError:
            raise
        # A file that calls sys.exit would end the thread that moves the chains.
        except (Exception, SystemExit) as error:
            raise self._error(
                self.name, tr("failed: {type}: {error}", type=type(error).__name__, error=error)
            ) from error
        if not isinstance(energy, Tensor):
            what = (
                tr("gave nothing, not a tensor of shape ({count},)", count=n)
                if energy is None
                else tr(
                    "gave a {type}, not a tensor of shape ({count},)", type=type(energy).__name__, count=n
                )
            )
            raise self._error(self.name, what)
        if energy.shape != (n,):
            raise self._error(
                self.name, tr("gave shape {shape}, expected ({count},)", shape=tuple(energy.shape), count=n)
            )
        if not energy.is_floating_point():
            raise self._error(self.name, tr("gave {type}, expected floating point", type=energy.dtype))
        energy = energy.to(x)
        if not is_true(torch.isfinite(energy).all()):
            raise self._error(self.name, tr("gave an energy that is not finite"))
        return energy

    def _slope(self, energy: Tensor, x: Tensor) -> Tensor:
        """∂V/∂x, same shape as x; zero of what does not depend on x."""
        if not energy.requires_grad:
            return torch.zeros_like(x)
        try:
            (slope,) = torch.autograd.grad(energy.sum(), x, materialize_grads=True)
        except (Exception, SystemExit) as error:
            raise self._error(
                self.name, tr("has no slope: {type}: {error}", type=type(error).__name__, error=error)
            ) from error
        if not is_true(torch.isfinite(slope).all()):
            raise self._error(self.name, tr("has a slope that is not finite"))
        return slope


@dataclass(frozen=True)
class CustomField(Field):
    """A user-defined function of x, from a Python file that is run only once the user has said to trust it.

    Attributes:
        path: of the file, as text.
        digest: SHA-256 of its source when it was trusted: a file that has changed must be trusted anew.
    """

    kind: ClassVar[str] = "custom"
    scale: ClassVar[StrengthScale] = StrengthScale(1.0, 10.0)
    is_choice: ClassVar[bool] = True

    path: str
    digest: str

    @classmethod
    def fits(cls, space: Space, classes: int) -> bool:
        """Always: the function knows its space."""
        return True

    def check(self, space: Space, classes: int) -> None:
        """Accepts every run: the function knows its space."""

    def is_missing(self, classifier: bool, rounds: int, trusted: Collection[str]) -> bool:
        """True if the file is not trusted."""
        return self.digest not in trusted

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".py")

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"{self.label}(x)"

    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> CheckedTerm:
        """V, each of its values checked.

        Raises:
            ValueError: the file is not trusted.
        """
        function = resources.functions.get(self.digest)
        if function is None:
            raise ValueError(
                tr("the file {path} has not been trusted in this session; load it first", path=self.path)
            )
        return CheckedTerm(name or self.label, function)


KINDS: tuple[type[Field], ...] = (CustomField,)
