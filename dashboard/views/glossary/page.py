"""What the words on the other pages mean."""

import streamlit as st

from dashboard.views.glossary.text import CHAPTERS, WORKED_EXAMPLE

st.title("Glossary", anchor=False)
st.markdown("What the words on the other pages mean, in plain terms. The exact definitions, with "
            "sources, are in `docs/definitions.md`.")
with st.container(border=True):
    st.header("An example", anchor=False)
    st.markdown(WORKED_EXAMPLE)
for chapter in CHAPTERS:
    st.header(chapter.title, anchor=False)
    st.markdown("\n".join(f"- **{term.name}**: {term.meaning}" for term in chapter.terms))
