"""Where the figures of several files are from."""

from __future__ import annotations

MP = "McKelvey and Palfrey, *Experimental Economics* 1 (1998) 9-41"
DECIMAL = "the definition, in decimal arithmetic of forty digits"
