"""Which codes the code may answer with, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("telephony", "crm_core", "screenpop", "dialer", "web")
REFUSALS = {"Invalid": 1, "Conflict": 0, "Forbidden": 0, "NotFound": 0, "CrmError": 0}
"""Where the code stands among the arguments of each error."""
TELLING = {"refuse": 1, "Notice": 0, "Refusal": 0}


def codes_of_floors() -> dict[str, str]:
    """Each code with a place where it is said."""
    found: dict[str, str] = {}
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            if "simulator" in path.parts:
                continue
            tree = ast.parse(path.read_text())
            for code, line in (*_raised(tree), *_class_codes(tree), *_told(tree)):
                found.setdefault(code, f"{path.relative_to(ROOT)}:{line}")
    return found


def _raised(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            place = REFUSALS.get(name, TELLING.get(name))
            if place is not None and len(node.args) > place:
                code = node.args[place]
                for one in _constants(code):
                    yield one, node.lineno


def _told(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "told":
                    for one in _constants(keyword.value):
                        yield one, node.lineno


def _class_codes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or not _is_error(node):
            continue
        for line in node.body:
            target = line.targets[0] if isinstance(line, ast.Assign) else None
            target = line.target if isinstance(line, ast.AnnAssign) else target
            if isinstance(target, ast.Name) and target.id == "code" and line.value is not None:  # type: ignore[attr-defined]
                for one in _constants(line.value):  # type: ignore[attr-defined]
                    yield one, line.lineno


def _is_error(node: ast.ClassDef) -> bool:
    known = {*REFUSALS, "Exception", "TelephonyError", "NotConnected", "ActionRefused"}
    return any(_name(base) in known for base in node.bases)


def _constants(node: ast.expr) -> Iterator[str]:
    """The words a value may be: a literal, either branch of a choice, each value of a mapping."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _constants(value)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
