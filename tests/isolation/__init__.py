"""Nobody reaches what is another tenant's: proven over every route, command, use case and table."""
