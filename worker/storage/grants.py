"""Presigned URLs: the run's grants for one document.

A grant is used only for the origin that the payload names as its storage, and only for the very key it should be for.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import SplitResult, unquote, urlsplit

import urllib3

from worker.contract import Artifact, ErrorCode, Grants, Payload, Stage
from worker.faults import DocumentFault
from worker.storage.http import Answered, ExchangeError, Limits, TooLarge, TooSlow, exchange, retried
from worker.storage.store import Body

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HEADER_SAFE = re.compile(r"[A-Za-z0-9._-]+")


class GrantStore:
    """The document's objects through presigned URLs; holds no credentials."""

    def __init__(
        self, pool: urllib3.PoolManager, payload: Payload, grants: Grants, keys: Mapping[str, str], limits: Limits
    ) -> None:
        """Check every grant; raises DocumentFault(PAYLOAD_INVALID) naming one of a foreign origin or key."""
        if payload.raw_path is not None:
            _check(grants.get, payload, payload.raw_path, "grants.get")
        for name, key in keys.items():
            _check(grants.put[name], payload, key, f"grants.put.{name}")
        self._pool, self._grants, self._keys, self._limits = pool, grants, keys, limits

    def fetch(self) -> bytes:
        """The input, by its GET grant."""
        try:
            return retried(self._limits, lambda: exchange(self._pool, "GET", self._grants.get, limits=self._limits))
        except ExchangeError as error:
            raise fetch_fault(error, granted=True) from error

    def put(self, name: str, body: Body) -> Artifact:
        """Store by the PUT grant; the store compares the bytes with their MD5."""
        try:
            send(self._pool, self._grants.put[name], body, self._limits)
        except ExchangeError as error:
            raise put_fault(error, name) from error
        return body.artifact(self._keys[name])


def send(pool: urllib3.PoolManager, url: str, body: Body, limits: Limits) -> None:
    """Put the bytes with their digest behind a signed link; raises ExchangeError."""
    headers = {"Content-Type": body.content_type, "Content-MD5": body.md5_base64}
    if body.filename and _HEADER_SAFE.fullmatch(body.filename):
        headers["Content-Disposition"] = f'attachment; filename="{body.filename}"'
    retried(limits, lambda: exchange(pool, "PUT", url, limits=limits, headers=headers, body=body.data))


def check_expiry(grants: Grants, now: datetime) -> None:
    """Raise DocumentFault(GRANT_EXPIRED) once the grants are past their time; PAYLOAD_INVALID if that is no time."""
    try:
        expires_at = datetime.fromisoformat(grants.expires_at)
    except ValueError as error:
        raise DocumentFault(ErrorCode.PAYLOAD_INVALID, "grants.expires_at: must be an RFC 3339 time") from error
    if expires_at.tzinfo is None:
        raise DocumentFault(ErrorCode.PAYLOAD_INVALID, "grants.expires_at: must name its offset from UTC")
    if now >= expires_at:
        raise DocumentFault(ErrorCode.GRANT_EXPIRED, "the grants had expired before the document's turn came")


def is_of_origin(url: str, payload: Payload) -> bool:
    """Whether the link leads to the storage that the payload names."""
    grant, endpoint = urlsplit(url), urlsplit(payload.endpoint)
    return _origin(grant) in (_origin(endpoint), _origin(endpoint, f"{payload.bucket}."))


def _check(url: str, payload: Payload, key: str, field: str) -> None:
    if not is_of_origin(url, payload):
        raise DocumentFault(ErrorCode.PAYLOAD_INVALID, f"{field}: is not of the origin of storage.endpoint")
    grant = urlsplit(url)
    hosted = _origin(grant) == _origin(urlsplit(payload.endpoint), f"{payload.bucket}.")
    path = f"/{key}" if hosted else f"/{payload.bucket}/{key}"
    if unquote(grant.path) != path:
        raise DocumentFault(ErrorCode.PAYLOAD_INVALID, f"{field}: is for another key")


def _origin(url: SplitResult, prefix: str = "") -> tuple[str, str, int | None]:
    try:
        port = url.port or _DEFAULT_PORTS.get(url.scheme)
    except ValueError:
        port = None
    return url.scheme, prefix + (url.hostname or ""), port


def fetch_fault(error: ExchangeError, *, granted: bool = False) -> DocumentFault:
    """The code of the error table for a GET that failed."""
    match error:
        case TooLarge():
            return DocumentFault(ErrorCode.IMAGE_TOO_LARGE, f"the document has {error}", Stage.FETCH)
        case TooSlow():
            return DocumentFault(ErrorCode.FETCH_TIMEOUT, str(error))
        case Answered(status=404 | 410):
            return DocumentFault(ErrorCode.ARTIFACT_NOT_FOUND, str(error))
        case Answered(status=401 | 403):
            return DocumentFault(ErrorCode.GRANT_EXPIRED if granted else ErrorCode.ARTIFACT_ACCESS_DENIED, str(error))
        case _:
            return DocumentFault(ErrorCode.FETCH_FAILED, str(error))


def put_fault(error: ExchangeError, name: str, *, granted: bool = True) -> DocumentFault:
    """The code of the error table for a PUT that failed."""
    code = ErrorCode.UPLOAD_FAILED
    if isinstance(error, Answered) and error.status in (401, 403):
        code = ErrorCode.GRANT_EXPIRED if granted else ErrorCode.ARTIFACT_ACCESS_DENIED
    return DocumentFault(code, f"{name}: {error}", Stage.UPLOAD)
