"""One server for both pages with components alone; `?figures` asks for the one with downloads."""

import streamlit as st

script = "downloads_app.py" if "figures" in st.query_params else "trail_app.py"
st.navigation([st.Page(script, default=True)], position="hidden").run()
