"""When something arrives between two months: a sensor on the inbox asks for the last complete month again."""

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from assets.site import Site
from pipelines.jobs import monthly
from pipelines.schedules import previous_month


def inbox_listing(site: Site) -> list[str]:
    """What lies in the inbox of known partners: `partner/size/date` of each file, no name."""
    found = []
    for partner in site.contracts:
        folder = site.workspace.inbox / partner
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                found.append(f"{partner}/{path.stat().st_size}/{path.stat().st_mtime_ns}")
    return found


def inbox_sensor(site: Site) -> dg.SensorDefinition:
    """Asks for one run per state of the inbox; stopped until the steward switches it on."""

    @dg.sensor(job=monthly, minimum_interval_seconds=120, default_status=dg.DefaultSensorStatus.STOPPED)
    def inbox(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Des fichiers sont arrivés : le dernier mois complet est recalculé."""
        listing = inbox_listing(site)
        if not listing:
            return dg.SkipReason("La boîte d'arrivée est vide.")
        state = hashlib.sha256("\n".join(listing).encode()).hexdigest()[:16]
        month = previous_month(datetime.now(ZoneInfo(site.territory.time_zone)).strftime("%Y-%m"))
        return dg.RunRequest(run_key=state, partition_key=month)

    return inbox
