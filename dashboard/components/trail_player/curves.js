// Nats spent so far by two trails, against the token number.

import { AXIS_WIDTH } from "./chart.js";
import { formatNats, htmlNode, onWidth, svgNode } from "../dom.js";

const FRAME = { top: 22, bottom: 26, right: 74 };

/** The chart; `colors` and `labels` are those of the trails. Returns `node`, `show`, `stop`. */
export function runningCurves(trails, labels, colors, partsAt) {
  const node = htmlNode("div", { class: "curves" });
  const state = { position: 0, parts: null };
  const redraw = (width) => {
    state.parts = drawCurves(trails, labels, colors, partsAt, width);
    node.replaceChildren(state.parts.svg);
    showOnCurves(state, trails);
  };
  const stop = onWidth(node, redraw);
  return { node, stop, show(position) { state.position = position; showOnCurves(state, trails); } };
}

function drawCurves(trails, labels, colors, partsAt, width) {
  const length = Math.max(...trails.map((trail) => trail.tokens.length));
  const top = Math.max(...trails.map((trail) => trail.total)) || 1;
  const slot = (width - AXIS_WIDTH - FRAME.right) / (length - 1);
  const plot = Math.min(Math.max(width * 0.44, 170), 270);
  const frame = {
    base: FRAME.top + plot,
    x: (at) => AXIS_WIDTH + at * slot,
    y: (nats) => FRAME.top + plot * (1 - nats / top),
  };
  const height = frame.base + FRAME.bottom;
  const svg = svgNode("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": trails.map((trail, side) => totalText(trail, labels[side])).join("; "),
  });
  svg.append(...axes(frame, top, length, width));
  svg.append(...partingMark(frame, partsAt, length));
  const cursorLine = svgNode("line", { class: "cursor", y1: FRAME.top, y2: frame.base });
  svg.append(cursorLine);
  const ends = endLabelPlaces(trails.map((trail) => frame.y(trail.total)));
  const dots = trails.map((trail, side) => {
    svg.append(...curve(trail, frame, colors[side], labels[side], ends[side]));
    const dot = svgNode("circle", { class: "curve-dot", r: 4.5 });
    dot.style.setProperty("--trail", colors[side]);
    return dot;
  });
  svg.append(...dots, ...columns(frame, slot, length, height));
  return { svg, frame, cursorLine, dots };
}

function totalText(trail, label) {
  return `${label}: ${formatNats(trail.total)} nats in ${trail.tokens.length - 1} tokens`;
}

function axes(frame, top, length, width) {
  const nodes = [svgNode("text", { class: "axis-name", x: AXIS_WIDTH, y: 10 }, "nats so far")];
  for (const nats of ticks(top, 4)) {
    nodes.push(
      svgNode("line", { class: "grid", x1: AXIS_WIDTH, x2: width - FRAME.right,
        y1: frame.y(nats), y2: frame.y(nats) }),
      svgNode("text", { class: "tick", x: AXIS_WIDTH - 7, y: frame.y(nats), dy: "0.35em" },
        String(nats)));
  }
  const base = frame.base + 17;
  for (const at of ticks(length - 1, 8)) {
    nodes.push(svgNode("text", { class: "tick middle", x: frame.x(at), y: base }, String(at)));
  }
  const right = width - FRAME.right + 22;
  nodes.push(svgNode("text", { class: "axis-name", x: right, y: base }, "token"));
  return nodes;
}

/** Round numbers from 0 up to a limit, at most `most` steps. */
function ticks(limit, most) {
  const sizes = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000];
  const step = sizes.find((size) => limit / size <= most) ?? limit;
  return Array.from({ length: Math.floor(limit / step) + 1 }, (_, i) => i * step);
}

function partingMark(frame, partsAt, length) {
  if (partsAt >= length) return [];
  const x = frame.x(partsAt);
  return [
    svgNode("line", { class: "parting", x1: x, x2: x, y1: FRAME.top, y2: frame.base }),
    svgNode("text", { class: "parting-name", x: x + 6, y: FRAME.top + 9 }, "first difference"),
  ];
}

function curve(trail, frame, color, label, labelY) {
  const d = trail.cumulative.map((nats, at) =>
    `${at ? "L" : "M"}${frame.x(at).toFixed(1)},${frame.y(nats).toFixed(1)}`).join("");
  const line = svgNode("path", { class: "curve", d });
  const name = svgNode("text", {
    class: "curve-name", x: frame.x(trail.tokens.length - 1) + 8, y: labelY, dy: "0.35em",
  }, formatNats(trail.total, 1));
  name.append(svgNode("title", {}, label));
  for (const node of [line, name]) node.style.setProperty("--trail", color);
  return [line, name];
}

/** Keep the two totals from standing on each other. */
function endLabelPlaces([a, b]) {
  const lack = 15 - Math.abs(a - b);
  if (lack <= 0) return [a, b];
  return a < b ? [a - lack / 2, b + lack / 2] : [a + lack / 2, b - lack / 2];
}

function columns(frame, slot, length, height) {
  return Array.from({ length }, (_, at) => svgNode("rect", {
    class: "hit", "data-token": at, x: (frame.x(at) - slot / 2).toFixed(2), y: 0,
    width: slot.toFixed(2), height,
  }));
}

function showOnCurves({ position, parts }, trails) {
  if (!parts) return;
  const x = parts.frame.x(position);
  parts.cursorLine.setAttribute("x1", x);
  parts.cursorLine.setAttribute("x2", x);
  trails.forEach((trail, side) => {
    const at = Math.min(position, trail.tokens.length - 1);
    parts.dots[side].setAttribute("cx", parts.frame.x(at));
    parts.dots[side].setAttribute("cy", parts.frame.y(trail.cumulative[at]));
  });
}
