"""The sections of a configuration: frozen models, every field with its meaning and unit."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, SerializeAsAny, model_validator

from coles_ops.aggregates.options import Aggregation
from coles_ops.component import Section, by_name
from coles_ops.listed.base import LISTED, Listed
from coles_ops.probes.base import PROBES, Probe
from coles_ops.protocols.base import PROTOCOLS, Protocol


class Validation(Section):
    """Gates the raw data must pass before anything is computed from it."""

    time_min: datetime | None = Field(
        datetime(1990, 1, 1, tzinfo=UTC), description="Earliest event time accepted, UTC; null for any."
    )
    time_max: datetime | None = Field(
        None, description="Latest event time accepted, UTC; null for the end of tomorrow, as the rows are first read."
    )
    known: dict[str, list[str]] = Field({}, description="Category column to the only values it may hold.")
    may_tell: tuple[str, ...] = Field(
        (), description="Features that may tell the label by themselves, by the names that a leak is told of."
    )
    max_categories: int = Field(100_000, ge=2, description="Most distinct values of a category column.")
    max_null_categories: float = Field(
        0.2, ge=0, le=1, description="Largest share of missing values in a category column."
    )
    max_quarantined: float = Field(
        0.01, ge=0, le=1, description="Largest share of rows that may break a row rule and be left out."
    )
    min_clients_with_events: float = Field(
        0.5, ge=0, le=1, description="Smallest share of clients with at least `training.min_events` events."
    )
    max_labels_without_events: float = Field(
        0.0, ge=0, le=1, description="Largest share of labelled clients that may lack events."
    )


class Preprocess(Section):
    """From raw rows to coded events."""

    min_count: int = Field(1, ge=1, description="Rarer category values share the unknown code.")
    max_codes: int | None = Field(None, ge=2, description="Most codes a column keeps, by frequency.")
    calendar: tuple[Literal["hour", "weekday", "day", "month"], ...] = Field(
        ("hour", "weekday"), description="Parts of the local event time added as categories."
    )
    gap: bool = Field(True, description="Add log1p of the seconds since the client's previous event.")


class Range(Section):
    """A continuous search dimension."""

    low: float = Field(description="Lower end.")
    high: float = Field(description="Upper end.")
    log: bool = Field(False, description="Draw uniformly in the logarithm.")

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low {self.low:g} has no logarithm: it must be above 0")
        return self


class Search(Section):
    """Which trials run, and which go on: successive halving in rounds, the last of them trained by several seeds."""

    space: dict[str, list[Any] | Range] = Field(
        {},
        description="Dotted key below `training` (`steps`, `encoder`, `encoder.size`) to its values (a list), or to a "
        "range {low, high, log}. Values of a component are names or mappings {name, options}: the component keeps the "
        "options of `training` that it also has, the others are its defaults. A dotted option applies to those of the "
        "components tried that have it.",
    )
    algorithm: Literal["grid", "random", "optuna"] = Field("grid", description="How trials are chosen.")
    trials: int = Field(20, ge=1, description="Trials of random and optuna; a grid runs whole.")
    proposals: int = Field(
        8, ge=1, description="Trials that optuna proposes at a time: it knows the scores of those before them."
    )
    first_round: int | None = Field(
        200, ge=1, description="Optimiser steps of the first round; null trains all trials in one round, in full."
    )
    reduction: int = Field(
        3, ge=2, description="After a round the best one in this many goes on, up to this many times the steps."
    )
    finalists: int = Field(2, ge=1, description="Trials of the last round that are evaluated, of which one wins.")
    seeds: int = Field(5, ge=1, description="Seeds by which each finalist is trained, the trial's own being the first.")
    min_steps: int = Field(300, ge=1, description="Optimiser steps of a winner below which no verdict is given.")
    seed: int = Field(0, ge=0, description="Seed of random choices.")

    @model_validator(mode="after")
    def _searchable(self) -> Search:
        for key, values in self.space.items():
            if isinstance(values, Range) and self.algorithm == "grid":
                raise ValueError(f"search.space.{key} is a range: use algorithm random or optuna, or a list")
            if key == "seed":
                raise ValueError("search.space.seed: seeds are no choice, search.seeds says how many train a finalist")
            if values == []:
                raise ValueError(f"search.space.{key} is an empty list")
        return self


class Embedding(Section):
    """How all clients are embedded."""

    max_events: int = Field(10_000, ge=1, description="Events of a client that are read, the last ones.")
    long_histories: Literal["last", "windows"] = Field(
        "last",
        description="For longer clients: the last `max_events`, or the mean over windows of at most that size.",
    )
    batch_events: int = Field(
        65_536, ge=1, description="Events computed at once, which bounds the memory; 16 times as many by GRU and LSTM."
    )


class Evaluation(Section):
    """Probes and their statistics."""

    protocol: Annotated[SerializeAsAny[Protocol], by_name(PROTOCOLS, "crossfit")] = Field(
        "crossfit",
        validate_default=True,
        description="A registered protocol and its options: who trains, who compares trials, who is scored.",
    )
    probes: tuple[Annotated[SerializeAsAny[Probe], by_name(PROBES, "catboost")], ...] = Field(
        ("catboost", "linear"),
        validate_default=True,
        description="Registered probes and their options; the first chooses among finalists and gives the verdict.",
    )
    representations: tuple[Annotated[SerializeAsAny[Listed], by_name(LISTED, "counts")], ...] = Field(
        ("counts", "topics", "rfm"),
        validate_default=True,
        description="Registered representations and their options that are scored beside encoders and aggregates.",
    )
    labels: tuple[Annotated[int, Field(ge=2)], ...] = Field(
        (25, 100, 400),
        description="Numbers of labels by which the last probe is taught beside: the learning curve. None, no curve.",
    )
    aggregates: Aggregation = Field(Aggregation(), description="What the baseline knows of a client.")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Coverage of an interval.")
    delta: float = Field(
        0.01, gt=0, description="Differences of the score below it do not matter: rows within it are equivalent."
    )
    embeddings: Literal["all"] | list[str] = Field(
        [], description="By what is evaluated, all clients are described too: all, or a list of trials and baselines."
    )
    seed: int = Field(0, ge=0, description="Seed of the probes.")

    @model_validator(mode="before")
    @classmethod
    def _probes_of_the_protocol(cls, values: Any) -> Any:
        named = values.get("protocol") if isinstance(values, dict) else None
        name = named.get("name") if isinstance(named, dict) else named
        if name in PROTOCOLS.names() and (probes := PROTOCOLS.get(name).probes):
            return {"probes": probes} | values
        return values

    @model_validator(mode="after")
    def _each_once(self) -> Evaluation:
        if not self.probes or len({probe.name for probe in self.probes}) < len(self.probes):
            raise ValueError("probes: name at least one, and each once")
        rows = [each.row for each in self.representations]
        if twice := next((row for row in rows if rows.count(row) > 1), None):
            raise ValueError(f"representations: {twice} is there twice: give one of them a variant, which names it")
        return self


class Production(Section):
    """What a run leaves for use."""

    refit: bool = Field(
        True,
        description="Train the winner anew on all clients, those who were scored too, before it is packed. Else it is "
        "packed as it was scored.",
    )
    embeddings: bool = Field(True, description="Embed all clients by what is packed.")


class Reporting(Section):
    """What the page that people read may hold."""

    histories: bool = Field(
        True,
        description="Show some clients with their ids and last events, and who is nearest to them. Switch it off where "
        "the page goes to people who may not see them.",
    )


class Tracking(Section):
    """Weights & Biases."""

    mode: Literal["offline", "online", "disabled"] = Field(
        "offline",
        description="offline writes local files; online also shows trials while they run, and syncs all at the end.",
    )
    project: str = Field("coles", description="W&B project.")
    entity: str | None = Field(None, description="W&B team or user; null for the login's own.")
    sync_timeout: int = Field(120, ge=1, description="Seconds the sync may take before it is left for later.")


class Resources(Section):
    """What the machine or cluster may spend.

    It makes no other run: what is done is taken as it is. Results are not the same to the bit, though: a GPU and other
    numbers of threads add up in another order. What was in effect is in the manifest, by stage.
    """

    cpus: Annotated[int, Field(ge=1)] | Literal["auto"] = Field("auto", description="Cores used in all.")
    cpus_per_trial: float = Field(1, gt=0, description="Cores of one trial.")
    gpu: Annotated[float, Field(ge=0)] | Literal["auto"] = Field(
        "auto",
        description="GPUs of one trial, fractions allowed; 0 none; auto gives a trial the part it is measured to need.",
    )
    spark_memory: str = Field("3g", description="Memory of the Spark driver, as Spark writes it.")
    spark_master: str | None = Field(None, description="Spark master URL; null for this machine.")
    ray_address: str | None = Field(None, description="Address of a Ray cluster; null starts one here.")

    @property
    def cores(self) -> int:
        """Cores used in all, as a number."""
        return (os.cpu_count() or 1) if self.cpus == "auto" else self.cpus
