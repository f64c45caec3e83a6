"""What coles needs of a machine, what is there, and how to get what lacks."""

import os
import platform
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from rich.console import Console
from rich.text import Text

from coles_ops.artefacts import home


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``needed`` ones make the doctor's exit code 1 where they lack."""

    ok: bool
    text: str
    needed: bool = True


def python() -> Finding:
    """The interpreter."""
    ok = (3, 11) <= sys.version_info < (3, 14)
    return Finding(ok, platform.python_version() + ("" if ok else ": coles runs on Python 3.11 to 3.13"))


def java() -> Finding:
    """Spark's Java."""
    from coles_ops.preprocess.session import JavaNotFoundError, find_java

    try:
        return Finding(True, str(find_java()))
    except JavaNotFoundError as error:
        return Finding(False, str(error))


def memory() -> Finding:
    """Memory that is free now."""
    free = psutil.virtual_memory().available / 2**30
    return Finding(free >= 4, f"{free:.1f} GB free" + ("" if free >= 4 else ": the main job takes up to 3 GB"))


def disk() -> Finding:
    """Disk below the home folder."""
    folder = home().path
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 2**30
    return Finding(
        free >= 5, f"{free:.0f} GB free for {home()}" + ("" if free >= 5 else ": make room or set COLES_HOME")
    )


def gpu() -> Finding:
    """CUDA, as torch sees it."""
    import torch

    if torch.cuda.is_available():
        return Finding(True, f"{torch.cuda.get_device_name()} x {torch.cuda.device_count()}", needed=False)
    if shutil.which("nvidia-smi"):
        text = f"there is one, but torch {torch.__version__} cannot use it: remove .venv and `make run` again"
        return Finding(False, text, needed=False)
    return Finding(False, f"none; trials run on {os.cpu_count()} cores", needed=False)


def wandb() -> Finding:
    """Whether an online sync could log in."""
    import netrc
    from pathlib import Path

    file = Path(os.environ.get("NETRC", Path.home() / ".netrc"))
    known = "WANDB_API_KEY" in os.environ or (file.exists() and bool(netrc.netrc(str(file)).hosts))
    text = "login found" if known else "no login: runs are tracked offline; `wandb login` for tracking.mode=online"
    return Finding(known, text, needed=False)


def prefect() -> Finding:
    """The server of PREFECT_API_URL."""
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return Finding(False, "PREFECT_API_URL is not set: `coles launch` and `coles serve` start one", needed=False)
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=3):
            return Finding(True, url, needed=False)
    except OSError as error:
        return Finding(False, f"{url} does not answer ({error}): start it, or `coles serve`", needed=False)


def packages() -> Finding:
    """Whether what is installed fits together."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    return Finding(done.returncode == 0, "consistent" if done.returncode == 0 else done.stdout.strip(), needed=False)


CHECKS: list[Callable[[], Finding]] = [python, java, memory, disk, packages, gpu, wandb, prefect]


def show_checks(console: Console) -> int:
    """Print every finding; returns 1 if something needed lacks, else 0."""
    findings = {check.__name__: check() for check in CHECKS}
    for name, finding in findings.items():
        mark, style = ("ok", "green") if finding.ok else ("lacks", "red") if finding.needed else ("-", "yellow")
        console.print(f"{name:>9} ", Text(f"{mark:<6}", style), sep="", end="")
        console.print(finding.text, soft_wrap=True)
    return int(any(finding.needed and not finding.ok for finding in findings.values()))
