// Play, step, scrub and speed; keyboard too.

import { htmlNode } from "../dom.js";
import { icon } from "./glyphs.js";

const TOKENS_PER_SECOND = 4;
const SPEEDS = [0.5, 1, 2, 4];

/** A player that advances the cursor; `toggle()` starts and stops it, at the end it starts over. */
export function createPlayback(cursor) {
  let timer = null;
  let speed = 1;
  const listeners = [];
  const announce = () => listeners.forEach((listener) => listener(timer !== null));
  const tick = () => {
    cursor.move(cursor.position + 1);
    if (cursor.atEnd) return stop();
    timer = setTimeout(tick, 1000 / (TOKENS_PER_SECOND * speed));
  };
  const stop = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    announce();
  };
  const start = () => {
    if (cursor.atEnd) cursor.move(0);
    timer = setTimeout(tick, 1000 / (TOKENS_PER_SECOND * speed));
    announce();
  };
  return {
    get isPlaying() { return timer !== null; },
    stop,
    toggle: () => (timer === null ? start() : stop()),
    setSpeed(value) { speed = value; },
    onChange(listener) { listeners.push(listener); },
  };
}

/** The row of buttons. */
export function transportButtons(cursor, playback) {
  const jump = (to) => () => { playback.stop(); cursor.move(to()); };
  const play = controlButton("play", "Play (space)", playback.toggle, "main-button");
  playback.onChange((isPlaying) => {
    play.replaceChildren(icon(isPlaying ? "pause" : "play"));
    play.setAttribute("aria-label", isPlaying ? "Pause (space)" : "Play (space)");
  });
  return htmlNode("div", { class: "transport", role: "group", "aria-label": "Playback" },
    controlButton("first", "To the start (Home)", jump(() => 0)),
    controlButton("back", "One token back (←)", jump(() => cursor.position - 1)),
    play,
    controlButton("forward", "One token on (→)", jump(() => cursor.position + 1)),
    controlButton("last", "To the end (End)", jump(() => cursor.length - 1)),
    speedSelect(playback));
}

function controlButton(name, label, action, style = "") {
  const button = htmlNode("button", {
    type: "button", class: `control ${style}`.trim(), "aria-label": label, title: label,
    "data-control": name,
  }, icon(name));
  button.addEventListener("click", action);
  return button;
}

function speedSelect(playback) {
  const options = SPEEDS.map((speed) => htmlNode("option", { value: speed, selected: speed === 1 },
    `${speed}×`));
  const select = htmlNode("select", { class: "speed", "aria-label": "Playback speed" }, ...options);
  select.addEventListener("change", () => playback.setSpeed(Number(select.value)));
  return select;
}

/** The slider; `describe(position)` is what a screen reader says. */
export function scrubber(cursor, playback, trails) {
  const slider = htmlNode("input", {
    type: "range", class: "scrubber", min: 0, max: cursor.length - 1, step: 1,
    "aria-label": "Token",
  });
  slider.addEventListener("input", () => { playback.stop(); cursor.move(Number(slider.value)); });
  cursor.onMove((position) => {
    slider.value = position;
    slider.style.setProperty("--done", position / Math.max(cursor.length - 1, 1));
    const tokens = trails.map((trail) => trail.tokens[position]).filter(Boolean);
    const names = tokens.map((token) => token.title).join(" and ");
    slider.setAttribute("aria-valuetext", `${position} of ${cursor.length - 1}, ${names}`);
  });
  return slider;
}

/** Arrow keys, Home, End and space anywhere inside `root`. */
export function listenForKeys(root, cursor, playback) {
  const moves = {
    ArrowLeft: () => cursor.position - 1, ArrowRight: () => cursor.position + 1,
    Home: () => 0, End: () => cursor.length - 1,
  };
  root.addEventListener("keydown", (event) => {
    const inside = event.composedPath()[0];
    if (event.altKey || event.ctrlKey || event.metaKey || inside.matches?.("select")) return;
    if (event.key === " " && !inside.matches?.("button")) playback.toggle();
    else if (event.key in moves) {
      playback.stop();
      cursor.move(moves[event.key]());
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
