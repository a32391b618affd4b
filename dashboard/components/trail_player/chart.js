// Surprisal per token as bars and, below on the same axis, the nats spent so far.

import { segmentColor, surprisalColor } from "./colors.js";
import { reachOf } from "./cursor.js";
import { formatNats, htmlNode, onWidth, svgNode } from "../dom.js";

export const AXIS_WIDTH = 40;
const SIZE = { bars: 104, band: 5, gap: 24, running: 54, top: 14, right: 10 };

/** The chart; it redraws itself to its width. Returns `node`, `show`, `point` and `stop`. */
export function surprisalChart(trail, palette, natsMax) {
  const node = htmlNode("div", { class: "chart" });
  const state = { position: trail.tokens.length - 1, target: null, parts: null };
  const redraw = (width) => {
    state.parts = drawChart(trail, palette, natsMax, width);
    node.replaceChildren(state.parts.svg);
    showOnChart(state, trail);
    pointOnChart(state, trail);
  };
  const stop = onWidth(node, redraw);
  return {
    node, stop,
    show(position) { state.position = position; showOnChart(state, trail); },
    point(target) { state.target = target; pointOnChart(state, trail); },
  };
}

function drawChart(trail, palette, natsMax, width) {
  const count = trail.tokens.length;
  const plot = width - AXIS_WIDTH - SIZE.right;
  const slot = plot / count;
  const frame = {
    slot, plot, x: (at) => AXIS_WIDTH + at * slot,
    y: (nats) => SIZE.top + SIZE.bars * (1 - Math.min(nats / natsMax, 1)),
    runningTop: SIZE.top + SIZE.bars + SIZE.band + SIZE.gap,
  };
  frame.runningY = (nats) => frame.runningTop + SIZE.running * (1 - nats / (trail.total || 1));
  const height = frame.runningTop + SIZE.running + 6;
  const svg = svgNode("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Surprisal of ${count - 1} tokens, ${formatNats(trail.total)} nats in all`,
  });
  const bars = trail.tokens.map((token, at) => barOf(token, at, frame, palette, natsMax));
  const cursorLine = svgNode("rect", {
    class: "cursor-line", y: SIZE.top - 6, height: height - SIZE.top + 2, width: Math.max(slot, 2),
  });
  svg.append(...gridLines(frame, natsMax, width), cursorLine,
    ...bars, ...segmentBand(trail, frame, palette));
  const running = runningCurve(trail, frame, width);
  svg.append(...running.nodes, ...hitAreas(trail, frame, height));
  return { svg, bars, cursorLine, running, frame };
}

function barOf(token, at, frame, palette, natsMax) {
  const nats = token.nats ?? 0;
  const top = frame.y(nats);
  const gap = frame.slot > 5 ? 1 : frame.slot * 0.12;
  const bar = svgNode("rect", {
    class: nats > natsMax ? "bar clipped" : "bar", x: (frame.x(at) + gap / 2).toFixed(2),
    y: top.toFixed(2), width: Math.max(frame.slot - gap, 0.8).toFixed(2),
    height: Math.max(SIZE.top + SIZE.bars - top, token.nats === null ? 0 : 0.8).toFixed(2),
    rx: Math.min(1.5, frame.slot / 4), fill: surprisalColor(palette, nats, natsMax),
  });
  return bar;
}

function gridLines(frame, natsMax, width) {
  const step = [0.5, 1, 2, 5, 10, 20].find((size) => natsMax / size <= 3.2) ?? natsMax / 2;
  const nodes = [];
  for (let nats = 0; nats <= natsMax + 1e-9; nats += step) {
    const y = frame.y(nats);
    nodes.push(
      svgNode("line", { class: "grid", x1: AXIS_WIDTH, x2: width - SIZE.right, y1: y, y2: y }),
      svgNode("text", { class: "tick", x: AXIS_WIDTH - 7, y, dy: "0.35em" },
        String(Number(nats.toFixed(2)))),
    );
  }
  nodes.push(svgNode("text", { class: "axis-name", x: AXIS_WIDTH, y: 8 }, "nats per token"));
  return nodes;
}

