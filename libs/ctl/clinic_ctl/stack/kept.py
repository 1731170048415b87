"""Secrets of a local stack: made once, kept in its folder for its owner's eyes only."""

import json
import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from clinic_platform.sealing import KEY_BYTES


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text in the file, made when there is none. All who come at once get the same one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(make())
        with suppress(FileExistsError):
            os.link(partial, path)
        partial.unlink()
    return path.read_text()


def sealing_keys(folder: Path) -> str:
    """The ring all four services seal with."""
    return kept(folder / "sealing-keys.json", _new_ring)


def _new_ring() -> str:
    return json.dumps({"local": b64encode(os.urandom(KEY_BYTES)).decode()})
