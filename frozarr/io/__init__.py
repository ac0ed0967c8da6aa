"""How it gets there: the only code that acts."""
