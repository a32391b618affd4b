"""A run of one's own: a few steps per rerun, so that the loss shows as it falls, none is lost."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.quotas import is_hosted
from core.repair.session import FinetuneProgress, FinetuneSession
from core.salience.matrices import num_entries
from dashboard.components.figure_downloads.downloads import figures_are_of
from dashboard.shared import messages, visitors
from dashboard.shared.checkpoints import checkpoint
from dashboard.shared.links import explore_address
from dashboard.shared.progress import progress_bar
from dashboard.shared.run_switch import RunSwitch
from dashboard.views.finetune import before_after, data, methods_compared, run_files, scaling, text
from dashboard.views.finetune.data import ShippedRepairs
from dashboard.views.finetune.points import RepairPoint
from dashboard.views.finetune.query import GENERATED, OWN, FinetuneQuery

_SWITCH = RunSwitch("finetune_running", start="start-finetune", cancel="cancel-finetune",
                    promise="What is done stays.")
_FAULT = "finetune_fault"
_SITTING_S = 3.0
"""Seconds of work between two looks at the page."""


def is_running() -> bool:
    """Whether a run or the measuring of its scaled changes goes on; settings are fixed then."""
    return _SWITCH.is_running or scaling.is_running()


def end() -> None:
    """Let no run go on, where the page cannot be drawn as far as its button."""
    _SWITCH.end()
    scaling.end()


def refuse(fault: object) -> None:
    """Say what is wrong with the settings of a run, above the button that would start it."""
    scaling.end()
    _SWITCH.refuse(fault, "Fine-tune")


def show(
    query: FinetuneQuery, shipped: ShippedRepairs, beside_molecules: DeltaGenerator
) -> None:
    """What the run will do, the button that starts it, and what came of it so far.

    Args:
        query: the run.
        shipped: what it is compared with.
        beside_molecules: where it is said what is wrong with one's own molecules.
    """
    figures_are_of(query.model, f"seed{query.config.seed}")
    matrices = data.matrices(query.model, query.weights_sha256)
    st.markdown(text.run_summary(query, query.config.trained_numbers(matrices),
                                 num_entries(matrices)))
    _show_molecules(query, beside_molecules)
    session = data.find_session(query)
    reading = st.container()  # in any case, so that what is drawn below keeps its place
    if session is None and (data.has_folder(query)
                            or (_SWITCH.is_on(query) and not visitors.files_fault())):
        with reading:
            session = _open(query)
    begun = session is not None and bool(session.history)
    if session is None and (fault := visitors.files_fault()):
        messages.warning(fault, icon=":material/folder_off:")
        st.button("Remove my runs", icon=":material/delete:", key="forget-runs",
                  on_click=data.forget_runs)
        return
    place = _SWITCH.show(
        query, is_done=session is not None and session.is_done,
        at=(0.0, "Starting" if session is None else
            text.beginning(query.config.method, has_begun=begun, is_trained=session.is_trained)),
        label="Continue" if begun else "Fine-tune",
        remark=text.left_to_do(session) if begun and session is not None
               else f"{text.time_estimate(query)} {text.phases_note(query.config.method)}")
    if session is not None and session.is_done:
        _show_result(query, session, shipped)
    elif session is not None and session.history:
        before_after.show_loss(session.history, query.config.steps, key="live-loss")
    if _SWITCH.is_on(query) and session is not None:
        _go_on(session, place)


def _open(query: FinetuneQuery) -> FinetuneSession:
    try:
        with progress_bar(text.phase(text.EXAMPLES, query.config.method),
                          "molecules") as progress:
            return data.session(query, progress)
    except InputError as error:
        _SWITCH.end(str(error))  # it would fail again
        raise


def _go_on(session: FinetuneSession, place: DeltaGenerator) -> None:
    """Work for a few seconds; steps that are done stay."""

    def report(state: FinetuneProgress) -> None:
        pace = _SWITCH.pace(state.stage).heard(state.done, state.total)
        _SWITCH.tell(place, min(1.0, state.done / max(state.total, 1)),
                     text.progress_text(state, session.config.method, pace))

    _SWITCH.go_on(lambda: data.go_on(session, report, for_s=_SITTING_S), place)


def _show_molecules(query: FinetuneQuery, beside: DeltaGenerator) -> None:
    """What is learnt from, where it is not known beforehand."""
    if query.source.kind == GENERATED:
        chemistry = checkpoint(query.model, query.weights_sha256).card.chemistry
        if chemistry is not None:
            st.caption(text.data_note(chemistry))
    if query.source.kind != OWN:
        return
    try:
        with progress_bar("Reading the molecules", "molecules") as progress:
            found = data.learning_set(query, progress)
    except InputError as error:
        with beside:
            messages.beside_field(error)
        raise
    st.caption(text.learning_summary(found))
    if found.bad:
        with st.expander(text.bad_rows(found), icon=":material/error:"):
            st.dataframe(text.bad_row_table(found), hide_index=True,
                         alt=text.bad_rows(found))
    if found.notes:
        with st.expander(text.NOTES_TITLE, icon=":material/info:"):
            st.dataframe(text.note_table(found), hide_index=True, alt=text.NOTES_TITLE)


def _show_result(query: FinetuneQuery, session: FinetuneSession, shipped: ShippedRepairs) -> None:
    before, after = session.before, session.after
    methods_compared.remember(query, before, after)
    st.success(text.result_sentence(before, after), icon=":material/check_circle:")
    _show_downloads(query, session)
    if fault := st.session_state.pop(_FAULT, None):
        messages.error(fault)
    st.header("Compared with the other methods", anchor=False)
    of_model = shipped.found.get(query.model, {})
    points = [RepairPoint(result) for name, result in of_model.items()
              if name != "none" and result.orders == after.orders]
    live = methods_compared.live_points(query.model, after.orders)
    measure = st.session_state.get("measure") or "LU"
    methods_compared.draw_plot([*points, *live], before, RepairPoint(after, query.digest).key,
                               measure)
    if points:
        st.caption(text.live_note(after))
    before_after.show(before, after, key="live")
    scaling.show_live(query, session, measure)


def _show_downloads(query: FinetuneQuery, session: FinetuneSession) -> None:
    """The new model for the Explore page, and files for elsewhere."""
    name = f"trailscope-{query.name}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if not is_hosted() or run_files.is_kept(session):
            _show_explore(query, session)
        if query.config.method != "full":
            _download("Adapter", lambda: run_files.adapter_file(session),
                      f"{name}-{run_files.adapter_name(session)}")
        if query.config.method == "sparse":
            _download("First mask" if query.config.reselect_every else "Mask",
                      lambda: run_files.mask_file(session), f"{name}-mask.safetensors",
                      text.FIRST_MASK_HELP if query.config.reselect_every else None)
        _download("Checkpoint", lambda: run_files.checkpoint_file(session), f"{query.name}.zip")
        _download("Record", lambda: run_files.record_file(session), f"{name}.json")
        _download("Comparison", lambda: text.result_table(
            {"before": session.before, "after": session.after}).to_csv(index=False), f"{name}.csv")
        if query.source.has_molecules:
            _download("Molecules learnt from",
                      lambda: data.learning_set(query, _silent).csv,
                      query.molecules_file)
    if is_hosted():
        st.caption(text.NO_KEEPING)


def _show_explore(query: FinetuneQuery, session: FinetuneSession) -> None:
    """A button that keeps the model, then a link to it."""
    if not run_files.is_kept(session):
        st.button("Keep for Explore", type="primary", icon=":material/bookmark_add:",
                  key="keep-finetuned", help=text.KEEP_HELP, on_click=_keep, args=(session,))
        return
    # In a tab of its own, so that the run's settings are not lost.
    st.link_button("Open in Explore", explore_address(query.name, strategy=query.order),
                   type="primary", icon=":material/open_in_new:", help=text.kept_note(query.name))


def _keep(session: FinetuneSession) -> None:
    try:
        run_files.keep(session)
    except InputError as error:
        st.session_state[_FAULT] = str(error)


def _download(
    label: str, content: Callable[[], str | bytes], file: str, help: str | None = None
) -> None:
    st.download_button(label, content, file, key=f"save-{label}", icon=":material/download:",
                       on_click="ignore", help=help)


def _silent(done: int, total: int) -> None:
    """Progress that nobody sees."""
