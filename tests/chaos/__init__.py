"""The chaos suite: the small job is hurt at random moments of every phase, and the same command must mend it.

``python -m chaos`` from ``tests/`` (or ``make chaos``) runs all faults; ``test_chaos.py`` is a quick cut.
"""
