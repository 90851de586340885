"""The port itself, bound before anything is served there."""

import socket

BACKLOG = 64


class PortTaken(RuntimeError):
    """The port cannot be listened on."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the port before anything else starts. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    link = socket.socket(family, socket.SOCK_STREAM)
    try:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        link.bind((host, port))
        link.listen(BACKLOG)
    except OSError as error:
        link.close()
        raise PortTaken(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return link
