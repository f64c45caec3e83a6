"""A catalogue of inputs that people come with, each with what must come out of it.

A case is files to write, options of the ``table`` dataset, and the expected outcome: the canonical events and targets,
or the one message that refuses them. ``python -m catalogue`` (with ``PYTHONPATH=tests/datasets``) prints the counts.
Most cases are one small world, PURCHASES and PEOPLE, written in another way: then EVENTS and TARGETS must come out.
"""

from dataclasses import replace

from catalogue.case import Case, Outcome, interpreted, run
from catalogue.world import EVENTS, PEOPLE, PURCHASES, TARGETS, changed

MODULES = ("files", "csvs", "parquets", "times", "ids", "labels", "amounts", "names")


def cases() -> list[Case]:
    """All of them, module by module, whose name is before that of the case."""
    from importlib import import_module
    from importlib.util import find_spec

    found = [
        replace(case, name=f"{name}: {case.name}")
        for name in MODULES
        if find_spec(f"catalogue.{name}")
        for case in import_module(f"catalogue.{name}").cases()
    ]
    names = [case.name for case in found]
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]
    return found


__all__ = [
    "EVENTS",
    "MODULES",
    "PEOPLE",
    "PURCHASES",
    "TARGETS",
    "Case",
    "Outcome",
    "cases",
    "changed",
    "interpreted",
    "run",
]
