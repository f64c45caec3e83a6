"""Sides of the split: by client, seeded, stratified by label, before any statistic is computed."""

import numpy as np
import pandas as pd

from coles_ops.artefacts import code_version, fingerprint, home, intact, publish
from coles_ops.artefacts.split import ClientSplit
from coles_ops.artefacts.validation import Validation
from coles_ops.config import Split
from coles_ops.run import Run
from coles_ops.schema import CLIENT, EVENTS, GROUP, LABEL, PART, DataError, Part


def split_clients(run: Run, validation: Validation) -> ClientSplit:
    """Give every validated client its part.

    Raises:
        DataError: a class has too few clients for three parts.
    """
    key = fingerprint(validation.clients_file, run.config.split, code_version("coles_ops.preprocess.split"))
    split = ClientSplit(path=home().store / f"{key}-split", fingerprint=key)
    run.uses(split.path)
    if intact(split.path):
        return split.model_copy(update={"cached": True})
    clients = assign_parts(validation.clients, run.config.split)
    with publish(split.path) as folder:
        ClientSplit(path=folder, fingerprint=key).write(clients)
    return split


def assign_parts(clients: pd.DataFrame, config: Split) -> pd.DataFrame:
    """Add the part to clients (client_id, n_events, label, group_id); returns them sorted by client id.

    Within each class, groups are ranked by a seeded hash of their id and cut at the shares, so that the result
    depends neither on the order of rows nor on what other classes hold. Clients of a group stay together;
    clients without a label are ``unlabelled``.
    """
    clients = clients.sort_values(CLIENT, ignore_index=True)
    labelled = clients[clients[LABEL].notna()]
    groups = labelled.assign(**{GROUP: labelled[GROUP].fillna(labelled[CLIENT])}).groupby(GROUP)[LABEL].min()
    ranks = pd.DataFrame(
        {LABEL: groups, "hash": pd.util.hash_array(groups.index.to_numpy(object), hash_key=_key(config))}
    )
    ranks = ranks.sort_values([LABEL, "hash"])
    place = ranks.groupby(LABEL).cumcount() + 0.5
    share = place / ranks.groupby(LABEL)["hash"].transform("size")
    sides = np.array([str(Part.TRAIN), str(Part.VALID), str(Part.TEST)], dtype=object)
    cuts = [config.train, config.train + config.valid]
    side = pd.Series(sides[np.searchsorted(cuts, share, side="right").clip(max=2)], index=ranks.index)
    _check(ranks[LABEL], side)
    part = clients[GROUP].fillna(clients[CLIENT]).map(side).where(clients[LABEL].notna(), str(Part.UNLABELLED))
    return clients.assign(**{PART: part})[[CLIENT, PART, LABEL, GROUP, EVENTS]]


def _key(config: Split) -> str:
    return f"{config.seed:016d}"[-16:]  # pandas' hash takes 16 characters


def _check(label: pd.Series, side: pd.Series) -> None:
    counts = pd.crosstab(label, side).reindex(columns=["train", "valid", "test"], fill_value=0)
    if len(counts) < 2:
        raise DataError(
            f"the labelled clients have {len(counts)} class(es), {list(counts.index)}: at least 2 are needed"
        )
    lacking = counts[(counts == 0).any(axis=1)]
    if len(lacking):
        name, row = lacking.index[0], lacking.iloc[0]
        raise DataError(
            f"class {name!r} has {row.sum()} labelled clients, which gives {row['train']} in train, {row['valid']} in "
            f"valid and {row['test']} in test: every class needs one in each; join rare classes or label more clients"
        )
