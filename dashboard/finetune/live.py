"""A run of one's own: a few steps per rerun, so that the loss shows as it falls, none is lost."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.repair.session import Trial, TrialProgress
from dashboard.finetune import data, detail, repairs, run_files, sections, text
from dashboard.finetune.data import ShippedRepairs
from dashboard.finetune.query import GENERATED, OWN, PLANAR, RunChoice
from dashboard.finetune.repairs import RepairPoint
from dashboard.shared.choices import is_hosted
from dashboard.shared.links import explore_address
from dashboard.shared.progress import progress_bar
from dashboard.shared.run_switch import RunSwitch

_SWITCH = RunSwitch("finetune_running", start="start-finetune", cancel="cancel-finetune",
                    promise="What is done stays.")
_COMPLAINT = "finetune_complaint"
_SITTING_S = 3.0
"""Seconds of work between two looks at the page."""


def show(choice: RunChoice, shipped: ShippedRepairs) -> None:
    """What the run will do, the button that starts it, and what came of it so far."""
    count, entries = data.trained_numbers(choice)
    st.markdown(text.run_summary(choice, count, entries))
    _show_molecules(choice)
    trial = data.find_trial(choice)
    if trial is None and (_SWITCH.is_on(choice) or data.has_folder(choice)):
        trial = _open(choice)
    begun = trial is not None and bool(trial.history)
    place = _SWITCH.show(
        choice, is_done=trial is not None and trial.is_done, at=(0.0, "Going on"),
        label="Continue" if begun else "Fine-tune",
        remark=text.left_to_do(trial, choice) if begun and trial is not None
               else text.time_estimate(choice))
    if trial is not None and trial.is_done:
        _show_result(choice, trial, shipped)
    elif trial is not None and trial.history:
        detail.show_loss(trial.history, choice.steps, key="live-loss")
    if _SWITCH.is_on(choice) and trial is not None:
        _go_on(trial, place)


def _open(choice: RunChoice) -> Trial:
    try:
        with progress_bar("Reading the molecules", "molecules") as progress:
            return data.trial(choice, progress)
    except InputError:
        _SWITCH.turn_off()  # it would fail again
        raise


def _go_on(trial: Trial, place: DeltaGenerator) -> None:
    """Work for a few seconds; steps that are done stay."""

    def report(state: TrialProgress) -> None:
        place.progress(min(1.0, state.done / max(state.total, 1)), text.progress_text(state))

    _SWITCH.go_on(lambda: trial.go_on(report, for_s=_SITTING_S))


def _show_molecules(choice: RunChoice) -> None:
    """What is learnt from, where it is not known beforehand."""
    if choice.source.kind == GENERATED:
        st.caption(text.DATA_NOTE)
    if choice.source.kind != OWN:
        return
    with progress_bar("Reading the molecules", "molecules") as progress:
        found = data.learning_set(choice, progress)
    st.caption(text.learning_summary(found))
    if found.bad:
        with st.expander(text.bad_rows(found), icon=":material/error:"):
            st.dataframe(found.complaints, hide_index=True)


def _show_result(choice: RunChoice, trial: Trial, shipped: ShippedRepairs) -> None:
    before, after = trial.before, trial.after
    sections.remember(choice, before, after)
    st.success(text.result_sentence(before, after), icon=":material/check_circle:")
    _show_downloads(choice, trial)
    if complaint := st.session_state.pop(_COMPLAINT, None):
        st.error(complaint, icon=":material/error:")
    st.subheader("Beside the other methods", anchor=False)
    of_model = shipped.found.get(choice.model, {})
    points = [RepairPoint(result) for name, result in of_model.items()
              if name != "none" and result.orders == after.orders]
    live = sections.live_points(choice.model, after.orders)
    sections.draw_plot([*points, *live], before, RepairPoint(after, choice.digest).key,
                       st.session_state.get("measure") or "LU")
    if points:
        st.caption(text.live_note(after))
    detail.show(before, after, key="live")


def _show_downloads(choice: RunChoice, trial: Trial) -> None:
    """The new model for the Explore page, and files for elsewhere."""
    name = f"trailscope-{choice.name}"
    with st.container(horizontal=True, vertical_alignment="center"):
        if not is_hosted() or run_files.is_kept(trial):
            _show_explore(choice, trial)
        if choice.method != "full":
            _download("Adapter", lambda: run_files.adapter_file(trial),
                      f"{name}-{run_files.adapter_name(trial)}")
        if choice.method == "sparse":
            _download("First mask" if choice.every else "Mask",
                      lambda: run_files.mask_file(trial), f"{name}-mask.safetensors",
                      text.FIRST_MASK_HELP if choice.every else None)
        _download("Checkpoint", lambda: run_files.checkpoint_file(trial), f"{choice.name}.zip")
        _download("Record", lambda: run_files.record_file(trial), f"{name}.json")
        _download("Comparison", lambda: repairs.result_table(
            {"before": trial.before, "after": trial.after}).to_csv(index=False), f"{name}.csv")
        if choice.source.kind != PLANAR:
            _download("Molecules learnt from",
                      lambda: data.learning_set(choice, _silent).csv,
                      choice.molecules_file)
    if is_hosted():
        st.caption(text.NO_KEEPING)


def _show_explore(choice: RunChoice, trial: Trial) -> None:
    """A button that keeps the model, then a link to it."""
    if not run_files.is_kept(trial):
        st.button("Keep for Explore", type="primary", icon=":material/bookmark_add:",
                  key="keep-finetuned", help=text.KEEP_HELP, on_click=_keep, args=(trial,))
        return
    # In a tab of its own, so that the run's settings are not lost.
    st.link_button("Open in Explore", explore_address(choice.name, strategy=choice.order),
                   type="primary", icon=":material/open_in_new:", help=text.kept_note(choice.name))


def _keep(trial: Trial) -> None:
    try:
        run_files.keep(trial)
    except InputError as error:
        st.session_state[_COMPLAINT] = str(error)


def _download(
    label: str, content: Callable[[], str | bytes], file: str, help: str | None = None
) -> None:
    st.download_button(label, content, file, key=f"save-{label}", icon=":material/download:",
                       on_click="ignore", help=help)


def _silent(done: int, total: int) -> None:
    """Progress that nobody sees."""
