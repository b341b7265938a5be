"""The roof of the house: settings, routes, members, health, workers. Sees every app; nothing below imports it."""
