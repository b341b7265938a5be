"""How hypothesis runs here: an example that takes long on a busy machine says nothing about the property."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "busy machine", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")
