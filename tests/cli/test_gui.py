"""`landscape gui` before Qt: what is passed on, and that no missing display ends in a core dump."""

import socket
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landscape_app import libraries
from landscape_app.cli import gui

Landscape = Callable[..., Any]
NO_DISPLAY = "landscape: there is no display to open a window on"
linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="displays are probed on Linux alone"
)


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A window that is not opened; the list holds what it was asked for."""
    asked: list[tuple[Any, ...]] = []

    def run_window(*arguments: Any) -> int:
        asked.append(arguments)
        return 0

    module = types.ModuleType("landscape_app.gui.application")
    module.run_window = run_window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_display")
@linux_only
@pytest.mark.parametrize("arguments", [(), ("gui",)])
def test_without_a_display_one_line_names_the_two_ways_on(
    landscape: Landscape, window: list[Any], arguments: tuple[str, ...]
) -> None:
    done = landscape(*arguments)
    assert done.code == 1
    assert done.err.startswith(NO_DISPLAY)
    assert done.err.count("\n") == 1
    assert "landscape train digits -o run.h5" in done.err
    assert "landscape gui --screenshot window.png" in done.err
    assert not window


@pytest.mark.usefixtures("no_display")
@linux_only
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DISPLAY", ":8097"),
        ("DISPLAY", "localhost:8097"),
        ("DISPLAY", "nonsense"),
        ("DISPLAY", ":99999999999"),
        ("WAYLAND_DISPLAY", "wayland-97"),
    ],
)
def test_a_display_that_does_not_answer_is_none(
    landscape: Landscape, window: list[Any], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    done = landscape("gui")
    assert done.code == 1
    assert done.err.startswith(NO_DISPLAY)
    assert not window


@pytest.fixture
def rude_x_server() -> Iterator[str]:
    """The DISPLAY of a server that listens, and closes every connection at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.close()

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        if port < 6000:
            pytest.skip("the system gave a port below X's")
        yield f"127.0.0.1:{port - 6000}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.usefixtures("no_display")
@linux_only
def test_an_x_server_that_refuses_us_is_no_display(
    monkeypatch: pytest.MonkeyPatch, rude_x_server: str
) -> None:
    monkeypatch.setenv("DISPLAY", rude_x_server)
    try:
        gui.ctypes.CDLL("libxcb.so.1")
    except OSError:
        pytest.skip("no libxcb to ask with")
    assert not gui.x_answers()


@pytest.mark.usefixtures("no_display")
@linux_only
def test_a_screenshot_needs_no_display(
    landscape: Landscape, window: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    done = landscape(
        "gui",
        "--screenshot",
        "window.png",
        "--after",
        "0.5",
        "--size",
        "1280x800",
        "--theme",
        "dark",
        "--device",
        "cuda:1",
    )
    assert done.code == 0
    assert window == [(None, Path("window.png"), 0.5, (1280, 800), "dark", "cuda:1")]
    assert gui.os.environ["QT_QPA_PLATFORM"] == "offscreen"


@linux_only
def test_a_platform_that_qt_lacks_is_told_in_one_line(
    landscape: Landscape, window: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "cardboard")
    done = landscape("gui")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "Qt cannot draw the window on the platform 'cardboard'" in done.err
    assert not window


@linux_only
def test_a_frozen_program_names_the_missing_library_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its loader raises an error of its own from the system's."""

    def loader(path: str) -> None:
        raise OSError("not found when the application was frozen") from OSError("libGL.so.1: cannot open it")

    monkeypatch.setattr(gui.ctypes, "CDLL", loader)
    assert gui.missing_library("offscreen") == "libGL.so.1"


def test_a_run_file_is_passed_on(
    landscape: Landscape, window: list[Any], monkeypatch: pytest.MonkeyPatch, run_file: Path
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert landscape("gui", "run.h5").code == 0
    assert window == [(Path("run.h5"), None, 3.0, None, None, None)]


@pytest.mark.parametrize("path", ["run.h5", "photos/", "./photos", "survey.csv", "no-ending", "mine.json"])
def test_a_file_in_the_place_of_a_command_is_passed_on_as_by_gui(
    landscape: Landscape, window: list[Any], monkeypatch: pytest.MonkeyPatch, run_file: Path, path: str
) -> None:
    """As "Open with" of a system starts the program."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    folder = run_file.parent
    (folder / "photos").mkdir()
    (folder / "survey.csv").write_text("a,b\n1,2\n")
    (folder / "mine.json").write_text("{}")
    (folder / "no-ending").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 5]))
    assert landscape(path, "--theme", "dark").code == 0
    assert window == [(Path(path), None, 3.0, None, "dark", None)]


def test_the_windows_exit_code_is_the_commands(
    landscape: Landscape, window: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(sys.modules["landscape_app.gui.application"], "run_window", lambda *_: 1)
    assert landscape("gui").code == 1


@pytest.mark.parametrize(
    "missing", ["libGL.so.1: cannot open shared object file", "No module named 'PySide6'"]
)
def test_libraries_that_are_missing_are_told_in_one_line(
    landscape: Landscape, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    class Failing(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise ImportError(missing)

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setitem(sys.modules, "landscape_app.gui.application", Failing("application"))
    done = landscape("gui")
    assert done.code == 2
    assert missing in done.err
    assert done.err.count("\n") == 1


@linux_only
def test_what_a_display_needs_is_told_with_the_packages_of_two_systems(
    landscape: Landscape, window: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a bare Debian, where an X server answers."""
    lacking = {"libxcb-cursor.so.0", "libxcb-icccm.so.4"}
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setattr(gui, "x_answers", lambda: True)
    monkeypatch.setattr(gui, "wayland_answers", lambda: False)
    monkeypatch.setattr(gui, "missing_library", lambda _: "libxcb-cursor.so.0")
    monkeypatch.setattr(libraries, "_loads", lambda library: library not in lacking)
    monkeypatch.setattr(libraries, "_has_font", lambda: True)
    done = landscape("gui")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "'xcb': libxcb-cursor.so.0 is missing" in done.err
    assert "apt-get install libxcb-cursor0 libxcb-icccm4; on Fedora" in done.err
    assert "dnf install xcb-util-cursor xcb-util-wm" in done.err
    assert not window
