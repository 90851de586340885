"""The payload's bucket with credentials of the worker's own: for legacy payloads, which carry no grants."""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from worker.contract import Artifact, ErrorCode, Payload, Stage, raw_path_allowed
from worker.faults import DocumentFault
from worker.settings import Credentials
from worker.storage.grants import fetch_fault
from worker.storage.http import CONNECT_SECONDS, Answered, ExchangeError, Limits, TooLarge, TooSlow, Transient, retried
from worker.storage.store import Body

_TRANSIENT_CODES = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "RequestTimeTooSkewed"}


class BucketStore:
    """The document's objects in the bucket, by keys."""

    def __init__(
        self,
        payload: Payload,
        credentials: Credentials,
        keys: Mapping[str, str],
        limits: Limits,
        allowed: Sequence[str],
    ) -> None:
        """Check where the input lies; raises DocumentFault(ARTIFACT_SOURCE_INVALID) if it is not this user's."""
        if payload.raw_path is not None:
            check_raw_path(payload.raw_path, payload.user_id, allowed)
        self._payload, self._keys, self._limits = payload, keys, limits
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=payload.endpoint,
            region_name=payload.region,
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            config=_config(limits),
        )

    def fetch(self) -> bytes:
        """The input at `raw_path`."""
        try:
            return retried(self._limits, self._read)
        except ExchangeError as error:
            raise fetch_fault(error) from error

    def _read(self) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._payload.bucket, Key=self._payload.raw_path)
            with answer["Body"] as stream:
                data: bytes = stream.read(self._limits.bytes_max + 1)
        except (ClientError, BotoCoreError) as error:
            raise _cause(error) from error
        if len(data) > self._limits.bytes_max:
            raise TooLarge(f"more than {self._limits.bytes_max} bytes")
        return data

    def put(self, name: str, body: Body) -> Artifact:
        """Store under the artifact's key; the store compares the bytes with their MD5."""
        try:
            retried(self._limits, lambda: self._write(self._keys[name], body))
        except ExchangeError as error:
            raise DocumentFault(ErrorCode.UPLOAD_FAILED, f"{name}: {error}", Stage.UPLOAD) from error
        return body.artifact(self._keys[name])

    def _write(self, key: str, body: Body) -> None:
        named = {"ContentDisposition": f'attachment; filename="{body.filename}"'} if body.filename else {}
        try:
            self._client.put_object(
                Bucket=self._payload.bucket,
                Key=key,
                Body=body.data,
                ContentType=body.content_type,
                ContentMD5=body.md5_base64,
                **named,
            )
        except (ClientError, BotoCoreError) as error:
            raise _cause(error) from error


def check_raw_path(path: str, user_id: str, allowed: Sequence[str]) -> None:
    """Raise DocumentFault(ARTIFACT_SOURCE_INVALID) unless a pattern allows this user the path."""
    if not raw_path_allowed(path, user_id, allowed):
        raise DocumentFault(ErrorCode.ARTIFACT_SOURCE_INVALID, "input.raw_path: does not lie where this user's may")


def _config(limits: Limits) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=limits.seconds,
        # Our own tries are counted; the library's would multiply them.
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _cause(error: ClientError | BotoCoreError) -> ExchangeError:
    match error:
        case ClientError():
            return _answered(error)
        case HTTPClientError() if "Timeout" in type(error).__name__:
            return TooSlow("the store answered too slowly")
        case _:
            return Transient(f"the connection failed: {type(error).__name__}")


def _answered(error: ClientError) -> ExchangeError:
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if status >= 500 or status == 429 or error.response.get("Error", {}).get("Code") in _TRANSIENT_CODES:
        return Transient(f"the store answered {status}")
    return Answered(status)
