"""`trailscope app`: serve the dashboard."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("app")(serve)


def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "localhost",
    watch: Annotated[bool, typer.Option(
        "--watch", help="Rerun pages whose source files change; for developers."
    )] = False,
) -> None:
    """Serve the dashboard."""
    page = Path(__file__).parents[2] / "dashboard" / "app.py"
    os.chdir(page.parents[1])  # where .streamlit/config.toml is found
    os.execv(sys.executable, [
        sys.executable, "-m", "streamlit", "run", str(page),
        "--server.port", str(port), "--server.address", address,
        *(["--server.fileWatcherType", "auto"] if watch else []),
    ])
