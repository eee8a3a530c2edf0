"""What SECURITY.md says of code: one place runs it, and nothing else could."""

import ast
from pathlib import Path

import landscape_app

PACKAGE = Path(landscape_app.__file__).parent
RUNS_CODE = {"exec", "eval", "execfile", "__import__"}
LOADS_CODE = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "runpy"}


def test_only_a_trusted_source_is_run_and_nothing_unpickles() -> None:
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_CODE:
                found.append((file.relative_to(PACKAGE).as_posix(), node.func.id))
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                )
                found += [(file.name, name) for name in names if name.partition(".")[0] in LOADS_CODE]
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("torch.load", "torch.jit.load"):
                found.append((file.name, "torch.load"))
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert ast.unparse(node.value) == "False", file
    assert found == [("session/custom_field.py", "exec")]
