"""A client of services on this machine, which have no TLS."""

import httpx


def plain(*, timeout: float = 5) -> httpx.AsyncClient:
    """Loading the machine's certificates takes 30 ms of a processor, for each client again: where
    a start is waited for by asking, what is waited for was slowed down by it."""
    return httpx.AsyncClient(timeout=timeout, verify=False)
