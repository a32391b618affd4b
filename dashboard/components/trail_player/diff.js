// The trail diff: two trails of one graph, step by step, and what parting costs.

import { listenForDrag } from "./chart.js";
import { applyPalette } from "./colors.js";
import { createCursor, listenForPointer } from "./cursor.js";
import { runningCurves } from "./curves.js";
import { differenceMap, signed } from "./difference.js";
import { formatNats, htmlNode } from "../dom.js";
import { placePoints, turned, viewBox } from "./geometry.js";
import { placesWord } from "./glyphs.js";
import { drawMolecule } from "./molecule.js";
import { scaleLegend, tokenStrip } from "./strip.js";
import { tipLines, tooltip } from "./tooltip.js";
import { layTrail } from "./trail.js";
import { createPlayback, listenForKeys, scrubber, transportButtons } from "./transport.js";
import { createZoom, listenForZoomKeys, zoomDrawing } from "./zoom.js";

const mountedDiffs = new WeakMap();

/** Called by streamlit on mount and whenever data or theme change. */
export default function mountDiff({ parentElement, data }) {
  const before = mountedDiffs.get(parentElement);
  before?.stop();
  const length = Math.max(...data.trails.map((trail) => trail.tokens.length));
  const cursor = createCursor(length, length - 1);
  const root = htmlNode("div", {
    class: "trailscope diff", tabindex: 0, role: "group",
    "aria-label": "Trail comparison. Arrow keys step, space plays, Home and End jump, plus and "
      + "minus zoom.",
  });
  if (before) before.root.replaceWith(root);
  else parentElement.append(root);
  const stop = buildDiff(root, data, cursor);
  mountedDiffs.set(parentElement, { root, stop });
  return () => mountedDiffs.get(parentElement)?.stop();
}

function buildDiff(root, data, cursor) {
  const palette = applyPalette(root, data.palettes);
  const colors = [palette.diverging.at(-1), palette.diverging[0]];
  const playback = createPlayback(cursor);
  const layout = turned(data.layout, root.clientWidth);
  const zoom = createZoom(viewBox(placePoints(layout))); // all drawings show the same part
  const context = { ...data, layout, palette, colors, cursor, playback, zoom };
  const sides = data.trails.map((_, side) => trailSide(context, side));
  const prefix = prefixStrip(context);
  const curves = runningCurves(data.trails, data.labels, colors, data.partsAt);
  const map = differenceMap(layout, data.difference, data.labels, palette, zoom);
  const tip = tooltip(root, (target) => diffLines(context, target));
  root.append(htmlNode("div", { class: "frame" },
    htmlNode("header", { class: "head" }, transportButtons(cursor, playback),
      scrubber(cursor, playback, data.trails), totals(context)),
    htmlNode("div", { class: "pair" }, ...sides.map((side) => side.figure)),
    htmlNode("section", { class: "panel tokens" }, htmlNode("h2", {}, prefix.title,
      scaleLegend(data.natsMax)), prefix.node),
    htmlNode("div", { class: "pair" }, ...sides.map((side) => side.tail)),
    htmlNode("div", { class: "pair" },
      htmlNode("section", { class: "panel" },
        htmlNode("h2", {}, "Nats along the sequence"), curves.node),
      htmlNode("section", { class: "panel" },
        htmlNode("h2", {}, differenceTitle(data)), map.node))),
    tip.node);
  for (const part of [curves, prefix, ...sides]) cursor.onMove(part.show);
  for (const part of [...sides, prefix, map, tip]) cursor.onPoint(part.point);
  listenForPointer(map.node, cursor, data.trails[0]);
  listenForPointer(curves.node, { move: cursor.move, point() {} }, data.trails[0]);
  listenForDrag(curves.node, cursor, playback);
  listenForZoomKeys(root, zoom);
  listenForKeys(root, cursor, playback);
  return () => { for (const part of [playback, curves, map, ...sides]) part.stop(); };
}

function differenceTitle({ layout, labels }) {
  return `Nats by ${placesWord(layout)}, ${labels[0]} minus ${labels[1]}`;
}

