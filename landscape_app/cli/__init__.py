"""The `landscape` command: gui, train, sample and info, all on the same `Session` as the window."""

from landscape_app.cli.command import app, main

__all__ = ["app", "main"]
