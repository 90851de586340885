"""A status by another word: one that is rare, new, or spelt otherwise."""

from typing import NamedTuple

from reconciler.local.camber.faults.kinds import Kind
from reconciler.local.camber.service import Call, Handler, Reply


class Options(NamedTuple):
    """What a rule may set."""

    instead_of: str = "PENDING"
    """The status that is shown otherwise."""

    word: str = "PROVISIONING"
    """How."""


def _befall(answer: Handler, call: Call, options: Options) -> Reply:
    words = (*call.tampering.status_words, (options.instead_of, options.word))
    return answer(call.tampered(status_words=words))


KIND = Kind(("job get", "job list"), _befall, Options)
