"""System checks of the roof: what would open the site silently becomes an error at start."""
