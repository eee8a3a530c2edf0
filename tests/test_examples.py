"""The page of examples: every block of Python in it is run, in order, in one folder."""

import re
from pathlib import Path

import pytest

import landscape_app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "examples.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_every_block_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one test, as blocks read the files of those before them."""
    monkeypatch.chdir(tmp_path)
    assert BLOCKS
    for number, block in enumerate(BLOCKS):
        line = TEXT[: TEXT.index(block)].count("\n")
        exec(compile("\n" * line + block, str(PAGE), "exec"), {"__name__": f"example{number}"})
        assert capsys.readouterr().out, number


def test_every_public_name_is_on_the_page() -> None:
    missing = [name for name in landscape_app.__all__ if f"`{name}" not in TEXT and name != "__version__"]
    assert not missing


def test_public_names_say_what_they_are() -> None:
    for name in landscape_app.__all__:
        thing = getattr(landscape_app, name)
        assert name == "__version__" or thing.__doc__, name


def test_a_name_that_is_not_public_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sesion'"):
        _ = landscape_app.sesion
