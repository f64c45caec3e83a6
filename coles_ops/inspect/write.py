"""The profile as a YAML that runs as it is, with the reason of each line beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from coles_ops.inspect.labels import Labels, spread
from coles_ops.inspect.profile import Profile
from coles_ops.inspect.roles import Role

_SHOWN = 12  # classes that are counted in a comment
_WIDTH = 34  # column from where comments stand, at least


def to_yaml(found: Profile, name: str) -> str:
    """The text of a configuration called ``name``, which ``load_config`` takes."""
    lines = [
        _line("name", _slug(name), 0),
        "dataset:",
        _line("name", "table", 1),
        _line("events", found.events.path, 1, _read(found)),
        _line("client", found.column(Role.CLIENT), 1, found.guess(Role.CLIENT).reason),
        _line("time", found.column(Role.TIME), 1, found.guess(Role.TIME).reason),
        *([_line("time_format", found.time.form, 1)] if found.time.form else []),
        *_zone(found),
        *_columns("categories", found, Role.CATEGORY),
        *_columns("amounts", found, Role.AMOUNT),
        *_said(found),
        *(_comment(f"left out: {g.column}: {g.reason}", 1) for g in found.guesses if g.role is Role.OUT),
        *_targets(found),
    ]
    if found.limits:
        lines += ["validation:", *(_line(key, value, 1, why) for key, (value, why) in found.limits.items())]
    quarter, half, most = found.sizes.quantiles
    lines.append(
        _comment(f"events of a client: a quarter have at most {quarter:,}, half {half:,}, three quarters {most:,}", 0)
    )
    if found.sizes.settings:
        lines += ["training:", *(_line(key, value, 1) for key, value in found.sizes.settings.items())]
    lines += [
        _comment("search:  # one GRU of the default size without it; more encoders take longer", 0),
        _comment("  space: {encoder: [gru, transformer], encoder.size: [32, 64]}", 0),
    ]
    head = [
        _comment(line, 0) for line in ("Written by `coles inspect`, from guesses: check what it says.", *found.warnings)
    ]
    return "\n".join([*head, *lines]) + "\n"


def _read(found: Profile) -> str:
    return (
        f"{found.events.rows:,} rows"
        if found.events.whole
        else f"guessed from {len(found.events.frame):,} of about {found.events.rows:,} rows"
    )


def _zone(found: Profile) -> list[str]:
    if found.time.zoned:
        return [_comment("the times carry their zone: they are instants; timezone is that of the hour and weekday", 1)]
    return [
        _line("timezone", "UTC", 1, "a guess: the times name no zone; write the one of their clock, as Europe/Berlin")
    ]


def _columns(key: str, found: Profile, role: Role) -> list[str]:
    chosen = [guess for guess in found.guesses if guess.role is role]
    if not chosen:
        return [_line(key, [], 1)]
    return [f"  {key}:", *(_aligned(f"    - {_scalar(guess.column)}", guess.reason) for guess in chosen)]


def _said(found: Profile) -> list[str]:
    """Options of the dataset that only some files need."""
    lines = []
    if found.nullable:
        lines.append(_line("nullable", found.nullable, 1, "they may be missing; a category says where they are"))
    if found.pairing and found.pairing.rules:
        lines.append(_line("ids", list(found.pairing.rules), 1, "so that the ids of events and targets meet"))
    if found.csv:
        key, value, why = found.csv
        lines.append(_line("csv", {key: value}, 1, why))
    return lines


def _targets(found: Profile) -> list[str]:
    if found.targets is None or found.labels is None:
        return [
            _comment("a verdict needs labels: one row a client with its id and its label; then take these lines in", 1),
            _comment("targets: labels.csv", 1),
            _comment("label: label", 1),
        ]
    labels, pairing = found.labels, found.pairing
    key = pairing.target_client if pairing else found.column(Role.CLIENT)
    met = f"{pairing.found:,} of {pairing.ids:,} ids are among the events read" if pairing else "the same table"
    return [
        _line("targets", found.targets.path, 1, met),
        *([_line("target_client", key, 1)] if key != found.column(Role.CLIENT) else []),
        _line("label", labels.column, 1),
        _kind(labels),
        *([_line("group", labels.group, 1, "its clients stay on one side of the split")] if labels.group else []),
        *_known_when(list(labels.times)),
    ]


def _kind(labels: Labels) -> str:
    """What the label is."""
    if not labels.classes:
        return _line("label_kind", "number", 1, spread(labels.by_client))
    counts = ", ".join(f"{value}: {count:,}" for value, count in list(labels.classes.items())[:_SHOWN])
    if len(labels.classes) == 1:
        return _comment(f"classes: there is one alone, and two are needed ({counts})", 1)
    positive = "; the second is positive" if len(labels.classes) == 2 else ""
    return _line("classes", list(labels.classes), 1, f"clients: {counts}{positive}")


def _known_when(times: list[str]) -> list[str]:
    """What only the user can say: until when events may be read."""
    if times:
        which = "take in the column that says when a label was known: events from then on are left out"
        return [_aligned(_comment(f"label_time: {_scalar(name)}", 1), which) for name in times]
    return [_aligned(_comment("cut: 2024-06-01", 1), "take in with the day of the labels: later events are left out")]


def _line(key: str, value: Any, depth: int, why: str = "") -> str:
    return _aligned(f"{'  ' * depth}{key}: {_scalar(value)}", why)


def _aligned(text: str, why: str) -> str:
    return f"{text:<{_WIDTH}} # {_plain(why)}" if why else text


def _comment(text: str, depth: int) -> str:
    return f"{'  ' * depth}# {_plain(text)}"


def _scalar(value: Any) -> str:
    """A value as YAML on one line, whatever is in it."""
    values = value if isinstance(value, list) else [value]
    readable = all(str(each).isprintable() for each in values)  # else escaped, as YAML may end a line there
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=readable, width=10**9)
    return text.strip().removesuffix("...").strip()


def _plain(text: str) -> str:
    """Data in a comment: on one line, and nothing that YAML can't hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _slug(name: str) -> str:
    """A name of a run: lower case, digits, - and _."""
    return re.sub(r"[^a-z0-9_-]+", "-", Path(name).stem.lower()).strip("-_") or "mine"
