"""A client that costs little, so that the server is measured: few connections, which stay open."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final, TypeAlias
from urllib.parse import urlsplit

CONNECTIONS: Final = 16
READ: Final = 64 * 1024
Body: TypeAlias = Mapping[str, object] | Callable[[int], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Load:
    """Requests a second, and the 99th of a hundred answers in milliseconds."""

    rate: float
    p99: float


async def posted(
    base: str,
    paths: Sequence[str],
    body: Body,
    headers: Sequence[str],
    *,
    every: float = 0,
    connections: int = CONNECTIONS,
) -> Load:
    """Each path once, with `body` and `headers`, in which `{n}` is its number. A body that differs
    in more is made when it is to be sent, of its number.

    With `every`, one in so many seconds, and each counts from when it was to be sent: one that had
    to wait for a connection has waited, too. Raises AssertionError unless 2xx.
    """
    left, seconds = iter(enumerate(paths)), list[float]()
    address = urlsplit(base)
    host, port = str(address.hostname), int(address.port or 80)
    began = time.perf_counter()
    opened = (
        _connection(host, port, left, body, headers, seconds, every) for _ in range(connections)
    )
    await asyncio.gather(*opened)
    rate = len(paths) / (time.perf_counter() - began)
    return Load(rate, quantiles(seconds, n=100)[98] * 1000)


async def _connection(
    host: str,
    port: int,
    left: Iterator[tuple[int, str]],
    body: Body,
    headers: Sequence[str],
    seconds: list[float],
    every: float,
) -> None:
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection(host, port)
    fixed = "" if callable(body) else json.dumps(body)
    for number, path in left:
        began = time.perf_counter()
        if every:
            due = started + number * every
            await asyncio.sleep(max(0.0, due - began))
            began = due
        content = (json.dumps(body(number)) if callable(body) else fixed).encode()
        content = content.replace(b"{n}", str(number).encode())
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {host}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            *(header.replace("{n}", str(number)) for header in headers),
        ]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        head = await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(_length_in(head))
        assert head.startswith(b"HTTP/1.1 2"), answer
        seconds.append(time.perf_counter() - began)
    writer.close()


def _length_in(head: bytes) -> int:
    fields = (line.partition(b":") for line in head.lower().split(b"\r\n")[1:])
    return int(next(value for name, _, value in fields if name == b"content-length"))
