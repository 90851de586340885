"""One bucket of an S3 store. Thread-safe: one ObjectStore serves all threads of a program."""

import base64
import hashlib
import ipaddress
import os
import re
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session as CoreSession

from reconciler.objects.answers import translated
from reconciler.objects.errors import ObjectMissing, ObjectsRefused, ObjectsUnavailable, ObjectTooLarge

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

AddressingStyle = Literal["auto", "path", "virtual"]

LIFETIME_SECONDS_MAX = 7 * 24 * 3600
"""The longest life of a link: the store's own limit."""

CONNECTIONS_MAX = 32
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStoreConfig:
    """Where the objects are, and who we are there.

    `endpoint` is an origin, such as https://fra1.example.com. With `auto` its links keep exactly this origin and the
    bucket opens the path; `virtual` puts the bucket in front of the host's name.
    """

    endpoint: str
    region: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    addressing_style: AddressingStyle = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one call may take: seconds to connect, seconds of silence, and how often a passing fault is tried."""

    connect_seconds: float = 5
    read_seconds: float = 30
    tries: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectHead:
    """What the store says of an object without its bytes."""

    size_bytes: int
    etag: str
    filename: str | None = None
    """The name under which the object is to be saved, where its writer gave one."""

    @property
    def md5(self) -> str | None:
        """The hexadecimal MD5 of the bytes; None where the object was uploaded in parts, so that nobody can tell."""
        return self.etag if _MD5.fullmatch(self.etag) else None


class ObjectStore:
    """Reads, writes and signs links for the objects of one bucket.

    Every method may raise ObjectsUnavailable (try later) and ObjectsRefused (change something first).
    """

    def __init__(self, config: ObjectStoreConfig, patience: Patience | None = None) -> None:
        self._bucket = config.bucket
        self._client = _client(config, patience or Patience())
        self._bucket_is_known = False

    def head(self, key: str) -> ObjectHead | None:
        """Look at an object; None when the store says that there is none."""
        try:
            with translated("head", key):
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
        except ObjectMissing:
            self._require_bucket()
            return None
        return ObjectHead(
            size_bytes=answer["ContentLength"],
            etag=answer["ETag"].strip('"').lower(),
            filename=_filename(answer.get("ContentDisposition", "")),
        )

    def get(self, key: str, *, bytes_max: int) -> bytes:
        """Read a whole object. Raises ObjectMissing, and ObjectTooLarge before more than `bytes_max` are read."""
        with translated("get", key):
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            with answer["Body"] as body:
                size_bytes = answer["ContentLength"]
                if size_bytes > bytes_max:
                    raise ObjectTooLarge(f"get: {size_bytes} bytes, at most {bytes_max} are wanted", key=key)
                data = body.read(size_bytes)
        if len(data) != size_bytes:
            raise ObjectsUnavailable(f"get: {len(data)} of {size_bytes} bytes arrived", key=key)
        return data

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Write an object; the store checks that the bytes arrived as they were sent."""
        self._put(key, data, hashlib.md5(data, usedforsecurity=False).digest(), content_type)

    def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Write an object from a file, in one piece, without holding it in memory; checked as by `put`."""
        with path.open("rb") as file:
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()
            file.seek(0)
            self._put(key, file, md5, content_type)

    def delete(self, key: str) -> None:
        """Delete an object; one that is missing already is no error."""
        with translated("delete", key):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def presign_get(self, key: str, lifetime_seconds: int) -> str:
        """Return a link by which whoever holds it may read the object until its end."""
        return self._presign("get_object", key, lifetime_seconds)

    def presign_put(self, key: str, lifetime_seconds: int) -> str:
        """Return a link by which whoever holds it may write the object until its end, with headers of their choice."""
        return self._presign("put_object", key, lifetime_seconds)

    def ensure_bucket(self) -> None:
        """Create the bucket unless we have it. For stores of our own; a provider's bucket is made by its operator."""
        try:
            self._require_bucket()
        except ObjectsRefused:
            with translated("create bucket", self._bucket):
                self._client.create_bucket(Bucket=self._bucket)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _put(self, key: str, body: bytes | BinaryIO, md5: bytes, content_type: str) -> None:
        digest = base64.b64encode(md5).decode()
        with translated("put", key):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentMD5=digest, ContentType=content_type
            )

    def _presign(self, act: Literal["get_object", "put_object"], key: str, lifetime_seconds: int) -> str:
        if not 0 < lifetime_seconds <= LIFETIME_SECONDS_MAX:
            raise ValueError(f"a link lives 1 to {LIFETIME_SECONDS_MAX} s, not {lifetime_seconds}")
        parameters = {"Bucket": self._bucket, "Key": key}
        return self._client.generate_presigned_url(act, Params=parameters, ExpiresIn=lifetime_seconds)

    def _require_bucket(self) -> None:
        """Raise ObjectsRefused where the bucket is missing: a wrong name must not look like missing objects.

        The answer to `head` of an object has no body, so it cannot tell one from the other.
        """
        if self._bucket_is_known:
            return
        try:
            with translated("head bucket", self._bucket):
                self._client.head_bucket(Bucket=self._bucket)
        except ObjectMissing:
            raise ObjectsRefused(f"there is no bucket {self._bucket}") from None
        self._bucket_is_known = True


def _client(config: ObjectStoreConfig, patience: Patience) -> "S3Client":
    # Without boto3 around it: what that adds are conveniences, at three megabytes.
    client = _hermetic_session().create_client(
        "s3",
        aws_access_key_id=config.access_key,
        aws_secret_access_key=config.secret_key,
        region_name=config.region,
        endpoint_url=config.endpoint,
        config=_client_config(config, patience),
    )
    return cast("S3Client", client)


def _hermetic_session() -> CoreSession:
    """Make a session that reads no profile and no file of the machine's user."""
    nothing = (None, None, os.devnull, None)
    variables = {"profile": (None, None, None, None), "config_file": nothing, "credentials_file": nothing}
    session = CoreSession(session_vars=variables)
    session.register_component("data_loader", _service_models())
    return session


@cache
def _service_models() -> Loader:
    """The descriptions of the service: read once a process, which takes fifteen times as long as a client needs."""
    return create_loader()


def _client_config(config: ObjectStoreConfig, patience: Patience) -> Config:
    local = _is_local(config.endpoint)
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if local else config.addressing_style},
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        retries={"mode": "standard", "total_max_attempts": patience.tries},
        max_pool_connections=CONNECTIONS_MAX,
        # Not every S3 store knows the newer checksums; ours is Content-MD5.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # A proxy cannot reach this machine's own addresses.
        proxies={} if local else None,
    )


def _filename(disposition: str) -> str | None:
    header = Message()
    header["Content-Disposition"] = disposition.replace("\r", "").replace("\n", "")
    return header.get_filename()


def _is_local(endpoint: str) -> bool:
    """Say whether the host is an address or localhost: such a name takes no bucket in front."""
    host = urlsplit(endpoint).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
