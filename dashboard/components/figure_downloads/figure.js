// What stands in an element of the page as one SVG.

import { svgNode } from "../dom.js";
import { paintBox } from "./boxes.js";
import { copyDrawn, matrixText, outermostLooks } from "./copy.js";
import { paintText } from "./lines.js";
import { backgroundBehind, rounded } from "./paint.js";
import { contentOf, extentOf, holdAnimations, isShown } from "./tree.js";

export const MARGIN = 12;
// What places an SVG element itself; its group in the file is placed by a transform.
const SVG_FRAME = new Set(["width", "height", "viewBox", "preserveAspectRatio", "x", "y",
  "version", "transform", "opacity"]);

/** Everything drawn in `target`, in the page's colours; null if nothing is. */
export function drawFigure(target, title) {
  const resume = holdAnimations(target);
  try {
    const extent = extentOf(target);
    if (!extent) return null;
    const figure = {
      width: Math.ceil(extent.width + 2 * MARGIN), height: Math.ceil(extent.height + 2 * MARGIN),
      origin: new DOMPoint(extent.left - MARGIN, extent.top - MARGIN),
      fontFamily: getComputedStyle(target).fontFamily, clips: 0,
    };
    return framed(paintNode(target, figure), figure, backgroundBehind(target), title);
  } finally {
    resume();
  }
}

function framed(parts, { width, height, fontFamily }, background, title) {
  return svgNode("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "font-family": fontFamily,
  }, svgNode("title", {}, title), svgNode("rect", { width, height, fill: background }), ...parts);
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
  const children = contentOf(element).map((child) => ({
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
    transform: matrixText(place),
  }, ...copy.childNodes);
}
