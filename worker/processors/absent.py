"""Stand in for what PaddleOCR's libraries import and a run must not have.

Hubs of models, a client of a service that reads elsewhere, and tables are imported at the top of modules that every
pipeline passes through, and nothing asks them on the way from a picture to its text. They would be a fifth of the
environment and a quarter of a child's start. (What keeps a run from downloading is that every model is given as a
folder; without these there is also less that could.)
Every name in them is a class that refuses to be made: `except` and `isinstance` work, and use is told.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

_TIME_SERIES = "paddlex.inference.models.common.ts"  # made of tables
ABSENT = ("aiohttp", "aistudio_sdk", "huggingface_hub", "modelscope", "pandas", _TIME_SERIES)
_TOLD_WHILE_IMPORTED = {("huggingface_hub", "logging"): SimpleNamespace(set_verbosity_error=lambda: None)}


class AbsentError(Exception):
    """Something was asked of a library that the worker does not have."""


class _Module(ModuleType):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if (self.__name__, name) in _TOLD_WHILE_IMPORTED:
            return _TOLD_WHILE_IMPORTED[self.__name__, name]
        setattr(self, name, _refusing(self.__name__, name))
        return self.__dict__[name]


def _refusing(module: str, name: str) -> type[Exception]:
    def refuse(*_: object, **__: object) -> object:
        raise AbsentError(f"{module}.{name} was asked for, and no worker has it")

    return type(name, (Exception,), {"__module__": module, "__new__": refuse})


class _Finder(MetaPathFinder, Loader):
    """Finds the absent libraries and whatever is below them."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        if not any(fullname == name or fullname.startswith(f"{name}.") for name in ABSENT):
            return None
        return ModuleSpec(fullname, self, origin="absent", is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def stand_in() -> None:
    """Stand in from now on, also where one of them is installed; call before paddlex is first imported."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
