"""The one writer: edits chosen, imports planned, texts checked, files replaced."""
