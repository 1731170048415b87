"""The rules that no linter holds: the size of files, what they may name, who may catch all."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError, run
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
MOST_LINES: Final = 300
CODE: Final = {".py", ".js", ".css", ".html", ".yaml"}

# What a handler or a keeper raises decides about its event or its promise, and about nothing else.
MAY_CATCH_ALL: Final = {
    "libs/events/clinic_events/delivery.py",
    "libs/events/clinic_events/kafka/polling.py",
    "libs/platform/clinic_platform/promises/keeping.py",
}
MACHINE_PATH: Final = re.compile(r"(?<![\w.~}-])/(?:home|Users|root|work|mnt)/\w|\b[A-Z]:\\\w")
PACKAGE_INDEX: Final = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|repo1?\.maven\.org|conda\.anaconda\.org", re.I
)


def files() -> list[str]:
    """Every file of the repository, those not committed yet included."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = run(listing, cwd=ROOT, capture_output=True, check=True, text=True)
    except (OSError, CalledProcessError):
        pytest.skip("Git cannot say what belongs to this folder.", allow_module_level=True)
    names = {name for name in found.stdout.split("\0") if name}
    return sorted(name for name in names if (ROOT / name).is_file())


FILES: Final = files()
PYTHON: Final = [name for name in FILES if name.endswith(".py")]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def lines_with(pattern: re.Pattern[str]) -> Iterator[str]:
    for name in FILES:
        for number, line in enumerate(text_of(name).splitlines(), start=1):
            if pattern.search(line):
                yield f"{name}:{number}: {line.strip()}"


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Whether it takes whatever comes, and does not pass it on."""
    caught = [] if handler.type is None else ast.walk(handler.type)
    kinds = {node.id for node in caught if isinstance(node, ast.Name)}
    takes_all = handler.type is None or bool(kinds & {"Exception", "BaseException"})
    last = handler.body[-1]
    return takes_all and not (isinstance(last, ast.Raise) and last.exc is None)


def handlers_in(code: str) -> list[ast.ExceptHandler]:
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ExceptHandler)]


def test_no_file_of_code_or_data_is_too_long_to_be_read_at_once() -> None:
    lengths = {name: len(text_of(name).splitlines()) for name in FILES if Path(name).suffix in CODE}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert list(lines_with(MACHINE_PATH)) == []


def test_no_file_names_a_package_index() -> None:
    assert list(lines_with(PACKAGE_INDEX)) == []


@pytest.mark.parametrize(
    ("pattern", "line", "is_found"),
    [
        (MACHINE_PATH, "cd /" + "home/testa/clinic", True),
        (MACHINE_PATH, "C:" + "\\Clinic", True),
        (MACHINE_PATH, "WORKDIR /app/home/clinic", False),
        (PACKAGE_INDEX, "--index-url https://PyPI" + ".org/simple", True),
        (PACKAGE_INDEX, "https://clinic.example.org/simple", False),
    ],
)
def test_what_no_file_may_name_is_recognised(
    pattern: re.Pattern[str], line: str, is_found: bool
) -> None:
    assert (pattern.search(line) is not None) is is_found


@pytest.mark.parametrize("kind", ["libs", "services"])
def test_every_member_says_what_it_is_and_what_it_needs(kind: str) -> None:
    members = {"/".join(name.split("/")[:2]) for name in FILES if name.startswith(f"{kind}/")}
    assert members
    needed = {f"{member}/{file}" for member in members for file in ("README.md", "pyproject.toml")}
    assert sorted(needed - set(FILES)) == []


def test_every_package_is_in_the_direction_of_imports() -> None:
    """A member that the contracts of imports do not know could import whatever it liked."""
    rules = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]
    packages = {
        name.split("/")[2]
        for name in PYTHON
        if name.startswith(("libs/", "services/")) and name.endswith("/__init__.py")
    }
    assert packages == set(rules["root_packages"])


def test_only_where_what_others_wrote_is_run_or_read_is_whatever_comes_caught() -> None:
    catching = {name for name in PYTHON if any(map(catches_all, handlers_in(text_of(name))))}
    assert catching == MAY_CATCH_ALL


@pytest.mark.parametrize(
    ("code", "does"),
    [
        ("except: pass", True),
        ("except Exception: pass", True),
        ("except (ValueError, Exception) as e: print(e)", True),
        ("except BaseException: raise", False),
        ("except ValueError: pass", False),
    ],
)
def test_catching_all_is_known_by_what_it_catches_and_keeps(code: str, does: bool) -> None:
    [handler] = handlers_in(f"try: x\n{code}")
    assert catches_all(handler) is does
