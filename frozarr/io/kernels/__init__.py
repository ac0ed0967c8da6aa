"""Codec kernels: the work of coding, between buffers and arrays. No files, no sockets."""
