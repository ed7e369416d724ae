"""Everything that reaches or leaves a browser window, kept so that it can be searched for what should not be there."""

from __future__ import annotations

from typing import Any


class Overheard:
    """Listens to a window from its first moment: responses, frames of its websockets both ways, and what it stores."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self.chunks: list[tuple[str, bytes]] = []
        self.urls: list[str] = []
        self._responses: list[Any] = []
        window.on("websocket", self._listen)
        window.on("response", lambda response: self._responses.append(response))  # noqa: PLW0108 - Playwright cannot mark a builtin
        window.on("request", lambda request: self.urls.append(request.url))

    def _listen(self, socket: Any) -> None:
        for event in ("framesent", "framereceived"):
            socket.on(event, lambda payload, event=event: self._keep(f"a frame ({event})", payload))

    def _keep(self, where: str, said: str | bytes) -> None:
        self.chunks.append((where, said if isinstance(said, bytes) else said.encode()))

    def look_around(self) -> None:
        """Take in the page as it stands, what the browser stores, and the responses since the last look."""
        self._keep("the page", self._window.content())
        stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        self._keep("what the browser stores", self._window.evaluate(stored))
        for response in self._responses:
            self._keep(response.url, response.url)
            self._keep(response.url, str(response.headers))
            if response.ok and "/static/" not in response.url:
                self._keep(response.url, response.body())
        self._responses.clear()

    def where(self, mark: str) -> list[str]:
        """Where a mark turned up, in any case of letters; in UTF-8, as that is how all of it is sent."""
        wanted = mark.lower().encode()
        return sorted({where for where, said in self.chunks if wanted in said.lower()})

    @property
    def n_frames(self) -> int:
        """How many frames were overheard."""
        return sum(where.startswith("a frame") for where, _ in self.chunks)
