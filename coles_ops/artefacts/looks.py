"""How often the labels of a dataset were looked at: every verdict on the same labels is a look, whatever its settings.

Who looks often enough finds a verdict that he likes; so the number stands beside each.
"""

import fcntl

from coles_ops.artefacts.home import home


def looks(labels: str, outcome: str) -> int:
    """Which look at these labels an outcome is, from 1; one that was noted before keeps its number.

    Args:
        labels: fingerprint of the labels.
        outcome: fingerprint of what follows from them.
    """
    folder = home().looks
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / labels).open("a+") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        ledger.seek(0)
        noted = ledger.read().split()
        if outcome not in noted:
            noted.append(outcome)
            ledger.write(f"{outcome}\n")
    return noted.index(outcome) + 1
