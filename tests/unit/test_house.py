"""The house keeps its own rules: packages in place, locks with hashes and no address, short files, a README that tells the truth."""

from __future__ import annotations

import ast
import csv
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.contract_file import layouts, load_contracts, load_territory

REPOSITORY = Path(__file__).resolve().parents[2]
PYPROJECT = (REPOSITORY / "pyproject.toml").read_text("utf-8")
LOCKS = ("requirements.lock", "requirements-dev.lock")
#: Hosts that serve packages, and local indexes: none may be written down anywhere in the repository.
ADDRESS = re.compile(
    "|".join((r"pypi\.", "pythonhosted", r"--(extra-)?index-url[ =]h", r"--find-links", r"file:/{2,}", r"/simple\b/?[\"'\s]")),
    re.IGNORECASE,
)
#: Import name → distribution, where they differ.
DISTRIBUTIONS = {
    "yaml": "pyyaml",
    "ruamel": "ruamel.yaml",
    "great_expectations": "great-expectations",
    "python_calamine": "python-calamine",
}


def _files() -> list[Path]:
    """Everything git would keep, including what is not committed yet."""
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    return [path for line in out.splitlines() if (path := REPOSITORY / line).is_file()]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("package", ["pipelines", "assets", "schemas"])
def test_packages_are_the_ones_of_this_repository(package):
    assert Path(importlib.import_module(package).__file__) == REPOSITORY / package / "__init__.py"


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_a_hash_for_every_version_and_no_address(name):
    text = (REPOSITORY / name).read_text("utf-8")
    pinned = re.findall(r"^([A-Za-z0-9._-]+(?:\[[^\]]+\])?)==\S+.*\\\n(?:.*\n)*?(?=^\S|\Z)", text, re.MULTILINE)
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 50
    assert len(pinned) == len(blocks), "every entry is name==version"
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text and not ADDRESS.search(text)


def test_lock_holds_what_pyproject_asks_for():
    project = tomllib.loads(PYPROJECT)["project"]
    asked = {
        "requirements.lock": [*project["dependencies"], *project["optional-dependencies"]["build"]],
        "requirements-dev.lock": project["optional-dependencies"]["dev"],
    }
    for name, requirements in asked.items():
        locked = {n.lower(): v for n, v in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (REPOSITORY / name).read_text("utf-8"), re.MULTILINE)}
        for requirement in requirements:
            package, _, version = requirement.partition("==")
            found = locked.get(re.sub(r"[._]", "-", package).lower(), "absent")
            assert f"{found}.".startswith(version.removesuffix("*")), f"{name}: {package} {found}, wanted {version} (make lock)"


def test_every_dependency_says_why():
    listed = re.findall(r'^    "([A-Za-z0-9._-]+)==[^"]+",(.*)$', PYPROJECT, re.MULTILINE)
    project = tomllib.loads(PYPROJECT)["project"]
    asked = len(project["dependencies"]) + sum(len(v) for v in project["optional-dependencies"].values())
    assert len(listed) == asked, "one dependency per line"
    assert [name for name, reason in listed if not re.match(r" # \w.{10,}", reason)] == []


def test_every_import_is_a_declared_dependency():
    declared = {re.split(r"[=<>\[]", d)[0].lower() for d in tomllib.loads(PYPROJECT)["project"]["dependencies"]}
    ours = {"pipelines", "assets", "schemas"}
    undeclared = set()
    for path in _files():
        if path.suffix == ".py" and path.relative_to(REPOSITORY).parts[0] in ours:
            for node in ast.walk(ast.parse(_text(path))):
                names = (
                    [a.name for a in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                for name in (n.split(".")[0] for n in names):
                    if name and name not in ours | sys.stdlib_module_names and DISTRIBUTIONS.get(name, name) not in declared:
                        undeclared.add((str(path.relative_to(REPOSITORY)), name))
    assert undeclared == set()


def test_no_source_file_is_longer_than_400_lines():
    long = {str(p.relative_to(REPOSITORY)): n for p in _files() if p.suffix in (".py", ".sql") and (n := _text(p).count("\n")) > 400}
    assert long == {}


def test_no_address_of_a_registry_anywhere():
    this = Path(__file__)
    assert [str(p.relative_to(REPOSITORY)) for p in _files() if p != this and ADDRESS.search(_text(p))] == []


def test_readme_tells_the_truth():
    readme, makefile = (REPOSITORY / "README.md").read_text("utf-8"), (REPOSITORY / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", readme))
    assert {"run", "test", "ui", "example"} <= named <= targets
    assert {"setup", "run", "test", "test-all", "check", "bench", "ui", "example"} <= targets
    assert [link for link in re.findall(r"\]\(([^)]+)\)", readme) if not (REPOSITORY / link).exists()] == []


def test_dagster_settings_are_valid_and_silent(tmp_path):
    from dagster import DagsterInstance

    (tmp_path / "dagster.yaml").write_bytes((REPOSITORY / "dagster.yaml").read_bytes())
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        pools = instance.get_concurrency_config()
        assert (instance.telemetry_enabled, instance.nux_enabled) == (False, False)
        assert (pools.pool_config.default_pool_limit, pools.run_queue_config.max_concurrent_runs) == (1, 1)
        assert instance.get_settings("run_retries")["retry_on_asset_or_op_failure"] is False


@pytest.mark.parametrize("name", sorted(p.parent.name for p in (REPOSITORY / "examples").glob("*/month.txt")))
def test_example_contracts_are_valid(name):
    folder = REPOSITORY / "examples" / name
    contracts = load_contracts(folder / "contracts", load_territory(folder / "territory.yaml"))
    assert contracts
    assert re.fullmatch(r"\d{4}-\d{2}\n", (folder / "month.txt").read_text())


def test_every_shipped_layout_is_used_by_an_example():
    text = "".join(_text(p) for p in (REPOSITORY / "examples").glob("*/contracts/*.yaml"))
    assert [name for name in layouts() if f"extends: {name}" not in text] == []


@pytest.mark.parametrize("name", sorted(p.parent.name for p in (REPOSITORY / "examples").glob("*/month.txt")))
def test_examples_map_or_ignore_every_real_column(name: str, realdata: Callable[[str], Path]):
    folder, data, unknown = REPOSITORY / "examples" / name, realdata(name), {}
    for contract in load_contracts(folder / "contracts", load_territory(folder / "territory.yaml")).values():
        for feed in contract.feeds.values():
            files = sorted(data.glob(feed.match))
            assert files, feed.match
            for path in files:
                header = next(csv.reader(path.read_text(feed.format.encoding).splitlines(), delimiter=feed.format.delimiter))
                unpivoted = [r.unpivot.columns for r in feed.records if r.unpivot is not None]
                known = {*feed.mapped_columns(), *feed.ignore, *(c for c in header if any(re.search(u, c) for u in unpivoted))}
                unknown[path.name] = (sorted(set(header) - known), sorted(known - set(header)))
    damaged = unknown.pop("stagiaires-pe-invalid-header.csv", None)
    assert set(map(str, unknown.values())) == {"([], [])"}, unknown
    if name == "france_travail":
        assert damaged[0] == ["INVALID", "NULL"] and "c_nomcorrespondance" in damaged[1]


def test_the_dictionary_is_fresh() -> None:
    from schemas.dictionary import page

    assert (REPOSITORY / "docs" / "dictionary.md").read_text("utf-8") == page(), "run: python -m schemas.dictionary > docs/dictionary.md"
