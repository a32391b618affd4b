// The token strip: a chip per token, grouped by visit, coloured by surprisal.

import { inkOn, paintSegment, surprisalColor } from "./colors.js";
import { reachOf } from "./cursor.js";
import { formatNats, htmlNode } from "../dom.js";
import { kindClass, tokenSign } from "./glyphs.js";

/** A chip; `at` makes it answer to the pointer as that token. */
export function tokenChip(token, palette, natsMax, at = null) {
  const chip = htmlNode("span", { class: `chip ${kindClass(token)}`, "data-token": at },
    tokenSign(token));
  const isPriced = token.nats !== null && token.nats !== undefined;
  const cost = isPriced ? `, ${formatNats(token.nats)} nats` : "";
  chip.setAttribute("role", "img");
  chip.setAttribute("aria-label", token.title + cost);
  if (isPriced) {
    const color = surprisalColor(palette, token.nats, natsMax);
    chip.style.setProperty("--chip", color);
    chip.style.setProperty("--on-chip", inkOn(color));
  }
  return chip;
}

/**
 * Chips for the tokens `from` to `to` (exclusive) of a trail.
 *
 * Returns the strip's `node`, `show(position)`, `point(target)`, and the chips by position.
 */
export function tokenStrip(trail, palette, natsMax, { from = 0, to = trail.tokens.length } = {}) {
  const node = htmlNode("div", { class: "strip", role: "group", "aria-label": "Tokens" });
  const chips = new Map();
  let group = null;
  let step;
  for (let at = from; at < to; at += 1) {
    const token = trail.tokens[at];
    if (group === null || token.step !== step) {
      step = token.step;
      group = visitGroup(trail, step, palette);
      node.append(group);
    }
    const chip = tokenChip(token, palette, natsMax, at);
    chips.set(at, chip);
    group.append(chip);
  }
  return {
    node, chips,
    show: (position) => showOnStrip(node, chips, position),
    point: (target) => pointOnStrip(chips, trail, target),
  };
}

function visitGroup(trail, step, palette) {
  const visit = trail.visits[step] ?? null; // a cut sequence may lead to no visit
  const group = htmlNode("span", { class: visit ? "visit" : "visit outside" });
  if (visit) paintSegment(group, palette, visit.segment);
  return group;
}

function showOnStrip(node, chips, position) {
  for (const [at, chip] of chips) {
    chip.classList.toggle("ahead", at > position);
    chip.classList.toggle("current", at === position);
  }
  keepInView(node, chips.get(position));
}

/** Scroll the strip, and only the strip, so that the chip can be seen. */
function keepInView(node, chip) {
  if (!chip || node.scrollHeight <= node.clientHeight + 1) return;
  const top = chip.offsetTop;
  const room = 40;
  if (top < node.scrollTop + room) node.scrollTop = top - room;
  const bottom = top + chip.offsetHeight - node.clientHeight + room;
  if (bottom > node.scrollTop) node.scrollTop = bottom;
}

function pointOnStrip(chips, trail, target) {
  const pointed = new Set(reachOf(target, trail).tokens);
  for (const [at, chip] of chips) chip.classList.toggle("pointed", pointed.has(at));
}

/** The colour scale of chips and bars. */
export function scaleLegend(natsMax) {
  return htmlNode("div", { class: "scale-legend", "aria-hidden": "true" },
    htmlNode("span", {}, "0"), htmlNode("span", { class: "scale-bar" }),
    htmlNode("span", {}, `${Number(natsMax.toPrecision(2))} nats`));
}
