// What the model expected at the cursor: its most probable tokens, and the one that was written.

import { formatNats, formatProbability, htmlNode } from "../dom.js";
import { tokenChip } from "./strip.js";

/** The panel; `show(position)` fills it. */
export function expectedPanel(trail, palette, natsMax) {
  const rows = htmlNode("div", { class: "expected-rows", role: "table",
    "aria-label": "Most probable tokens here" });
  const note = htmlNode("p", { class: "expected-note" });
  const node = htmlNode("section", { class: "panel expected" },
    htmlNode("h2", {}, "What the model expected here"), rows, note);
  const show = (position) => {
    const token = trail.tokens[position];
    rows.replaceChildren(...expectedRows(token, palette, natsMax));
    note.textContent = summary(token);
  };
  return { node, show };
}

function expectedRows(token, palette, natsMax) {
  const rows = token.alternatives.map((other) => expectedRow(other, palette, natsMax));
  if (token.nats !== null && token.alternatives.length
      && !token.alternatives.some((other) => other.actual)) {
    rows.push(htmlNode("div", { class: "expected-gap", "aria-hidden": "true" }, "⋯"));
    rows.push(expectedRow({ ...token, actual: true }, palette, natsMax));
  }
  return rows;
}

function expectedRow(other, palette, natsMax) {
  const bar = htmlNode("span", { class: "expected-bar" });
  bar.style.setProperty("--share", other.probability);
  const nats = other.probability > 0 ? -Math.log(other.probability) : null;
  const style = other.actual ? "expected-row actual" : "expected-row";
  return htmlNode("div", { class: style, role: "row" },
    htmlNode("span", { role: "cell" },
      tokenChip({ ...other, nats: other.actual ? nats : undefined }, palette, natsMax)),
    htmlNode("span", { class: "expected-name", role: "cell" }, other.title),
    htmlNode("span", { class: "expected-track", "aria-hidden": "true" }, bar),
    htmlNode("span", { class: "expected-value", role: "cell" },
      formatProbability(other.probability)),
    htmlNode("span", { class: "expected-mark", role: "cell" }, other.actual ? "written" : ""));
}

function summary(token) {
  if (token.nats === null) return "Every sequence begins like this; it costs nothing.";
  const rank = token.alternatives.findIndex((other) => other.actual) + 1;
  const cost = `${formatNats(token.nats)} nats`;
  if (!token.alternatives.length) return `The written token cost ${cost}.`;
  if (rank === 1) return `The model's first guess was written; it cost ${cost}.`;
  if (rank > 1) return `The model's guess number ${rank} was written; it cost ${cost}.`;
  return `None of the model's top ${token.alternatives.length} was written; it cost ${cost}.`;
}
