// HTML text as SVG text, a line at a time.

import { svgNode } from "../dom.js";
import { paintOf, rounded } from "./paint.js";

let measuring = null;

/** The lines of a text node as `text` elements; `origin` is the file's corner on the page. */
export function paintText(node, style, origin, fontFamily) {
  const { color, opacity } = paintOf(style.color);
  if (style.visibility !== "visible" || color === "none") return [];
  const anchor = anchorOf(style);
  return linesOf(node).map(({ text, box }) => svgNode("text", {
    x: rounded(box.left - origin.x + { start: 0, middle: 0.5, end: 1 }[anchor] * box.width),
    y: rounded(baselineOf(box, style) - origin.y),
    "text-anchor": anchor === "start" ? null : anchor,
    fill: color, "fill-opacity": opacity < 1 ? opacity : null,
    "font-family": style.fontFamily === fontFamily ? null : style.fontFamily,
    "font-size": parseFloat(style.fontSize),
    "font-weight": style.fontWeight === "400" ? null : style.fontWeight,
    "font-style": style.fontStyle === "normal" ? null : style.fontStyle,
  }, text));
}

/** The end that stays in place when the reader's font is wider or narrower. */
function anchorOf(style) {
  if (["right", "end"].includes(style.textAlign)) return "end";
  const isCentred = style.textAlign === "center" || style.justifyItems.includes("center");
  return isCentred ? "middle" : "start";
}

/** Words that stand side by side, and the box around them. */
function linesOf(node) {
  const lines = [];
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    const range = document.createRange();
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < box.height / 2) {
      line.text += ` ${word}`;
      line.box = new DOMRect(line.box.left, box.top, box.right - line.box.left, box.height);
    } else lines.push({ text: word, box });
  }
  return lines;
}

function baselineOf(box, style) {
  measuring ??= document.createElement("canvas").getContext("2d");
  measuring.font =
    `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = measuring.measureText("x");
  return box.top + (box.height - up - down) / 2 + up;
}
