"""Pages of administrators: what they decide, and what was decided."""
