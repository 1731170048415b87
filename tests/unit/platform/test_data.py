"""Data files: ours go to the quick reader, a stranger's text to the one that nothing kills."""

import sys
from pathlib import Path

import pytest

from clinic_ctl.stack.services import NAMES
from clinic_platform.data import UnreadableData, load, parse

ROOT = Path(__file__).parents[3]
FOLDERS = {
    "clinic_platform": ROOT / "libs/platform/clinic_platform/data",
    **{f"clinic_{name}": ROOT / f"services/{name}/clinic_{name}/data" for name in NAMES},
}


@pytest.mark.parametrize("package", FOLDERS)
def test_every_file_of_ours_is_read_alike_by_both(package: str) -> None:
    folder = FOLDERS[package]
    paths = list(folder.rglob("*.yaml"))
    assert paths
    for path in paths:
        name = path.relative_to(folder).as_posix()
        assert load(package, name) == parse(path.read_text(encoding="utf-8"), name), name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dose: 1\nspacing: 2\ndose: 3\n", "in line 1: dose is given twice"),
        ("dose: [1", "in line 2"),
        ("at: 2030-13-45", "ValueError"),
        ("drug: !!python/name:os.system x", "in line 1"),
        ("- dose", "is not a mapping"),
    ],
)
def test_a_file_of_ours_that_is_no_document_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    folder = tmp_path / "clinic_sample" / "data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "clinic_sample", raising=False)
    with pytest.raises(UnreadableData, match=f"^clinic_sample/data/rules.yaml .*{why}"):
        load("clinic_sample", "rules.yaml")


@pytest.mark.parametrize("opening", ["[", "{", "- "])
def test_lists_within_lists_without_end_are_refused(opening: str) -> None:
    with pytest.raises(UnreadableData, match=r"draft.yaml is no YAML"):
        parse(f"dose:\n  {opening * 5_000}", "draft.yaml")
