"""How far a project is: its DAG files, what stops them, and what would bring most."""
