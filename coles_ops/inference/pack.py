"""The winner of a run as a bundle."""

from coles_ops.artefacts import Artefact, code_version, fingerprint, intact
from coles_ops.artefacts.evaluation import Evaluation
from coles_ops.artefacts.events import Events
from coles_ops.artefacts.production import Production
from coles_ops.artefacts.trial import METRIC
from coles_ops.artefacts.trials import Trials
from coles_ops.embedding import load_encoder
from coles_ops.inference.bundle import PLACE, Facts, write_bundle
from coles_ops.run import Run


def pack_winner(run: Run, events: Events, trials: Trials, evaluation: Evaluation, production: Production) -> Artefact:
    """Write the bundle of the encoder for use: with it, new events are embedded without the run."""
    config, verdict, target = run.config, evaluation.verdict(), run.path / PLACE
    folder = trials.folder(verdict.trial)
    code = code_version("coles_ops.inference.bundle")
    key = fingerprint(events.fingerprint, production.encoder, config.dataset, config.validation, config.embedding, code)
    if intact(target, key):
        return Artefact(path=target, fingerprint=key, cached=True)
    trial, encoder = folder.record(), load_encoder(production.encoder)
    assert trial is not None, "a trial without an end has won"
    facts = Facts(
        name=verdict.trial_name,
        encoder=encoder.options.model_dump(mode="json"),
        embedding_size=encoder.embedding_size,
        max_events=config.embedding.max_events,
        long_histories=config.embedding.long_histories,
        columns=config.dataset.source_columns,
        dataset=events.facts["dataset"],
        validation=config.validation.model_dump(mode="json"),
        metrics={METRIC: trial.probe_score, verdict.target.metric.key: verdict.of(verdict.trial_row).score},
        run=run.id,
        trial=verdict.trial,
        refitted=config.production.refit,
        inputs=run.digests,
        code=code,
        versions=run.manifest["versions"],
    )
    write_bundle(target, facts, events.coding, encoder, key)
    return Artefact(path=target, fingerprint=key)
