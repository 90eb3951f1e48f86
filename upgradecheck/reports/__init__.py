"""One file for each format: a report in, text out."""
