"""What files say together: names followed through the project, values, callers, and where code runs."""
