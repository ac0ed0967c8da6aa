"""Reading documents: values at their places, parsers that note all problems, declared members."""
