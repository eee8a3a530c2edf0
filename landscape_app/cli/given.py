"""Options of a model that is given: an energy of the user's own, or couplings in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.errors import WrongUsageError, checking_input

if TYPE_CHECKING:
    from landscape_app.session.given import GivenModel

Energy = Annotated[
    str | None,
    typer.Option(
        metavar="FORMULA|FILE.py",
        show_default=False,
        help="An energy of your own, P ∝ exp(−E): a formula in x, y, z or x1, x2, … such as 'x**4 - x**2 + y**2', or "
        "a Python file with a torch function energy(x), which runs with --trust only.",
    ),
]
Couplings = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        show_default=False,
        help="Couplings J of spins (.csv, .npy, or .h5 with J and h), or a restricted Boltzmann machine (.h5 with W, "
        "a and b).",
    ),
]
Walls = Annotated[
    str | None,
    typer.Option(
        metavar="LOW,HIGH",
        show_default=False,
        help="With --energy: the box that coordinates live in; −5,5 if not said.",
    ),
]
Shape = Annotated[
    str | None,
    typer.Option(
        metavar="N[xN]",
        show_default=False,
        help="With --energy or --couplings: sides of a configuration, such as 8x8; if not said, as many numbers as "
        "the formula names or the table has, and 2 of a Python file.",
    ),
]
OfSpins = Annotated[
    bool,
    typer.Option(
        "--spins",
        help="With --energy: numbers are spins −1 and +1; with W of a machine: its units are, not 0 and 1.",
    ),
]


@dataclass(frozen=True)
class GivenOptions:
    """Choice of a model that is given, as it was made on the command line.

    Attributes:
        energy: formula, or path of a Python file.
        couplings: file of tables.
        walls: of the box, with a comma between.
        shape: sides of a configuration, with x between.
        spins: whether these are spins.
        trust: whether Python runs.
    """

    energy: str | None = None
    couplings: Path | None = None
    walls: str | None = None
    shape: str | None = None
    spins: bool = False
    trust: bool = False

    @property
    def is_made(self) -> bool:
        """True if a model is given."""
        return self.energy is not None or self.couplings is not None

    def check(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            WrongUsageError: with what to do.
        """
        if self.energy is not None and self.couplings is not None:
            raise WrongUsageError("give --energy or --couplings, not both")
        about = {"--box": self.walls is not None, "--shape": self.shape is not None, "--spins": self.spins}
        wrong = [option for option, given in about.items() if given]
        if not self.is_made and wrong:
            raise WrongUsageError(f"{', '.join(wrong)} goes with --energy or --couplings")
        if self.couplings is not None and self.walls is not None:
            raise WrongUsageError("--box is about the coordinates of --energy; couplings are of spins")

    def read(self) -> GivenModel:
        """The model, read but not run.

        Raises:
            WrongUsageError: it is none; or it is Python that is not trusted.
        """
        from landscape_app.models.energy import DEFAULT_WALL
        from landscape_app.session.given import CODE_ENDING, read_given

        with checking_input():
            low, high = (-DEFAULT_WALL, DEFAULT_WALL) if self.walls is None else _walls(self.walls)
            shape = None if self.shape is None else _shape(self.shape)
            found: str | Path = self.energy or ""
            if self.couplings is not None:
                found = self.couplings
                if found.suffix.lower() == CODE_ENDING:
                    raise WrongUsageError(f"{found} is Python; give it as --energy {found}")
            given = read_given(found, low=low, high=high, shape=shape, spins=self.spins or None)
        if given.code is not None and not self.trust:
            raise WrongUsageError(
                f"{given.code.path.name} is Python of its author's, which can do anything that you can; read it, and "
                "add --trust if you trust it"
            )
        return given


def _walls(text: str) -> tuple[float, float]:
    parts = text.replace("−", "-").split(",")
    try:
        low, high = (float(part) for part in parts)
    except ValueError as error:
        raise WrongUsageError(
            f"--box must be two numbers with a comma, such as -5,5, got {text!r}"
        ) from error
    return low, high


def _shape(text: str) -> tuple[int, ...]:
    try:
        shape = tuple(int(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError as error:
        raise WrongUsageError(
            f"--shape must be whole numbers with x between, such as 8x8, got {text!r}"
        ) from error
    if not 1 <= len(shape) <= 2 or min(shape) < 1:
        raise WrongUsageError(f"--shape must be one or two positive numbers, such as 8x8, got {text!r}")
    return shape
