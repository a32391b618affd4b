// What stands in an element of the page as one SVG.

import { svgNode } from "../player/dom.js";
import { paintBox } from "./boxes.js";
import { copyDrawn, matrixText, outermostLooks } from "./copy.js";
import { paintText } from "./lines.js";
import { backgroundBehind, rounded } from "./paint.js";

const MARGIN = 12;
// Controls make no sense in a file, nor does what only shows under the pointer.
const CONTROLS = "button, select, input, textarea, style, script, template, .modebar-container, "
  + ".tip, [data-testid='stElementToolbar'], .trailscope-downloads";

/** The element with a streamlit key; null if it is not on the page. */
export function findTarget(key) {
  const name = `st-key-${key.trim().replace(/[^a-zA-Z0-9_-]/g, "-")}`;
  const found = [...document.getElementsByClassName(name)];
  return found.find((element) => element.getClientRects().length) ?? null;
}

/** Everything drawn in `target`, in the page's colours; null if nothing is. */
export function drawFigure(target, title) {
  const resume = holdAnimations(target);
  try {
    const { fontFamily } = getComputedStyle(target);
    const figure = { parts: [], origin: new DOMPoint(0, 0), fontFamily, extent: null, clips: 0 };
    measure(target, figure);
    if (!figure.extent) return null;
    figure.origin = new DOMPoint(figure.extent.left - MARGIN, figure.extent.top - MARGIN);
    const parts = paintNode(target, figure);
    return finished(parts, figure, backgroundBehind(target), title);
  } finally {
    resume();
  }
}

function finished(parts, { extent, fontFamily }, background, title) {
  const width = Math.ceil(extent.right - extent.left + 2 * MARGIN);
  const height = Math.ceil(extent.bottom - extent.top + 2 * MARGIN);
  return svgNode("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "font-family": fontFamily,
  }, svgNode("title", {}, title), svgNode("rect", { width, height, fill: background }), ...parts);
}

/** Let nothing move while it is copied: transitions at their end, endless ones at their start. */
function holdAnimations(target) {
  const held = target.getAnimations({ subtree: true })
    .concat(shadowRootsIn(target).flatMap((root) => root.getAnimations()))
    .filter((animation) => animation.playState === "running");
  const times = held.map((animation) => animation.currentTime);
  for (const animation of held) {
    const { endTime } = animation.effect.getComputedTiming();
    animation.currentTime = Number.isFinite(endTime) ? endTime - 0.01 : 0;
  }
  return () => held.forEach((animation, at) => { animation.currentTime = times[at]; });
}

function shadowRootsIn(node) {
  const below = [...contentOf(node)].filter((child) => child instanceof Element)
    .flatMap(shadowRootsIn);
  return node.shadowRoot ? [node.shadowRoot, ...below] : below;
}

/** Children as they are shown: those of the shadow root, or what a slot was given. */
function contentOf(element) {
  if (element.localName === "slot") return element.assignedNodes({ flatten: true });
  return (element.shadowRoot ?? element).childNodes;
}

function isShown(element, style) {
  return style.display !== "none" && style.opacity !== "0" && !element.matches(CONTROLS);
}

/** Find the corners of all that will be painted. */
function measure(element, figure) {
  const style = getComputedStyle(element);
  if (!isShown(element, style)) return;
  const box = element.getBoundingClientRect();
  if (element instanceof SVGElement || paintBox(box, style).length) extend(figure, box);
  if (element instanceof SVGElement) return;
  for (const child of contentOf(element)) {
    if (child instanceof Element) measure(child, figure);
    else if (child.nodeType === Node.TEXT_NODE && child.data.trim()) {
      const range = document.createRange();
      range.selectNode(child);
      extend(figure, range.getBoundingClientRect());
    }
  }
}

function extend(figure, { left, top, right, bottom }) {
  if (right <= left || bottom <= top) return;
  const known = figure.extent ?? { left, top, right, bottom };
  figure.extent = {
    left: Math.min(known.left, left), top: Math.min(known.top, top),
    right: Math.max(known.right, right), bottom: Math.max(known.bottom, bottom),
  };
}

function paintNode(element, figure) {
  const style = getComputedStyle(element);
  if (!isShown(element, style)) return [];
  const bounds = element.getBoundingClientRect();
  const box = new DOMRect(bounds.x - figure.origin.x, bounds.y - figure.origin.y,
    bounds.width, bounds.height);
  const ground = style.visibility === "visible" ? paintBox(box, style) : [];
  const content = element instanceof SVGElement ? [paintSvg(element, figure)]
    : clipped(element, style, box, paintContent(element, style, figure), figure);
  const parts = [...ground, ...content].filter(Boolean);
  if (style.opacity === "1" || !parts.length) return parts;
  return [svgNode("g", { opacity: style.opacity }, ...parts)];
}

function paintContent(element, style, figure) {
  const children = [...contentOf(element)].map((child) => ({
    child, layer: child instanceof Element ? Number(getComputedStyle(child).zIndex) || 0 : 0,
  }));
  return children.sort((one, other) => one.layer - other.layer).flatMap(({ child }) => {
    if (child instanceof Element) return paintNode(child, figure);
    if (child.nodeType !== Node.TEXT_NODE) return [];
    return paintText(child, style, figure.origin, figure.fontFamily);
  });
}

/** Cut off what has been scrolled out of sight. */
function clipped(element, style, box, parts, figure) {
  const isCut = element.scrollHeight > element.clientHeight + 1
    || element.scrollWidth > element.clientWidth + 1;
  if (style.overflow === "visible" || !isCut || !parts.length) return parts;
  figure.clips += 1;
  const id = `seen-${figure.clips}`;
  const seen = svgNode("rect", {
    x: rounded(box.x), y: rounded(box.y), width: rounded(box.width), height: rounded(box.height),
  });
  return [
    svgNode("clipPath", { id }, seen), svgNode("g", { "clip-path": `url(#${id})` }, ...parts),
  ];
}

/** A drawing as a group, moved and scaled to where it stands on the page. */
function paintSvg(svg, { origin, fontFamily }) {
  const copy = copyDrawn(svg, outermostLooks(fontFamily));
  const matrix = svg.getScreenCTM();
  if (!copy || !matrix) return null;
  const kept = [...copy.attributes].filter(({ name }) => !SVG_FRAME.has(name));
  const place = new DOMMatrix().translate(-origin.x, -origin.y).multiply(matrix);
  return svgNode("g", {
    ...Object.fromEntries(kept.map(({ name, value }) => [name, value])),
    opacity: null, transform: matrixText(place),
  }, ...copy.childNodes);
}

const SVG_FRAME = new Set(["width", "height", "viewBox", "preserveAspectRatio", "x", "y",
  "version", "transform"]);
