"""A visitor without a browser: opens links over a WebSocket and reads what the page sends.

Speaks `streamlit.proto`: one `BackMsg` that asks for the page of an address, then `ForwardMsg`s
until its script has finished. Pictures, which a browser fetches beside it, are not asked for.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol


@dataclass(frozen=True)
class View:
    """One link that was opened.

    Attributes:
        wall_s: from before the handshake until the script had finished, or until it failed.
        fault: what went wrong, in a few words; empty if nothing did.
    """

    wall_s: float
    fault: str = ""


@dataclass
class Visitor:
    """Somebody with one tab, which stays open until the next link is opened in it.

    Attributes:
        port: of the server on this machine.
        timeout_s: how long a view is waited for.
        awaited: kind of the element that a page without a fault has, such as `metric`; empty for
            any.
    """

    port: int
    timeout_s: float = 60.0
    awaited: str = "metric"
    _tab: ClientConnection | None = None

    async def open(self, parameters: dict[str, object], page: str = "") -> View:
        """Open the page of an address, in a session of its own; faults are in what it returns.

        Args:
            parameters: of the address.
            page: its path; the first page without.
        """
        await self.leave()
        start, fault = time.perf_counter(), ""
        try:
            async with asyncio.timeout(self.timeout_s):
                # As browsers do: messages of any size, compressed where the server can.
                self._tab = await connect(
                    f"ws://localhost:{self.port}/_stcore/stream", max_size=None, proxy=None,
                    subprotocols=[Subprotocol("streamlit")], open_timeout=None, close_timeout=1)
                fault = await self._read(self._tab, urlencode(parameters), page)
        except TimeoutError:
            fault = "timeout" if self._tab is not None else "timeout of the handshake"
        except InvalidHandshake:
            fault = "failed handshake"
        except (OSError, WebSocketException):
            fault = "broken connection"
        return View(time.perf_counter() - start, fault)

    async def leave(self) -> None:
        """Close the tab."""
        tab, self._tab = self._tab, None
        if tab is not None:
            await tab.close()

    async def _read(self, tab: ClientConnection, query: str, page: str) -> str:
        request = BackMsg()
        request.rerun_script.page_name = page
        request.rerun_script.query_string = query
        request.rerun_script.context_info.url = f"http://localhost:{self.port}/{page}"
        await tab.send(request.SerializeToString())
        kinds, fault = set(), ""
        while True:
            message = ForwardMsg.FromString(await tab.recv(decode=False))
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                kinds.add(element.WhichOneof("type"))
                fault = fault or fault_of(element)
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    is_whole = not self.awaited or self.awaited in kinds
                    return fault or ("" if is_whole else f"no {self.awaited}")
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    return "script that does not compile"


def fault_of(element: Element) -> str:
    """What an element says went wrong, if it does: an exception, or a message of an error."""
    kind = element.WhichOneof("type")
    if kind == "exception":
        return f"exception {element.exception.type}".strip()
    if kind == "alert" and element.alert.format == element.alert.ERROR:
        return f"error: {element.alert.body[:80]}"
    return ""
