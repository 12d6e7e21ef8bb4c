"""Pages for managers, employees and administrators: rendered here, readable without any script."""
