"""The ways out of the process: every call of the CLI and of the store goes through one of these.

Before each call the lease must still hold by our own clock; around each call stand two crash points; and what the call
says of its dependency's health is told to the breakers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.camber.argv import JobRequest
from reconciler.camber.client import CamberClient
from reconciler.camber.config import CamberConfig
from reconciler.camber.evidence import CliCall
from reconciler.domain.observations import Account, CreateOutcome, GetOutcome, ListOutcome, LogOutcome, Unreachable
from reconciler.loop.crashpoints import around
from reconciler.loop.leases import Leases
from reconciler.objects.store import ObjectHead, ObjectStore, ObjectStoreConfig


class _Door:
    """What is asked of whoever goes out."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases

    @contextmanager
    def passing(self, step: str) -> Iterator[None]:
        """Go out and come back. Raises StaleLease before anything is done."""
        self._leases.require()
        with around(step):
            yield


class CamberDoor(CamberClient):
    """The job and stash calls that the duties make."""

    def __init__(self, config: CamberConfig, record: Callable[[CliCall], None], leases: Leases) -> None:
        super().__init__(config, record)
        self._door = _Door(leases)

    def me(self) -> Account | Unreachable:
        """As CamberClient's."""
        with self._door.passing("me"):
            return super().me()

    def create(self, request: JobRequest, *, boot_deadline: float) -> CreateOutcome:
        """As CamberClient's."""
        with self._door.passing("create"):
            return super().create(request, boot_deadline=boot_deadline)

    def get(self, camber_job_id: int, *, known: str | None = None) -> GetOutcome:
        """As CamberClient's."""
        with self._door.passing("get"):
            return super().get(camber_job_id, known=known)

    def list_page(self, page: int, size: int | None = None, *, decides: bool = True) -> ListOutcome:
        """As CamberClient's."""
        with self._door.passing("list"):
            return super().list_page(page, size, decides=decides)

    def logs(self, camber_job_id: int, *, decides: bool = True) -> LogOutcome:
        """As CamberClient's."""
        with self._door.passing("logs"):
            return super().logs(camber_job_id, decides=decides)

    def upload(self, local: Path, stash_path: str, *, recursive: bool = False) -> None:
        """As CamberClient's."""
        with self._door.passing("upload"):
            super().upload(local, stash_path, recursive=recursive)

    def remove(self, stash_path: str) -> None:
        """As CamberClient's."""
        with self._door.passing("remove"):
            super().remove(stash_path)


class StoreDoor(ObjectStore):
    """The calls of the object store that the duties make. Signing a link calls nobody."""

    def __init__(self, config: ObjectStoreConfig, leases: Leases) -> None:
        super().__init__(config)
        self._door = _Door(leases)

    def head(self, key: str) -> ObjectHead | None:
        """As ObjectStore's."""
        with self._door.passing("head_object"):
            return super().head(key)

    def get(self, key: str, *, bytes_max: int) -> bytes:
        """As ObjectStore's."""
        with self._door.passing("get_object"):
            return super().get(key, bytes_max=bytes_max)

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """As ObjectStore's."""
        with self._door.passing("put_object"):
            super().put(key, data, content_type)

    def delete(self, key: str) -> None:
        """As ObjectStore's."""
        with self._door.passing("delete_object"):
            super().delete(key)
