"""Whenever a daemon dies, the next one ends what it began: every point once, with an answer that a seed chooses.

`make crash` plays every point with every answer and every mount.
"""

import os

import pytest

from reconciler.objects.store import ObjectStoreConfig
from tests.crash.ground import Ground
from tests.crash.matrix import Campaign, Column, Played, Roll
from tests.crash.scenarios import LISTED
from tests.database import Databases

SEED = int(os.environ.get("CRASH_SEED", "1"))
DEATHS_IN_A_WORLD = 20
"""A daemon that dies again and again, at one point after the other: harsher than one death, and far quicker."""
AT_ONCE = 3


@pytest.fixture
def ground(
    databases: Databases,
    database_template: str,
    object_store: ObjectStoreConfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Ground:
    """Where the worlds of the matrix are made."""
    folder = tmp_path_factory.mktemp("crash")
    return Ground(databases=databases, template=database_template, store=object_store, folder=folder)


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_a_daemon_may_die_at_any_point(ground: Ground) -> None:
    worlds: list[Played] = []
    roll = Roll()
    campaign = Campaign(ground=ground, column=Column(), seed=SEED, deaths_max=DEATHS_IN_A_WORLD, told=worlds.append)
    campaign.wage(LISTED, roll, AT_ONCE)

    assert [(one.story, one.outcome, one.mount, one.play.problems) for one in worlds if one.play.problems] == []
    assert sorted(roll.left()) == [], "nobody died there"
