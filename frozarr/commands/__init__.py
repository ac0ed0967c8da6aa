"""What stands at the top level (create, open, save, …), as programs that give handles."""
