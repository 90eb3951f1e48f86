"""Verbs: each finds, and where it can rewrites, one kind of change. What changed stands in the rules."""
