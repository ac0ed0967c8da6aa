"""Arrays as thin frozen handles: metadata, a place in a store, a config."""
