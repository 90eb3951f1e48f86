"""Which findings are open on purpose: comments, the ignore-file, the baseline, and what is wrong with them."""

MARK = b"upgradecheck"  # a file without these bytes has no directive
