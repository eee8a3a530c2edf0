"""Paths of the shipped data and models, in an installed package and in a checkout."""

from pathlib import Path

from landscape_app.language import tr, translated_file

SHIPPED_MODEL = "digits-model.h5"
"""A model trained on the digits."""

_PACKAGE = Path(__file__).resolve().parents[1]


def asset_path(name: str) -> Path:
    """Path of the shipped file `name`, such as `"digits.h5"`.

    A wheel carries its assets inside the package; a checkout keeps them beside it.

    Raises:
        FileNotFoundError: there is no such file; says which folders were searched.
    """
    folders = [_PACKAGE / "assets"]
    # Beside an installed package lies site-packages, where a folder of this name would be a stranger's.
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        folders.append(_PACKAGE.parent / "assets")
    for folder in folders:
        path = folder / name
        if path.is_file():
            return path
    searched = " or ".join(str(folder) for folder in folders)
    raise FileNotFoundError(
        tr(
            "the shipped file {name!r} is not in {folders}; reinstall Landscape, or restore its assets folder",
            name=name,
            folders=searched,
        )
    )


def translated_asset(name: str) -> Path:
    """Path of a shipped text in the language of the person, or of the English one where there is no other.

    Raises:
        FileNotFoundError: there is no such file; says which folders were searched.
    """
    return translated_file(asset_path(name))
