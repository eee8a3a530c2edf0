"""The built wheel, installed beside what it declares into an empty environment, away from the checkout."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import landscape_app
from tools.licences import closure

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# The CUDA build of torch pins the libraries that it comes with exactly.
PINNED_BY_TORCH = re.compile(r"nvidia-|cuda-|triton")


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """Standard output of a command that succeeds, run where nothing of the checkout can be imported."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, f"{command} exited {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of commands of an environment that holds the wheel and what it declares, nothing else.

    What it declares is linked from the environment that runs the tests: to install torch anew takes a network and
    most of a minute.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    scripts = folder / SCRIPTS
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "--disable-pip-version-check"]
    run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], cwd=folder)
    site = Path(
        run(
            [scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder
        ).strip()
    )
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        declared = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist")
    for installed in closure(Requirement(line) for line in declared):
        for name in {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}:
            link = site / name
            if not link.is_symlink():
                link.symlink_to(installed.locate_file(name))
    take_machine_code(site)
    return scripts


def take_machine_code(site: Path) -> None:
    """Takes over the kernels that the checkout has compiled, which takes ten seconds; they hold for a file's time."""
    for code in (ROOT / "landscape_app").rglob("__pycache__/*.nb[ic]"):
        source = code.parent.parent / f"{code.name.split('.')[0]}.py"
        shutil.copy(code, site / code.relative_to(ROOT))
        shutil.copystat(source, site / source.relative_to(ROOT))


def test_wheel_holds_every_asset_and_no_test(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for asset in sorted((ROOT / "assets").rglob("*")):
            if asset.is_file():
                name = f"landscape_app/{asset.relative_to(ROOT).as_posix()}"
                assert archive.read(name) == asset.read_bytes()
    assert not [name for name in names if "tests/" in name or "__pycache__" in name]
    assert {name.split("/")[0].split("-")[0] for name in names} == {"landscape_app"}


@pytest.mark.slow
def test_installed_command_runs_from_any_folder(environment: Path, tmp_path: Path) -> None:
    for name in ("landscape", "landscape-app"):
        assert (
            run([environment / name, "--version"], cwd=tmp_path) == f"landscape {landscape_app.__version__}\n"
        )


@pytest.mark.slow
def test_installed_package_is_the_wheel_and_finds_its_assets(environment: Path, tmp_path: Path) -> None:
    script = (
        "import json, landscape_app\n"
        "from landscape_app.data import asset_path, load_digits\n"
        "print(json.dumps([landscape_app.__file__, landscape_app.__version__,"
        " str(asset_path('digits.h5')), len(load_digits().training_items)]))"
    )
    package, version, asset, images = json.loads(run([environment / "python", "-c", script], cwd=tmp_path))
    installed = environment.resolve().parent
    assert Path(package).is_relative_to(installed)
    assert Path(asset).is_relative_to(installed)
    assert not Path(package).is_relative_to(ROOT)
    assert version == landscape_app.__version__
    assert images == 200


@pytest.mark.slow
def test_installed_window_opens_from_any_folder(environment: Path, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    run([environment / "landscape", "gui", "--screenshot", picture, "--after", "1"], cwd=tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG")


def names_to_install(requirements: Iterable[Requirement], environment: Mapping[str, str]) -> set[str]:
    """Names of what requirements bring along in an environment, as far as the metadata installed here tell."""
    names: set[str] = set()
    todo = list(requirements)
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": "", **environment})
        if wanted and name not in names and not PINNED_BY_TORCH.match(name):
            names.add(name)
            todo += requirements_of(name)
    return names


@functools.cache
def requirements_of(name: str) -> tuple[Requirement, ...]:
    """What a package requires; nothing where it is not installed here, as it is for other systems."""
    try:
        return tuple(Requirement(line) for line in distribution(name).requires or ())
    except PackageNotFoundError:
        return ()


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("machine", ["linux x86_64", "linux aarch64", "darwin arm64", "win32 AMD64"])
def test_constraints_pin_once_what_gets_installed_on_every_system(machine: str, python: str) -> None:
    platform, processor = machine.split()
    environment = {
        "sys_platform": platform,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[platform],
        "os_name": "nt" if platform == "win32" else "posix",
        "platform_machine": processor,
        "python_version": python,
        "python_full_version": f"{python}.7",
    }
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"==[^*,]+", str(pin.specifier)) for pin in pins)
    active = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
    pinned = [canonicalize_name(pin.name) for pin in active]
    assert len(pinned) == len(set(pinned))

    direct = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    needed = names_to_install(map(Requirement, direct), environment)
    assert needed <= set(pinned), f"constraints.txt misses {sorted(needed - set(pinned))}"
