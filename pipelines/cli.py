"""The `filrouge` command: what a steward types. Each command loads, calls one function of a room or of `run.py`, prints.

Exit codes: 0 all well; 1 data findings; 2 wrong usage or configuration; 3 a fault.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from assets.workspace import Workspace
from pipelines.resources import default_workspace
from pipelines.schedules import previous_month
from schemas.contract_file import ConfigurationError
from schemas.messages import say

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Filrouge : le fil des parcours d'un territoire."
)
contract_app = typer.Typer(no_args_is_help=True, help="Les contrats : un fichier YAML par partenaire.")
app.add_typer(contract_app, name="contract")

Place = Annotated[Path | None, typer.Option("--workspace", help="Dossier du territoire (sinon FILROUGE_HOME, sinon ./data).")]
Month = Annotated[str, typer.Option("--month", help="Mois, AAAA-MM.")]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def stop(code: int, text: str) -> NoReturn:
    """Says why on the error stream, and leaves with the exit code."""
    err.print(text[:1].upper() + text[1:], markup=False, soft_wrap=True)
    raise typer.Exit(code)


def workspace_of(place: Path | None) -> Workspace:
    """The workspace the user means."""
    return Workspace(place.resolve()) if place else default_workspace()


def checked_month(month: str) -> str:
    """A month that has begun, written YYYY-MM; leaves with 2 otherwise."""
    if not re.fullmatch(r"(19[9]\d|20\d\d)-(0[1-9]|1[0-2])", month):
        stop(2, say("month_wrong"))
    if month > datetime.now().strftime("%Y-%m"):
        stop(2, say("month_future", month=month))
    return month


def last_month() -> str:
    """The last complete month."""
    return previous_month(datetime.now().strftime("%Y-%m"))


@app.command()
def init(workspace: Place = None) -> None:
    """Crée l'espace de travail, sa clé (0600) et territory.yaml ; refuse d'écraser."""
    from pipelines.setup import AlreadyThere, create_workspace

    target = workspace_of(workspace)
    try:
        create_workspace(target)
    except AlreadyThere:
        stop(2, say("workspace_exists", path=target.root))
    out.print(say("workspace_ready", path=target.root), markup=False, soft_wrap=True)


@app.command()
def run(
    month: Month,
    workspace: Place = None,
    as_json: Annotated[bool, typer.Option("--json", help="Résumé pour une machine.")] = False,
) -> None:
    """Le travail du mois : prendre ce qui est arrivé, relier, calculer, publier."""
    from pipelines import show
    from pipelines.run import run_month

    site = show.load_site(workspace_of(workspace))
    checked_month(month)
    with show.progress(site, quiet=as_json) as listen:
        outcome = show.guarded(lambda: run_month(site, month, listen))
    show.outcome(site, outcome, as_json)
    raise typer.Exit(outcome.exit_code)


Learners = Annotated[int, typer.Option(min=50, max=2_000_000, help="Nombre de personnes.")]
Months = Annotated[int, typer.Option(min=1, max=60, help="Nombre de mois, terminés par --month.")]
Seed = Annotated[int, typer.Option(help="Graine : même graine, mêmes fichiers.")]
LastMonth = Annotated[str | None, typer.Option("--month", help="Dernier mois (par défaut le mois écoulé).")]


@app.command()
def generate(learners: Learners = 5000, months: Months = 12, seed: Seed = 1, month: LastMonth = None, workspace: Place = None) -> None:
    """Écrit un territoire de démonstration : exports, contrats et vérité ; ne lance rien."""
    _generate(workspace_of(workspace), learners, months, seed, checked_month(month or last_month()))


def _generate(target: Workspace, learners: int, months: int, seed: int, month: str) -> None:
    from assets.demonstration import generate as generate_territory
    from pipelines.setup import AlreadyThere, create_workspace

    try:
        create_workspace(target, territory_file=False)
    except AlreadyThere:
        stop(2, say("workspace_exists", path=target.root))
    done = generate_territory(target, learners=learners, months=months, seed=seed, month=month)
    out.print(
        say("generated", path=target.root, files=done["files"], lines=f"{done['lines']:,}".replace(",", " ")), markup=False, soft_wrap=True
    )


@app.command()
def demo(
    learners: Learners = 5000,
    months: Months = 12,
    seed: Seed = 1,
    month: LastMonth = None,
    workspace: Place = None,
    as_json: Annotated[bool, typer.Option("--json", help="Résumé pour une machine.")] = False,
) -> None:
    """Écrit un territoire de démonstration, puis lance le mois."""
    chosen = checked_month(month or last_month())
    target = workspace_of(workspace)
    _generate(target, learners, months, seed, chosen)
    run(chosen, target.root, as_json)


@app.command()
def check(
    file: Path, contract: Annotated[Path | None, typer.Option(help="Contrat YAML du partenaire.")] = None, workspace: Place = None
) -> None:
    """Vérifie un export sans le charger : l'accusé de réception, code 0 ou 1."""
    from pipelines import show
    from pipelines.check import check_file

    if contract is None:
        stop(2, say("check_no_contract"))
    if not file.is_file():
        stop(2, say("file_missing", path=file))
    territory = workspace_of(workspace).territory
    result = show.guarded(lambda: check_file(file, contract, territory))
    show.receipt(result)
    raise typer.Exit(0 if result["status"] == "accepted" and result["balance"]["rejected"] == 0 else 1)


@contract_app.command("validate")
def contract_validate(workspace: Place = None) -> None:
    """Vérifie tous les contrats et territory.yaml."""
    from pipelines import show

    site = show.load_site(workspace_of(workspace))
    out.print(say("contracts_valid", count=len(site.contracts)))


@contract_app.command("schema")
def contract_schema() -> None:
    """Affiche le schéma JSON d'un contrat, pour l'aide à la saisie des éditeurs."""
    from schemas.contract import Contract

    typer.echo(json.dumps(Contract.model_json_schema(), ensure_ascii=False, indent=2))


@app.command()
def status(workspace: Place = None) -> None:
    """Qui a livré quoi, ce qui attend et pourquoi."""
    from pipelines import show

    show.status(show.load_site(workspace_of(workspace)))


@app.command()
def query(sql: str, workspace: Place = None) -> None:
    """Interroge le fichier des analystes, en lecture seule."""
    from pipelines import show

    show.query(workspace_of(workspace), sql)


@app.command()
def verify(pack: Path) -> None:
    """Vérifie les empreintes d'un dossier mensuel."""
    from assets.releases.pack import verify as verify_pack

    if not pack.is_dir():
        stop(2, say("file_missing", path=pack))
    problems = verify_pack(pack)
    if problems:
        stop(1, "\n".join(problems))
    out.print(say("verify_ok", path=pack), markup=False, soft_wrap=True)


@app.command()
def ui(workspace: Place = None, port: Annotated[int, typer.Option(help="Port local.")] = 3000) -> None:
    """Ouvre la page de Dagster (calendrier et capteur compris), sur cette machine seulement."""
    from pipelines.setup import start_page

    raise typer.Exit(start_page(workspace_of(workspace), port))


def main() -> None:
    """Entry point. Whatever escapes is said without a value: a traceback's text may quote a cell."""
    fault = None
    try:
        app()
    except ConfigurationError as error:
        err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        from assets.safety import fault_of

        fault = fault_of(error)
    if fault is not None:
        err.print(say("fault", step="filrouge"), markup=False, soft_wrap=True)
        err.print(say("fault_detail", kind=fault.kind, where=" < ".join(reversed(fault.places))), markup=False, soft_wrap=True)
        sys.exit(3)


if __name__ == "__main__":
    main()
