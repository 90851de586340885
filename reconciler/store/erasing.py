"""People whose data is to be removed: what there is of one, asking for it, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from reconciler.store.database import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What there is of one person, and how far the last erasure of them has come, if there was one."""

    jobs: int
    under_way: int
    on_hold: int
    asked_at: datetime | None
    finished_at: datetime | None
    jobs_removed: int | None
    reason: str | None

    @property
    def is_asked_for(self) -> bool:
        """Whether an erasure is still to be carried out."""
        return self.asked_at is not None and self.finished_at is None


def look_at_person(connection: Connection, user_id: UUID) -> Person:
    """How things stand with them."""
    return Person(**connection.execute(statement("count_person"), {"user_id": user_id}).mappings().one())


def ask(connection: Connection, user_id: UUID, reason: str, actor: str) -> bool:
    """Have all of the person removed that is there by now; false where that was asked for already."""
    values = {"user_id": user_id, "reason": reason, "actor": actor}
    return bool(connection.execute(statement("ask_erasure"), values).rowcount)
