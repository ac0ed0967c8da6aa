"""What an array is: documents as frozen values."""
