"""Parts of pages: each draws itself and returns plain values."""
