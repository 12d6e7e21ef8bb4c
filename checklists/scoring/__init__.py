"""Scores: pure functions from responses to scorecards, in exact arithmetic (rule set 1)."""
