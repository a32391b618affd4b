// The trail player: drawing, strip, chart and expectations around one cursor.

import { listenForDrag, surprisalChart } from "./chart.js";
import { applyPalette } from "./colors.js";
import { createCursor, listenForPointer } from "./cursor.js";
import { formatNats, htmlNode } from "../dom.js";
import { expectedPanel } from "./expected.js";
import { turned } from "./geometry.js";
import { drawMolecule } from "./molecule.js";
import { scaleLegend, tokenChip, tokenStrip } from "./strip.js";
import { tipLines, tooltip } from "./tooltip.js";
import { layTrail } from "./trail.js";
import { createPlayback, listenForKeys, scrubber, transportButtons } from "./transport.js";
import { afterWalk } from "../walks.js";
import { createZoom, listenForZoomKeys, zoomDrawing } from "./zoom.js";

const SETTLE_MS = 450;
const BESIDE = 0.45; // share of the width that a drawing beside the tokens has
const HIGHEST = 470; // pixels
const SMALLEST_SCALE = 0.72; // pixels per drawing unit
const mounted = new WeakMap(); // what stands in a container, to take it down before the next

/** Called by streamlit on mount and whenever data or theme change. */
export default function mountPlayer({ parentElement, data, setStateValue }) {
  const before = mounted.get(parentElement);
  before?.stop();
  const tokens = data.trail.tokens.map((token) => token.name).join(" ");
  const position = before?.tokens === tokens ? before.cursor.position : data.position;
  const cursor = createCursor(data.trail.tokens.length, position);
  const root = htmlNode("div", {
    class: "trailscope player", tabindex: 0, role: "group",
    "aria-label": "Trail player. Arrow keys step, space plays, Home and End jump, plus and "
      + "minus zoom.",
  });
  root.classList.toggle("of-graph", !data.layout.isMolecule);
  if (before) before.root.replaceWith(root);
  else parentElement.append(root);
  const stop = buildPlayer(root, data, cursor);
  const settle = data.reportPosition ? reportWhenSettled(cursor, setStateValue) : () => {};
  mounted.set(parentElement, {
    root, cursor, tokens, stop: () => { stop(); settle(); },
  });
  return () => { mounted.get(parentElement)?.stop(); };
}

function buildPlayer(root, data, cursor) {
  const { trail, natsMax } = data;
  const layout = turned(data.layout, root.clientWidth);
  const palette = applyPalette(root, data.palettes);
  const drawing = drawMolecule(layout, palette, "The graph, with the trail up to the cursor");
  const zoom = createZoom(drawing.box);
  root.classList.toggle("large", isLarge(layout, drawing.box, root.clientWidth));
  const playback = createPlayback(cursor);
  const parts = {
    trail: layTrail(drawing, layout, trail, palette),
    chart: surprisalChart(trail, palette, natsMax),
    expected: expectedPanel(trail, palette, natsMax),
    readout: readout(trail, palette, natsMax),
    strip: tokenStrip(trail, palette, natsMax), // scrolls by what is laid out, so after the others
    tip: tooltip(root, (target) => tipLines(target, trail)),
  };
  const slider = scrubber(cursor, playback, [trail]);
  root.style.setProperty("--count", trail.tokens.length);
  root.append(htmlNode("div", { class: "frame" },
    htmlNode("header", { class: "head" },
      transportButtons(cursor, playback), ...parts.readout.nodes),
    htmlNode("div", { class: "stage" },
      stageFigure(drawing, data),
      htmlNode("div", { class: "side" },
        htmlNode("section", { class: "panel tokens" },
          htmlNode("h2", {}, "Tokens", scaleLegend(natsMax)), parts.strip.node),
        parts.expected.node)),
    htmlNode("footer", { class: "foot" }, parts.chart.node, slider)), parts.tip.node);
  for (const part of Object.values(parts)) {
    if (part.show) cursor.onMove(part.show);
    if (part.point) cursor.onPoint(part.point);
  }
  for (const node of [drawing.svg, parts.strip.node, parts.chart.node]) {
    listenForPointer(node, cursor, trail);
    node.addEventListener("click", playback.stop);
  }
  listenForDrag(parts.chart.node, cursor, playback);
  listenForZoomKeys(root, zoom);
  listenForKeys(root, cursor, playback);
  const stopZoom = zoomDrawing(drawing, zoom);
  cursor.onMove((position) => {
    const { atom } = trail.tokens[position];
    if (atom !== null && !zoom.isWhole) zoom.follow(drawing.points[atom]);
  });
  return () => { playback.stop(); parts.chart.stop(); stopZoom(); };
}

/** Whether a molecule needs the full width, as its bonds would be short beside the tokens. */
function isLarge(layout, [, , across, down], width) {
  const scale = Math.min((BESIDE * width) / across, HIGHEST / down);
  return layout.isMolecule && scale < SMALLEST_SCALE;
}

function stageFigure(drawing, data) {
  const figure = htmlNode("figure", { class: "figure" }, drawing.canvas, trailKey(data.layout));
  if (data.height) figure.style.setProperty("--figure-height", `${data.height}px`);
  return figure;
}

/** What the marks on the drawing mean. */
function trailKey(layout) {
  const entry = (style, text) => htmlNode("span", { class: "key-entry" },
    htmlNode("span", { class: `key-sign ${style}` }), text);
  return htmlNode("figcaption", { class: "key" },
    entry("key-walk", "walk"), entry("key-jump", "jump"),
    layout.isMolecule
      ? entry("key-closed", "bond to an earlier atom")
      : entry("key-line", "edge to an earlier node"),
    entry(layout.isMolecule ? "key-unwritten" : "key-dot", "not written yet"));
}

function readout(trail, palette, natsMax) {
  const chipPlace = htmlNode("span", { class: "now-chip" });
  const meaning = htmlNode("span", { class: "meaning", "aria-live": "polite" });
  const place = htmlNode("span", { class: "place" });
  const nats = htmlNode("strong", {});
  const meter = htmlNode("span", { class: "meter", "aria-hidden": "true" });
  const show = (position) => {
    const token = trail.tokens[position];
    chipPlace.replaceChildren(tokenChip(token, palette, natsMax));
    meaning.textContent = token.meaning;
    const last = trail.visits.length - 1;
    const visit = token.step === null ? "" : ` · visit ${token.step} of ${last}`;
    place.textContent = `token ${position} of ${trail.tokens.length - 1}${visit}`;
    nats.textContent = formatNats(trail.cumulative[position]);
    meter.style.setProperty("--share", trail.cumulative[position] / (trail.total || 1));
    chipPlace.title = token.title;
  };
  const nodes = [
    htmlNode("div", { class: "now" }, chipPlace,
      htmlNode("div", { class: "now-text" }, meaning, place)),
    htmlNode("div", { class: "running" },
      htmlNode("span", { class: "running-text" }, nats, ` of ${formatNats(trail.total)} nats`),
      meter),
  ];
  return { nodes, show };
}

function reportWhenSettled(cursor, setStateValue) {
  let timer = null;
  let giveUp = () => {};
  let reported = cursor.position;
  const stop = () => {
    clearTimeout(timer);
    giveUp();
  };
  cursor.onMove((position) => {
    stop();
    timer = setTimeout(() => {
      giveUp = afterWalk(() => {
        if (position !== reported) setStateValue("position", position);
        reported = position;
      });
    }, SETTLE_MS);
  });
  return stop;
}
