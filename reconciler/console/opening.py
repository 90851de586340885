"""Make the desk from the settings."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from reconciler.console.desk import READERS_MAX, Desk
from reconciler.console.door import Door
from reconciler.loop.assembly import object_store
from reconciler.settings import Settings
from reconciler.store.database import connect


def desk_of(settings: Settings, troubles: Callable[[], Sequence[str]]) -> Desk:
    """A desk with connections of its own: a heavy page must not keep the duties waiting, nor the probes."""
    url = settings.database_url.get_secret_value()
    return Desk(
        engine=connect(url, application_name="reconciler console", pool_size=READERS_MAX),
        objects=object_store(settings),
        door=Door(
            settings.console_token.get_secret_value(),
            settings.health_host,
            settings.health_port or 0,
            settings.console_user_header,
            settings.console_session_seconds,
        ),
        read_seconds=settings.console_read_seconds,
        link_seconds=settings.console_link_seconds,
        picture_origin=origin(settings.do_spaces_endpoint),
        installation=settings.service_env,
        credits_max=settings.daily_credits_max,
        troubles=troubles,
    )


def origin(endpoint: str) -> str:
    """Where signed links lead: the store's own origin, which keeps the bucket in the path."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
