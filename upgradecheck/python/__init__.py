"""What one Python file says: scopes, bindings, calls, strings; and the file in short. No rule is involved."""
