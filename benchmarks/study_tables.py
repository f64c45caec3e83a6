"""Tables of docs/study.md: what the study published, what its way gives here, and what is so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import mean

from benchmarks.jobs import Record, Records, table
from benchmarks.study_records import BASE, NO_CATEGORIES
from coles_ops.evaluation.rows import AGGREGATES, COLES, RANDOM
from coles_ops.evaluation.words import signed
from coles_ops.report import published

Told = tuple[float, float, float, float]  # F1, ROC-AUC, recall, accuracy

MODALITIES = {"transactions": "transactions", "clickstream": "clicks", "both": "both, joined"}
_BESIDE = ["published", "as published, here", "here", "what the defects are worth"]
_RIGHT = {1, 2, 4}
_SCORES = ("F1", "ROC-AUC", '"precision"', "precision", "accuracy")
_ROWS = {  # of the page, to the name under which the study's figures stand, and what it is here
    "table_8": ("CoLES 256", BASE | {"size": 256}),
    "table_9": ("CoLES 512", BASE | {"size": 512}),
    "table_12": ("aggregates", {"kind": AGGREGATES}),
    "table_13": ("random encoder", {"kind": RANDOM}),
}
_VARIED = {"figure_3": ("size", published.SIZES), "table_10": ("encoder", published.ENCODERS),
           "table_11": ("sampler", published.SAMPLERS)}  # fmt: skip


def section(name: str, records: Records) -> str:
    """What stands under a mark of the page; nothing where no run is there."""
    if not records:
        return ""
    found = {modality: rows_of(records, modality) for modality in MODALITIES}
    if name in _ROWS:
        return _all_scores(found, *_ROWS[name])
    if name in _VARIED:
        return _varied(found, *_VARIED[name])
    return {"setting": _setting, "joined": _joined, "defects": _defects, "grid": _grid}[name](records)


def rows_of(records: Records, modality: str) -> list[Record]:
    """All rows of a modality, each once, as the first run has them that does."""
    own = [each for each in records.values() if each["table"] == modality]
    rows = {row["row"]: row for each in reversed(own) for row in each["rows"]}
    return list(rows.values())


def matching(rows: Iterable[Record], what: Mapping[str, object]) -> list[Record]:
    """Those that are of this kind; trained encoders where none is named."""
    return [row for row in rows if row.items() >= ({"kind": COLES} | dict(what)).items()]


def precision(f1: float, recall: float) -> float:
    """Which goes with them: the study printed recall under this name, so that its precision follows."""
    return f1 * recall / (2 * recall - f1)


def _all_scores(found: Mapping[str, list[Record]], name: str, what: Mapping[str, object]) -> str:
    lines = []
    for modality, title in MODALITIES.items():
        told = published.STUDY.get(modality, {}).get(name)
        for row in matching(found[modality], what):
            f1, auc, recall, accuracy = told or (None,) * 4
            of_study = (f1, auc, recall, told and precision(told[0], told[2]), accuracy)
            swapped, here = row["as_published"], row["here"]
            ours = [swapped["f1"], swapped["roc_auc"], swapped["precision"], _true(row), swapped["accuracy"]]
            so = [here["f1"], here["roc_auc"], here["recall"], here["precision"], here["accuracy"]]
            label = f"{title}, {row['size']} numbers" if row["kind"] == RANDOM else title
            for score, theirs, leaky, value in zip(_SCORES, of_study, ours, so, strict=True):
                shown = _with_interval(here) if score == "ROC-AUC" else f"{value:.3f}"
                lines.append([f"{label}: {score}", _cell(theirs), f"{leaky:.3f}", shown, f"{leaky - value:+.3f}"])
    return table(["", *_BESIDE], lines, _RIGHT)


def _varied(found: Mapping[str, list[Record]], key: str, told: Mapping[str, Mapping[object, float]]) -> str:
    """ROC-AUC where one thing is changed and all else is as in the base."""
    head = ["ROC-AUC", *_BESIDE, "ahead of the base, published", "ahead of the base, here"]
    lines = []
    for modality in ("transactions", "clickstream"):
        figures = told[modality]
        for value, theirs in figures.items():
            for row in matching(found[modality], BASE | {key: value}):
                leaky, here = row["as_published"]["roc_auc"], row["here"]["roc_auc"]
                base = value == BASE[key]
                ahead = ["", ""] if base else [f"{theirs - figures[BASE[key]]:+.3f}", _ahead(row, "base")]
                name = f"{MODALITIES[modality]}, {value}" + " (base)" * base
                cells = [_cell(theirs), f"{leaky:.3f}", _with_interval(row["here"]), f"{leaky - here:+.3f}"]
                lines.append([name, *cells, *ahead])
    return table(head, lines, _RIGHT | {5})


def _grid(records: Records) -> str:
    """ROC-AUC of every encoder with every sampler, a line a size."""
    samplers, encoders = published.SAMPLERS["transactions"], published.ENCODERS["transactions"]
    kinds = [{"encoder": encoder, "sampler": sampler} for encoder in encoders for sampler in samplers]
    lines = []
    for modality, title in MODALITIES.items():
        found = rows_of(records, modality)
        for size in published.SIZES["transactions"]:
            rows = [next(iter(matching(found, kind | {"size": size})), None) for kind in kinds]
            if any(rows):
                cells = [_cell(row["here"]["roc_auc"] if row else None) for row in rows]
                lines.append([f"{title}, {size}", *cells])
    head = ["ROC-AUC, here", *(" · ".join(map(str, kind.values())) for kind in kinds)]
    return table(head, lines, set(range(1, len(head)))) if lines else ""


def _setting(records: Records) -> str:
    record = next(iter(records.values()))
    training, probe, sampler = record["training"], record["probe"], record["training"]["sampler"]
    events = ", ".join(
        f"{next(each['events'] for each in records.values() if each['table'] == modality):,} {what}"
        for modality, what in (("transactions", "transactions"), ("clickstream", "clicks"))
        if any(each["table"] == modality for each in records.values())
    )
    return (
        f"{record['clients']:,} made-up clients with {events}; {record['labelled']:,} have a label, of whom "
        f"{record['scored']:,} are scored, {record['positive']:.0%} of these positive. Encoders learn from "
        f"{training['steps']} steps of {training['batch_size']} clients, {sampler['slices']} sub-sequences of "
        f"{sampler['min']} to {sampler['max']} events each. CatBoost has at most {probe['trees']} trees of depth "
        f"{probe['depth']}, a rate of {probe['learning_rate']:g} and {probe['bins']} borders of a feature. Runs took "
        f"{sum(each['seconds'] for each in records.values()) / 60:,.0f} minutes in all, on a core that others used, "
        f"and at most {max(each['peak_mb'] for each in records.values()) / 1024:.1f} GB.\n"
    )


def _joined(records: Records) -> str:
    """What both modalities know more of a client than one of them, on the same clients."""
    lines = [
        [name, f"{pair['one']:.3f}", f"{pair['both']:.3f}", signed(_value(pair), _interval(pair)), pair["outcome"]]
        for record in records.values()
        for run, pairs in record["joined"].items()
        for pair in pairs
        for name in [f"{pair['row'].replace('_', ' ')}, beside {MODALITIES[run.removeprefix('study_')]} alone"]
        if pair["row"] in (AGGREGATES, COLES, f"{AGGREGATES}+{COLES}", RANDOM)
    ]
    head = ["ROC-AUC", "one modality", "both, joined", "difference", "outcome"]
    return table(head, lines, {1, 2}) if lines else ""


def _defects(records: Records) -> str:
    """What each defect is worth, over all rows of a modality."""
    there = [modality for modality in MODALITIES if rows_of(records, modality)]
    columns = {
        modality: _worths(
            rows_of(records, modality),
            next(each for each in records.values() if each["table"] == modality),
            published.STUDY.get(modality, {}),
        )
        for modality in there
    }
    names = list(next(iter(columns.values())))
    lines = [[name, *(columns[modality][name] for modality in there)] for name in names]
    return table(["defect", *(MODALITIES[modality] for modality in there)], lines, set())


def _worths(rows: list[Record], first: Record, told: Mapping[str, Told]) -> dict[str, str]:
    """Defect to what it is worth; of the modality's first run the winner counts."""
    excess = [f"{mean(row['as_published']['recall'] - _true(row) for row in rows):+.3f}"]
    if told:
        excess.append(f"published {mean(recall - precision(f1, recall) for f1, _, recall, _ in told.values()):+.3f}")
    leaks = [row["as_published"]["roc_auc"] - row["here"]["roc_auc"] for row in rows]
    encoders, chosen = matching(first["rows"], {}), first["chosen"]
    picked = max(encoders, key=lambda row: row["as_published"]["roc_auc"])
    at = {row["kind"]: row["here"]["roc_auc"] for row in rows}
    lost = at[AGGREGATES] - at[NO_CATEGORIES]
    return {
        "precision that is recall: mean excess": ", ".join(excess),
        "trees counted by the test clients, ROC-AUC: mean excess (least to most)": (
            f"{mean(leaks):+.3f} ({min(leaks):+.3f} to {max(leaks):+.3f}, {len(leaks)} rows)"
        ),
        "the encoder picked by the test clients as well, ROC-AUC": (
            f"{picked['as_published']['roc_auc']:.3f} (best of {len(encoders)}) against {chosen['roc_auc']:.3f} "
            f"(chosen within the training clients): {picked['as_published']['roc_auc'] - chosen['roc_auc']:+.3f}"
        ),
        "aggregates without categories, ROC-AUC": f"{at[NO_CATEGORIES]:.3f} for {at[AGGREGATES]:.3f}: {-lost:+.3f}",
    }


def _true(row: Record) -> float:
    """Its precision as published, by the right name."""
    return precision(row["as_published"]["f1"], row["as_published"]["recall"])


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _with_interval(here: Mapping[str, float]) -> str:
    return f"{here['roc_auc']:.3f} [{here['roc_auc_low']:.3f}, {here['roc_auc_high']:.3f}]"


def _ahead(row: Record, of: str) -> str:
    value, low, high = row["ahead"][of]
    return signed(value, (low, high))


def _value(pair: Record) -> float:
    return pair["difference"][0]


def _interval(pair: Record) -> tuple[float, float]:
    return pair["difference"][1], pair["difference"][2]
