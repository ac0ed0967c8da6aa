"""Codecs as frozen values: their names, configuration and checks; the work is in ``io.kernels``."""
