"""When and with what the rooms run: definitions, jobs, schedules, sensors, resources, the `filrouge` command.

This room holds no data logic: it may import `assets` and `schemas`, and nothing imports it.
"""
