"""Runs that go on from rerun to rerun, until they are done, cancelled, or replaced by another."""

import pytest
from streamlit.testing.v1 import AppTest


def page():
    """Counts to `goal`, one at a time; `settings` choose the run."""
    import streamlit as st

    from dashboard.shared.run_switch import RunSwitch

    state = st.session_state
    switch = RunSwitch("running", start="go", cancel="halt", promise="It stays.")
    settings, goal = state.get("settings", "first"), state.get("goal", 3)
    done = state.setdefault("done", {}).get(settings, 0)
    place = switch.show(settings, is_done=done >= goal, at=(done / goal, f"{done} of {goal}"),
                        label="Continue" if done else "Start", remark="It takes long.")
    state["drawn"] = [*state.get("drawn", []), done]

    def work():
        switch.tell(place, 0.5, "Working")
        if state.get("breaks"):
            raise ValueError("broken")
        state["done"][settings] = done + 1

    if switch.is_on(settings) and state.get("works", True):
        try:
            switch.go_on(work, place)
        except ValueError as error:
            st.error(str(error))


@pytest.fixture
def opened():
    return AppTest.from_function(page).run()


def keys(opened):
    return [button.key for button in opened.button]


def test_a_run_waits_to_be_started_then_works_until_it_is_done(opened):
    assert (keys(opened), opened.button[0].label) == (["go"], "Start")
    assert [caption.value for caption in opened.caption] == ["It takes long."]
    opened.button[0].click().run()
    assert not opened.exception
    assert opened.session_state["done"] == {"first": 3}
    assert opened.session_state["drawn"] == [0, 0, 1, 2, 3]  # drawn anew after every piece
    assert (keys(opened), list(opened.caption)) == ([], [])
    opened.session_state["goal"] = 5  # a longer one does not begin by itself
    assert keys(opened.run()) == ["go"]
    assert opened.button[0].label == "Continue"


def test_what_is_cancelled_keeps_what_was_done(opened):
    opened.session_state["works"] = False
    opened.button[0].click().run()
    assert keys(opened) == ["halt"]
    assert opened.button[0].help == "It stays."
    opened.button[0].click().run()
    assert keys(opened) == ["go"]
    assert opened.session_state["done"] == {}
    assert opened.caption[0].value == "Cancelled. It stays.\n\nIt takes long."
    assert [caption.value for caption in opened.run().caption] == ["It takes long."]


def test_what_work_told_last_stands_until_it_tells_more(opened):
    def said():
        return [bar.proto.text for bar in opened.get("progress")]

    opened.session_state["works"] = False
    opened.button[0].click().run()
    assert said() == ["0 of 3"]
    opened.session_state["running-told"] = 0.5, "Working"
    assert (opened.run(), said()) == (opened, ["Working"])
    opened.button[0].click().run()
    opened.button[0].click().run()  # another start begins with what the page knows
    assert said() == ["0 of 3"]


def test_a_run_of_other_settings_ends_the_first(opened):
    opened.session_state["works"] = False
    opened.button[0].click().run()
    opened.session_state["settings"] = "second"
    assert keys(opened.run()) == ["go"]
    opened.session_state["settings"] = "first"
    assert keys(opened.run()) == ["go"]


def test_what_fails_is_not_tried_again(opened):
    opened.session_state["breaks"] = True
    opened.button[0].click().run()
    assert [error.value for error in opened.error] == ["broken"]
    assert keys(opened.run()) == ["go"]
    assert not opened.error


def settings_page():
    """Its settings are fixed while it works; `breaks` before it gets to the button."""
    import streamlit as st

    from dashboard.shared.run_switch import RunSwitch

    state = st.session_state
    switch = RunSwitch("running", start="go", cancel="halt", promise="It stays.")
    number = st.number_input("Number", 1, 9, key="number", disabled=switch.is_running)
    if state.get("breaks"):
        switch.end()
        st.error("broken")
        return
    switch.show(number, is_done=state.get("done", False), at=(0.0, "Begun"), label="Start",
                remark="")
    switch.is_on(number)


@pytest.mark.parametrize("ends", ["done", "breaks", "number"])
def test_settings_are_fixed_while_a_run_goes_on_and_free_once_it_ends(ends):
    opened = AppTest.from_function(settings_page).run()
    assert not opened.number_input[0].disabled
    opened.button[0].click().run()
    assert opened.number_input[0].disabled
    assert keys(opened) == ["halt"]
    opened.session_state[ends] = 3
    opened.run()
    assert not opened.number_input[0].disabled
    assert keys(opened) == ([] if ends in ("done", "breaks") else ["go"])


def ending_page():
    """Ends with a fault in every run of it, whether something goes on or not."""
    import streamlit as st

    from dashboard.shared.run_switch import RunSwitch

    switch = RunSwitch("running", start="go", cancel="halt", promise="It stays.")
    switch.show("first", is_done=False, at=(0.0, "Begun"), label="Start", remark="")
    if not st.session_state.get("is_calm"):
        switch.end("broken")


def test_a_fault_is_said_once_by_the_page_drawn_anew_and_only_of_a_run():
    opened = AppTest.from_function(ending_page).run()
    assert not opened.error
    opened.session_state["is_calm"] = True
    assert not opened.run().error  # nothing went on
    opened.session_state["is_calm"] = False
    opened.button[0].click().run()
    assert [error.value for error in opened.error] == ["broken"]
    assert keys(opened) == ["go"]
    assert not opened.run().error
