"""What operators do, called by the API and the console alike."""
