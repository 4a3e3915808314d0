"""What the pages show, each module one page with a function ``view``."""
