"""Which answer of a store is which error."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from reconciler.objects.errors import ObjectMissing, ObjectsError, ObjectsRefused, ObjectsUnavailable

# Statuses alone would make these permanent: a body that was damaged or cut on its way, and a write beside ours.
_TRANSIENT_CODES = frozenset({"BadDigest", "IncompleteBody", "OperationAborted", "RequestTimeout", "SlowDown"})
_TRANSIENT_STATUSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@contextmanager
def translated(act: str, key: str) -> Iterator[None]:
    """Turn what the block raises into this package's errors, which name the act and carry the key.

    A call with invalid parameters stays what it is: a bug.
    """
    try:
        yield
    except ClientError as error:
        raise _refusal(act, key, error) from None
    except ParamValidationError:
        raise
    except (BotoCoreError, ResponseParserError) as error:
        # Their own texts show whole URLs, so they are not chained either.
        raise ObjectsUnavailable(f"{act}: {type(error).__name__}", key=key) from None


def _refusal(act: str, key: str, error: ClientError) -> ObjectsError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return _kind(status, code)(f"{act}: {status} {code}".rstrip(), key=key)


def _kind(status: int, code: str) -> type[ObjectsError]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRANSIENT_STATUSES or code in _TRANSIENT_CODES:
        return ObjectsUnavailable
    # A missing bucket is a wrong setting, not a missing object.
    if status == HTTPStatus.NOT_FOUND and code != "NoSuchBucket":
        return ObjectMissing
    return ObjectsRefused
