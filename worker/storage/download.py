"""Fetch an `artifact_url`: https on public addresses, and nothing that leads elsewhere.

A name is resolved once, every address it has must be public, and the connection goes to the address that was checked,
so that a name cannot mean one host when it is looked at and another when it is used. The rule has no switch.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin, urlsplit

from worker.contract import ErrorCode
from worker.faults import DocumentFault
from worker.storage.deadline import HTTPSPool, WatchedHTTPS
from worker.storage.grants import fetch_fault
from worker.storage.http import (
    CONNECT_SECONDS,
    Answered,
    ExchangeError,
    Limits,
    Transient,
    exchange,
    retried,
    timeout,
    trusted_certificates,
)

REDIRECTS_MAX = 3
Resolve = Callable[[str, int], list[str]]
"""A host name and a port to its addresses; raises OSError where it has none."""
Dial = Callable[[str, int, float], socket.socket]
"""An address, a port and seconds to a connection; raises OSError."""

_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver."""
    return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """A connection to an address that was checked."""
    return socket.create_connection((address, port), seconds)


@dataclass(frozen=True, slots=True)
class Network:
    """How names become addresses, and addresses connections; there is one in use, and tests have their own."""

    resolve: Resolve = resolve
    dial: Dial = dial


def download(url: str, limits: Limits, network: Network = Network()) -> bytes:
    """The bytes behind a public https URL; raises DocumentFault.

    ARTIFACT_SOURCE_INVALID where the URL, or one it redirects to, is not https or not public.
    """
    for _ in range(REDIRECTS_MAX + 1):
        try:
            return retried(limits, partial(_get, url, limits, network))
        except Answered as error:
            if error.status not in (301, 302, 303, 307, 308) or not error.location:
                raise fetch_fault(error) from error
            url = _joined(url, error.location)
        except ExchangeError as error:
            raise fetch_fault(error) from error
    raise DocumentFault(ErrorCode.FETCH_FAILED, f"artifact_url redirects more than {REDIRECTS_MAX} times")


def _get(url: str, limits: Limits, network: Network) -> bytes:
    host, port, target = _parsed(url)
    address = public_address(host, port, network.resolve)
    pool = HTTPSPool(
        address,
        port,
        retries=False,
        timeout=timeout(limits.seconds),
        server_hostname=host,
        assert_hostname=host,
        cert_reqs="CERT_REQUIRED",
        ca_certs=trusted_certificates(),
    )
    _dial_by(pool, network.dial)
    named = f"[{host}]" if ":" in host else host
    with pool:
        headers = {"Host": named if port == 443 else f"{named}:{port}"}
        return exchange(pool, "GET", target, limits=limits, headers=headers)


def _dial_by(pool: HTTPSPool, dial: Dial) -> None:
    """Have the pool's connections dialled so. Nothing is resolved after this: they have an address, not a name."""

    class Dialled(WatchedHTTPS):
        def open(self) -> socket.socket:
            return dial(self.host, self.port, CONNECT_SECONDS)

    pool.ConnectionCls = Dialled


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise _refused("redirects to what is no URL") from None


def _parsed(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise _refused("is no URL with a host and a valid port") from None
    if parts.scheme != "https" or not parts.hostname:
        raise _refused("must begin with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise _refused("must not carry a name or password")
    return parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def public_address(host: str, port: int, resolver: Resolve = resolve) -> str:
    """One address of the host, all of which are public; raises DocumentFault(ARTIFACT_SOURCE_INVALID) otherwise."""
    try:
        addresses = resolver(host, port)
    except UnicodeError as error:
        # An empty or overlong part: no name at all, today or tomorrow.
        raise _refused("names no host") from error
    except OSError as error:
        raise Transient("the host's name cannot be resolved") from error
    if not addresses or not all(is_public(address) for address in addresses):
        raise _refused("leads to an address that is not public")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where IPv6 wraps an IPv4 address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if any(ip in network for network in _TRANSLATED):
            return False
        if wrapped is not None:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast


def _refused(why: str) -> DocumentFault:
    return DocumentFault(ErrorCode.ARTIFACT_SOURCE_INVALID, f"input.artifact_url: {why}")
