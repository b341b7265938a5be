"""British English locale of the site."""
