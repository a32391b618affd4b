// Copies of SVG elements that look the same without the page's style sheets.

import { localReference, paintOf, rounded } from "./paint.js";

const INITIAL_LOOKS = {
  fill: "#000000", "fill-opacity": "1", "fill-rule": "nonzero", "clip-rule": "nonzero",
  stroke: "none", "stroke-opacity": "1", "stroke-width": "1", "stroke-linecap": "butt",
  "stroke-linejoin": "miter", "stroke-miterlimit": "4", "stroke-dasharray": "none",
  "stroke-dashoffset": "0", "paint-order": "normal", "shape-rendering": "auto",
  "image-rendering": "auto", visibility: "visible", "font-family": "", "font-size": "",
  "font-weight": "400", "font-style": "normal", "letter-spacing": "normal",
  "text-anchor": "start", "dominant-baseline": "auto", "marker-start": "none",
  "marker-mid": "none", "marker-end": "none",
};
const OWN_LOOKS = {
  opacity: "1", "clip-path": "none", mask: "none", filter: "none", "vector-effect": "none",
};
const DEFINITIONS = new Set(["defs", "clipPath", "mask", "pattern", "linearGradient",
  "radialGradient", "symbol", "marker", "filter"]);
const SHAPES = new Set(["rect", "circle", "ellipse", "path", "line", "polygon", "polyline"]);
const HOLDERS = new Set(["g", "defs", "a"]);
const TEXTS = new Set(["text", "tspan", "textPath", "title", "desc", "a"]);
const LEFT_OUT = "script, style, foreignObject, .hoverlayer, .draglayer, .zoomlayer";
const XLINK = "http://www.w3.org/1999/xlink";
const DROPPED_ATTRIBUTE =
  /^(on|data-|aria-|pointer-)|^(class|style|role|tabindex|transform|cursor)$/;

/** The looks that everything inherits in a file whose text is in `fontFamily`. */
export function outermostLooks(fontFamily) {
  return { ...INITIAL_LOOKS, "font-family": fontFamily };
}

/** Copy an element and all that is drawn in it, null if nothing is; `outer`: its parent's looks. */
export function copyDrawn(source, outer, isDefined = false) {
  const style = getComputedStyle(source);
  const isDefinition = isDefined || DEFINITIONS.has(source.localName);
  const looks = inheritedLooks(style);
  if (source.matches(LEFT_OUT) || (!isDefinition && isInvisible(source, style, looks))) return null;
  const copy = document.createElementNS(source.namespaceURI, source.localName);
  copyAttributes(source, copy);
  setDifferent(copy, looks, outer);
  setDifferent(copy, ownLooks(source, style), OWN_LOOKS);
  setTransform(source, copy, style);
  for (const child of source.childNodes) {
    const part = copyChild(child, source, looks, isDefinition);
    if (part) copy.append(part);
  }
  return HOLDERS.has(copy.localName) && !copy.childNodes.length ? null : copy;
}

function copyChild(child, source, looks, isDefinition) {
  if (child instanceof SVGElement) return copyDrawn(child, looks, isDefinition);
  return child.nodeType === Node.TEXT_NODE && TEXTS.has(source.localName) ? child.data : null;
}

/** Looks that the elements inside inherit. */
export function inheritedLooks(style) {
  const looks = {};
  for (const name of Object.keys(INITIAL_LOOKS)) {
    looks[name] = localReference(style.getPropertyValue(name)).replace(/(\d)px\b/g, "$1");
  }
  for (const kind of ["fill", "stroke"]) {
    const { color, opacity } = paintOf(style.getPropertyValue(kind));
    looks[kind] = color;
    looks[`${kind}-opacity`] = rounded(Number(looks[`${kind}-opacity`]) * opacity);
  }
  return looks;
}

function ownLooks(source, style) {
  const looks = {};
  for (const name of Object.keys(OWN_LOOKS)) {
    looks[name] = localReference(style.getPropertyValue(name)) || OWN_LOOKS[name];
  }
  if (source.localName === "stop") {
    const { color, opacity } = paintOf(style.stopColor);
    looks["stop-color"] = color === "none" ? "#000000" : color;
    looks["stop-opacity"] = color === "none" ? "0" : rounded(Number(style.stopOpacity) * opacity);
  }
  return looks;
}

function setDifferent(copy, looks, known) {
  for (const [name, value] of Object.entries(looks)) {
    if (value !== known[name]) copy.setAttribute(name, value);
    else copy.removeAttribute(name);
  }
}

function copyAttributes(source, copy) {
  for (const { namespaceURI, name, localName, value } of source.attributes) {
    if (DROPPED_ATTRIBUTE.test(name) || name.startsWith("xmlns")) continue;
    const leavesFile = localName === "href" && !/^(#|data:image\/)/.test(value);
    if (leavesFile) continue;
    copy.setAttributeNS(namespaceURI, namespaceURI === XLINK ? `xlink:${localName}` : name, value);
  }
}

/** An attribute stays as it is; a transform of the style sheet becomes one, its origin included. */
function setTransform(source, copy, style) {
  if (source.hasAttribute("transform") && !source.style.transform) {
    copy.setAttribute("transform", source.getAttribute("transform"));
  } else if (style.transform && style.transform !== "none") {
    const [x, y] = originOf(source, style);
    const matrix = new DOMMatrix().translate(x, y).multiply(new DOMMatrix(style.transform))
      .translate(-x, -y);
    copy.setAttribute("transform", matrixText(matrix));
  }
}

function originOf(source, style) {
  const [x, y] = style.transformOrigin.split(" ").map(parseFloat);
  if (!source.getBBox || style.transformBox === "view-box") return [x, y];
  const box = source.getBBox();
  return [x + box.x, y + box.y];
}

/** A matrix as SVG writes it. */
export function matrixText({ a, b, c, d, e, f }) {
  const parts = [a, b, c, d].map((value) => Number(value.toFixed(5)));
  return `matrix(${[...parts, rounded(e), rounded(f)].join(" ")})`;
}

function isInvisible(source, style, looks) {
  if (style.display === "none" || style.opacity === "0") return true;
  if (style.visibility !== "visible" && !source.childElementCount) return true;
  if (!SHAPES.has(source.localName)) return false;
  const isPainted = (kind) => looks[kind] !== "none" && looks[`${kind}-opacity`] !== "0";
  const hasStroke = isPainted("stroke") && parseFloat(looks["stroke-width"]) > 0;
  const isEmpty = source.localName === "path" && !source.getAttribute("d");
  return isEmpty || (!isPainted("fill") && !hasStroke);
}
