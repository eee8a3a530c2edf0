"""The pages of examples and tutorials: every block of Python in them is run, and prints what stands below it."""

import inspect
import math
import re
from pathlib import Path

import pytest

import landscape_app
from tests.fresh_chains import quick_measurements

DOCS = Path(__file__).resolve().parents[1] / "docs"
EXAMPLES = DOCS / "examples.md"
TUTORIALS = [page for page in sorted((DOCS / "tutorials").glob("*.md")) if page.name != "index.md"]
TEXT = EXAMPLES.read_text(encoding="utf-8")

BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
"""A block, and the text that it prints where that stands below it."""

FIGURE = re.compile(r"(-?\d[\d.,]*) ± (\d[\d.,]*)")
"""An estimate with its standard error."""

JOINT_ERRORS = 4
"""Joint standard errors by which an estimate may differ from the text: other processors round otherwise."""


def check(printed: str, text: str) -> None:
    """Holds what a block has printed to the text below it: equal, but estimates agree within their errors."""
    assert FIGURE.sub("a ± e", printed) == FIGURE.sub("a ± e", text)
    for found, said in zip(FIGURE.findall(printed), FIGURE.findall(text), strict=True):
        (a, e), (b, f) = ((float(part.replace(",", "")) for part in pair) for pair in (found, said))
        # Errors are printed with a digit or two.
        assert abs(a - b) <= JOINT_ERRORS * math.hypot(e, f), f"{found} is not {said}"


@pytest.mark.parametrize("page", [EXAMPLES, *TUTORIALS], ids=lambda page: page.stem)
def test_every_block_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one test, as blocks read the files of those before them; in a tutorial they share their names, too."""
    monkeypatch.chdir(tmp_path)
    if page is EXAMPLES:
        # Its figures are not held to a text.
        quick_measurements(monkeypatch.setattr)
    blocks = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    assert blocks
    names: dict[str, object] = {}
    for number, block in enumerate(blocks):
        line = block.string[: block.start(1)].count("\n")
        if page is EXAMPLES:
            names = {"__name__": f"example{number}"}
        exec(compile("\n" * line + block.group(1), str(page), "exec"), names)
        printed = capsys.readouterr().out
        assert printed or page is not EXAMPLES, number
        if printed and page is not EXAMPLES:
            check(printed, block.group(2))


def test_a_figure_that_is_not_the_texts_is_told() -> None:
    check("m 0.31 ± 0.02 of 10\n", "m 0.28 ± 0.02 of 10\n")
    for printed in ("m 0.41 ± 0.02 of 10\n", "m 0.28 ± 0.02 of 11\n"):
        with pytest.raises(AssertionError):
            check(printed, "m 0.28 ± 0.02 of 10\n")


def test_every_public_name_is_on_the_page() -> None:
    missing = [name for name in landscape_app.__all__ if f"`{name}" not in TEXT and name != "__version__"]
    assert not missing


def test_public_names_say_what_they_are_and_what_they_take() -> None:
    missing = []
    for name in landscape_app.__all__:
        thing = getattr(landscape_app, name)
        callables = {name: thing} if callable(thing) else {}
        if inspect.isclass(thing):
            methods = inspect.getmembers(thing, lambda one: inspect.isfunction(one) or inspect.ismethod(one))
            callables |= {f"{name}.{method}": one for method, one in methods if method[0] != "_"}
        assert name == "__version__" or thing.__doc__, name
        for called, one in callables.items():
            said = inspect.getdoc(one) or ""
            taken = [parameter for parameter in inspect.signature(one).parameters if parameter != "self"]
            missing += [
                f"{called}: {parameter}"
                for parameter in taken
                if not re.search(rf"^ +(\w+, )*{parameter}(, \w+)*:", said, re.MULTILINE)
            ]
    assert not missing


def test_a_name_that_is_not_public_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sesion'"):
        _ = landscape_app.sesion
