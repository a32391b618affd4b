// Tells the server whether the window is as narrow as a phone's or an enlarged one's, and leaves its
// room to the content: there the sidebar is closed at first, and again once a page is chosen in it.

import { afterWalk } from "../walks.js";

const NARROW = "(max-width: 880px)"; // up to there labels of the widest chart lie upon each other
const SMALL = "(max-width: 1000px)"; // Streamlit itself closes the sidebar up to 768
const STACKED = "(max-width: 768px)";
const OPEN = "[data-testid='stSidebar'][data-collapsed='false']";
const EXPAND = "[data-testid='stExpandSidebarButton']";
const WISH = "stSidebarCollapsed"; // how keys of Streamlit's in the browser's memory begin
const BEFORE = "trailscopeSidebarBefore"; // our key for what they were
const WRITTEN_MS = 2000; // after a click they are, at the latest
const LOOK_MS = 50;
const INSTALLED = "trailscopeSidebar";
const AT_FIRST_MS = 4000;
const EVERY_MS = 400; // longer than the sidebar needs to close

/** Called by streamlit on mount and whenever data change. */
export default function mountScreen({ data, setStateValue }) {
  if (!window[INSTALLED]) {
    window[INSTALLED] = true;
    const isOwed = giveBackWishes();
    if (window.matchMedia(SMALL).matches) closeAtFirst();
    else if (isOwed) document.querySelector(`${EXPAND} button, button${EXPAND}`)?.click();
    document.addEventListener("click", ({ target }) => {
      const isLink = target.closest?.("[data-testid='stSidebarNavLink']");
      if (isLink && window.matchMedia(STACKED).matches) closeSidebar();
    });
  }
  const narrow = window.matchMedia(NARROW);
  let giveUp = () => {};
  const tell = () => {
    giveUp();
    giveUp = afterWalk(() => {
      if (narrow.matches !== data.narrow) setStateValue("narrow", narrow.matches);
    });
  };
  narrow.addEventListener("change", tell);
  tell();
  return () => {
    narrow.removeEventListener("change", tell);
    giveUp();
  };
}

/** Streamlit draws the sidebar late and may open it anew while the page loads. */
function closeAtFirst() {
  const timer = setInterval(closeSidebar, EVERY_MS);
  const stop = () => clearInterval(timer);
  setTimeout(stop, AT_FIRST_MS);
  for (const done of ["pointerdown", "keydown"]) {
    document.addEventListener(done, stop, { once: true, capture: true });
  }
  closeSidebar();
}

/** Close it for now: Streamlit would keep that as the visitor's wish, on wide windows as well. */
function closeSidebar() {
  const button = document.querySelector(`${OPEN} [data-testid='stSidebarCollapseButton'] button`);
  if (!button) return;
  const before = JSON.stringify(wishes());
  localStorage.setItem(BEFORE, before);
  button.click();
  const until = Date.now() + WRITTEN_MS;
  const timer = setInterval(() => {
    if (JSON.stringify(wishes()) === before && Date.now() < until) return;
    clearInterval(timer);
    giveBackWishes();
  }, LOOK_MS);
}

function wishes() {
  return Object.fromEntries(Object.entries(localStorage).filter(([key]) => key.startsWith(WISH)));
}

/** The wishes as they were before the sidebar was closed, here or in a page that has gone since. */
function giveBackWishes() {
  const before = JSON.parse(localStorage.getItem(BEFORE));
  if (!before) return false;
  for (const key of Object.keys(wishes())) {
    if (key in before) localStorage.setItem(key, before[key]);
    else localStorage.removeItem(key);
  }
  localStorage.removeItem(BEFORE);
  return !Object.values(before).includes("true");
}
