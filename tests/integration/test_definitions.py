"""The asset graph a steward reads: it loads, its groups are the rooms, every table has its blocking contract check."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.core.assets import NAMES as CORE
from assets.indicators.definition import load_all
from assets.pathways.build import SQL_TABLES as PATHWAYS
from assets.site import Site
from assets.workspace import Workspace
from pipelines.definitions import build
from pipelines.resources import instance
from pipelines.schedules import previous_month
from schemas.expectations import SUITES
from tests.privacy.canary import plant

ROOMS = {"landing", "intake", "privacy", "linkage", "core", "pathways", "indicators", "disclosure", "releases"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    workspace = Workspace(tmp_path_factory.mktemp("definitions") / "home")
    plant(workspace)
    return Site.load(workspace)


@pytest.fixture(scope="module")
def repository(site: Site) -> dg.RepositoryDefinition:
    return build(site).get_repository_def()


def test_groups_are_rooms_and_partners_have_their_own_assets(repository: dg.RepositoryDefinition, site: Site) -> None:
    graph = repository.asset_graph
    nodes = {k: graph.get(k) for k in graph.get_all_asset_keys()}
    assert {n.group_name for n in nodes.values()} == ROOMS
    for partner in site.contracts:
        for room in ("intake", "privacy", "pack"):
            assert dg.AssetKey([room, partner]) in nodes
    assert {i.id for i in load_all()} == {k.path[1] for k in nodes if k.path[0] == "indicators"}
    assert all(n.partitions_def is not None for n in nodes.values())


def test_every_table_has_its_blocking_contract_check(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    blocking = {(k.asset_key.to_user_string(), k.name) for k in graph.asset_check_keys if graph.get_check_spec(k).blocking}
    for table in ("link", *CORE, *PATHWAYS, "indicator", "release"):
        assert (table, "contract") in blocking
    assert {("intake/ml", "balance"), ("intake/of", "balance"), ("release", "plausible")} <= blocking
    assert {k.asset_key.to_user_string() for k in graph.asset_check_keys if k.name == "plausible"} == set(SUITES)


def test_one_job_one_schedule_one_sensor(repository: dg.RepositoryDefinition, site: Site) -> None:
    assert repository.has_job("monthly")
    (schedule,) = repository.schedule_defs
    with instance(site.workspace) as inst:
        context = dg.build_schedule_context(inst, scheduled_execution_time=datetime(2026, 11, 5, 6, tzinfo=UTC), repository_def=repository)
        (request,) = schedule.evaluate_tick(context).run_requests
    assert request.partition_key == "2026-10"


def test_the_sensor_asks_for_the_last_complete_month_once_per_state_of_the_inbox(repository: dg.RepositoryDefinition, site: Site) -> None:
    (sensor,) = repository.sensor_defs
    with instance(site.workspace) as inst:
        first = sensor.evaluate_tick(dg.build_sensor_context(inst, repository_def=repository)).run_requests
        again = sensor.evaluate_tick(dg.build_sensor_context(inst, repository_def=repository)).run_requests
        Path(site.workspace.inbox / "ml" / "nouveau.csv").write_text("x")
        other = sensor.evaluate_tick(dg.build_sensor_context(inst, repository_def=repository)).run_requests
    assert first[0].run_key == again[0].run_key != other[0].run_key
    assert first[0].partition_key == previous_month(datetime.now().strftime("%Y-%m"))


@pytest.mark.parametrize(("month", "before"), [("2026-01", "2025-12"), ("2026-10", "2026-09"), ("2026-12", "2026-11")])
def test_previous_month(month: str, before: str) -> None:
    assert previous_month(month) == before
