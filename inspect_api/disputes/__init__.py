"""Disputes: an employee objects to an item, somebody who did not inspect decides, and the score follows."""
