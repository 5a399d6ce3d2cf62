"""``python -m casewise``: the command line."""

from casewise.cli import main

main()
