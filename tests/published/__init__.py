"""Published and closed-form cases, one module a family. ``python -m tests.published`` writes README.md."""
