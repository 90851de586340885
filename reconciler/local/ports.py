"""Free TCP ports of the loopback interface."""

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"

_PORT_MAX = 65535
_TWINS_TRIED = 64


def free_ports(count: int) -> tuple[int, ...]:
    """Choose distinct ports that nothing listens on now; another program may still be faster to take one."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        return tuple(_bind(each) for each in sockets)


def free_port_with_twin(offset: int) -> int:
    """Choose a port such that the one `offset` above it is free as well."""
    return next(port for port in free_ports(_TWINS_TRIED) if port + offset <= _PORT_MAX and is_free(port + offset))


def is_free(port: int) -> bool:
    """Say whether nothing listens on the port now."""
    with socket.socket() as probe:
        # As servers do: a connection of a former server that still lingers does not make the port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_port(preferred: int | None) -> int:
    """Choose the preferred port if it is free, else another."""
    if preferred is not None and is_free(preferred):
        return preferred
    return free_ports(1)[0]


def _bind(free: socket.socket) -> int:
    free.bind((LOOPBACK, 0))
    return int(free.getsockname()[1])
