"""Fixtures of the object tests."""

from collections.abc import Iterator

import pytest

from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from tests.objects.stores import opened


@pytest.fixture
def store(object_store: ObjectStoreConfig) -> Iterator[ObjectStore]:
    with opened(object_store) as store:
        yield store
