"""Data types: frozen values, one file per family."""
