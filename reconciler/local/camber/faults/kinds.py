"""What a kind of fault is, and the list of all."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from reconciler.local.camber.errors import EmulatorError
from reconciler.local.camber.service import Call, Handler, Reply

KINDS = (
    "create-fails-id-consumed",
    "create-hangs",
    "create-killed-after-effect",
    "delay",
    "garbage",
    "html",
    "rate-limited",
    "server-error",
    "auth-failed",
    "credits-exhausted",
    "odd-exit",
    "banner",
    "prompt",
    "binary-missing-for-a-while",
    "clock-skew",
    "status-word",
    "list-lags",
    "list-truncated",
    "list-page-shift",
    "logs-empty-then-late",
    "logs-truncated",
    "logs-sts-failure",
    "spontaneous-cancelled",
    "stuck-pending-then-runs",
    "one-byte-download",
    "upload-exit-255",
    "copy-interrupted",
)
"""Every fault by its name; the module of each is called the same."""

ANY = ("*",)
_CHOICES = {
    "when": ("before", "after"),
    "job": ("none", "runs"),
    "how": ("capped", "lost"),
    "side": ("end", "start"),
}


class Kind(NamedTuple):
    """One kind of fault."""

    calls: tuple[str, ...]
    """The calls it can befall, as `job create`; `*` is any."""

    befall: Callable[[Handler, Call, Any], Reply]
    """Answer the call wrongly, given how it is answered rightly and the options of the rule."""

    options: type[Any]
    """What a rule may set: a named tuple with defaults."""


class NoOptions(NamedTuple):
    """Nothing can be set."""


def kind_of(name: str) -> Kind:
    """The kind of that name."""
    if name not in KINDS:
        raise EmulatorError(f"faults: no fault is called {name!r}; there are {', '.join(KINDS)}")
    kind: Kind = import_module(f"reconciler.local.camber.faults.{name.replace('-', '_')}").KIND
    return kind


def checked_options(name: str, given: Mapping[str, object]) -> Any:
    """The options of a rule, with the kind's defaults."""
    defaults: Mapping[str, object] = kind_of(name).options._field_defaults
    for key, value in given.items():
        if key not in defaults:
            raise EmulatorError(f"faults: {name} has no option {key!r}; it has {', '.join(defaults) or 'none'}")
        if not _is_like(value, defaults[key]):
            wanted = type(defaults[key]).__name__
            raise EmulatorError(f"faults: {key} of {name} must be of type {wanted}, not {value!r}")
        if isinstance(value, int | float) and value < 0 and not key.endswith(("skew_seconds", "shift_rows")):
            raise EmulatorError(f"faults: {key} of {name} must be at least 0, not {value!r}")
        if value not in _CHOICES.get(key, (value,)):
            raise EmulatorError(f"faults: {key} of {name} must be one of {', '.join(_CHOICES[key])}, not {value!r}")
    return kind_of(name).options(**given)


def _is_like(value: object, default: object) -> bool:
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)
