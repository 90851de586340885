"""Put one process together from its settings."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from reconciler.camber.bundle import Bundle, build_bundle
from reconciler.camber.config import CamberConfig, Limits
from reconciler.camber.evidence import CliCall
from reconciler.logs import Event, logger
from reconciler.loop.breakers import Breakers
from reconciler.loop.context import Context
from reconciler.loop.crashpoints import transaction
from reconciler.loop.doors import CamberDoor, StoreDoor
from reconciler.loop.leases import Leases, current_lease
from reconciler.loop.pacing import Pacing
from reconciler.metrics import CLI_SECONDS
from reconciler.objects.store import ObjectStore, ObjectStoreConfig
from reconciler.settings import Settings
from reconciler.store import evidence
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
    breakers = Breakers(engine, settings.policy, random)
    return Context(
        settings=settings,
        engine=engine,
        objects=StoreDoor(_store_config(settings), leases, breakers),
        client=CamberDoor(camber_config(settings, binary), _recorder(engine, owner), leases, breakers),
        bundle=worker_bundle(),
        owner=owner,
        pool=ThreadPoolExecutor(workers, thread_name_prefix="run"),
        leases=leases,
        breakers=breakers,
        pacing=Pacing(engine, settings.execution_backend, settings.worker_processes, leases.clock),
        random=random,
    )


def _recorder(engine: Engine, owner: UUID) -> Callable[[CliCall], None]:
    def record(call: CliCall) -> None:
        CLI_SECONDS.labels(call.kind, call.outcome).observe(call.duration_ms / 1000)
        row = {
            name: getattr(call, name) for name in CliCall.__dataclass_fields__ if name not in ("started_at", "ending")
        }
        lease = current_lease.get()
        row |= {"argv": json.dumps(call.argv), "daemon_id": owner, "run_id": lease.run_id if lease else None}
        try:
            with transaction(engine, "keep_evidence") as connection:
                evidence.insert_call(connection, row)
        except SQLAlchemyError as error:
            # Evidence that cannot be kept must not cost the decision it belongs to: the reply of create above all.
            logger.bind(kind=call.kind, reason=type(error).__name__).warning(Event.EVIDENCE_LOST)

    return record
