"""What the libraries are told by environment variables before they are imported; the only place that says so.

Nothing is sent to anybody who was not asked for it, nothing listens beyond this machine, and errors are told once, by
us. What a user has set stays.
"""

import os
import sys

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "RAY_AIR_NEW_OUTPUT": "0",  # no tables of trials on the console
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # else a local Ray listens on all addresses
    "RAY_USAGE_STATS_ENABLED": "0",
    # Huge pages for torch's large tensors on Linux: a step of training on the CPU faults in its memory anew each time,
    # and takes a tenth less so.
    "THP_MEM_ALLOC_ENABLE": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # else Tune takes Ctrl-C for the end of the search
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "WANDB_ERROR_REPORTING": "false",
}


def set_switches() -> None:
    """Set them where the user has not; and, but in the processes of Ray, which know theirs, what stands for the raylet.

    A process whose raylet has died is ended by Ray without a word. One that does not know the raylet's id is taken for
    such a one as soon as it is an orphan, as under nohup or cron, and anything goes wrong; its own id never dies.
    """
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
    if "ray" not in sys.modules:
        os.environ["RAY_RAYLET_PID"] = str(os.getpid())
