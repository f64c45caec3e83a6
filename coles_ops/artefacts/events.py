"""Coded events of all clients: the store, the coding that made it, and facts about both."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from coles_ops.artefacts import Artefact, read_json, write_json
from coles_ops.coding import EventCoding
from coles_ops.store import EventStore


class Events(Artefact):
    """A folder with arrays/, coding.json and facts.json."""

    @classmethod
    def among(cls, folders: Iterable[Path]) -> Self:
        """The one among folders of the store."""
        found = (cls(path=path, fingerprint=path.name) for path in folders)
        return next(events for events in found if events.facts_file.exists())

    @property
    def store_path(self) -> Path:
        """Folder of the event store, as worker processes are told it."""
        return self.path / "arrays"

    @cached_property
    def store(self) -> EventStore:
        """The store, read-only."""
        return EventStore(self.store_path)

    @cached_property
    def coding(self) -> EventCoding:
        """The coding that its events were coded by."""
        return EventCoding.load(self.path)

    @property
    def facts_file(self) -> Path:
        """Where the facts are."""
        return self.path / "facts.json"

    @property
    def facts(self) -> dict[str, Any]:
        """Numbers of clients, events, codes and unknown values; the span of times; what tells the label by itself."""
        return read_json(self.facts_file)

    def write(self, coding: EventCoding, facts: dict[str, Any]) -> None:
        """What stands beside the store."""
        coding.save(self.path)
        write_json(self.facts_file, facts)
