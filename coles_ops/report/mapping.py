"""Clients by the embeddings of the encoder that is kept: on two maps, and who is nearest to whom.

R clients on the map, D width of an embedding.
"""

import logging

import numpy as np
import pandas as pd

from coles_ops.artefacts import code_version, fingerprint, intact, publish
from coles_ops.artefacts.clientmap import ClientMap, MapFacts
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.trials import Trials
from coles_ops.embedding import device_of, embed, load_encoder
from coles_ops.run import Run
from coles_ops.schema import CLIENT
from coles_ops.store import EventStore
from coles_ops.threads import limited_threads

log = logging.getLogger("coles.report")

_CLIENTS = 2_000  # on the map
_ASKED, _NEAREST = 4, 4  # clients whose nearest are shown, and how many of them
_PERPLEXITY, _ITERATIONS, _WIDTH = 30.0, 500, 50  # of the t-SNE, and how many principal components it reads


def map_clients(run: Run, events: Events, trials: Trials, evaluation: Evaluation, seed: int = 0) -> ClientMap:
    """Embed some clients, half of them scored ones where there are as many, and lay them out.

    The encoder is the one that was scored, which has not trained on who is scored: what is near to each other there is
    no memory of the training. Lengths of embeddings do not count, directions do, on the maps too.

    Args:
        run: its settings say how histories are embedded.
        events: of all clients.
        trials: one of which has the encoder.
        evaluation: says which, and who is scored.
        seed: of the sample, and of the t-SNE (van der Maaten and Hinton 2008).
    """
    verdict, config = evaluation.verdict(), run.config
    encoder = trials.folder(verdict.trial).encoder
    scored = evaluation.scored(verdict.baseline, probe=verdict.probe)[CLIENT].unique()
    code = code_version("coles_ops.report.mapping")
    key = fingerprint(events.fingerprint, encoder, config.embedding, sorted(scored), seed, code)
    target = ClientMap.of(run.path, key)
    if intact(target.path, key):
        return target.model_copy(update={"cached": True})
    store, device = events.store, device_of(config.resources)
    rows, of_scored = _sampled(store, scored, seed)
    with limited_threads(config.resources.cores):
        vectors = embed(load_encoder(encoder).to(device), store, rows, config.embedding, device)  # (R, D)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    with limited_threads(1), publish(target.path, key) as folder:  # more of them wait for each other in the t-SNE
        places, facts = _laid_out(vectors, seed)
        points = pd.DataFrame({"row": rows, "scored": of_scored, **places})
        nearest = _nearest(vectors, _asked(store, rows, of_scored, seed))
        nearest = nearest.assign(row=rows[nearest["row"]], nearest=rows[nearest["nearest"]])
        ClientMap(path=folder, fingerprint=key).write(points, nearest, facts)
    log.info("%d clients are on the map", len(rows))
    return target


def _sampled(store: EventStore, scored: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ascending positions (R,) of clients with events, and which of them (R,) are scored."""
    is_scored = np.isin(store.ids, scored)  # (C,)
    rng = np.random.default_rng(seed)
    one, other = (rng.permutation(np.flatnonzero((store.lengths > 0) & who)) for who in (is_scored, ~is_scored))
    most = max(_CLIENTS // 2, _CLIENTS - len(other))
    taken = np.concatenate([one[:most], other[: _CLIENTS - len(one[:most])]])
    rows = np.sort(taken)
    return rows, is_scored[rows]


def _laid_out(vectors: np.ndarray, seed: int) -> tuple[dict[str, np.ndarray], MapFacts]:
    """Two places (R,) each by the first principal components, and by a t-SNE of some of them."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    pca = PCA(min(_WIDTH, *vectors.shape), random_state=seed)
    components = pca.fit_transform(vectors)  # (R, at most _WIDTH)
    perplexity = max(1.0, min(_PERPLEXITY, (len(vectors) - 1) / 3))
    tsne = TSNE(perplexity=perplexity, init="pca", max_iter=_ITERATIONS, random_state=seed).fit_transform(components)
    explained = float(pca.explained_variance_ratio_[0]), float(pca.explained_variance_ratio_[1])
    places = {
        f"{kind}_{axis}": at[:, axis - 1] for kind, at in (("pca", components), ("tsne", tsne)) for axis in (1, 2)
    }
    return places, MapFacts(explained=explained, perplexity=perplexity)


def _asked(store: EventStore, rows: np.ndarray, scored: np.ndarray, seed: int) -> np.ndarray:
    """A few of the scored clients on the map, (A,) among ``rows``: each of another label as far as there are any."""
    found = np.random.default_rng(seed).permutation(np.flatnonzero(scored))
    stratum = pd.Series(store.schema.target.strata(store.labels)[rows[found]])
    return found[np.argsort(stratum.groupby(stratum).cumcount(), kind="stable")][:_ASKED]


def _nearest(vectors: np.ndarray, asked: np.ndarray) -> pd.DataFrame:
    """By the cosine: row, nearest, distance; positions among the vectors (R, D)."""
    distance = 1 - vectors[asked] @ vectors.T  # (A, R)
    distance[np.arange(len(asked)), asked] = np.inf
    others = min(_NEAREST, len(vectors) - 1)
    order = np.argsort(distance, axis=1, kind="stable")[:, :others]  # (A, N)
    return pd.DataFrame(
        {
            "row": np.repeat(asked, order.shape[1]),
            "nearest": order.ravel(),
            "distance": np.take_along_axis(distance, order, axis=1).ravel(),
        }
    )
