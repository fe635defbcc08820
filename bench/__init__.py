"""The project's own measurements; each line beside its floor of the same run."""
