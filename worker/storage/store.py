"""What the pipeline asks of storage, whichever way it is reached."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Protocol

from worker.contract import Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Bytes to store, their media type, and the name a person should get them under."""

    data: bytes
    content_type: str
    filename: str | None = None

    @property
    def md5(self) -> bytes:
        """The digest that the store compares what it received with."""
        return hashlib.md5(self.data, usedforsecurity=False).digest()

    @property
    def md5_base64(self) -> str:
        """The digest as the Content-MD5 header wants it."""
        return base64.b64encode(self.md5).decode()

    def artifact(self, key: str) -> Artifact:
        """What a frame says of these bytes, stored under `key`."""
        sha256 = hashlib.sha256(self.data).hexdigest()
        return Artifact(key=key, size=len(self.data), sha256=sha256, md5=self.md5.hex())


class Store(Protocol):
    """Where one document comes from and goes to. Both methods raise DocumentFault with a code of the error table."""

    def fetch(self) -> bytes:
        """The document's original bytes, at most as many as the settings allow."""

    def put(self, name: str, body: Body) -> Artifact:
        """Store the artifact `name`; what stands there already is overwritten."""
