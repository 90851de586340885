"""Object stores that close themselves, and the hash that S3 goes by."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5

from reconciler.objects.store import ObjectStore, ObjectStoreConfig, Patience


@contextmanager
def opened(config: ObjectStoreConfig, patience: Patience | None = None) -> Iterator[ObjectStore]:
    store = ObjectStore(config, patience)
    yield store
    store.close()


def md5_of(data: bytes) -> bytes:
    return md5(data, usedforsecurity=False).digest()
