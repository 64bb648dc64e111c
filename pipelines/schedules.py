"""When the monthly job runs by itself: the 5th of each month at 6:00, for the month that ended."""

import dagster as dg

from pipelines.jobs import monthly
from schemas.territory import Territory


def monthly_schedule(territory: Territory) -> dg.ScheduleDefinition:
    """The schedule, in the territory's time zone."""

    @dg.schedule(
        job=monthly, cron_schedule="0 6 5 * *", execution_timezone=territory.time_zone, default_status=dg.DefaultScheduleStatus.RUNNING
    )
    def each_month(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """Le 5 de chaque mois à 6 h : le mois écoulé."""
        month = previous_month(context.scheduled_execution_time.strftime("%Y-%m"))
        return dg.RunRequest(run_key=month, partition_key=month)

    return each_month


def previous_month(month: str) -> str:
    """The month (YYYY-MM) before `month`."""
    number = int(month[:4]) * 12 + int(month[5:7]) - 2
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