/** One trail's drawing and the tokens that only it has. */
function trailSide(context, side) {
  const { layout, trails, labels, palette, colors, natsMax, partsAt, height } = context;
  const { cursor, zoom } = context;
  const trail = trails[side];
  const last = trail.tokens.length - 1;
  const drawing = drawMolecule(layout, palette, `${labels[side]}, up to the cursor`);
  const marks = layTrail(drawing, layout, trail, palette);
  const strip = tokenStrip(trail, palette, natsMax, { from: partsAt });
  const figure = htmlNode("figure", { class: "figure" },
    sideTitle(labels[side], colors[side], `${trail.visits.at(-1).segment + 1} segments`),
    drawing.canvas);
  const stop = zoomDrawing(drawing, zoom);
  if (height) figure.style.setProperty("--figure-height", `${height}px`);
  const own = { move: cursor.move, point: (target) => cursor.point(target && { ...target, side }) };
  listenForPointer(drawing.svg, own, trail);
  listenForPointer(strip.node, own, trail);
  return {
    figure, stop,
    tail: htmlNode("section", { class: "panel tokens" },
      sideTitle(labels[side], colors[side], afterParting(trail, partsAt)), strip.node),
    show(position) {
      marks.show(Math.min(position, last));
      strip.show(Math.min(position, last));
    },
    point(target) {
      const seen = translated(target, side, trails);
      marks.point(seen);
      strip.point(seen);
    },
  };
}

/** A token of the other trail stands for its atom here. */
function translated(target, side, trails) {
  if (!target || target.token === undefined || target.side === side) return target;
  const atom = trails[target.side].tokens[target.token].atom;
  return atom === null ? null : { atom };
}

function sideTitle(label, color, detail) {
  const swatch = htmlNode("span", { class: "swatch" });
  swatch.style.background = color;
  return htmlNode("h2", { class: "side-title" },
    htmlNode("span", { class: "side-name" }, swatch, label),
    htmlNode("span", { class: "side-detail" }, detail));
}

function afterParting(trail, partsAt) {
  const before = partsAt > 0 ? trail.cumulative[Math.min(partsAt, trail.tokens.length) - 1] : 0;
  const tokens = Math.max(trail.tokens.length - partsAt, 0);
  return `${tokens} tokens, ${formatNats(trail.total - before)} nats`;
}

/** The tokens that both trails begin with. */
function prefixStrip({ trails, palette, natsMax, partsAt, cursor }) {
  const strip = tokenStrip(trails[0], palette, natsMax, { to: partsAt });
  listenForPointer(strip.node, {
    point: (target) => cursor.point(target && { ...target, side: 0 }), move: cursor.move,
  }, trails[0]);
  const nats = formatNats(trails[0].cumulative[partsAt - 1]);
  const same = partsAt >= Math.max(...trails.map((trail) => trail.tokens.length));
  const title = same ? "The two trails are the same"
    : `The first ${partsAt} tokens are the same, ${nats} nats; then they differ`;
  return {
    node: strip.node, title, show: strip.show,
    point: (target) => strip.point(translated(target, 0, trails)),
  };
}

function totals({ trails, labels, colors }) {
  const entry = (label, color, text) => {
    const swatch = htmlNode("span", { class: "swatch" });
    swatch.style.background = color;
    return htmlNode("div", { class: "total" },
      htmlNode("span", { class: "total-name" }, swatch, label), htmlNode("strong", {}, text));
  };
  const [a, b] = trails.map((trail) => trail.total);
  return htmlNode("div", { class: "totals" },
    entry(labels[0], colors[0], formatNats(a)), entry(labels[1], colors[1], formatNats(b)),
    entry(`${labels[0]} − ${labels[1]}`, "transparent", signed(a - b)));
}

function diffLines({ trails, labels, difference }, target) {
  if (target.token !== undefined) return tipLines(target, trails[target.side]);
  const visits = trails.map((trail, side) => {
    const step = trail.visits.findIndex((visit) => visit.node === target.atom);
    return htmlNode("span", {}, `${labels[side]}: ${step < 0 ? "not visited" : `visit ${step}`}`);
  });
  const value = difference.atoms[target.atom];
  const cost = value === null ? "counted with its heavy atom" : `${signed(value)} nats`;
  return [htmlNode("strong", {}, cost), ...visits];
}
