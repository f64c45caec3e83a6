"""What stages leave on the disk, and the typed handles by which they pass it on."""

from coles_ops.artefacts.code import code_version, commit, package_versions
from coles_ops.artefacts.digests import Stamp, file_digest, fingerprint, stamp, still_holds
from coles_ops.artefacts.files import DamagedError, read_json, reading, write_json, write_text
from coles_ops.artefacts.handle import Artefact
from coles_ops.artefacts.home import Home, home
from coles_ops.artefacts.seals import (
    SEAL,
    damage,
    intact,
    publish,
    publish_file,
    seal,
    set_aside,
    unfinished,
)

__all__ = [
    "SEAL",
    "Artefact",
    "DamagedError",
    "Home",
    "Stamp",
    "code_version",
    "commit",
    "damage",
    "file_digest",
    "fingerprint",
    "home",
    "intact",
    "package_versions",
    "publish",
    "publish_file",
    "read_json",
    "reading",
    "seal",
    "set_aside",
    "stamp",
    "still_holds",
    "unfinished",
    "write_json",
    "write_text",
]
