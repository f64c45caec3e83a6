"""The winner made ready for use: trained anew on all clients, since what is used need not be scored."""

import logging

from coles_ops.artefacts import code_version, fingerprint, intact, publish
from coles_ops.artefacts.embeddings import write_features
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.production import Production
from coles_ops.artefacts.trial import TrialRecord
from coles_ops.artefacts.trials import Trials
from coles_ops.embedding import device_of, load_encoder, save_encoder
from coles_ops.encoders import SequenceEncoder
from coles_ops.representations import by_encoder
from coles_ops.run import Run
from coles_ops.schema import Part
from coles_ops.threads import limited_threads
from coles_ops.training import Trainer

log = logging.getLogger("coles.refit")


def refit_winner(run: Run, events: Events, trials: Trials, evaluation: Evaluation) -> Production:
    """Train the trial that won on the events of all clients, as many steps as its best, and embed them all by it.

    Who was scored is trained on too, so nothing may be scored by this encoder. The coding stays the one that was
    evaluated. With ``production.refit`` off it is the trial's own encoder.
    """
    config, folder = run.config.production, trials.folder(evaluation.verdict().trial)
    trial = folder.record()
    assert trial is not None, "a trial without an end has won"
    code = code_version("coles_ops.refit")
    key = fingerprint(events.fingerprint, folder.encoder, trial.training, config, run.config.embedding, code)
    target = Production.of(run.path, key)
    if intact(target.path, key):
        return target.model_copy(update={"cached": True})
    resources = run.config.resources
    with limited_threads(max(1, int(resources.cpus_per_trial))):  # as the trial: more of them spin on a busy machine
        model = _train(run, events, trial, target) if config.refit else load_encoder(folder.encoder)
    with limited_threads(resources.cores), publish(target.path, key) as partial_folder:
        made = Production(path=partial_folder, fingerprint=key)
        save_encoder(made.encoder, model, events.store.schema)
        if config.embeddings:
            featurizer = by_encoder(model, events.store, run.config.embedding, device_of(resources))
            write_features(made.embeddings, featurizer.of_all(events.store))
    target.forget_state()
    return target


def _train(run: Run, events: Events, trial: TrialRecord, target: Production) -> SequenceEncoder:
    """From the last probe's step on where it was interrupted."""
    spec, device, steps = trial.training, device_of(run.config.resources), trial.best_step
    assert steps is not None, "a trial without a step has won"
    trainer = Trainer(events.store, spec, device, micro_batches=trial.micro_batches or 1, fits=tuple(Part))
    if state := target.read_state():
        trainer.load_state_dict(state)
    while trainer.step < steps:
        told = trainer.run(min(spec.probe_every, steps - trainer.step))
        target.write_state(trainer.state_dict())
        log.info("trained on all clients: step %d of %d, loss %.4f", trainer.step, steps, told["loss"])
    return trainer.model.eval().cpu()
