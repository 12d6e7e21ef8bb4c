"""Corrective actions: what is to be mended, by whom, until when, and the inspection that says it is."""
