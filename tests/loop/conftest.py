"""The world that the duties are tested in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.objects.store import ObjectStoreConfig
from tests.loop.world import World, make_world


@pytest.fixture
def world(database_url: str, object_store: ObjectStoreConfig, tmp_path: Path) -> Iterator[World]:
    made = make_world(database_url, object_store, tmp_path)
    yield made
    made.close()
