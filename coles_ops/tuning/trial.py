"""One trial, probe by probe, in a folder from which it goes on after a crash."""

import resource

import numpy as np
import torch

from coles_ops.artefacts.files import replacing
from coles_ops.artefacts.trial import ProbeRecord, RunningRecord, TrialFolder
from coles_ops.config import Config, Training
from coles_ops.embedding import embed, save_encoder
from coles_ops.embedding.memory import give_back_memory, out_of_memory
from coles_ops.probes import Labelled
from coles_ops.probes.linear import linear_score
from coles_ops.protocols import Clients
from coles_ops.store import EventStore
from coles_ops.training import Trainer


class Trial:
    """Trains an encoder and probes it every so many steps.

    A trial whose folder has probes already goes on after them. It probes at the same steps whatever the rounds of a
    search, so that one trained in rounds is the same as one trained at once.

    Where the memory is too small, a neighbour may have it: the trial dies and is to be begun again as it is, in another
    process. After that, it is trained from its last probe in twice as many parts of a batch: the same training up to
    rounding.

    Args:
        spec: what is trained.
        config: how clients are embedded, here as in the evaluation, and by whose labels trials are compared.
        store: events; those of clients that are scored are not read.
        folder: where the trial works.
        device: where the encoder is computed.
    """

    def __init__(self, spec: Training, config: Config, store: EventStore, folder: TrialFolder, device: str):
        self.spec, self.store, self.folder, self.device = spec, store, folder, device
        folder.path.mkdir(parents=True, exist_ok=True)
        self.embedding = config.embedding
        self.folds = config.evaluation.protocol.tuning_folds(Clients.of(store))
        running = folder.running()
        self.shortages = running.shortages if running else 0
        self.trainer = self._trainer()
        self.parameters = sum(p.numel() for p in self.trainer.model.parameters())
        # what was trained beyond the last state that was kept is trained again
        self.history = [probe for probe in folder.progress() if probe.step <= self.trainer.step]
        self._record()

    def step(self) -> ProbeRecord:
        """Train up to the next probe."""
        facts = self._run()
        probe = ProbeRecord(
            step=self.trainer.step,
            probe_score=self._probe(),
            peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            micro_batches=self.trainer.micro_batches,
            **facts,
        )
        if all(probe.probe_score > before.probe_score for before in self.history):
            with replacing(self.folder.encoder) as partial:
                save_encoder(partial, self.trainer.model, self.store.schema)
        self.history.append(probe)
        self.folder.write_progress(self.history)
        with replacing(self.folder.state) as partial:
            torch.save(self.trainer.state_dict(), partial)
        return probe

    def _record(self) -> None:
        record = RunningRecord(training=self.spec, parameters=self.parameters, shortages=self.shortages)
        self.folder.write_running(record)

    def _trainer(self) -> Trainer:
        """At the last state that was kept."""
        trainer = Trainer(self.store, self.spec, self.device, micro_batches=2 ** max(0, self.shortages - 1))
        if self.folder.state.exists():
            trainer.load_state_dict(torch.load(self.folder.state, map_location="cpu", weights_only=True))
        return trainer

    def _run(self) -> dict[str, float]:
        while True:
            try:
                return self.trainer.run(min(self.spec.probe_every, self.spec.steps - self.trainer.step))
            except Exception as error:
                if not out_of_memory(error) or self.trainer.micro_batches >= self.spec.batch_size:
                    raise
                self.shortages += 1
                self._record()
                if self.shortages == 1:
                    raise
            del self.trainer  # outside of the handler, where the error's own frames would keep its tensors
            give_back_memory()
            self.trainer = self._trainer()

    def _probe(self) -> float:
        """The metric over the folds in which trials are compared; no client that is scored is embedded."""
        rows = np.unique(np.concatenate([np.concatenate([fold.train, fold.test]) for fold in self.folds]))  # (R,)
        embeddings = embed(self.trainer.model, self.store, rows, self.embedding, self.device)  # (R, D)

        def known(wanted: np.ndarray) -> Labelled:
            return Labelled(embeddings[np.searchsorted(rows, wanted)], self.store.labels[wanted])

        pairs = [(known(fold.train), known(fold.test)) for fold in self.folds]
        return linear_score(pairs, self.store.schema.target)
