"""``python -m inspect_api.cli``: the same as ``inspect-api``, also where its script is not on the PATH."""

import sys

from inspect_api.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
