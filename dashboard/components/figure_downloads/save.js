// Files from figures.

import { svgNode } from "../dom.js";

const LARGEST_SIDE = 8000; // pixels; browsers refuse larger canvases
const DOTS_PER_INCH = 600;
const MM_PER_INCH = 25.4;

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

/** An SVG element as text. */
export function svgText(svg) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}`;
}

/** An SVG element as a file. */
export function svgFile(svg) {
  return new Blob([svgText(svg)], { type: "image/svg+xml" });
}

/** An SVG element as a picture of two or three times its size. */
export async function pngFile(svg) {
  const width = sideOf(svg, "width");
  const height = sideOf(svg, "height");
  const wanted = width < 800 ? 3 : 2;
  const scale = Math.min(wanted, LARGEST_SIDE / Math.max(width, height));
  return drawnAs(svg, Math.round(width * scale), Math.round(height * scale));
}

/** An SVG element as a picture that is so wide on paper, at 600 pixels an inch if it can be. */
export async function pngOfWidth(svg, widthMm) {
  const [, , width, height] = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
  const wanted = Math.round(DOTS_PER_INCH * widthMm / MM_PER_INCH);
  const pixels = Math.round(Math.min(wanted, LARGEST_SIDE * Math.min(1, width / height)));
  const copy = svg.cloneNode(true);
  copy.setAttribute("width", pixels);
  copy.setAttribute("height", Math.round(pixels * height / width));
  const picture = await drawnAs(copy, pixels, Math.round(pixels * height / width));
  const bytes = new Uint8Array(await picture.arrayBuffer());
  return new Blob([withDensity(bytes, Math.round(pixels / widthMm * 1000))], { type: "image/png" });
}

async function drawnAs(svg, width, height) {
  const address = URL.createObjectURL(svgFile(svg));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A PNG that says how many pixels a metre has: a chunk behind its header, which ends at 33. */
function withDensity(png, perMetre) {
  const chunk = new DataView(new ArrayBuffer(21));
  chunk.setUint32(0, 9); // bytes of content
  [..."pHYs"].forEach((letter, at) => chunk.setUint8(4 + at, letter.charCodeAt(0)));
  chunk.setUint32(8, perMetre);
  chunk.setUint32(12, perMetre);
  chunk.setUint8(16, 1); // per metre
  chunk.setUint32(17, checksum(new Uint8Array(chunk.buffer, 4, 13)));
  const file = new Uint8Array(png.length + 21);
  file.set(png.subarray(0, 33));
  file.set(new Uint8Array(chunk.buffer), 33);
  file.set(png.subarray(33), 54);
  return file;
}

/** CRC-32 as PNG has it. */
function checksum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
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
