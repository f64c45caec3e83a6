"""What Great Expectations found, in our own words."""

from typing import Any

from coles_ops.datasets.names import shown_name
from coles_ops.datasets.times import MIXED
from coles_ops.markdown import table

_SHOWN = 5

_COUNT, _GIVEN = "expect_column_unique_value_count_to_be_between", "expect_column_values_to_not_be_null"

# suite, column or expectation to what a user can do about it; the first that fits
_ADVICE = {
    ("broken_rule",): "mend the rows shown in quarantine/, or raise validation.max_quarantined",
    ("has_enough_events",): "lower training.min_events or validation.min_clients_with_events",
    ("label_without_events",): "drop these labels, or raise validation.max_labels_without_events",
    ("label",): "check the label's column, or write all its values under dataset `classes: [...]`",
    ("events", "client_id"): "check the column of dataset.client, or raise validation.max_quarantined",
    ("targets", "client_id", _GIVEN): "leave out the rows of the targets that name no client",
    ("targets", "client_id"): "keep one row a client in the targets",
    ("event_time",): "check the time column and its format, validation.time_min and validation.time_max",
    (_COUNT,): "leave the column out, or raise validation.max_categories",
    (_GIVEN,): "leave the column out of dataset.categories, or raise validation.max_null_categories",
    ("expect_table_row_count_to_be_between",): "there is no event: check dataset.events",
}
# part of a row's reason to what a user can do about it
_MENDS = {
    MIXED: "write all times in one way: this is refused in any number of rows",
    "event_time is a time": "check dataset.time and dataset.time_format",
    "event_time is not before": "check dataset.time_format, or lower validation.time_min",
    "event_time is not after": "check dataset.time_format, or raise validation.time_max",
    "is finite": "if an amount may be missing, name it in dataset.nullable",
    "is known": "add the value to validation.known",
    "client_id is a word for none": "if it is an id, write dataset.missing_ids without it",
}


def summarise(suite: str, results: list[Any]) -> list[dict[str, Any]]:
    """One mapping an expectation: suite, expectation, column, success, allowed, observed, counts, examples."""
    return [_line(suite, result) for result in results]


def _line(suite: str, result: Any) -> dict[str, Any]:
    config, found = result.expectation_config, result.result or {}
    arguments = {k: v for k, v in config.kwargs.items() if k not in ("column", "batch_id") and v is not None}
    return {
        "suite": suite,
        "expectation": config.type,
        "column": config.kwargs.get("column"),
        "success": bool(result.success),
        "allowed": {k: str(v) if not isinstance(v, int | float | list) else v for k, v in arguments.items()},
        "observed": str(found["observed_value"]) if "observed_value" in found else None,
        "rows": found["element_count"] - (found.get("missing_count") or 0) if "element_count" in found else None,
        "unexpected": found.get("unexpected_count"),
        "examples": [str(v) for v in found.get("partial_unexpected_list", [])[:_SHOWN]],
        "error": _error(result.exception_info or {}),
    }


def _error(info: dict[str, Any]) -> str | None:
    """Why it could not be checked, in one line: the library tells it of the whole or of each metric."""
    told = [info, *(of_metric for of_metric in info.values() if isinstance(of_metric, dict))]
    messages = [" ".join(each["exception_message"].split()) for each in told if each.get("exception_message")]
    return messages[0] if messages else None


def _advice(line: dict[str, Any]) -> str:
    if line["error"]:
        return "this is no finding about the data: the check itself failed"
    facts = {line["suite"], line["column"], line["expectation"]}
    return next((advice for of, advice in _ADVICE.items() if facts.issuperset(of)), "mend the source")


def failure_message(lines: list[dict[str, Any]], reasons: dict[str, int], evidence: str) -> str:
    """One message for all expectations that failed: which, where, how often, examples, what to do; and why rows did."""
    failed = [line for line in lines if not line["success"]]
    parts = [f"{len(failed)} expectations failed; details in {evidence}"]
    for line in failed:
        column = shown_name(line["column"] or "table")
        facts = [f"{line['suite']}.{column}: {line['expectation']} {line['allowed']}"]
        if line["unexpected"] is not None:
            facts.append(f"{line['unexpected']} of {line['rows']} values break it")
        if line["observed"] is not None:
            facts.append(f"observed {line['observed']}")
        if line["examples"]:
            facts.append(f"for example {', '.join(line['examples'])}")
        if line["error"]:
            facts.append(f"error: {line['error']}")
        parts.append("  - " + "; ".join(facts) + f" -> {_advice(line)}")
    for reason, rows in sorted(reasons.items(), key=lambda pair: -pair[1])[:_SHOWN]:
        mend = next((mend for part, mend in _MENDS.items() if part in reason), "mend the source")
        parts.append(f"  - rows left out: {rows:,}, {reason} -> {mend}")
    return "\n".join(parts)


def markdown_summary(summary: dict[str, Any]) -> str:
    """A table of every expectation with its outcome."""
    rows = []
    for line in summary["expectations"]:
        broken = f"{line['unexpected']} of {line['rows']}" if line["unexpected"] is not None else line["observed"] or ""
        allowed = ", ".join(f"{k} {v}" for k, v in line["allowed"].items())
        outcome = "ok" if line["success"] else "failed"
        rows.append([outcome, line["suite"], shown_name(line["column"] or ""), line["expectation"], allowed, broken])
    head = f"{summary['rows']} rows, {summary['clients']} clients, {summary['quarantined']} rows in quarantine"
    return head + "\n\n" + table(["outcome", "suite", "column", "expectation", "allowed", "broken"], rows)
