"""What raw data must look like, as Great Expectations suites made from the configuration."""

from typing import Any

from great_expectations import ExpectationSuite
from great_expectations import expectations as gxe

from coles_ops.config import Config
from coles_ops.schema import BROKEN, CLIENT, EVENTS, LABEL, SEQUENCE, TIME

ENOUGH = "has_enough_events"
ORPHAN = "label_without_events"


def events_suite(config: Config) -> ExpectationSuite:
    """Columns, types, row rules with their allowed share, and cardinality and gaps of the categories."""
    dataset, limits = config.dataset, config.validation
    reals = [*dataset.amounts, *([SEQUENCE] if dataset.ordered else [])]
    columns = [CLIENT, TIME, *dataset.categories, *reals]
    types = {CLIENT: "StringType", TIME: "TimestampType", **dict.fromkeys(dataset.categories, "StringType")}
    types |= dict.fromkeys(reals, "DoubleType")
    expectations = [
        gxe.ExpectTableColumnsToMatchSet(column_set=[*columns, BROKEN]),
        *(gxe.ExpectColumnValuesToBeOfType(column=column, type_=kind) for column, kind in types.items()),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToBeNull(column=BROKEN, mostly=1 - limits.max_quarantined),
        gxe.ExpectColumnValuesToNotBeNull(column=CLIENT, mostly=1 - limits.max_quarantined),
        gxe.ExpectColumnValuesToNotBeNull(column=TIME, mostly=1 - limits.max_quarantined),
    ]
    if limits.time_min or limits.time_max:
        bounds: dict[str, Any] = {
            name: value.replace(tzinfo=None)
            for name, value in (("min_value", limits.time_min), ("max_value", limits.time_max))
            if value
        }
        expectations.append(gxe.ExpectColumnValuesToBeBetween(column=TIME, mostly=1 - limits.max_quarantined, **bounds))
    for column in dataset.categories:
        expectations.append(
            gxe.ExpectColumnUniqueValueCountToBeBetween(column=column, min_value=1, max_value=limits.max_categories)
        )
        expectations.append(gxe.ExpectColumnValuesToNotBeNull(column=column, mostly=1 - limits.max_null_categories))
    return ExpectationSuite(name="events", expectations=expectations)


def targets_suite(config: Config) -> ExpectationSuite:
    """Label values, where the configuration names them, and one label a client."""
    classes = list(config.dataset.classes)
    return ExpectationSuite(
        name="targets",
        expectations=[
            gxe.ExpectColumnValuesToNotBeNull(column=CLIENT),
            gxe.ExpectColumnValuesToBeUnique(column=CLIENT),
            gxe.ExpectColumnValuesToNotBeNull(column=LABEL),
            *([gxe.ExpectColumnValuesToBeInSet(column=LABEL, value_set=classes)] if classes else []),
        ],
    )


def clients_suite(config: Config) -> ExpectationSuite:
    """Events of the clients: enough of them have enough, and labelled ones have any."""
    limits = config.validation
    return ExpectationSuite(
        name="clients",
        expectations=[
            gxe.ExpectColumnValuesToBeInSet(column=ENOUGH, value_set=["yes"], mostly=limits.min_clients_with_events),
            gxe.ExpectColumnValuesToBeInSet(
                column=ORPHAN, value_set=["no"], mostly=1 - limits.max_labels_without_events
            ),
            gxe.ExpectColumnMinToBeBetween(column=EVENTS, min_value=0),
        ],
    )
