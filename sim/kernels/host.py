"""The processor that kernels are compiled for."""

from __future__ import annotations

from llvmlite import binding


def processor() -> str:
    """Return its type, as LLVM tells it: on another type the last digit of a result may differ."""
    try:
        features = sum(binding.get_host_cpu_features().values())
    except RuntimeError:  # not told on every system
        features = 0
    return f"{binding.get_host_cpu_name()} with {features} features"
