"""Scorecards: what an employee's week is worth, who published which version of it and why."""
