"""`trailscope app`: serve the dashboard."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.assets import models_folder
from core.cli import messages
from core.data.splits import data_folder
from core.errors import InputError
from core.quotas import quotas


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("app")(serve)


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "localhost",
    watch: Annotated[bool, typer.Option(
        "--watch", help="Rerun pages whose source files change; for developers."
    )] = False,
) -> None:
    """Serve the dashboard."""
    page = Path(__file__).parents[2] / "dashboard" / "app.py"
    quotas()  # a limit that is no number is refused now, not by the first page
    check_free(address, port)
    messages.print(f"Models that are kept go to {models_folder().absolute()}, data sets to "
                   f"{data_folder().absolute()}.", markup=False, soft_wrap=True)
    # Streamlit finds its settings in .streamlit beside the page, from whatever folder.
    os.execv(sys.executable, [
        sys.executable, "-m", "streamlit", "run", str(page),
        "--server.port", str(port), "--server.address", address,
        *(["--server.fileWatcherType", "auto"] if watch else []),
    ])


def check_free(address: str, port: int) -> None:
    """Refuse an address where no server can listen.

    Raises:
        InputError: if the port is taken or kept from this user, or the address is not this
            machine's.
    """
    try:
        places = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InputError(f"There is no address {address!r}; use localhost, or 0.0.0.0 for all of "
                         "this machine.") from None
    faults = []
    for family, kind, protocol, _, place in places:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
        except OSError as error:
            faults.append(error.errno)
    if errno.EADDRINUSE in faults:
        raise InputError(f"Port {port} is taken; give another one, such as --port "
                         f"{port + 1 if port < 65535 else port - 1}.")
    if errno.EACCES in faults:
        raise InputError(f"Port {port} is kept for the system's own; give one above 1023.")
    if len(faults) == len(places):
        raise InputError(f"{address} is no address of this machine; use localhost, or 0.0.0.0 for "
                         "all of them.")
