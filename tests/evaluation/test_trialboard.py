"""Trials are told apart by what was searched."""

from trainings import small

from coles_ops.evaluation.trialboard import _differing


def test_options_that_differ_are_named_beside_what_the_name_tells():
    given = [
        small(encoder__readout=readout, optimiser__learning_rate=rate, seed=seed)
        for seed, (readout, rate) in enumerate([("last", 0.1), ("mean", 0.1), ("mean", 0.2)])
    ]
    assert _differing(given) == [
        "readout last, learning_rate 0.1", "readout mean, learning_rate 0.1", "readout mean, learning_rate 0.2",
    ]  # fmt: skip
    assert _differing([small(seed=0), small(seed=1)]) == ["", ""]
    lstm = small(encoder="lstm")
    assert _differing([small(), lstm])[1] == _differing([lstm])[0] == ""
