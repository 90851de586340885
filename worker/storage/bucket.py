"""The payload's bucket with credentials of the worker's own: for legacy payloads, which carry no grants.

The worker grants itself what a reconciler would have granted: links are signed here, without asking anybody, and used
as all others are, so that there is one way of exchanging bytes, with one set of bounds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from worker.contract import Artifact, ErrorCode, Payload, raw_path_allowed
from worker.faults import DocumentFault
from worker.settings import Credentials
from worker.storage.grants import fetch_fault, put_fault, send
from worker.storage.http import ExchangeError, Limits, exchange, retried
from worker.storage.store import Body

_SIGNED_SECONDS = 3600
"""How long a link of one's own is good: longer than any exchange with it may take."""


class BucketStore:
    """The document's objects in the bucket, by keys."""

    def __init__(
        self,
        pool: urllib3.PoolManager,
        payload: Payload,
        credentials: Credentials,
        keys: Mapping[str, str],
        limits: Limits,
        allowed: Sequence[str],
    ) -> None:
        """Check where the input lies; raises DocumentFault(ARTIFACT_SOURCE_INVALID) if it is not this user's."""
        if payload.raw_path is not None:
            check_raw_path(payload.raw_path, payload.user_id, allowed)
        self._pool, self._payload, self._keys, self._limits = pool, payload, keys, limits
        self._client = _client(payload, credentials)

    def fetch(self) -> bytes:
        """The input at `raw_path`."""
        url = self._signed("get_object", str(self._payload.raw_path))
        try:
            return retried(self._limits, lambda: exchange(self._pool, "GET", url, limits=self._limits))
        except ExchangeError as error:
            raise fetch_fault(error) from error

    def put(self, name: str, body: Body) -> Artifact:
        """Store under the artifact's key; the store compares the bytes with their MD5."""
        url = self._signed("put_object", self._keys[name])
        try:
            send(self._pool, url, body, self._limits)
        except ExchangeError as error:
            raise put_fault(error, name, granted=False) from error
        return body.artifact(self._keys[name])

    def _signed(self, operation: str, key: str) -> str:
        named = {"Bucket": self._payload.bucket, "Key": key}
        try:
            return str(self._client.generate_presigned_url(operation, Params=named, ExpiresIn=_SIGNED_SECONDS))
        except (BotoCoreError, ValueError) as error:
            raise _no_store(error) from error


def _client(payload: Payload, credentials: Credentials) -> Any:
    try:
        return boto3.client(
            "s3",
            endpoint_url=payload.endpoint,
            region_name=payload.region,
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
    except (BotoCoreError, ValueError) as error:
        raise _no_store(error) from error


def _no_store(error: Exception) -> DocumentFault:
    return DocumentFault(ErrorCode.PAYLOAD_INVALID, f"storage: names no usable store ({type(error).__name__})")


def check_raw_path(path: str, user_id: str, allowed: Sequence[str]) -> None:
    """Raise DocumentFault(ARTIFACT_SOURCE_INVALID) unless a pattern allows this user the path."""
    if not raw_path_allowed(path, user_id, allowed):
        raise DocumentFault(ErrorCode.ARTIFACT_SOURCE_INVALID, "input.raw_path: does not lie where this user's may")
