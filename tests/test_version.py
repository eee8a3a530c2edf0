"""The version: that of the installed distribution, and a word for none where nothing is installed."""

import importlib.metadata
import runpy

import pytest

from landscape_app import version


def test_sources_that_are_not_installed_have_a_version_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    found = [runpy.run_path(version.__file__)["__version__"]]
    monkeypatch.setattr(importlib.metadata, "version", missing)
    found.append(runpy.run_path(version.__file__)["__version__"])
    assert found == [version.__version__, "0+unknown"]
