// Makes every choice a step of the browser's history.
//
// Streamlit writes choices into the address in place, so that Back would leave the page. Here what
// follows something that the visitor did is a step: the first change of the address adds one, and
// later ones, as when the server takes out what a choice made needless, belong to it. What follows
// the opening of a page, Back or Forward adds none, or Forward would lead nowhere.
//
// Streamlit asks for a run that follows the address when somebody goes back, and forgets that it
// should if anything else asks for one before it has ended: the address then names one molecule,
// the page another. So the server is told how often somebody went back or forward on a page. Of a way
// to another page it is not: told meanwhile, it would stay on the page before.

import { noteWalk } from "../walks.js";

const INSTALLED = "trailscopeHistorySteps";

/** Called by streamlit on mount and whenever data change. */
export default function mountSteps({ setStateValue }) {
  if (window[INSTALLED]) {
    window[INSTALLED].tell = setStateValue;
    return;
  }
  const installed = { tell: setStateValue, path: window.location.pathname };
  window[INSTALLED] = installed;
  let isStepDue = false;
  const expectStep = () => { isStepDue = true; };
  document.addEventListener("pointerdown", expectStep, true);
  document.addEventListener("keydown", expectStep, true);
  // A click that no pointer made: of a keyboard or of a screen reader.
  document.addEventListener("click", ({ detail }) => { if (detail === 0) isStepDue = true; }, true);
  window.addEventListener("popstate", () => {
    isStepDue = false;
    const walks = noteWalk();
    const isElsewhere = window.location.pathname !== installed.path;
    installed.path = window.location.pathname;
    if (isElsewhere) return;
    // Streamlit hears of it first: its run is the one that brings the address.
    setTimeout(() => installed.tell("walks", walks));
  }, true);

  const push = window.history.pushState.bind(window.history);
  const replace = window.history.replaceState.bind(window.history);
  const change = (state, title, address) => {
    const isElsewhere = address != null
      && new URL(address, window.location.href).href !== window.location.href;
    const write = isElsewhere && isStepDue ? push : replace;
    if (isElsewhere) isStepDue = false;
    write(state, title, address);
    installed.path = window.location.pathname;
  };
  window.history.pushState = change;
  window.history.replaceState = change;
}
