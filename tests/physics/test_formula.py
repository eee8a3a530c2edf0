"""Formulas of energies against Python's own arithmetic and sympy; and that nothing else than a formula is read."""

import math
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_app.physics.formula import FORBIDDEN, MOST_CHARACTERS, Formula, FormulaError

NAMES = ("x", "y", "z")
FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "abs": abs,
}


def leaves() -> st.SearchStrategy[str]:
    numbers = st.integers(0, 9).map(str) | st.sampled_from(["0.5", "1.25", ".75", "2e-1", "pi", "e"])
    return st.sampled_from(NAMES) | numbers


def grown(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(part, st.sampled_from([" + ", "-", "*", " / "]), part).map("".join),
        st.tuples(part, st.sampled_from(["**", "^"]), st.integers(0, 3).map(str)).map(
            lambda parts: f"({parts[0]}){parts[1]}{parts[2]}"
        ),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), part).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(st.sampled_from(["min", "max"]), part, part).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        ),
        part.map(lambda inner: f"-({inner})"),
    )


FORMULAS = st.recursive(leaves(), grown, max_leaves=8)
PLACES = st.lists(st.floats(-3, 3, width=32), min_size=3, max_size=3)


def worth(text: str, place: list[float], known: dict[str, object]) -> float:
    """Value of the test's own text by Python; NaN where it raises, or is complex."""
    names = known | {"pi": math.pi, "e": math.e}
    try:
        with np.errstate(all="ignore"):
            found = eval(text.replace("^", "**"), {"__builtins__": {}}, names)
    except (ValueError, ZeroDivisionError, OverflowError):
        return math.nan
    return math.nan if isinstance(found, complex) else float(found)


@settings(max_examples=300, deadline=None)
@given(FORMULAS, PLACES)
def test_a_formula_is_worth_what_python_makes_of_it(text: str, place: list[float]) -> None:
    whole = f"{text} + 0*x + 0*z"
    coordinates = dict(zip(NAMES, map(np.float64, place), strict=True))
    try:
        found = float(Formula(whole)(torch.tensor([place], dtype=torch.float64)))
    except FormulaError:
        # A part of numbers alone that is none is refused before.
        exact = worth(
            whole, place, dict(zip(NAMES, place, strict=True)) | FUNCTIONS | {"min": min, "max": max}
        )
        assert not math.isfinite(exact)
        return
    arrays = {name: getattr(np, name) for name in FUNCTIONS} | {"min": np.minimum, "max": np.maximum}
    expected = worth(whole, place, coordinates | arrays)
    if math.isfinite(expected):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)
    else:
        assert found == FORBIDDEN


@pytest.mark.parametrize(
    "text",
    [
        "x**4 - x**2 + y**2",
        "exp(-x**2)*cos(3*y) + x*y/2",
        "sqrt(x^2 + y^2 + 1) - tanh(x*y)",
        "log(1 + x**2) + 2^-y + pi*x",
        "abs(x)**1.5 + tan(y/4)",
    ],
)
def test_values_and_slopes_are_those_of_sympy(text: str) -> None:
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y", real=True)
    expression = sympy.sympify(text.replace("^", "**"), locals={"x": x, "y": y, "abs": sympy.Abs})
    functions = [
        sympy.lambdify((x, y), part) for part in (expression, expression.diff(x), expression.diff(y))
    ]
    places = torch.tensor(np.random.default_rng(0).uniform(0.1, 2, (20, 2)), requires_grad=True)
    energy = Formula(text)(places)
    (slope,) = torch.autograd.grad(energy.sum(), places)
    wanted = np.array([[float(f(*place)) for f in functions] for place in places.tolist()])
    np.testing.assert_allclose(energy.detach().numpy(), wanted[:, 0], rtol=1e-12)
    np.testing.assert_allclose(slope.numpy(), wanted[:, 1:], rtol=1e-10)


def test_coordinates_have_letters_and_numbers() -> None:
    x = torch.tensor([[2.0, 3.0, 5.0, 7.0]])
    assert Formula("x + 10*y + 100*z")(x).item() == Formula("x1 + 10*x2 + 100*x3")(x).item() == 532
    assert Formula("x4").coordinates == 4
    assert Formula("x² − 2·y³").text == "x² − 2·y³"
    assert Formula("x² − 2·y³")(x).item() == 4 - 54
    images = x.reshape(1, 2, 2)
    assert Formula("x4 - x1")(images).item() == 5
    assert Formula("-x**2")(x).item() == -4
    assert Formula("2**-x")(x).item() == 0.25
    assert Formula("x**y**z - 2^243")(torch.tensor([[2.0, 3.0, 5.0]], dtype=torch.float64)).item() == 0


