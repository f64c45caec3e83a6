"""The part of every client, by the protocol, before any statistic is computed."""

from dataclasses import replace

import pandas as pd

from coles_ops.artefacts import code_version, fingerprint, home, intact, publish
from coles_ops.artefacts.split import ClientSplit
from coles_ops.artefacts.validation import Validation
from coles_ops.protocols import Clients, Protocol
from coles_ops.run import Run
from coles_ops.schema import CLIENT, CUT, EVENTS, GROUP, LABEL, PART


def split_clients(run: Run, validation: Validation) -> ClientSplit:
    """Give every validated client its part.

    Raises:
        DataError: a class has too few clients for the folds.
    """
    protocol = run.config.evaluation.protocol
    key = fingerprint(validation.clients_file, protocol, code_version("coles_ops.preprocess.split"))
    split = ClientSplit(path=home().store / f"{key}-split", fingerprint=key)
    run.uses(split.path)
    if intact(split.path):
        return split.model_copy(update={"cached": True})
    clients = assign_parts(validation.clients, protocol)
    with publish(split.path) as folder:
        ClientSplit(path=folder, fingerprint=key).write(clients)
    return split


def assign_parts(clients: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Add the part to clients (client_id, n_events, label, group_id, cut); returns them sorted by client id.

    A client without a group becomes one by itself.
    """
    clients = clients.sort_values(CLIENT, ignore_index=True)
    clients[GROUP] = clients[GROUP].fillna(clients[CLIENT]).astype(str)
    label, classes = pd.factorize(clients[LABEL], sort=True)  # -1 where there is none
    known = Clients(label, clients[GROUP].to_numpy(str), time=clients[CUT].to_numpy("datetime64[us]"))
    clients[PART] = protocol.assign(known)
    protocol.check(replace(known, part=clients[PART].to_numpy(str)), list(classes))
    return clients[[CLIENT, PART, LABEL, GROUP, EVENTS]]
