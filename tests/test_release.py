"""Checks of a release: each thing that is wrong is one line, and what is right is none."""

import email.message
import tarfile
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from landscape_app.version import __version__
from tools import licences, release

METADATA = (
    f"Metadata-Version: 2.4\nName: landscape-app\nVersion: {__version__}\nClassifier: Typing :: Typed\n"
)
COMMANDS = "[console_scripts]\nlandscape = landscape_app.cli:main\nlandscape-app = landscape_app.cli:main\n"


def wheel_of(folder: Path, root: Path, metadata: str, commands: str, strange: str | None) -> Path:
    """A wheel of the package below `root`, with a file that is not the package's."""
    path = folder / "a.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (root / "landscape_app").iterdir():
            archive.write(file, f"landscape_app/{file.name}")
        archive.writestr("landscape_app/assets/icon.svg", "")
        for name, text in (("METADATA", metadata), ("entry_points.txt", commands), ("licenses/LICENSE", "")):
            archive.writestr(f"landscape_app-1.dist-info/{name}", text)
        if strange:
            archive.writestr(strange, "")
    return path


def test_what_is_wrong_with_a_wheel_is_told(tmp_path: Path) -> None:
    for name in ("landscape_app/a.py", "landscape_app/py.typed", "assets/icon.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    whole = wheel_of(tmp_path, tmp_path, METADATA, COMMANDS, None)
    assert not list(release.wheel_faults(whole, tmp_path))

    (tmp_path / "assets" / "model.h5").touch()
    wrong = METADATA.replace(f"Version: {__version__}", "Version: 0").replace("Typed", "Not")
    broken = wheel_of(
        tmp_path, tmp_path, wrong, COMMANDS.replace("landscape-app", "other"), "tests/test_a.py"
    )
    assert list(release.wheel_faults(broken, tmp_path)) == [
        "wheel: landscape_app/assets/model.h5 is missing",
        "wheel: tests/test_a.py does not belong into it",
        f"version: the wheel states 0, landscape_app/version.py {__version__}",
        "wheel: it does not state that it is typed (classifier Typing :: Typed)",
        "wheel: the command landscape-app is missing",
    ]


def test_what_is_missing_in_an_sdist_and_what_a_tool_says_is_told(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for name in ("pyproject.toml", "LICENSE", "CHANGELOG.md", "CITATION.cff", "landscape_app/version.py"):
            archive.addfile(tarfile.TarInfo(f"landscape_app-1/{name}"))
    assert list(release.sdist_faults(tmp_path / "a.tar.gz")) == ["sdist: tests/conftest.py is missing"]
    (fault,) = release.tool_faults("twine", "no_such_tool")
    assert fault.startswith("twine: ")
    assert "No module named no_such_tool" in fault


class Package(Distribution):
    """A package that states a licence."""

    def __init__(self, name: str, licence: str) -> None:
        self._told = email.message.Message()
        self._told["Name"] = name
        if licence:
            self._told["License-Expression"] = licence

    @property
    def metadata(self) -> email.message.Message:  # type: ignore[override]
        return self._told

    def read_text(self, filename: str) -> str | None:
        return None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


def test_the_page_of_licences_is_compared_with_what_packages_state() -> None:
    page = licences.TEXT + "| good | MIT |\n| other | MIT |\n"
    stated = {"good": "MIT", "other": "BSD-3-Clause", "New_One": "MIT", "none": ""}
    packages = [Package(name, licence) for name, licence in stated.items()]
    assert licences.faults(page, packages) == [
        "licences: licences.md says MIT of other, which states BSD-3-Clause",
        "licences: licences.md says nothing of new-one, which states MIT",
        "licences: none states none that could be told to users",
    ]


def test_the_page_of_licences_says_what_the_installed_packages_state() -> None:
    assert not licences.faults(licences.PAGE.read_text(encoding="utf-8"), licences.listed())


def test_the_page_is_the_same_with_the_cuda_build_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("torch", "nvidia-cublas", "cuda-toolkit", "triton", "numpy")
    packages = {name: Package(name, "MIT") for name in names}
    monkeypatch.setattr(licences, "shipped", lambda: packages)
    assert licences.listed() == [packages["torch"], packages["numpy"]]


@pytest.mark.parametrize("suffix", [".png", ".ico", ".icns"])
def test_the_icon_is_drawn_for_every_system(tmp_path: Path, suffix: str) -> None:
    from PIL import Image

    from app.icons import FORMATS, write_icon

    with Image.open(write_icon(tmp_path / f"icon{suffix}")) as picture:
        assert max(picture.size) == max(FORMATS[suffix])
        rgba = picture.convert("RGBA")
    # A corner is empty, and the middle is not.
    assert (rgba.getpixel((0, 0)) or (0,))[-1] == 0  # type: ignore[index]
    assert (rgba.getpixel((rgba.width // 2, rgba.height // 8)) or (0,))[-1] == 255  # type: ignore[index]


def test_changelog_and_citation_state_the_version() -> None:
    texts = ((release.ROOT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "CITATION.cff"))
    assert not list(release.version_faults(*texts))
