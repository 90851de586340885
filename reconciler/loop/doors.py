"""The ways out of the process: every call of the CLI and of the store goes through one of these.

Before each call the lease must still hold by our own clock; around each call stand two crash points; and what the call
says of its dependency's health is told to the breakers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from reconciler.camber.argv import JobRequest
from reconciler.camber.client import CamberClient
from reconciler.camber.config import CamberConfig
from reconciler.camber.errors import StashUnavailable
from reconciler.camber.evidence import CliCall
from reconciler.domain.observations import (
    Account,
    CreateOutcome,
    GetOutcome,
    ListOutcome,
    LogOutcome,
    NotSent,
    Trouble,
    Unknown,
    Unreachable,
)
from reconciler.loop.breakers import Breakers
from reconciler.loop.crashpoints import around
from reconciler.loop.leases import Leases
from reconciler.objects.errors import ObjectsError, ObjectsUnavailable
from reconciler.objects.store import ObjectHead, ObjectStore, ObjectStoreConfig

Outcome = TypeVar("Outcome")


class _Door:
    """What is asked of whoever goes out."""

    def __init__(self, leases: Leases, breakers: Breakers) -> None:
        self._leases, self._breakers = leases, breakers

    @contextmanager
    def passing(self, step: str) -> Iterator[None]:
        """Go out and come back. Raises StaleLease before anything is done."""
        self._leases.require()
        with around(step):
            yield

    def heard(self, dependency: str, outcome: Outcome) -> Outcome:
        """Tell the breakers what the outcome says of the dependency, and hand it on."""
        match outcome:
            case NotSent(trouble=Trouble.TIMEOUT):
                # We came too late to ask: that says nothing of who was to be asked.
                pass
            case Unreachable(trouble, reason) | NotSent(trouble, reason):
                self._breakers.failed("login" if trouble is Trouble.LOGIN else dependency, f"{trouble}: {reason}")
            case Unknown(reason):
                self._breakers.failed(dependency, reason)
            case _:
                self._breakers.worked("login", dependency)
        return outcome

    @contextmanager
    def copying(self) -> Iterator[None]:
        """Without the stash nothing can be created; that it works proves nothing of create."""
        try:
            yield
        except StashUnavailable as error:
            self._breakers.failed("login" if error.trouble is Trouble.LOGIN else "create", str(error))
            raise

    @contextmanager
    def removing(self) -> Iterator[None]:
        """A folder that stays costs nothing but room: no reason to launch nothing."""
        try:
            yield
        except StashUnavailable as error:
            if error.trouble is Trouble.LOGIN:
                self._breakers.failed("login", str(error))
            raise

    @contextmanager
    def storing(self, step: str) -> Iterator[None]:
        """Go to the store and come back."""
        try:
            with self.passing(step):
                yield
        except ObjectsUnavailable as error:
            self._breakers.failed("storage", str(error))
            raise
        except ObjectsError:
            # That something is missing or refused is an answer.
            self._breakers.worked("storage")
            raise
        self._breakers.worked("storage")


class CamberDoor(CamberClient):
    """The job and stash calls that the duties make."""

    def __init__(
        self, config: CamberConfig, record: Callable[[CliCall], None], leases: Leases, breakers: Breakers
    ) -> None:
        super().__init__(config, record)
        self._door = _Door(leases, breakers)

    def me(self) -> Account | Unreachable:
        """As CamberClient's."""
        with self._door.passing("me"):
            return self._door.heard("reads", super().me())

    def create(self, request: JobRequest, *, boot_deadline: float) -> CreateOutcome:
        """As CamberClient's."""
        with self._door.passing("create"):
            return self._door.heard("create", super().create(request, boot_deadline=boot_deadline))

    def get(self, camber_job_id: int, *, known: str | None = None) -> GetOutcome:
        """As CamberClient's."""
        with self._door.passing("get"):
            return self._door.heard("reads", super().get(camber_job_id, known=known))

    def list_page(self, page: int, size: int | None = None, *, decides: bool = True) -> ListOutcome:
        """As CamberClient's."""
        with self._door.passing("list"):
            return self._door.heard("reads", super().list_page(page, size, decides=decides))

    def logs(self, camber_job_id: int, *, decides: bool = True) -> LogOutcome:
        """As CamberClient's."""
        with self._door.passing("logs"):
            return self._door.heard("reads", super().logs(camber_job_id, decides=decides))

    def upload(self, local: Path, stash_path: str, *, recursive: bool = False) -> None:
        """As CamberClient's."""
        with self._door.copying(), self._door.passing("upload"):
            super().upload(local, stash_path, recursive=recursive)

    def remove(self, stash_path: str) -> None:
        """As CamberClient's."""
        with self._door.removing(), self._door.passing("remove"):
            super().remove(stash_path)


class StoreDoor(ObjectStore):
    """The calls of the object store that the duties make. Signing a link calls nobody."""

    def __init__(self, config: ObjectStoreConfig, leases: Leases, breakers: Breakers) -> None:
        super().__init__(config)
        self._door = _Door(leases, breakers)

    def head(self, key: str) -> ObjectHead | None:
        """As ObjectStore's."""
        with self._door.storing("head_object"):
            return super().head(key)

    def get(self, key: str, *, bytes_max: int) -> bytes:
        """As ObjectStore's."""
        with self._door.storing("get_object"):
            return super().get(key, bytes_max=bytes_max)

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """As ObjectStore's."""
        with self._door.storing("put_object"):
            super().put(key, data, content_type)

    def delete(self, key: str) -> None:
        """As ObjectStore's."""
        with self._door.storing("delete_object"):
            super().delete(key)
