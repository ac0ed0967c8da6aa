"""Programs: generators that ask for effects and are sent the answers; they act on nothing."""
