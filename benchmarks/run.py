"""`make bench`: one demonstration month, stage by stage, compared with the truth. Prints, and writes `benchmarks/results.json`.

Each stage's seconds, share and peak memory; linkage precision, recall and F1; published indicators against truth, every difference put
down to suppression, linkage or coverage. The format is described in `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent))

from assets.demonstration import Noise, generate  # noqa: E402
from assets.site import Site  # noqa: E402
from assets.workspace import Workspace  # noqa: E402
from benchmarks.compare import indicators, linkage, oracle_links  # noqa: E402
from pipelines.run import run_month  # noqa: E402
from pipelines.setup import create_workspace  # noqa: E402

SAMPLE_SECONDS = 0.05


class Memory:
    """Peak resident memory of this process, room by room, sampled."""

    def __init__(self) -> None:
        self.room = "start"
        self.peaks: dict[str, int] = {}
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        page = 4096
        while not self.stopped.wait(SAMPLE_SECONDS):
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * page
            self.peaks[self.room] = max(self.peaks.get(self.room, 0), resident)

    def listen(self, room: str, _: str) -> None:
        """Told by the rooms when a step begins."""
        self.room = room

    def __enter__(self) -> Memory:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join()


def one_run(place: Path, month: str) -> dict[str, Any]:
    """Runs the month in this process; seconds and peak megabytes by room."""
    begun = time.perf_counter()
    with Memory() as memory:
        done = run_month(Site.load(Workspace(place)), month, memory.listen)
    if not done.ok:
        raise SystemExit(f"the run failed: {done.fault or done.stopped_by}")
    return {
        "seconds": round(time.perf_counter() - begun, 2),
        "rooms": {r: {"seconds": s, "peak_mb": round(memory.peaks.get(r, 0) / 1e6)} for r, s in done.seconds.items()},
        "people": done.people,
        "entities": done.entities,
        "published": done.published,
        "withheld": done.withheld,
        "changed": done.changed,
    }


def apart(place: Path, month: str) -> dict[str, Any]:
    """`one_run` in a process of its own, so that its memory is its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--only-run", str(place), "--month", month]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def hashes(workspace: Workspace) -> dict[str, str]:
    """SHA-256 of everything published."""
    files = [workspace.published, *sorted(workspace.outbox.rglob("*"))]
    return {str(f.relative_to(workspace.root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


def world(place: Path, options: argparse.Namespace, noise: Noise) -> tuple[Workspace, dict[str, Any], float]:
    """A demonstration workspace; what was generated, and in how many seconds."""
    workspace = Workspace(place)
    create_workspace(workspace, territory_file=False)
    begun = time.perf_counter()
    made = generate(workspace, learners=options.learners, months=options.months, seed=options.seed, month=options.month, noise=noise)
    return workspace, made, round(time.perf_counter() - begun, 2)


def measure(options: argparse.Namespace, room: Path) -> dict[str, Any]:
    """The whole benchmark, in a temporary folder."""
    workspace, made, generation = world(room / "realistic", options, Noise.realistic())
    first = apart(workspace.root, options.month)
    before = hashes(workspace)
    again = apart(workspace.root, options.month)
    total = sum(r["seconds"] for r in first["rooms"].values())
    for figures in first["rooms"].values():
        figures["share"] = round(figures["seconds"] / total, 4)
    result: dict[str, Any] = {
        "format": 1,
        "machine": {"cores": len(__import__("os").sched_getaffinity(0)), "python": platform.python_version()},
        "size": {
            "learners": options.learners,
            "months": options.months,
            "seed": options.seed,
            "month": options.month,
            "files": made["files"],
            "lines": made["lines"],
            "warehouse_mb": round(workspace.warehouse.stat().st_size / 1e6, 1),
            "linkage_mb": round(workspace.linkage.stat().st_size / 1e6, 1),
        },
        "generate_seconds": generation,
        "run": first,
        "second_run": {"seconds": again["seconds"], "hashes_unchanged": hashes(workspace) == before, "files": len(before)},
        "linkage": linkage(workspace),
    }
    if not options.quick:
        clean, _, _ = world(room / "clean", options, Noise.clean())
        apart(clean.root, options.month)
        result["indicators"] = indicators(
            workspace,
            oracle_links(clean, room / "clean.duckdb", options.month),
            oracle_links(workspace, room / "oracle.duckdb", options.month),
        )
    return result


def show(result: dict[str, Any]) -> None:
    """The figures, for a person."""
    size, run = result["size"], result["run"]
    print(f"{size['learners']} learners, {size['months']} months, {size['files']} files, {size['lines']} lines")
    print(f"generated in {result['generate_seconds']} s")
    print(f"run: {run['seconds']} s, {run['people']} people from {run['entities']} files; warehouse {size['warehouse_mb']} MB")
    print(f"{'room':12} {'seconds':>9} {'share':>7} {'peak MB':>8}")
    for name, r in run["rooms"].items():
        print(f"{name:12} {r['seconds']:9.2f} {r['share']:7.1%} {r['peak_mb']:8}")
    second = result["second_run"]
    print(f"second run: {second['seconds']} s, {second['files']} published files, hashes unchanged: {second['hashes_unchanged']}")
    for name, r in result["linkage"].items():
        print(f"linkage, {name:14} precision {r['precision']:.4f} recall {r['recall']:.4f} F1 {r['f1']:.4f} ({r['pairs_true']} true pairs)")
    if "indicators" not in result:
        return
    heads = ("cells", "equal", "linkage", "coverage", "both", "unexplained", "suppressed")
    print(f"{'indicator (published against truth)':36}" + "".join(f"{h:>12}" for h in heads))
    for name, r in result["indicators"].items():
        print(f"{name:36}" + "".join(f"{r[h]:>12}" for h in heads))


def main() -> None:
    """Reads the options, measures, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=5000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--month", default="2026-10")
    parser.add_argument("--quick", action="store_true", help="without the clean world and the comparison of indicators")
    parser.add_argument("--output", type=Path, default=ROOT / "results.json")
    parser.add_argument("--only-run", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_run:
        print(json.dumps(one_run(options.only_run, options.month)))
        return
    with tempfile.TemporaryDirectory(prefix="filrouge-bench-") as room:
        result = measure(options, Path(room))
    show(result)
    options.output.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
