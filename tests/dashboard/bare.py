"""A page with the widgets that Explore has and nothing of ours: what Streamlit itself is responsible for."""

import streamlit as st

st.set_page_config(page_title="Bare", layout="wide")
st.title("Bare")
st.navigation(
    [st.Page(lambda: None, title="One", url_path="one"), st.Page(lambda: None, title="Two", url_path="two")],
    position="top",
).run()
with st.container(horizontal=True):
    st.selectbox("Choose", ["a", "b"], label_visibility="collapsed")
    st.button("Press")
    st.button("Press not", disabled=True)
    st.button("Press lightly", type="tertiary")
    with st.popover("Open", help="what it is"):
        st.markdown("**What** it is")
        st.code("what it is", language="bash", wrap_lines=True)
        st.download_button("Take it", "it", "it.txt")
st.segmented_control("Pick", ["a", "b"], default="a", label_visibility="collapsed")
with st.container(horizontal=True):
    st.metric("Figure", "1", "+1", help="what it is")
    st.metric("Figure", "2", "no change", delta_color="off", delta_arrow="off", help="what it is")
with st.container(height=120):
    for number in range(4):
        st.slider(f"Slide {number}", 0.0, 1.0, 0.5, help="what it is")
st.toggle("Switch", help="what it is")
st.caption("small")
spec = {"mark": "bar", "encoding": {"x": {"field": "a", "type": "quantitative"}}}
st.vega_lite_chart({**spec, "data": {"values": [{"a": 1}]}}, alt="a bar")
