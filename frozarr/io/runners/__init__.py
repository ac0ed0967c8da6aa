"""Runners: what carries programs out, on threads, on an event loop, or on record."""
