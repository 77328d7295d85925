"""`python -m travesia` is `travesia`."""

from travesia.cli import main

main()
