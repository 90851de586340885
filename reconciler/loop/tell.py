"""Tell: what ended is posted to the product, signed, until it takes it or it is too old to matter.

At least once: a message may come twice, with the same id. Nothing here moves a job.
"""

import hashlib
import hmac
import json

import urllib3

from reconciler.domain.policy import backoff_seconds
from reconciler.logs import Event, logger
from reconciler.loop.context import Context, Counts
from reconciler.loop.crashpoints import around, as_duty
from reconciler.store import outbox
from reconciler.store.outbox import Message

BATCH = 50
"""Messages in one pass at most."""
SIGNATURE = "X-Webhook-Signature"


class Silence(str):
    """Why no answer came at all: the next message would fare no better."""

    __slots__ = ()


@as_duty("tell")
def run_once(context: Context) -> Counts:
    """Post what is due, one after the other; where no answer comes the others wait for the next pass."""
    counts = Counts()
    url = context.settings.callback_url
    while url and counts.total() < BATCH and not context.stopping.is_set():
        message = _claim(context)
        if message is None:
            break
        problem = post(context, url, message)
        _settle(context, message, problem)
        counts["delivered" if problem is None else "put_off"] += 1
        if isinstance(problem, Silence):
            break
    return counts


def body(message: Message) -> bytes:
    """The bytes that are signed and sent: JSON, keys sorted."""
    whole = {"id": message.id, "created_at": message.created_at.isoformat(), **message.payload}
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()


def sign(secret: str, content: bytes) -> str:
    """HMAC-SHA256 of the bytes, in hexadecimal."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def post(context: Context, url: str, message: Message) -> str | None:
    """Post one message; None where the product took it, else why not. Redirects are not followed."""
    settings = context.settings
    content = body(message)
    secret = settings.callback_secret.get_secret_value()
    headers = {"Content-Type": "application/json", "User-Agent": "rythmiq-reconciler", SIGNATURE: sign(secret, content)}
    timeout = urllib3.Timeout(total=settings.callback_limit_seconds)
    try:
        with around("post"):
            # What it answers besides is not read: it may be of any length.
            answer = urllib3.request(
                "POST", url, body=content, headers=headers, timeout=timeout, retries=False, preload_content=False
            )
            answer.close()
    except urllib3.exceptions.HTTPError as error:
        return Silence(type(error).__name__)
    return None if 200 <= answer.status < 300 else f"HTTP {answer.status}"


def _claim(context: Context) -> Message | None:
    settings = context.settings
    lease = settings.callback_limit_seconds + settings.lease_seconds
    with context.transaction("claim_message") as connection:
        return outbox.claim(connection, lease, settings.callback_age_seconds_max)


def _settle(context: Context, message: Message, problem: str | None) -> None:
    bound = logger.bind(job_id=str(message.job_id), message_id=message.id, attempt=message.attempts)
    with context.transaction("settle_message") as connection:
        if problem is None:
            outbox.delivered(connection, message.id)
        else:
            pause = backoff_seconds(context.policy, message.attempts, context.random.random())
            outbox.put_off(connection, message.id, problem, pause)
    if problem is None:
        bound.info(Event.PRODUCT_TOLD)
    else:
        bound.bind(reason=problem).warning(Event.PRODUCT_NOT_TOLD)
