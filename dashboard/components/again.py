"""A page whose server went away and came back asks for its figures again, before anybody touches it.

Streamlit connects again by itself, but the new server knows nothing of the page until the first change, and that
change would be lost: the new session begins with what the address says.
"""

from __future__ import annotations

import streamlit as st

_WATCH = """
export default function({ setTriggerValue }) {
  const app = document.querySelector(".stApp");
  if (!app) return;
  let away = false;
  const watch = new MutationObserver(() => {
    const here = app.dataset.testConnectionState === "CONNECTED";
    if (here && away) setTriggerValue("again", true);
    away = !here;
  });
  watch.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
  return () => watch.disconnect();
}
"""
_renderer = st.components.v2.component("grand-deal.again", js=_WATCH)


def again() -> None:
    """Watch the connection; takes no room."""
    with st.container(key="watch"):
        _renderer(key="again", on_again_change=_nothing)


def _nothing() -> None:
    """The run that this brings about is all there is to it."""
