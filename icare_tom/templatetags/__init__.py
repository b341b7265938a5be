"""Tags of the site's look, for the templates of every app."""
