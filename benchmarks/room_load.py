"""Coders without a browser: `python -m benchmarks.room_load ADDRESS NAME ... --seconds 60 --think-s 3`.

Each opens the page Code over a websocket as Streamlit's own page does, is sent the coding panel with its queue, and gives
decisions as the panel in a browser would: the whole outbox as the component's state, every item with an id of its own, until
the server has acknowledged it. A connection that breaks is opened again, and what waits in the outbox is sent again.

Prints `READY` when all have the page before them, and at the end, as one line of JSON, what each of them did: the ids of all
decisions, those that were acknowledged, those that were refused, and for each acknowledged one the milliseconds from the press
to the acknowledgement.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from benchmarks.room_contract import COMPONENT, answered, queued, state, verdict

PATIENCE_S = 60.0
"""How long a coder waits, after the last press, for what is in the outbox to be acknowledged."""

READY = "ready"

AGAIN_S, MOST_AGAIN_S = 2.0, 8.0
"""What is not acknowledged after so many seconds is sent again, and each time after twice as many, as the panel does."""


@dataclass
class Deeds:
    """What one coder did."""

    name: str
    pressed: dict[str, str] = field(default_factory=dict)
    """Segment by client id, in the order of pressing."""
    acked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ack_ms: list[float] = field(default_factory=list)
    open_ms: float = 0.0
    n_connections: int = 0


class Panel:
    """What the coding panel in a browser keeps: the queue, which of it was judged, and the outbox. No clock, no network."""

    def __init__(self, name: str) -> None:
        self.deeds = Deeds(name)
        self.outbox: dict[str, dict[str, Any]] = {}
        self._data: dict[str, Any] = {"queue": []}
        self._sent_at: dict[str, float] = {}

    def take(self, data: dict[str, Any], now: float) -> None:
        """Take what the server says: a newer queue, and answers to what is in the outbox."""
        self._data = data
        for client_id, is_kept in answered(data).items():
            if self.outbox.pop(client_id, None) is None:
                continue
            if is_kept:
                self.deeds.acked.append(client_id)
                self.deeds.ack_ms.append((now - self._sent_at[client_id]) * 1000)
            else:
                self.deeds.refused.append(client_id)

    def press(self, now: float) -> bool:
        """Judge the next segment of the queue, whether there was one."""
        done = set(self.deeds.pressed.values())
        item = next((item for item in queued(self._data) if item["id"] not in done), None)
        if item is None:
            return False
        act = verdict(self._data, item, n=len(done) + 1)
        client_id = str(act["client_id"])
        self.deeds.pressed[client_id] = str(item["id"])
        self.outbox[client_id] = act
        self._sent_at[client_id] = now
        return True

    def state(self) -> str:
        """The component's state as JSON."""
        return json.dumps(state(self.outbox))


