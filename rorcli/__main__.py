"""`rorcli`, and `python -m rorcli`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Runs the command line and ends Python with its exit code."""
    # Imports and parsed files make many objects and little garbage: look for it less often.
    gc.set_threshold(50_000)
    try:
        from rorcli.cli.app import main as run

        code = run()
    except KeyboardInterrupt:  # before the program could say so itself
        code = 130
    # Python ends by looking for garbage among all that was imported: a tenth of a small command.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
