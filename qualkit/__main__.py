"""`qualkit` on the command line: run a command, and turn whatever goes wrong into a sentence."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from qualkit.errors import QualkitError, StoppedError


def main() -> None:
    """Run the command line. Exits with 0, with 1 after an error in one sentence, with 130 when stopped by hand."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from qualkit.cli import app

    is_debugging = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except StoppedError as stopped:
        _stop(str(stopped), 130)
    except Exception as error:
        if is_debugging:
            raise
        _stop(f"Error: {_sentence(error)}", 1)


def _sentence(error: Exception) -> str:
    if isinstance(error, QualkitError):
        return str(error)
    return (
        f"something went wrong that should not have ({type(error).__name__}: {error}); run it again with --debug for details."
    )


def _stop(sentence: str, code: int) -> NoReturn:
    print(sentence, file=sys.stderr)  # noqa: T201
    sys.exit(code)


if __name__ == "__main__":
    main()
