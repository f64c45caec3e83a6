"""Names to implementations: the extension points of coles."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Generic, TypeVar

from coles_ops.schema import UserError

T = TypeVar("T")


class UnknownNameError(UserError, ValueError):
    """Nothing is registered by this name; a ValueError too, so that pydantic names the key it stands under."""


class Registry(Generic[T]):
    """A named set of implementations of one contract.

    The modules of its packages are imported on first look-up, so adding an implementation is adding one
    file with one decorator.
    """

    def __init__(self, kind: str, *packages: str):
        self.kind = kind
        self._packages = packages
        self._items: dict[str, T] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """Decorate an implementation with the name users write in YAML; a second of the same name raises."""

        def add(item: T) -> T:
            if name in self._items:
                raise ValueError(f"{self.kind} {name!r} is already registered as {self._items[name]!r}")
            self._items[name] = item
            return item

        return add

    def get(self, name: str) -> T:
        """The implementation; raises UnknownNameError naming the known ones."""
        if name not in self.names():
            raise UnknownNameError(f"unknown {self.kind} {name!r}; known: {', '.join(self.names())}")
        return self._items[name]

    def names(self) -> list[str]:
        """All registered names, sorted."""
        if not self._loaded:
            for name in self._packages:
                for module in pkgutil.iter_modules(importlib.import_module(name).__path__):
                    importlib.import_module(f"{name}.{module.name}")
            self._loaded = True
        return sorted(self._items)
