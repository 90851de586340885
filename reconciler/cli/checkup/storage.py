"""The database, the clocks and the object store."""

import contextlib
import urllib.error
import urllib.request
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from reconciler.cli.checkup.finding import Finding, failed, ok, skipped, warning
from reconciler.domain.observations import RemoteJob
from reconciler.logs import redact
from reconciler.objects.errors import ObjectsError
from reconciler.objects.store import ObjectStore
from reconciler.settings import Settings
from reconciler.store.standing import current, newest

SKEW_SECONDS_MAX = 5.0
CAMBER_SKEW_SECONDS_MAX = 60.0
LINK_SECONDS = 60


def check_database(engine: Engine) -> Finding:
    """Whether the database is there and has the schema of this program."""
    try:
        found = current(engine)
    except SQLAlchemyError as error:
        return failed("database", _reason(error), "look whether DATABASE_URL is right and the server runs")
    known = newest()
    if found != known:
        seen = f"the schema is at {found}, this program needs {known}"
        return failed("database", seen, "run `reconciler migrate`, or the program of that schema")
    return ok("database", f"reachable, the schema is at {found}")


def check_clock(engine: Engine) -> Finding:
    """How far this machine's clock is from the database's."""
    try:
        with engine.connect() as connection:
            before = datetime.now(UTC)
            theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            ours = before + (datetime.now(UTC) - before) / 2
    except SQLAlchemyError:
        return skipped("clock", "the database did not tell its time")
    seconds = (ours - theirs).total_seconds()
    seen = f"{seconds:+.1f} s from the database's"
    return ok("clock", seen) if abs(seconds) <= SKEW_SECONDS_MAX else warning("clock", seen, "let NTP set the clocks")


def check_camber_clock(newest_job: RemoteJob | None) -> Finding:
    """Whether Camber dates jobs in our future; how far it is behind cannot be seen from an old job."""
    if newest_job is None or newest_job.created_at is None:
        return skipped("Camber's clock", "no job shows when it was created")
    ahead = (newest_job.created_at - datetime.now(UTC)).total_seconds()
    if ahead > CAMBER_SKEW_SECONDS_MAX:
        return warning(
            "Camber's clock", f"job {newest_job.camber_job_id} was created {ahead:.0f} s from now", "set ours"
        )
    return ok("Camber's clock", f"the newest job was created {-ahead:.0f} s ago")


def check_objects(objects: ObjectStore) -> Finding:
    """Whether objects can be written, looked at, read and deleted under keys like those of documents."""
    key, data = f"output/doctor/{uuid4()}/a1-probe.bin", uuid4().bytes * 64
    try:
        objects.put(key, data, "application/octet-stream")
        head = objects.head(key)
        back = objects.get(key, bytes_max=len(data))
        objects.delete(key)
        left = objects.head(key)
    except ObjectsError as error:
        return failed(
            "object store", str(error), "check DO_SPACES_*: endpoint, region, bucket, and the rights of the key"
        )
    if head is None or head.size_bytes != len(data) or back != data:
        return failed("object store", "what came back is not what was sent", "use another store: this one is not safe")
    if left is not None:
        return failed(
            "object store", "a deleted object is still there", f"delete {key}; look at the bucket's versioning"
        )
    return ok("object store", f"put, head, get and delete of {len(data)} bytes")


def check_links(objects: ObjectStore) -> Finding:
    """Whether a presigned link writes and reads, as the worker does without any key of the store."""
    key, data = f"output/doctor/{uuid4()}/a1-link.bin", uuid4().bytes
    fix = "the worker reads and writes by such links: look at the bucket's policy, and at the clock"
    try:
        put = urllib.request.Request(objects.presign_put(key, LINK_SECONDS), data=data, method="PUT")  # noqa: S310
        put.add_header("Content-Type", "application/octet-stream")
        with urllib.request.urlopen(put, timeout=30):  # noqa: S310 - the store's own address, from the settings
            pass
        with urllib.request.urlopen(objects.presign_get(key, LINK_SECONDS), timeout=30) as answer:  # noqa: S310
            back = answer.read(len(data) + 1)
    except urllib.error.HTTPError as error:
        return failed("presigned links", f"the store answered {error.code}", fix)
    except (OSError, ObjectsError) as error:
        return failed("presigned links", redact(str(error)), fix)
    finally:
        with contextlib.suppress(ObjectsError):
            objects.delete(key)
    return (
        ok("presigned links", "one wrote, one read") if back == data else failed("presigned links", "other bytes", fix)
    )


def check_recipients(settings: Settings) -> Finding:
    """Whether masters can be sealed: without a recipient nothing is launched."""
    count = len(settings.age_recipients)
    return ok("age recipients", str(count)) if count else failed("age recipients", "none", "set AGE_RECIPIENTS")


def _reason(error: SQLAlchemyError) -> str:
    return redact(str(getattr(error, "orig", None) or error).strip().split("\n")[0])
