"""The shape of the code, read from its syntax trees: who may import whom, how long, how named."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from server.settings import REPOSITORY

OWN: Final = ("server", "handlers", "models", "scripts", "tests")
MAX_FILE_LINES: Final = 400
MAX_FUNCTION_LINES: Final = 45  # thirty is the aim
DRIVER_FILES: Final = {"models/base/store.py", "server/database.py"}
FORBIDDEN_NAMES: Final = {"utils", "util", "helpers", "helper", "manager", "managers", "common"}
FORBIDDEN_IN_RULES: Final = {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
FORBIDDEN_MODULES_IN_RULES: Final = {"os", "random", "uuid", "secrets", "time", "socket"}


@dataclass(frozen=True)
class Source:
    """One file of ours, parsed."""

    name: str  # "models/base/store.py"
    text: str
    tree: ast.Module

    @property
    def layer(self) -> str:
        """`models/base` or `handlers/base`, else the top folder."""
        parts = self.name.split("/")
        base = len(parts) > 2 and parts[1] == "base" and parts[0] in ("models", "handlers")
        return "/".join(parts[:2]) if base else parts[0]

    @property
    def service(self) -> str:
        """The service a file of `models` or `handlers` is about, or an empty string."""
        parts = self.name.removesuffix(".py").split("/")
        return parts[1] if self.layer in ("models", "handlers") and len(parts) > 1 else ""


@cache
def sources() -> list[Source]:
    found = []
    for top in OWN:
        for path in sorted((REPOSITORY / top).rglob("*.py")):
            text = path.read_text("utf-8")
            found.append(Source(str(path.relative_to(REPOSITORY)), text, ast.parse(text)))
    return found


@cache
def third_party() -> dict[str, list[str]]:
    settings: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    layers: dict[str, list[str]] = settings["tool"]["layers"]
    return layers


def imports(source: Source) -> Iterator[tuple[str, int]]:
    """Every module a file imports, as `models.base.store`, with its line."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.name}:{node.lineno} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if _is_module(whole) else str(node.module), node.lineno


def _is_module(dotted: str) -> bool:
    path = REPOSITORY / dotted.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def fault_of_import(source: Source, module: str) -> str | None:
    """Why this file may not import `module`; None where it may."""
    top, *rest = module.split(".")
    if top not in OWN:
        return _fault_outside(source, top)
    if source.layer in ("tests", "scripts", "server"):
        wrong = top == "tests" and source.layer != "tests"
        wrong = wrong or (top == "scripts" and source.layer == "server")
        return "points upwards" if wrong else None
    target = f"{top}/base" if rest[:1] == ["base"] else top
    service = rest[0] if rest else ""
    allowed = {
        "models/base": {"models/base"},
        "models": {"models/base"}
        | ({"models"} if service in ("people", source.service) else set()),
        "handlers/base": {"handlers/base", "models/base"},
        "handlers": {"handlers/base", "models/base", "models"},
    }[source.layer]
    if source.layer == "handlers" and target == "handlers" and service == source.service:
        return None
    return None if target in allowed else "is not below this layer"


def _fault_outside(source: Source, top: str) -> str | None:
    if top == "motor" and source.name not in DRIVER_FILES:
        return "the driver is for the store alone"
    if top in sys.stdlib_module_names:
        wrong = source.layer == "models" and top in FORBIDDEN_MODULES_IN_RULES
        return "rules are given time, chance and files" if wrong else None
    allowed = third_party().get(source.layer)
    return None if allowed is None or top in allowed else "is not in this layer's list"


def test_imports_point_downwards_and_stay_within_the_lists() -> None:
    faults = [
        f"{source.name}:{line} imports {module}: {fault}"
        for source in sources()
        for module, line in imports(source)
        if (fault := fault_of_import(source, module))
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("name", "module", "allowed"),
    [
        ("models/base/orders.py", "models.base.store", True),
        ("models/base/orders.py", "models.meals", False),
        ("models/base/orders.py", "tornado", False),
        ("models/base/orders.py", "motor", False),
        ("models/base/store.py", "motor", True),
        ("models/meals.py", "models.people", True),
        ("models/meals.py", "models.base.orders", True),
        ("models/meals.py", "models.meetings", False),
        ("models/meals.py", "handlers.base.endpoint", False),
        ("models/meals.py", "pymongo", False),
        ("models/meals.py", "random", False),
        ("handlers/meals.py", "models.meals", True),
        ("handlers/meals.py", "handlers.base.endpoint", True),
        ("handlers/meals.py", "handlers.meetings", False),
        ("handlers/meals.py", "tornado", False),
        ("handlers/base/dispatch.py", "tornado", True),
        ("handlers/base/dispatch.py", "models.meals", False),
        ("server/app.py", "handlers.base.dispatch", True),
        ("server/app.py", "scripts.simulator", False),
    ],
)
def test_the_rule_of_imports_itself(name: str, module: str, allowed: bool) -> None:
    fault = fault_of_import(Source(name, "", ast.Module([], [])), module)
    assert (fault is None) is allowed


def test_no_module_takes_part_in_a_cycle() -> None:
    graph = {
        source.name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): source
        for source in sources()
    }
    edges = {
        name: {module for module, _ in imports(source) if module in graph and module != name}
        for name, source in graph.items()
    }
    while leaves := {name for name, below in edges.items() if not below}:
        edges = {name: below - leaves for name, below in edges.items() if name not in leaves}
    assert edges == {}


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        for function in functions(source)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_files_and_functions_are_short() -> None:
    files = [
        f"{source.name}: {count} lines"
        for source in sources()
        if (count := len(source.text.splitlines())) > MAX_FILE_LINES
    ]
    long = [
        f"{source.name}:{function.lineno} {function.name}: {count} lines"
        for source in sources()
        for function in functions(source)
        if (count := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert files + long == []


def test_no_file_is_named_after_nothing() -> None:
    vague = [source.name for source in sources() if Path(source.name).stem in FORBIDDEN_NAMES]
    assert vague == []


def test_catching_everything_says_why() -> None:
    silent = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and "#" not in source.text.splitlines()[node.lineno - 1]
        and not any(isinstance(each, ast.Raise) for each in ast.walk(node))
    ]
    assert silent == []


def test_no_query_uses_what_the_databases_disagree_on() -> None:
    words = ("$$NOW", "$$CLUSTER_TIME", "$where", "$function", "$text")
    used = [
        f"{source.name}:{node.lineno} {node.value}"
        for source in sources()
        if source.layer != "tests"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and node.value in words
    ]
    assert used == []


def test_rules_are_given_the_time() -> None:
    asked = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        if source.layer in ("models", "handlers")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in FORBIDDEN_IN_RULES
    ]
    assert asked == []


def test_only_the_settings_read_the_environment() -> None:
    read = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        if source.layer not in ("tests", "scripts") and source.name != "server/settings.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    ]
    assert read == []


def test_every_service_has_its_twin_test() -> None:
    """`test_<service>.py`, or several that begin so."""
    tests = [source.name.rpartition("/")[2] for source in sources() if source.layer == "tests"]
    services = {s.service for s in sources() if s.layer in ("models", "handlers")}
    without = [
        service
        for service in services - {"", "__init__"}
        if not any(test.startswith(f"test_{service}") for test in tests)
    ]
    assert without == []
