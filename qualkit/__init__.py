"""qualkit: from focus-group recordings to a theme table, offline.

    from qualkit import Study

The name is imported when it is first asked for, so that `import qualkit` costs nothing.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Study", "__version__"]

if TYPE_CHECKING:
    from qualkit.study import Study


def __getattr__(name: str) -> Any:
    if name == "Study":
        from qualkit.study import Study

        return Study
    raise AttributeError(f"module 'qualkit' has no attribute {name!r}")
