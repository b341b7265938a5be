"""Alerts, sky maps and observation plans."""
