"""The parts of the Training page below its title."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.study.run import Diversity
from core.study.training_record import TrainingRecord
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.shared import messages
from dashboard.shared.inputs import NumberFields
from dashboard.shared.run_switch import RunSwitch
from dashboard.shared.table_columns import on_screen
from dashboard.shared.theme import is_narrow
from dashboard.views.training import charts, data, inputs, text
from dashboard.views.training.query import ALL_SIZES, MEASURES, OWN, UNDER, OwnMolecules

_SWITCH = RunSwitch("diversity_running", start="start-diversity", cancel="cancel-diversity",
                    promise=text.PROMISE)


def show_diversity(shipped: dict[str, Diversity]) -> None:
    """How different linearizations are, by strategy, of a chosen set or a visitor's molecules."""
    st.header("How many forms does a graph take?", anchor=False)
    chosen = inputs.choose_set((*shipped, OWN))
    found = shipped.get(chosen)
    if found is not None:
        _SWITCH.end()
    else:
        fields = NumberFields()
        own = inputs.choose_own(fields, fixed=_SWITCH.is_running)
        fields.check()
        if own is None:
            _SWITCH.end()
            st.info("Paste molecules or drop a file: their linearizations are measured under every "
                    "strategy.", icon=":material/upload_file:")
            return
        found = _own_diversity(own)
    if found is not None:
        _show_curves(found, chosen)


def end_run(fault: Exception, *, is_field: bool) -> None:
    """Say what is wrong with a visitor's molecules or their settings."""
    if is_field:
        _SWITCH.refuse(fault, "Measure")
    else:
        _SWITCH.end()
        messages.error(fault)


def _own_diversity(own: OwnMolecules) -> Diversity | None:
    read = data.read_own(own)
    st.caption(text.molecules_note(read))
    if read.skipped:
        with st.expander("What cannot be written", icon=":material/error:"):
            for sentence in read.skipped:
                messages.warning(sentence, icon=":material/error:")
    found = data.own_diversity(own)
    place = _SWITCH.show(
        own.digest, is_done=found is not None, at=(0.0, "Measuring"), label="Measure",
        remark=f"{own.samples:,} linearizations of every molecule under every strategy and "
               "mixture.")
    if found is None and _SWITCH.is_on(own.digest):
        _go_on(own, place)
    return found


def _go_on(own: OwnMolecules, place: DeltaGenerator) -> None:
    pace = _SWITCH.pace("diversity")

    def hear(done: int, total: int) -> None:
        _SWITCH.tell(place, done / total, f"Measuring: {done:,} of {total:,} parts"
                                          f"{pace.heard(done, total)}")

    _SWITCH.go_on(lambda: data.measure_more(own, hear), place)


def _show_curves(found: Diversity, chosen: str) -> None:
    measure, share = inputs.choose_diversity()
    shown = text.shown_curves(found, share)
    finding = text.diversity_finding(found, shown, measure, share)
    st.markdown(finding)
    show_figure(
        partial(charts.diversity_curves, shown, MEASURES[measure]), f"diversity {chosen} {measure}",
        key="diversity", alt=finding.replace("*", ""), csv=shown,
        caption=text.diversity_caption(found))


def show_course(records: Sequence[TrainingRecord]) -> None:
    """Held-out NLL and new samples along trainings."""
    st.header("When does a model start to copy?", anchor=False)
    followed = [record for record in records if record.rows]
    if not followed:
        st.info("No training was followed on its way; train with `--validate-at 50,100,200`.",
                icon=":material/info:")
        return
    size, under = inputs.choose_course(inputs.sizes_of(followed), len(followed))
    shown = [record for record in followed
             if size in (ALL_SIZES, text.size(record.graphs or 0))]
    st.markdown(text.course_finding(shown, under))
    show_figure(
        partial(charts.training_course, shown, UNDER[under], narrow=is_narrow()),
        f"course of training {size} {under}", key="course", alt=text.course_alt(shown, under),
        csv=text.course_table(shown), caption=text.course_caption(shown))


def show_sizes(records: Sequence[TrainingRecord]) -> None:
    """Gap, novelty and LU against the number of graphs that were learnt."""
    st.header("How much data is enough?", anchor=False)
    shown = [record for record in records
             if record.measured and record.mix == 0 and record.graphs is not None]
    if not shown:
        _say_unmeasured()
        return
    st.markdown(text.size_finding(shown))
    _show_measured(shown, "size", charts.by_data_size, text.GAP_PANELS)


def show_mixtures(records: Sequence[TrainingRecord]) -> None:
    """What a share of random orders buys and costs."""
    st.header("What does a little random order buy?", anchor=False)
    measured = [record for record in records if record.measured]
    sizes = {record.graphs or 0 for record in measured if record.mix > 0} or {
        max((record.graphs or 0 for record in measured), default=0)}
    shown = [record for record in measured if (record.graphs or 0) in sizes]
    if not shown:
        _say_unmeasured()
        return
    st.markdown(text.mix_finding(shown))
    _show_measured(shown, "mixture", charts.by_mixture, text.MIX_PANELS)


def _show_measured(
    shown: Sequence[TrainingRecord], key: str, draw: charts.DrawPanels,
    panels: Sequence[charts.Panel],
) -> None:
    show_figure(
        partial(draw, shown, panels, narrow=is_narrow()), f"training by {key}", key=key,
        alt=text.measured_alt(shown, panels), csv=text.measured_table(shown, panels),
        caption=text.measured_caption(shown, panels))


def _say_unmeasured() -> None:
    st.info(f"No finished training was measured; measure one with `{text.STUDY}`.",
            icon=":material/info:")


def show_table(records: Sequence[TrainingRecord]) -> None:
    """All numbers of all trainings."""
    st.header("All trainings", anchor=False)
    table = text.all_table(records)
    values = [name for name in table if not str(name).endswith(("_low", "_high"))]
    formats = {name: "%.4f" for name in values if table[name].dtype.kind == "f"} | {
        "mix": "percent", "graphs": "localized", "steps": "localized"}
    st.dataframe(table[values], hide_index=True,
                 column_config=on_screen(table[values], formats, text.LABELS),
                 alt=f"All numbers of {len(table)} trainings; intervals are in the CSV.")
    st.caption("The CSV also holds the 95% intervals.")
    figure_downloads("trainings", key="downloads-trainings", csv=table)
