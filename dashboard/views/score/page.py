"""Score molecules of one's own: bring them, see what can be read, score them, open the result."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.library.manifest import Manifest
from core.library.selection import Selection
from core.model.card import ModelCard
from core.quotas import is_hosted
from dashboard.rows.columns import TABLE
from dashboard.rows.shown import show_downloads, show_rows
from dashboard.shared import checkpoints, messages, visitors
from dashboard.shared.format import plain
from dashboard.shared.inputs import FieldError, NumberFields, warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.shared.links import LIBRARY, library_query
from dashboard.shared.run_switch import RunSwitch
from dashboard.views.score import data, inputs, text
from dashboard.views.score.data import Look
from dashboard.views.score.query import KEYS, ScoreQuery, address_faults, command

_SWITCH = RunSwitch("scoring_running", start="start-scoring", cancel="cancel-scoring",
                    promise=text.PROMISE)


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    st.title("Score molecules", anchor=False)
    introduce(text.QUESTION, text.EXAMPLE, "NLL", "LU", "order-marginal")
    try:
        models = checkpoints.models()
        warn_about_address("score", partial(address_faults, models=tuple(models)))
        fixed = _SWITCH.is_running
        fields = NumberFields()
        settings = inputs.choose_settings(models, fields, fixed=fixed)
        query = inputs.choose_molecules(settings, fixed=fixed)
        fields.check()
        if query is None:
            _SWITCH.end()
            st.info(text.NOTHING_YET, icon=":material/upload_file:")
            return
        show(query, models[query.model])
    except FieldError as error:
        _SWITCH.refuse(error, "Score")
    except InputError as error:
        _SWITCH.end()
        messages.error(text.of_page(error))


def show(query: ScoreQuery, card: ModelCard) -> None:
    """What can be scored, the button that does it, and what came of it."""
    found = data.manifest(query)
    if found is None or not found.is_finished:
        _show_job(query, card, found)
    else:
        _SWITCH.end()
        _show_result(query, found)
    with st.expander("The same on the command line", icon=":material/terminal:"):
        st.code(command(query), language="bash", wrap_lines=True)


def _show_job(query: ScoreQuery, card: ModelCard, found: Manifest | None) -> None:
    if found is None and (fault := visitors.files_fault()):
        messages.warning(fault, icon=":material/folder_off:")
        _offer_removal()
        return
    known = _look(query, card)
    checked = known.checked
    st.markdown(text.readable(checked))
    if checked.failed:
        with st.expander(text.bad_title(checked), icon=":material/error:"):
            st.dataframe(text.bad_table(checked), hide_index=True, alt=text.bad_title(checked))
    if checked.notes:
        with st.expander("What should be known of these molecules", icon=":material/info:"):
            for note in checked.notes:
                st.caption(plain(note))
    if known.each_s is None:
        _SWITCH.end()
        return
    done = 0 if found is None else found.rows_done
    so_far = text.progress(done, checked.rows, text.left((checked.rows - done) * known.each_s))
    place = _SWITCH.show(
        query.digest, is_done=False,
        at=(done / checked.rows, so_far),
        label=f"Go on: {checked.rows - done:,} more" if done else text.offer(checked),
        remark=so_far if done else
               text.estimate(checked.rows - checked.failed, known.each_s))
    if _SWITCH.is_on(query.digest):
        _go_on(query, place)


def _look(query: ScoreQuery, card: ModelCard) -> Look:
    place = st.empty()

    def hear(rows: int) -> None:
        place.caption(f"Reading: {rows:,} rows")

    try:
        return data.look(query, card, hear)
    finally:
        place.empty()


def _go_on(query: ScoreQuery, place: DeltaGenerator) -> None:
    pace = _SWITCH.pace("score")

    def hear(done: int, total: int) -> None:
        _SWITCH.tell(place, done / total, text.progress(done, total, pace.heard(done, total)))

    _SWITCH.go_on(lambda: data.score_more(query, hear), place, text.of_page)


def _show_result(query: ScoreQuery, found: Manifest) -> None:
    st.success(text.finished(found), icon=":material/check_circle:")
    st.page_link(LIBRARY, label="Open in the Library", icon=":material/table_rows:",
                 query_params=library_query(query.set_name))
    library = data.scored(query)
    show_rows(library, Selection(), KEYS, look=TABLE)
    show_downloads(library, Selection(), KEYS,
                   f"trailscope-{query.set_name}-{library.model}-seed{library.seed}")
    if is_hosted():
        _offer_removal()


def _offer_removal() -> None:
    st.button("Remove my sets", icon=":material/delete:", key="remove-sets",
              on_click=data.remove_sets, help="They go when you leave in any case.")


main()
