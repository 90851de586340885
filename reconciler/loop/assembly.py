"""Put one process together from its settings."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from uuid import uuid4

from reconciler.camber.bundle import Bundle, build_bundle
from reconciler.camber.config import CamberConfig, Limits
from reconciler.loop.breakers import Breakers
from reconciler.loop.context import Context
from reconciler.loop.doors import CamberDoor, StoreDoor
from reconciler.loop.leases import Leases
from reconciler.loop.ledger import Ledger
from reconciler.loop.pacing import Pacing
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from reconciler.settings import Settings
from reconciler.store.database import connect


@cache
def worker_bundle() -> Bundle:
    """The worker's code as it ships to Camber; packed once a process."""
    return build_bundle(Path(str(files("worker"))))


def object_store(settings: Settings) -> ObjectStore:
    """The store of the documents."""
    return ObjectStore(_store_config(settings))


def _store_config(settings: Settings) -> ObjectStoreConfig:
    return ObjectStoreConfig(
        endpoint=settings.do_spaces_endpoint,
        region=settings.do_spaces_region,
        bucket=settings.do_spaces_bucket,
        access_key=settings.do_spaces_access_key.get_secret_value(),
        secret_key=settings.do_spaces_secret_key.get_secret_value(),
    )


def camber_config(settings: Settings, binary: Path | None) -> CamberConfig:
    """What the client of the CLI is told; `binary` where the CLI is not to be looked for."""
    limits = Limits(
        create=settings.create_limit_seconds,
        get=settings.read_limit_seconds,
        list=settings.read_limit_seconds,
        me=settings.read_limit_seconds,
        copy=settings.stash_limit_seconds,
    )
    return CamberConfig(
        binary=binary,
        api_key=settings.camber_api_key.get_secret_value() or None,
        limits=limits,
        marker_prefix=f"rq-{settings.service_env}-",
    )


def assemble(settings: Settings, binary: Path | None) -> Context:
    """A process of its own: fresh owner id, own pools."""
    workers = 2 * settings.run_slots + 4
    url = settings.database_url.get_secret_value()
    engine = connect(url, application_name="reconciler daemon", pool_size=workers)
    owner, leases, random = uuid4(), Leases(settings.lease_seconds), Random()  # noqa: S311 - jitter
    breakers, ledger = Breakers(engine, settings.policy, random), Ledger(engine, owner)
    return Context(
        settings=settings,
        engine=engine,
        objects=StoreDoor(_store_config(settings), leases, breakers),
        client=CamberDoor(camber_config(settings, binary), ledger.record, leases, breakers),
        bundle=worker_bundle(),
        owner=owner,
        pool=ThreadPoolExecutor(workers, thread_name_prefix="run"),
        leases=leases,
        breakers=breakers,
        ledger=ledger,
        pacing=Pacing(engine, settings.execution_backend, settings.worker_processes, leases.clock),
        random=random,
    )
