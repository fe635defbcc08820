"""Other people's services, each behind a Protocol; who provides them is chosen in main."""
