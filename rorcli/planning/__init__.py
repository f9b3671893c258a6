"""Ours, theirs, conflicts; what a push would write, and what stops it."""
