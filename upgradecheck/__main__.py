"""``python -m upgradecheck``."""

from upgradecheck.cli import main

if __name__ == "__main__":
    main()
