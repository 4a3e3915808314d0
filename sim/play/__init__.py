"""Fixed ways of negotiating, and what happens when capitals follow them."""
