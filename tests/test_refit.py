"""What is left for use is trained on all clients, goes on after a cut, and embeds them all."""

import numpy as np
import pandas as pd
import pytest
import torch
from evaluations import verdict
from tables import tiny_run

from coles_ops.artefacts import write_json
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.production import Production
from coles_ops.artefacts.trial import Status
from coles_ops.artefacts.trials import Trials
from coles_ops.embedding import embed, load_encoder
from coles_ops.refit import refit_winner
from coles_ops.run import Run
from coles_ops.training import Trainer
from coles_ops.tuning.trial import Trial


@pytest.fixture
def evaluated(tiny_store, tmp_path, coles_home):
    """Make a run whose only trial, of so many steps, has won: (run, events, trials, evaluation)."""

    def make(steps: int = 4, **production) -> tuple[Run, Events, Trials, Evaluation]:
        run = tiny_run(tmp_path / "world", production=production, training={"steps": steps})
        trials, evaluation = Trials.of(run.path), Evaluation.of(run.path)
        trial = Trial(run.config.training, run.config, tiny_store, trials.folder("t"), "cpu")
        while trial.trainer.step < steps:
            trial.step()
        rising = [probe.model_copy(update={"probe_score": probe.step / 100}) for probe in trial.history]
        trials.folder("t").write_progress(rising)  # the last is the best
        trials.folder("t").close(run.config.training, Status.FINISHED)
        write_json(evaluation.verdict_file, verdict("better"))
        events = tmp_path / "events"
        events.mkdir()
        (events / "arrays").symlink_to(tiny_store.path)
        return run, Events(path=events, fingerprint="tiny"), trials, evaluation

    return make


def weights(made: Production) -> torch.Tensor:
    return torch.cat([value.flatten() for value in load_encoder(made.encoder).state_dict().values()])


def test_it_is_trained_on_the_events_of_all_clients(evaluated, tiny_store):
    run, *others = evaluated()
    made = refit_winner(run, *others)
    trial = others[1].folder("t").record()
    trainer = Trainer(tiny_store, run.config.training)
    assert len(trainer.rows) < np.count_nonzero(tiny_store.lengths >= run.config.training.min_events)
    trainer.rows = np.flatnonzero(tiny_store.lengths >= run.config.training.min_events)
    trainer.run(trial.best_step)
    wanted = torch.cat([value.flatten() for value in trainer.model.state_dict().values()])
    torch.testing.assert_close(weights(made), wanted)
    found = pd.read_parquet(made.embeddings).set_index("client_id")
    everyone = embed(trainer.model, tiny_store, np.arange(60), run.config.embedding)
    np.testing.assert_allclose(found.loc[tiny_store.ids], everyone, atol=1e-5)
    assert refit_winner(run, *others).cached


def test_cut_anywhere_it_goes_on_to_the_same(evaluated, monkeypatch, coles_home):
    run, *others = evaluated(steps=6)
    whole = weights(refit_winner(run, *others))
    Production.of(run.path).path.rename(run.path / "before")
    write, seen = Production.write_state, []

    def interrupted(self, state):
        write(self, state)
        seen.append(state["step"])
        if len(seen) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(Production, "write_state", interrupted)
    with pytest.raises(KeyboardInterrupt):
        refit_winner(run, *others)
    assert torch.equal(weights(refit_winner(run, *others)), whole)
    assert seen == [2, 4, 6]  # no step twice
    assert not list(run.path.glob(".production*"))


def test_it_may_be_left_as_it_was_scored_and_without_embeddings(evaluated):
    run, *others = evaluated(refit=False, embeddings=False)
    made = refit_winner(run, *others)
    for name, value in load_encoder(others[1].folder("t").encoder).state_dict().items():
        assert torch.equal(value, load_encoder(made.encoder).state_dict()[name])
    assert not made.embeddings.exists()


def test_a_state_kept_on_a_gpu_is_read_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")  # as a GPU's tensors say
    made = Production(path=tmp_path / "production", fingerprint="k")
    made.write_state({"step": 3, "model": {"w": torch.ones(2)}})
    monkeypatch.undo()
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            torch.load(made._state, weights_only=True)
    assert made.read_state()["model"]["w"].device.type == "cpu"
