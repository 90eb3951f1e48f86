"""The rules as they are loaded: front matter, tables, the index of names, the verbs they name."""
