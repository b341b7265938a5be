"""Who sees what later on: one page for everything that belongs to groups (`kinds`), each changed by its own app."""
