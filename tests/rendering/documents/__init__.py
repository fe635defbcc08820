"""The PDF documents."""
