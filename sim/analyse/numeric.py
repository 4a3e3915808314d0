"""The parameters that can be varied: numbers, some of them whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.scenario import ParameterInfo


def numeric(name: str) -> ParameterInfo:
    """Return a numeric parameter.

    Raises
    ------
    UsageError : an unknown name, with the nearest; a setting that is not a number and cannot be swept.
    """
    from sim.scenario import parameter_info, setting_info
    from sim.scenario.leaves import unknown

    known = parameter_info()
    if name in known:
        return known[name]
    settings = setting_info()
    if name in settings:
        raise UsageError(
            f"{name}: found a setting that is not a number ({settings[name].allowed}); allowed: a numeric parameter. "
            f"Try its values one by one with --set {name}=..."
        )
    raise UsageError(str(unknown(name, "parameter")))


def is_whole(name: str) -> bool:
    """Return whether a numeric parameter takes whole numbers only."""
    return numeric(name).allowed.startswith("a whole number")
