"""The part of every client, by the protocol, before any statistic is computed."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from coles_ops.artefacts import code_version, fingerprint, home, intact, publish
from coles_ops.artefacts.split import ClientSplit
from coles_ops.artefacts.validation import Validation
from coles_ops.datasets.targets import classes_of
from coles_ops.protocols import Clients, Protocol
from coles_ops.run import Run
from coles_ops.schema import CLIENT, CUT, EVENTS, GROUP, LABEL, PART
from coles_ops.targets import Target


def split_clients(run: Run, validation: Validation) -> ClientSplit:
    """Give every validated client its part.

    Raises:
        DataError: labels leave nothing to predict, or too few clients for the folds.
    """
    protocol, predicts, labelled = run.config.evaluation.protocol, run.config.dataset.predicts, validation.clients
    key = fingerprint(
        validation.clients_file,
        protocol,
        predicts(labelled[LABEL].dropna()),
        code_version("coles_ops.preprocess.split"),
    )
    split = ClientSplit(path=home().store / f"{key}-split", fingerprint=key)
    run.uses(split.path)
    if intact(split.path):
        return split.model_copy(update={"cached": True})
    clients = assign_parts(labelled, protocol, predicts)
    with publish(split.path) as folder:
        ClientSplit(path=folder, fingerprint=key).write(clients)
    return split


def assign_parts(
    clients: pd.DataFrame, protocol: Protocol, predicts: Callable[[pd.Series], Target] = classes_of
) -> pd.DataFrame:
    """Add the part to clients (client_id, n_events, label, group_id, cut); returns them sorted by client id.

    A client without a group becomes one by itself.

    Args:
        clients: in any order.
        protocol: gives the parts.
        predicts: what labels are; classes, unless the dataset says otherwise.

    Raises:
        DataError: labels leave nothing to predict, or too few clients for the folds.
    """
    clients = clients.sort_values(CLIENT, ignore_index=True)
    clients[GROUP] = clients[GROUP].fillna(clients[CLIENT]).astype(str)
    target = predicts(clients[LABEL].dropna())
    label, group = target.encode(clients[LABEL]), clients[GROUP].to_numpy(str)
    known = Clients(label, group, time=clients[CUT].to_numpy("datetime64[us]"), target=target)
    clients[PART] = protocol.assign(known)
    protocol.check(replace(known, part=clients[PART].to_numpy(str)))
    return clients[[CLIENT, PART, LABEL, GROUP, EVENTS]]