/** One stretch of colour per trail segment, under its tokens. */
function segmentBand(trail, frame, palette) {
  const starts = trail.visits.filter((visit) => visit.arrival !== "walk");
  return starts.map((visit, at) => {
    const from = frame.x(visit.arrival === "start" ? visit.position : visit.position - 1);
    const end = at + 1 < starts.length ? starts[at + 1].position - 1 : trail.visits.at(-1).last + 1;
    return svgNode("rect", {
      x: from.toFixed(2), y: SIZE.top + SIZE.bars + 3, width: (frame.x(end) - from).toFixed(2),
      height: SIZE.band, fill: segmentColor(palette, visit.segment),
    });
  });
}

function runningCurve(trail, frame, width) {
  const bottom = frame.runningTop + SIZE.running;
  const line = `M${AXIS_WIDTH},${bottom}${runningSteps(trail, frame, trail.tokens.length)}`;
  const done = svgNode("path", { class: "running-area" });
  const dot = svgNode("circle", { class: "running-dot", r: 4 });
  const right = width - SIZE.right;
  const nodes = [
    svgNode("line", { class: "grid", x1: AXIS_WIDTH, x2: right, y1: bottom, y2: bottom }),
    svgNode("text", { class: "tick", x: AXIS_WIDTH - 7, y: bottom, dy: "0.1em" }, "0"),
    svgNode("text", { class: "tick", x: AXIS_WIDTH - 7, y: frame.runningTop, dy: "0.6em" },
      trail.total.toFixed(trail.total < 10 ? 1 : 0)),
    svgNode("text", { class: "axis-name", x: AXIS_WIDTH, y: frame.runningTop - 4 }, "nats so far"),
    done, svgNode("path", { class: "running-line", d: line }), dot,
  ];
  return { nodes, done, dot, bottom };
}

/** The staircase of the first `count` tokens as path commands. */
function runningSteps(trail, frame, count) {
  return trail.cumulative.slice(0, count).map((nats, at) =>
    `V${frame.runningY(nats).toFixed(1)}H${frame.x(at + 1).toFixed(1)}`).join("");
}

/** Invisible columns, wider targets than thin bars. */
function hitAreas(trail, frame, height) {
  return trail.tokens.map((_, at) => svgNode("rect", {
    class: "hit", "data-token": at, x: frame.x(at).toFixed(2), y: 0,
    width: frame.slot.toFixed(2), height,
  }));
}

function showOnChart({ position, parts }, trail) {
  if (!parts) return;
  const { bars, cursorLine, running, frame } = parts;
  bars.forEach((bar, at) => {
    bar.classList.toggle("ahead", at > position);
    bar.classList.toggle("current", at === position);
  });
  cursorLine.setAttribute("x", (frame.x(position + 0.5) - Math.max(frame.slot, 2) / 2).toFixed(2));
  const y = frame.runningY(trail.cumulative[position]);
  running.dot.setAttribute("cx", frame.x(position + 0.5).toFixed(1));
  running.dot.setAttribute("cy", y.toFixed(1));
  const steps = runningSteps(trail, frame, position + 1);
  running.done.setAttribute("d", `M${AXIS_WIDTH},${running.bottom}${steps}V${running.bottom}Z`);
}

function pointOnChart({ target, parts }, trail) {
  if (!parts) return;
  const pointed = new Set(reachOf(target, trail).tokens);
  parts.bars.forEach((bar, at) => bar.classList.toggle("pointed", pointed.has(at)));
}

/** Let dragging along the chart move the cursor. */
export function listenForDrag(node, cursor, playback) {
  const drag = (event) => {
    const at = event.composedPath()[0].dataset?.token;
    if (event.buttons !== 1 || at === undefined) return;
    playback.stop();
    cursor.move(Number(at));
  };
  node.addEventListener("pointerdown", drag);
  node.addEventListener("pointermove", drag);
}