class Connection:
    """A websocket to the app, over which one page is asked for and one component's state is sent."""

    def __init__(self, socket: Any, name: str) -> None:
        self._socket, self._query = socket, urlencode({"coder": name})
        self._page_hash = self._component_id = self._fragment_id = ""
        self._kept: dict[str, Any] = {}

    async def open_page(self, page: str) -> None:
        """Ask for a page, as a browser does that has just come."""
        await self._ask(page_name=page)

    async def send_state(self, state: str) -> None:
        """Send the component's state: what the browser does for `setStateValue`."""
        await self._ask(state=state, page_script_hash=self._page_hash, fragment_id=self._fragment_id)

    async def _ask(self, *, state: str | None = None, **where: str) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = self._query
        for name, value in where.items():
            setattr(asked, name, value)
        if state is not None:
            asked.widget_states.widgets.add(id=self._component_id, json_value=state)
        await self._socket.send(message.SerializeToString())

    async def data(self) -> dict[str, Any] | None:
        """What the next message says to the coding panel, None if it is about something else."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg()
        message.ParseFromString(await self._socket.recv())
        if message.WhichOneof("type") == "ref_hash":
            message = self._kept.get(message.ref_hash, message)
        elif message.metadata.cacheable:
            self._kept[message.hash] = message
        if message.WhichOneof("type") == "navigation":
            self._page_hash = message.navigation.page_script_hash
        return self._panel_in(message)

    def _panel_in(self, message: Any) -> dict[str, Any] | None:
        if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
            return None
        element = message.delta.new_element
        if element.WhichOneof("type") != "bidi_component" or element.bidi_component.component_name != COMPONENT:
            return None
        self._component_id, self._fragment_id = element.bidi_component.id, message.delta.fragment_id
        found: dict[str, Any] = json.loads(element.bidi_component.json)[0]
        return found


class Coder:
    """One coder: a panel over a connection, pressing after a time of thinking until it is time to stop."""

    def __init__(self, address: str, name: str, *, think_s: float, seed: int) -> None:
        self._url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        self._panel, self._think_s, self._random = Panel(name), think_s, random.Random(seed)
        self._until: float | None = None
        self.sits = asyncio.Event()

    async def work(self, seconds: float) -> Deeds:
        """Code for so long, once the page is there, then wait until everything is acknowledged or patience ends."""
        patience = time.monotonic() + seconds + 2 * PATIENCE_S
        while time.monotonic() < patience:
            try:
                await self._sit(seconds)
                break
            except OSError:  # also where nobody listens
                await asyncio.sleep(1)
        return self._panel.deeds

    async def _sit(self, seconds: float) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed

        started = time.monotonic()
        async with connect(self._url, subprotocols=["streamlit"], max_size=None, compression=None) as socket:  # type: ignore[list-item]
            self._panel.deeds.n_connections += 1
            connection = Connection(socket, self._panel.deeds.name)
            listening: asyncio.Task[None] | None = None
            try:
                await connection.open_page("code")
                while (data := await connection.data()) is None:
                    pass
                now = time.monotonic()
                self._panel.take(data, now)
                self._panel.deeds.open_ms = self._panel.deeds.open_ms or (now - started) * 1000
                self._until = self._until or now + seconds
                self.sits.set()
                listening = asyncio.create_task(self._listen(connection))
                await self._press_on(connection, listening, self._until)
            except ConnectionClosed as error:
                raise ConnectionError("the server went away") from error
            finally:
                if listening is not None:
                    listening.cancel()

    async def _listen(self, connection: Connection) -> None:
        while True:
            if (data := await connection.data()) is not None:
                self._panel.take(data, time.monotonic())

    async def _press_on(self, connection: Connection, listening: asyncio.Task[None], until: float) -> None:
        due, last, patience = time.monotonic() + self._pause(), time.monotonic(), AGAIN_S
        while time.monotonic() < until or (self._panel.outbox and time.monotonic() < until + PATIENCE_S):
            now = time.monotonic()
            if due <= now < until:
                due = now + self._pause()
                if self._panel.press(now):
                    last, patience = now, AGAIN_S
                    await connection.send_state(self._panel.state())
            elif self._panel.outbox and now > last + patience:
                last, patience = now, min(2 * patience, MOST_AGAIN_S)
                await connection.send_state(self._panel.state())
            if listening.done():
                listening.result()
            await asyncio.sleep(0.02)

    def _pause(self) -> float:
        """Seconds of thinking, between half and one and a half of the mean."""
        return self._think_s * self._random.uniform(0.5, 1.5)


async def work(address: str, names: Sequence[str], *, seconds: float, think_s: float) -> list[Deeds]:
    """Have all of them code at the same time; says so, in a line of its own, when the page is there for all."""
    coders = [Coder(address, name, think_s=think_s, seed=n) for n, name in enumerate(names)]
    works = [asyncio.create_task(coder.work(seconds)) for coder in coders]
    for coder, working in zip(coders, works, strict=True):
        while not (coder.sits.is_set() or working.done()):
            await asyncio.sleep(0.05)
    print(READY, flush=True)
    return list(await asyncio.gather(*works))


def main() -> None:
    """Read the arguments, have them code, print what they did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think-s", type=float, default=3.0)
    given = parser.parse_args()
    done = asyncio.run(work(given.address, given.names, seconds=given.seconds, think_s=given.think_s))
    print(json.dumps([asdict(deeds) for deeds in done]))


if __name__ == "__main__":
    main()
