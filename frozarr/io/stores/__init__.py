"""Stores: where keys hold bytes."""
