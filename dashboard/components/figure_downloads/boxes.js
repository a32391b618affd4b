// The boxes of HTML elements as SVG: background, scale, border and rings.

import { svgNode } from "../dom.js";
import { paintOf, rounded } from "./paint.js";

const SIDES = ["Top", "Right", "Bottom", "Left"];
const DASHES = { dashed: 2, dotted: 1 };

/** What an element's box shows, below its content. `box` is in the coordinates of the file. */
export function paintBox(box, style) {
  if (!box.width || !box.height) return [];
  const rx = cornerOf(box, style.borderTopLeftRadius);
  return [
    ...rings(box, rx, style.boxShadow), ...fills(box, rx, style), ...borders(box, rx, style),
  ].filter(Boolean);
}

/** All four corners are drawn like the first. */
function cornerOf({ width, height }, radius) {
  const side = Math.min(width, height);
  const wanted = parseFloat(radius) * (radius.endsWith("%") ? side / 100 : 1);
  return Math.min(wanted || 0, side / 2);
}

function rect(box, rx, paint, more = {}) {
  if (paint.color === "none") return null;
  return svgNode("rect", {
    x: rounded(box.x), y: rounded(box.y), width: rounded(box.width), height: rounded(box.height),
    rx: rx > 0 ? rounded(rx) : null, fill: paint.color,
    "fill-opacity": paint.opacity < 1 ? paint.opacity : null, ...more,
  });
}

function grown(box, by) {
  return new DOMRect(box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by);
}

/** Shadows that are only spread, the last one lowest; blurred ones are left out. */
function rings(box, rx, shadows) {
  const parts = [...shadows.matchAll(/(\w+\([^)]*\)) 0px 0px 0px ([\d.]+)px(?! inset)/g)];
  return parts.reverse().map(([, color, spread]) => {
    return rect(grown(box, Number(spread)), rx + Number(spread), paintOf(color));
  });
}

function fills(box, rx, style) {
  const below = rect(box, rx, paintOf(style.backgroundColor));
  const stops = /^linear-gradient\((?:([\d.]+)deg, )?(.*)\)$/.exec(style.backgroundImage);
  if (!stops) return [below];
  const colors = stops[2].match(/\w+\([^)]*\)/g).map(paintOf);
  const share = style.backgroundSize.endsWith("%") ? parseFloat(style.backgroundSize) / 100 : 1;
  const part = new DOMRect(box.x, box.y, box.width * Math.min(share, 1), box.height);
  if (colors.every(({ color }) => color === colors[0].color)) {
    return [below, part.width > 0 ? rect(part, rx, colors[0]) : null];
  }
  return [below, ...scaleFill(part, rx, colors)];
}

/** A scale from left to right, its stops evenly spread. */
function scaleFill(box, rx, colors) {
  const id = `scale-${colors.map(({ color }) => color.slice(1)).join("-")}`;
  const stops = colors.map(({ color, opacity }, at) => svgNode("stop", {
    offset: rounded(at / (colors.length - 1)), "stop-color": color,
    "stop-opacity": opacity < 1 ? opacity : null,
  }));
  return [
    svgNode("linearGradient", { id }, ...stops),
    rect(box, rx, { color: `url(#${id})`, opacity: 1 }),
  ];
}

function borders(box, rx, style) {
  const sides = SIDES.map((side) => ({
    side, width: parseFloat(style[`border${side}Width`]), kind: style[`border${side}Style`],
    paint: paintOf(style[`border${side}Color`]),
  }));
  const drawn = sides.filter(({ width, kind, paint }) => {
    return width > 0 && kind !== "none" && paint.color !== "none";
  });
  const [{ width, kind, paint }] = sides;
  const isEven = drawn.length === 4 && drawn.every((side) => {
    return side.width === width && side.paint.color === paint.color;
  });
  if (!isEven) return drawn.map((side) => borderLine(box, side));
  const inset = grown(box, -width / 2);
  return [rect(inset, Math.max(rx - width / 2, 0), { color: "transparent" }, {
    fill: "none", ...strokeOf(width, kind, paint),
  })];
}

function borderLine({ x, y, width, height }, { side, width: thick, kind, paint }) {
  const half = thick / 2;
  const ends = {
    Top: [x, y + half, x + width, y + half],
    Bottom: [x, y + height - half, x + width, y + height - half],
    Left: [x + half, y, x + half, y + height],
    Right: [x + width - half, y, x + width - half, y + height],
  }[side].map(rounded);
  return svgNode("line", {
    x1: ends[0], y1: ends[1], x2: ends[2], y2: ends[3], ...strokeOf(thick, kind, paint),
  });
}

function strokeOf(width, kind, paint) {
  const dash = DASHES[kind];
  return {
    stroke: paint.color, "stroke-width": width,
    "stroke-opacity": paint.opacity < 1 ? paint.opacity : null,
    "stroke-dasharray": dash ? `${dash * width} ${dash * width}` : null,
  };
}
