"""What every room may use: ids, errors, time. Standard library only."""
