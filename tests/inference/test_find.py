"""Which bundle is meant by a word."""

from pathlib import Path

import pytest

from coles_ops.artefacts import write_json
from coles_ops.inference.find import find_bundle
from coles_ops.run import UnknownRunError


def run(home: Path, name: str, created: str, packed: bool = True) -> Path:
    """A run's folder, with as much in it as the search looks at."""
    folder = home / "runs" / name
    write_json(folder / "manifest.json", {"created": created, "inputs": [], "stages": {}})
    if packed:
        write_json(folder / "bundle" / "bundle.json", {})
    return folder


def test_a_name_is_its_newest_run_with_a_bundle(coles_home):
    old = run(coles_home, "sales-2f", "2026-01-01")
    new = run(coles_home, "sales-1a", "2026-02-01")
    run(coles_home, "sales-0c", "2026-03-01", packed=False)  # at work
    other = run(coles_home, "sales-eu-3d", "2026-04-01")
    assert find_bundle("sales") == new
    assert find_bundle("sales-2f") == find_bundle("sales-2") == old
    assert find_bundle("sales-eu") == other
    assert find_bundle(str(old / "bundle")) == old / "bundle"
    with pytest.raises(UnknownRunError, match="4 runs start with 'sal'"):
        find_bundle("sal")
