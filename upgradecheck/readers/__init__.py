"""One reader for each format: a document in, occurrences out."""
