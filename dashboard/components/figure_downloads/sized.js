// A figure at a width in millimetres with letters at a size in points, as journals ask for it.

import { drawFigure, MARGIN } from "./figure.js";
import { onPaper } from "./light.js";
import { withBackground } from "./save.js";
import { extentOf, findTarget } from "./tree.js";

const MM_PER_POINT = 25.4 / 72;
const LEAST_WIDTH = 160; // pixels, below which nothing can be laid out
const USUAL_SIZE = 12; // pixels, of letters
const STEP_MS = 80;
const CALM_STEPS = 4;
const PATIENT_STEPS = 20;
const NEAR_WIDTH = 32; // pixels
const MOST_STEPS = 60;

/**
 * The figure for paper as `svg`, and whether letters overlap at this size that do not on the page;
 * null if it is not there.
 *
 * `data`: of the row of buttons. `widthMm`: of the file. `fontPt`: of its letters, where the figure
 * can be laid out anew. `isTransparent`: without ground, which else is white.
 */
export async function drawSized(data, { widthMm, fontPt, isTransparent }) {
  const found = data.svg === null ? await laidOut(data, widthMm, fontPt)
    : { svg: withBackground(data.svg, "#ffffff"), isCrowded: false };
  if (!found) return null;
  const { svg } = found;
  await onPaper(svg, data.colors);
  const ground = svg.querySelector(":scope > rect");
  if (isTransparent) ground.remove();
  else ground.setAttribute("fill", "#ffffff");
  const [, , width, height] = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
  svg.setAttribute("width", `${widthMm}mm`);
  svg.setAttribute("height", `${Number((widthMm * height / width).toFixed(2))}mm`);
  return found;
}

/** The figure as the page would show it at another width. */
async function laidOut({ target, name }, widthMm, fontPt) {
  const element = findTarget(target);
  const seen = element && drawFigure(element, name);
  if (!seen) return null;
  const { size, overlaps } = measured(seen);
  const width = widthMm / (fontPt * MM_PER_POINT) * size - 2 * MARGIN;
  const before = element.getAttribute("style");
  Object.assign(element.style, {
    width: `${Math.max(width, LEAST_WIDTH)}px`, minWidth: "0", maxWidth: "none", flex: "none",
  });
  try {
    await settled(element, Math.max(width, LEAST_WIDTH));
    const svg = drawFigure(element, name);
    return svg && { svg, isCrowded: measured(svg).overlaps > overlaps };
  } finally {
    if (before === null) element.removeAttribute("style");
    else element.setAttribute("style", before);
  }
}

/** Wait until what stands in an element is about as wide as it should be, and stays as it is. */
async function settled(element, width) {
  let before = "";
  let isThere = false; // some figures have a width of their own, so this may never be
  const isDone = (step, calm) => calm >= CALM_STEPS && (isThere || step >= PATIENT_STEPS);
  for (let step = 0, calm = 0; step < MOST_STEPS && !isDone(step, calm); step += 1) {
    await new Promise((resolve) => { setTimeout(resolve, STEP_MS); });
    const box = extentOf(element);
    const now = [box?.width, box?.height, element.querySelectorAll("*").length].join();
    calm = now === before ? calm + 1 : 0;
    isThere = Math.abs(box?.width - width) < NEAR_WIDTH;
    before = now;
  }
}

/** How large most letters of a drawing are, pixels, and how many of its texts overlap another. */
function measured(svg) {
  const holder = document.createElement("div");
  holder.style.cssText = "position: absolute; left: -99999px; top: 0";
  holder.append(svg);
  document.body.append(holder);
  try {
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
    const sizes = texts.flatMap((text) => {
      const { a, b } = text.getScreenCTM();
      const size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
      return Array(text.textContent.length).fill(size);
    }).sort((one, other) => one - other);
    const boxes = texts.map((text) => text.getBoundingClientRect());
    const overlaps = boxes.filter((box, at) => boxes.some((other, place) => {
      return place !== at && meets(box, other);
    })).length;
    return { size: sizes[Math.floor(sizes.length / 2)] ?? USUAL_SIZE, overlaps };
  } finally {
    holder.remove();
  }
}

/** Whether boxes share more than the room between lines. */
function meets(one, other) {
  const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return across > 2 && down > Math.min(one.height, other.height) / 3;
}
