"""The script that Streamlit runs for every session and every change: navigation, messages, and the page chosen."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.components import again, foot, jobs_panel, look, told
from dashboard.navigation import PAGES

st.set_page_config(page_title="Grand Deal", page_icon="◆", layout="wide", initial_sidebar_state="collapsed")
state.begin()
jobs_panel.present()
look.dress()
again.again()
pages = [st.Page(page.draw, title=page.title, url_path=page.path, default=page is PAGES[0]) for page in PAGES]
chosen = st.navigation(pages, position="top")
# each part has one place: what one run draws and another does not must not push the rest down, even for a moment
notes, page = st.container(), st.container()
with notes:
    told.notes()
with page:
    chosen.run()
foot.foot(pages[0])
