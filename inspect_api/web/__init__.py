"""The tablet app: a page that works offline, and how it is served."""
