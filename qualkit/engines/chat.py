"""Questions to a language model on a server that the user names. The only door to the network in all of qualkit.

Any server that offers `POST /v1/chat/completions` will do: Ollama, llama.cpp, vLLM and others. Nothing is sent to another
machine unless the user names its host a second time: a server must be `localhost` or a loopback address as written, so that
no resolver is asked where it is, and `localhost` is 127.0.0.1 or ::1 whatever a resolver would say. Redirects are not
followed, proxies of the environment are not used. A key, where a server wants one, comes from the environment variable
`QUALKIT_LLM_KEY`; it is sent in a header, and never kept, shown or part of an error.

Answers are asked for at temperature 0, in the strictest form that the server takes: a JSON schema; where it refuses that, any
JSON; where it refuses that too, plain text. What it takes is found out with the first question.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from qualkit.errors import AnswerError, EngineError
from qualkit.wording import first_line

KEY = "QUALKIT_LLM_KEY"
"""The environment variable that a server's key is read from."""

TEMPERATURE, MOST_TOKENS = 0, 2048

_REFUSED = {400, 415, 422, 500, 501}  # what servers say to a form of answer that they do not know
_UNKNOWN = {400, 415, 422, 501}  # ... and say of that form, not of this question alone
_NOT_ALLOWED = {401, 403}
_BUSY = {408, 413, 429}
_MOST_BYTES = 16_000_000
_CONNECT_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server listens: `hosts` are tried in turn, `path` is what every address of its API begins with."""

    scheme: str
    hosts: tuple[str, ...]
    port: int
    path: str


class OpenAiServer:
    """A `Chat` with the model `model` of the server at the address `server`, such as `http://localhost:11434`.

    `allow_remote` must be exactly the server's host if that is not this machine. Raises `EngineError` where it is not, and for
    an address that cannot be understood. A question that is not answered within `timeout_s` seconds is given up.
    """

    name = "openai-server"

    def __init__(self, server: str, model: str, allow_remote: str = "", *, timeout_s: float = 600.0) -> None:
        self.model = model
        self.revision = f"{model} temperature {TEMPERATURE} max_tokens {MOST_TOKENS}"
        self._server = _without_secrets(server)
        self._address = address_of(server, allow_remote)
        self._timeout_s = timeout_s
        self._form = 0
        self._is_known = False

    def answer(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], *, seed: int = 0) -> str:
        """See `Chat.answer`."""
        self._meet()
        question = {
            "model": self.model,
            "messages": list(messages),
            "temperature": TEMPERATURE,
            "seed": seed,
            "max_tokens": MOST_TOKENS,
            "stream": False,
        }
        forms = _forms(schema)
        said, is_told = "", True
        for form in range(self._form, len(forms)):
            status, said = self._sent("POST", "/chat/completions", question | forms[form])
            if status == 200:
                self._form = form if is_told else self._form
                return _content(said)
            if status not in _REFUSED:
                raise self._refusal(status, said)
            is_told = is_told and status in _UNKNOWN
        raise AnswerError(f"The server {self._server} refused a question: {_reason(said)}")

    def _meet(self) -> None:
        """Before the first question, see that the server has the model. One that does not list its models is trusted."""
        if self._is_known:
            return
        status, said = self._sent("GET", "/models")
        if status in _NOT_ALLOWED or 300 <= status < 400:
            raise self._refusal(status, said)
        there = _listed(said) if status == 200 else []
        if there and not {self.model, f"{self.model}:latest"} & set(there):
            raise EngineError(f"The server {self._server} has no model {self.model!r}; it has: {', '.join(there)}.")
        self._is_known = True

    def _sent(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, str]:
        """The status and the text of the server's reply, without the key should it repeat it."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", **_authorization()}
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        with self._connected() as connection:
            connection.request(method, self._address.path + path, body=data, headers=headers)
            reply = connection.getresponse()
            text = reply.read(_MOST_BYTES).decode("utf-8", "replace")
        key = os.environ.get(KEY, "").strip()
        return reply.status, text.replace(key, "***") if key else text

    @contextlib.contextmanager
    def _connected(self) -> Iterator[http.client.HTTPConnection]:
        """A connection; whatever goes wrong on it is an error in a sentence."""
        connection = self._connection()
        try:
            yield connection
        except TimeoutError as error:
            raise AnswerError(f"The server {self._server} did not answer within {self._timeout_s:g} seconds.") from error
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(
                f"The server {self._server} broke off while it was asked ({_kind(error)}); what it has answered is kept:"
                " see to the server and run again."
            ) from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        where, error = self._address, None
        for host in where.hosts:
            if where.scheme == "https":
                connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, where.port, timeout=_CONNECT_S)
            else:
                connection = http.client.HTTPConnection(host, where.port, timeout=_CONNECT_S)
            try:
                connection.connect()
                connection.sock.settimeout(self._timeout_s)
            except OSError as failure:
                error = failure
                connection.close()
            else:
                return connection
        hint = "its certificate is not trusted" if isinstance(error, ssl.SSLError) else "is it running?"
        raise EngineError(f"No server answers at {self._server}: {hint} ({_kind(error)})") from error

    def _refusal(self, status: int, said: str) -> EngineError:
        if status in _NOT_ALLOWED:
            return EngineError(f"The server {self._server} wants a key: set the environment variable {KEY} to it.")
        if 300 <= status < 400:
            return EngineError(f"The server {self._server} sends to another address, which is not followed: name that one.")
        if status in _BUSY or status > 500:
            return AnswerError(f"The server {self._server} could not answer a question ({status}): {_reason(said)}")
        return EngineError(f"The server {self._server} does not answer as a chat server does ({status}): {_reason(said)}")


