"""Template filters of alerts and plans."""
