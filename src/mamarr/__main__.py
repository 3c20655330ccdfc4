"""`python -m mamarr`: the same as the command `mamarr`."""

from mamarr.node.cli import main

if __name__ == "__main__":
    main()