# ---------------------------------------------------------------- addresses


def address_of(server: str, allow_remote: str = "") -> Address:
    """Where the server at the address `server` is; with or without `/v1` at its end.

    Raises `EngineError` for one that is no http address, holds a password, or is on another machine than this one while
    `allow_remote` is not exactly its host.
    """
    shown = _without_secrets(server)
    try:
        parts = urlsplit(server.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise EngineError(f"{shown!r} is no address of a server: write it like http://localhost:11434.") from error
    is_plain = server.isascii() and server.isprintable()
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or not is_plain:
        raise EngineError(f"{shown!r} is no address of a server: write it like http://localhost:11434.")
    if "@" in parts.netloc:
        raise EngineError(f"The address {shown!r} holds a name or a password: leave it out, and set {KEY} to the server's key.")
    hosts = _local(host)
    if not hosts and host != allow_remote.strip().casefold().strip("[]"):
        raise EngineError(
            f"{host} is not this machine, and what people said would be sent there. If that is allowed, name the host once"
            f" more: --allow-remote {host}"
        )
    path = parts.path.rstrip("/")
    return Address(
        scheme=parts.scheme,
        hosts=hosts or (host,),
        port=port or (443 if parts.scheme == "https" else 80),
        path=path if path.endswith("/v1") else f"{path}/v1",
    )


def _local(host: str) -> tuple[str, ...]:
    """Loopback addresses that `host`, in lower case, stands for as it is written; none for any other host."""
    if host == "localhost":
        return ("127.0.0.1", "::1")
    try:
        return (host,) if ipaddress.ip_address(host).is_loopback else ()
    except ValueError:
        return ()


def _without_secrets(server: str) -> str:
    """An address as it may be shown: without what stands before an @."""
    scheme, mark, rest = server.strip().rpartition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path.partition('?')[0].rpartition('@')[2]}"


def _authorization() -> dict[str, str]:
    key = os.environ.get(KEY, "").strip()
    if not (key.isascii() and (key.isprintable() or not key)):
        raise EngineError(f"The environment variable {KEY} holds signs that no key has: set it anew.")
    return {"Authorization": f"Bearer {key}"} if key else {}


# ---------------------------------------------------------------- what is sent and what comes back


def _forms(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ways to say that the answer is to be of `schema`, the strictest first."""
    strict = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    return [{"response_format": strict}, {"response_format": {"type": "json_object"}}, {}]


def _content(said: str) -> str:
    """What the model said, of a server's reply. Raises `AnswerError` for a reply of another shape, or one that was cut off."""
    try:
        choice = json.loads(said)["choices"][0]
        content, end = choice["message"]["content"], choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AnswerError("The server's reply is not one of a chat server.") from error
    if end == "length":
        raise AnswerError(f"The model did not come to an end within {MOST_TOKENS} tokens.")
    if not isinstance(content, str):
        raise AnswerError("The model said nothing.")
    return content


def _listed(said: str) -> list[str]:
    """Names of the models in a server's list; empty where it cannot be read."""
    try:
        return [str(item["id"]) for item in json.loads(said)["data"]]
    except (ValueError, LookupError, TypeError):
        return []


def _reason(said: str) -> str:
    """A server's own words about an error, on one line."""
    try:
        error = json.loads(said)
        while isinstance(error, dict):
            error = error.get("error") or error.get("message") or error.get("detail") or ""
    except ValueError:
        error = said
    return first_line(str(error), 200) or "no reason given"


def _kind(error: Exception | None) -> str:
    return (getattr(error, "strerror", None) or type(error).__name__) if error else "no address"
