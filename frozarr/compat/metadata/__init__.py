"""Metadata of nodes."""