@pytest.mark.parametrize(
    "text", ["log(x)", "sqrt(x - 1)", "1/(x + 3)", "x**0.5", "tan(x) + log(x)", "exp(exp(exp(-x*9)))"]
)
def test_where_a_formula_gives_no_number_there_is_a_wall(text: str) -> None:
    x = torch.tensor([[-3.0]], requires_grad=True)
    energy = Formula(text)(x)
    energy.sum().backward()
    assert energy.item() == FORBIDDEN
    assert x.grad is not None
    assert x.grad.item() == 0


def test_a_slope_that_is_not_finite_counts_as_zero() -> None:
    x = torch.zeros(1, 2, requires_grad=True)
    Formula("sqrt(x^2 + y^2)")(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the formula is empty"),
        ("   ", "the formula is empty"),
        ("3 + pi", "names no coordinate"),
        ("foo + x", "“foo” is not known; known are x, y, z or x1 … x64, pi, e, and the functions exp, log"),
        ("sim(x)", "did you mean sin?"),
        ("squrt(x)", "did you mean sqrt?"),
        ("x0 + 1", "“x0” is not known"),
        ("x65", "“x65” is not known"),
        ("2x + 1", "write 2\\*x, not 2x"),
        ("2(x + 1)", "a product needs its sign"),
        ("x y", "cannot be read near “y”"),
        ("(x", "cannot be read near"),
        ("x +", "cannot be read"),
        ("pow(x)", "pow takes 2 arguments, got 1"),
        ("exp(x, y)", "exp takes 1 argument, got 2"),
        ("min(x)", "min takes 2 or more arguments, got 1"),
        ("max(*x)", "without names or stars"),
        ("1/0 + x", "“1/0” is no real number"),
        ("(-8)**0.5 + x", "is no real number"),
        ("1e999*x", "larger than a number can be"),
        ("x == y", "cannot stand in a formula"),
        ("x if y else z", "cannot stand in a formula"),
        ("x[0]", "cannot stand in a formula"),
        ("x # y", "cannot be read near “# y”"),
        ("'x'", "is no number"),
        ("True*x", "is no number"),
    ],
)
def test_what_is_no_formula_is_refused_in_one_message(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        Formula(text)
    assert "\n" not in str(caught.value)


ATTACKS = [
    "__import__('os').system('touch broken')",
    "open('/etc/passwd').read()",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "x.data.storage()",
    "(lambda: x)()",
    "[x for x in (1,)]",
    "f'{x.__class__}'",
    "(x := 3)",
    "exec('1')",
    "eval('x')",
    "exp(x).backward()",
    "exp.__globals__",
    "x\nimport os",
    "x; import os",
    "yield x",
    "await x",
    "print(x, file=x)",
    "{x: 1}",
    "x @ y",
    "x << 99999",
    "x and y",
    "not x",
    "~x",
    "x // 2",
    "...",
    "b'x'",
    "1j*x",
    "x\0",
]
BOMBS = [
    "9**9**9**9 + x",
    "9^9^9 + x",
    "exp(exp(exp(exp(9)))) + x",
    "x" * (MOST_CHARACTERS + 1),
    "9" * (MOST_CHARACTERS - 2) + "*x",
    "-" * (MOST_CHARACTERS - 1) + "x",
    "(" * 450 + "x" + ")" * 450,
    "abs(" * 190 + "x" + ")" * 190,
    "x**" * 300 + "x",
]


watching: list[bool] = []
ran: list[str] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if watching and event in ("exec", "import", "open", "os.system", "subprocess.Popen"):
        ran.append(event)


# It cannot be taken away again: one for all.
sys.addaudithook(watch)


@pytest.mark.parametrize("text", ATTACKS + BOMBS)
def test_nothing_but_a_formula_is_read_and_nothing_is_run(text: str) -> None:
    ran.clear()
    watching.append(True)
    try:
        with pytest.raises(FormulaError):
            Formula(text)
    finally:
        watching.clear()
    assert not ran


def test_a_long_sum_is_not_nested() -> None:
    text = "+".join(["x"] * (MOST_CHARACTERS // 2))
    assert Formula(text)(torch.ones(1, 1)).item() == MOST_CHARACTERS // 2
