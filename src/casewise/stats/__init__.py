"""Comparisons of small and large groups: arrays and counts in, frozen results out.

Nothing here knows of studies. Arms are given treated first: ``(events_1, n_1, events_0, n_0)``.
"""
