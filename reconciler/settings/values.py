"""How single values are read: from the text of a variable to a value that cannot be wrong."""

import ipaddress
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from reconciler.domain.age_keys import is_public_key
from worker.contract import check_patterns

RECIPIENTS_MAX = 20

Seconds = Annotated[float, Field(gt=0, le=30 * 86400)]
Retention = Annotated[float, Field(ge=86400, le=3650 * 86400)]
"""What people look things up in is kept for a day at least."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]


def url(value: str) -> str:
    """An address without the slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL")
    return value.rstrip("/")


def database(value: SecretStr) -> SecretStr:
    """The URL of a Postgres."""
    if not value.get_secret_value().startswith(("postgres://", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must be a postgresql:// URL")
    return value


def words(value: object) -> object:
    """Words that commas or blanks separate."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def prices(value: object) -> object:
    """Prices by size, from size=price."""
    if not isinstance(value, str):
        return value
    pairs = [item.partition("=") for item in value.replace(",", " ").split()]
    if not all(size and price for size, _, price in pairs):
        raise ValueError("must be size=price, separated by commas or blanks")
    return {size.lower(): price for size, _, price in pairs}


def recipients(value: tuple[str, ...]) -> tuple[str, ...]:
    """Age public keys, each once."""
    if not all(map(is_public_key, value)):
        raise ValueError(
            "must be age public keys (age1...), separated by commas; one of them is mistyped or no such key"
        )
    different = tuple(dict.fromkeys(value))
    if len(different) > RECIPIENTS_MAX:
        raise ValueError(f"must be at most {RECIPIENTS_MAX} keys")
    return different


def patterns(value: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns of keys that the worker understands."""
    check_patterns(value)
    return value


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Url = Annotated[str, AfterValidator(url)]
PostgresUrl = Annotated[SecretStr, AfterValidator(database)]
Recipients = Annotated[tuple[str, ...], BeforeValidator(words), AfterValidator(recipients)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(words), AfterValidator(patterns)]
Prices = Annotated[dict[str, Annotated[Decimal, Field(ge=0)]], BeforeValidator(prices)]
