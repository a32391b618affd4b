"""Keep the browser's address whole when a visitor is quicker than the server.

Streamlit takes a parameter out of the address once a run has ended without its widget, by sending
the browser the whole address as the server knew it. A widget that was changed while that message
was under way is then missing from the address, though not from the page. The next run can tell:
the browser asked for it with a parameter that the server had taken out. Taking it out again sends
the address anew, with the change.
"""

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException


def restore() -> None:
    """Call at the end of every run: send the address again if an older one overtook a change."""
    widgets = st.session_state.setdefault("parameters_of_widgets", set())
    for name in widgets.intersection(st.query_params.to_dict()):
        # Refused for widgets that this run drew: Streamlit itself looks after their parameters.
        with suppress(StreamlitAPIException):
            del st.query_params[name]
    widgets.update(name for name in st.query_params if name in st.session_state)
