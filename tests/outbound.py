"""No test, and so no code a test runs, speaks to another machine.

A connection to anywhere but loopback is refused on the spot, and the test fails even if the
code under test swallowed the refusal.
"""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

attempts: list[str] = []
stock_connect, stock_connect_ex = socket.socket.connect, socket.socket.connect_ex
stock_getaddrinfo = socket.getaddrinfo


def stays_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


def refuse(what: object) -> None:
    attempts.append(str(what))
    raise OSError(f"Tests speak to this machine only, not to {what}.")


def is_local(sock: socket.socket, address: Any) -> bool:
    return sock.family == socket.AF_UNIX or stays_here(address[0])


def connect(self: socket.socket, address: Any) -> None:
    if not is_local(self, address):
        refuse(address)
    stock_connect(self, address)


def connect_ex(self: socket.socket, address: Any) -> int:
    if not is_local(self, address):
        refuse(address)
    return stock_connect_ex(self, address)


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    if not stays_here(host):
        refuse(host)
    return stock_getaddrinfo(host, *args, **kwargs)


def pytest_configure(config: pytest.Config) -> None:
    socket.socket.connect = connect  # type: ignore[method-assign]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = getaddrinfo


@pytest.fixture(autouse=True)
def nothing_leaves_the_machine() -> Iterator[list[str]]:
    """Fail a test during which something tried to."""
    attempts.clear()
    yield attempts
    tried = [*attempts]
    attempts.clear()
    assert tried == []
