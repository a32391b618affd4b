"""TrailScope's dashboard: `streamlit run dashboard/app.py`."""

import sys
from pathlib import Path

# `streamlit run` puts this file's folder on the path, not the project's.
sys.path.insert(0, str(Path(__file__).parents[1]))

import streamlit as st

from core.assets import assets_folder
from core.errors import InputError
from core.threads import let_threads_sleep
from dashboard.components.figure_downloads.downloads import figures_are_of
from dashboard.components.history_steps.steps import address_is_followed, history_steps
from dashboard.components.screen.screen import watch_screen
from dashboard.components.share_link.share import base_url, share_link
from dashboard.rows.basket import show_basket
from dashboard.shared import address, messages, visitors

let_threads_sleep()

st.set_page_config(
    page_icon=str(assets_folder() / "logo.svg"),
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"Get help": f"{base_url()}/glossary", "About": """
**TrailScope** shows how much a graph generator's likelihood of a molecule
depends on the order in which its atoms are written, where in the molecule, whether the model is
calibrated, which generated molecules to trust, and which weights to fine-tune to repair it.

Linearizations, Linearization Uncertainty and calibration: Fredsgaard et al., *Same Graph, Different
Likelihoods*, arXiv 2604.05613. Salience masks for sparse fine-tuning: arXiv 2412.13488. What every
number means stands in `docs/definitions.md`. Licence: MIT.
"""},
)
assets = assets_folder()
st.logo(str(assets / "wordmark.svg"), icon_image=str(assets / "logo.svg"), size="large")

st.html(Path(__file__).with_name("app.css"))

# Streamlit would infer an address from the name of a page's file, and they are all called alike.
#
# All pages share the keys of widgets, and a link loses the parameters that are bound on the page
# that it starts from: give the widgets of every page keys of their own.
page = st.navigation(
    [
        st.Page("views/explore/page.py", title="Explore", url_path="explore",
                icon=":material/route:", default=True),
        st.Page("views/models/page.py", title="Models", url_path="models",
                icon=":material/grid_on:"),
        st.Page("views/calibration/page.py", title="Calibration", url_path="calibration",
                icon=":material/target:"),
        st.Page("views/triage/page.py", title="Triage", url_path="triage",
                icon=":material/filter_alt:"),
        st.Page("views/library/page.py", title="Library", url_path="library",
                icon=":material/table_rows:"),
        st.Page("views/score/page.py", title="Score", url_path="score",
                icon=":material/upload_file:"),
        st.Page("views/salience/page.py", title="Salience", url_path="salience",
                icon=":material/grain:"),
        st.Page("views/finetune/page.py", title="Fine-tune", url_path="finetune",
                icon=":material/build:"),
        st.Page("views/training/page.py", title="Training", url_path="training",
                icon=":material/model_training:"),
        st.Page("views/glossary/page.py", title="Glossary", url_path="glossary",
                icon=":material/menu_book:"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · TrailScope")
with st.container(key="share-button"):
    share_link(page.url_path)
    history_steps()
    watch_screen()
try:
    visitors.check()
except InputError as error:  # of whoever serves: no page can be shown before it is mended
    messages.error(error)
    st.stop()
figures_are_of()  # until the page says
page.run()
show_basket()
address.restore()
address_is_followed()
