// Files from figures.

import { svgNode } from "../dom.js";

const LARGEST_SIDE = 8000; // pixels; browsers refuse larger canvases

/** A drawing made in Python, with the page's colour behind it. */
export function withBackground(text, background) {
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (svg.localName !== "svg") throw new Error("This drawing is not SVG.");
  const { x, y, width, height } = frameOf(svg);
  svg.setAttribute("width", sideOf(svg, "width") ?? width);
  svg.setAttribute("height", sideOf(svg, "height") ?? height);
  svg.prepend(svgNode("rect", { x, y, width, height, fill: background }));
  return svg;
}

/** What a drawing shows, in its own coordinates. */
function frameOf(svg) {
  const [x, y, width, height] = (svg.getAttribute("viewBox") ?? "").split(/[\s,]+/).map(Number);
  if (width > 0 && height > 0) return { x, y, width, height };
  return { x: 0, y: 0, width: sideOf(svg, "width") ?? 300, height: sideOf(svg, "height") ?? 150 };
}

/** A length in pixels; null if it is not given in pixels. */
function sideOf(svg, name) {
  const [, pixels] = /^([\d.]+)(?:px)?$/.exec(svg.getAttribute(name) ?? "") ?? [];
  return pixels ? Number(pixels) : null;
}

/** An SVG element as a file. */
export function svgFile(svg) {
  const text = new XMLSerializer().serializeToString(svg);
  return new Blob(['<?xml version="1.0" encoding="UTF-8"?>\n', text], { type: "image/svg+xml" });
}

/** An SVG element as a picture of two or three times its size. */
export async function pngFile(svg) {
  const width = sideOf(svg, "width");
  const height = sideOf(svg, "height");
  const wanted = width < 800 ? 3 : 2;
  const scale = Math.min(wanted, LARGEST_SIDE / Math.max(width, height));
  const address = URL.createObjectURL(svgFile(svg));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A table as a file. */
export function csvFile(text) {
  return new Blob([text], { type: "text/csv;charset=utf-8" });
}

/** Hand a file to the browser's downloads. */
export function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Some browsers read the address only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
