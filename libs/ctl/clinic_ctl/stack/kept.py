"""Secrets of a local stack: made once, kept in its folder for its owner's eyes only."""

import json
import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from clinic_platform.sealing import KEY_BYTES


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text in the file, made when there is none. All who come at once get the same one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(handle, "w") as out:
            out.write(make())
        with suppress(FileExistsError):
            os.link(partial, path)
        os.unlink(partial)
    return path.read_text()


def sealing_keys(folder: Path) -> str:
    """The ring all four services seal with."""
    return kept(folder / "sealing-keys.json", new_ring)


def new_ring() -> str:
    """One key, as `KeyRing.parse` reads it."""
    return json.dumps({"local": b64encode(os.urandom(KEY_BYTES)).decode()})
