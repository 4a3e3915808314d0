"""``python -m sim.cli``, for where the command is not on the path."""

from sim.cli import main

if __name__ == "__main__":
    main()
