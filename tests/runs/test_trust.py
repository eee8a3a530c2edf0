"""Python that is trusted: remembered by its content, listed, and taken back."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from landscape_app.cli.command import main
from landscape_app.cli.trust import LEAST_DIGITS
from landscape_app.runs import RunFileError
from landscape_app.runs.trust import is_remembered, remember, revoke, trust_path, trusted_sources

TEXT = '"""A bowl."""\n\nimport torch\n\n\ndef energy(x):\n    return (x**2).sum(1)\n'


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    """No list before a test, and none after it."""
    trust_path().unlink(missing_ok=True)
    yield
    trust_path().unlink(missing_ok=True)


def trusted(text: str, name: str = "bowl.py") -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    remember(digest, Path(name), text)
    return digest


def test_a_source_is_remembered_by_its_content_with_its_first_lines() -> None:
    assert trusted_sources() == ()
    digest = trusted(TEXT)
    (source,) = trusted_sources()
    assert (source.digest, source.path) == (digest, "bowl.py")
    assert source.first_lines == '"""A bowl."""\nimport torch\ndef energy(x):'
    # The same content elsewhere is the same source; another one is not.
    trusted(TEXT, "copy.py")
    assert [one.path for one in trusted_sources()] == ["copy.py"]
    assert is_remembered(digest)
    assert not is_remembered(hashlib.sha256((TEXT + " ").encode()).hexdigest())


def test_what_is_revoked_is_forgotten_and_the_rest_stays() -> None:
    one, two = trusted(TEXT), trusted(TEXT + "# two\n")
    revoke({one})
    assert not is_remembered(one)
    assert is_remembered(two)


def test_nothing_is_trusted_by_a_list_that_is_damaged_and_it_is_not_replaced() -> None:
    digest = trusted(TEXT)
    for damaged in ('[{"digest": "0", "path": "", "when": "once", "first_lines": ""}]', '[{"digest": 3}]'):
        trust_path().write_text(damaged)
        with pytest.raises(RunFileError, match="is damaged"):
            trusted_sources()
    assert not is_remembered(digest)
    with pytest.raises(RunFileError, match="it is damaged; nothing is trusted until"):
        trusted_sources()
    with pytest.raises(RunFileError, match="is damaged"):
        trusted(TEXT)
    assert trust_path().read_text() == '[{"digest": 3}]'


def test_the_command_lists_and_revokes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust"]) == 0
    assert capsys.readouterr().out == "no Python file is trusted\n"
    one, two = trusted(TEXT), trusted(TEXT + "# two\n", "two.py")
    assert main(["trust"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[::2] for line in lines] == [[two[:12], "two.py"], [one[:12], "bowl.py"]]
    for wrong in (one[: LEAST_DIGITS - 1], "0" * 12):
        assert main(["trust", "--revoke", wrong]) == 2
        assert "expected the first 8 or more" in capsys.readouterr().err
    assert main(["trust", "--revoke", one[:12]]) == 0
    assert not is_remembered(one)
    assert is_remembered(two)
    assert main(["trust", "--revoke-all"]) == 0
    assert trusted_sources() == ()
