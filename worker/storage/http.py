"""One HTTP exchange, bounded in bytes and time; retried only where another try may help."""

import http.client
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import certifi
import urllib3
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential

from worker.storage.deadline import Deadline, HTTPPool, HTTPSPool

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 30.0
"""How long a connection may stand silent."""
_CONNECTIONS_MAX = 32
"""To one host, kept open: above what all threads of a batch use at a time."""
_PART = 1 << 16
T = TypeVar("T")


class ExchangeError(Exception):
    """An exchange that brought nothing. The message names the cause, never a URL or a header."""


class Transient(ExchangeError):
    """The store or the way to it failed; another try may help."""


class TooSlow(Transient):
    """A time limit passed."""


class TooLarge(ExchangeError):
    """The answer has more bytes than are allowed."""


class Answered(ExchangeError):
    """The store answered with a status that another try will not change."""

    def __init__(self, status: int, location: str | None = None) -> None:
        super().__init__(f"the store answered {status}")
        self.status = status
        self.location = location


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For one exchange: bytes of its answer and seconds in all; and how many tries there are."""

    bytes_max: int
    seconds: float
    tries: int


def pool() -> urllib3.PoolManager:
    """Connections that follow no redirect and retry nothing by themselves."""
    manager = urllib3.PoolManager(
        maxsize=_CONNECTIONS_MAX, retries=False, timeout=timeout(IDLE_SECONDS), ca_certs=trusted_certificates()
    )
    manager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}
    return manager


def timeout(seconds: float) -> urllib3.Timeout:
    """To connect, and to wait for each part of an answer, at most `seconds`."""
    return urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=min(IDLE_SECONDS, seconds))


def trusted_certificates() -> str:
    """The file of trusted certificates: what the environment names, else the bundle among our dependencies."""
    return os.environ.get(ssl.get_default_verify_paths().openssl_cafile_env) or certifi.where()


def retried(limits: Limits, exchange: Callable[[], T]) -> T:
    """Try the exchange until it succeeds or fails for good; raises the last error."""
    tries = Retrying(
        # No further try is begun once the time for one is over, so two such times bound them all.
        stop=stop_after_attempt(limits.tries) | stop_after_delay(limits.seconds),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        retry=retry_if_exception_type(Transient),
        reraise=True,
    )
    return tries(exchange)


def exchange(
    http_pool: urllib3.PoolManager | urllib3.HTTPSConnectionPool,
    method: str,
    url: str,
    *,
    limits: Limits,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> bytes:
    """Send one request and return the whole answer of a 2xx status; raises ExchangeError."""
    with Deadline(limits.seconds) as deadline:
        try:
            data = _exchanged(http_pool, method, url, limits, headers, body)
        except urllib3.exceptions.NewConnectionError as error:
            # A kind of timeout to urllib3, though nobody waited: refused, unreachable, or a name that leads nowhere.
            raise Transient("no connection was to be had") from error
        except (urllib3.exceptions.TimeoutError, TimeoutError) as error:
            raise TooSlow("the store answered too slowly") from error
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            if deadline.has_passed:
                raise _too_slow(limits) from error
            raise Transient(f"the connection failed: {type(error).__name__}") from error
        if deadline.has_passed:
            # An answer of no announced length looks whole when it is cut.
            raise _too_slow(limits)
    return data


def _too_slow(limits: Limits) -> TooSlow:
    return TooSlow(f"not whole within {limits.seconds:g} s")


def _exchanged(
    http_pool: urllib3.PoolManager | urllib3.HTTPSConnectionPool,
    method: str,
    url: str,
    limits: Limits,
    headers: Mapping[str, str] | None,
    body: bytes | None,
) -> bytes:
    response = http_pool.request(
        method,
        url,
        headers=headers,
        body=body,
        preload_content=False,
        redirect=False,
        timeout=timeout(limits.seconds),
    )
    try:
        _check_status(response)
        return _read(response, limits)
    finally:
        response.close()


def _check_status(response: urllib3.BaseHTTPResponse) -> None:
    if response.status in (408, 425, 429) or response.status >= 500:
        raise Transient(f"the store answered {response.status}")
    if not 200 <= response.status < 300:
        raise Answered(response.status, response.headers.get("Location"))


def _read(response: urllib3.BaseHTTPResponse, limits: Limits) -> bytes:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > limits.bytes_max:
        raise TooLarge(f"more than {limits.bytes_max} bytes")
    parts, size = [], 0
    # Undecoded: the bytes that were uploaded, and no compressed answer that unpacks to gigabytes.
    for part in response.stream(_PART, decode_content=False):
        parts.append(part)
        if (size := size + len(part)) > limits.bytes_max:
            raise TooLarge(f"more than {limits.bytes_max} bytes")
    return b"".join(parts)
