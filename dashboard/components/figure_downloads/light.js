// Colours of a dark page as those of a light one: paper is white.

const COLORED = ["fill", "stroke", "stop-color"];
const SINGLE = ["surface", "border", "ink", "muted", "faint", "accent", "missing"];
const LISTS = ["series", "segments", "sequential", "diverging"];
const SCALES = ["sequential", "diverging"];
const NEAR = 8; // how far rounding takes a colour off its scale, of 255
const PAPER = "#ffffff";
// What stands on marks, as dark scales are light ones reversed.
const ON_MARKS = [["#000000", "#ffffff"], ["#ffffff", "#000000"]];

/** Change every colour of a drawing; `colors` are the palettes of the page and of a light one. */
export async function onPaper(svg, { page, light }) {
  const known = pairsOf(page, light);
  const isDark = page.name !== light.name;
  const change = (color) => known.get(color) ?? alongScales(color, page, light) ?? color;
  for (const node of [svg, ...svg.querySelectorAll("*")]) {
    for (const name of COLORED) {
      const color = (node.getAttribute(name) ?? unsaid(node, name, isDark))?.toLowerCase();
      if (!color?.startsWith("#")) continue;
      const changed = change(color);
      // Letters in a grey that is not ours would be lost on paper.
      const isLost = isDark && changed === color && node.closest("text");
      node.setAttribute(name, isLost ? light.muted : changed);
    }
    if (node.localName === "image" && isDark) await repaint(node, change);
  }
}

/** Letters in black say nothing of it, and would stay black on marks that turn dark. */
function unsaid(node, name, isDark) {
  return isDark && name === "fill" && node.localName === "text" ? "#000000" : null;
}

function pairsOf(page, light) {
  const known = new Map([[page.background, PAPER]]);
  if (page.name !== light.name) ON_MARKS.forEach(([one, other]) => known.set(one, other));
  const pair = (one, other) => known.has(one) || known.set(one, other);
  for (const name of SINGLE) pair(page[name], light[name]);
  for (const name of LISTS) page[name].forEach((color, at) => pair(color, light[name][at]));
  for (const [name, color] of Object.entries(page.elements)) pair(color, light.elements[name]);
  return known;
}

/** The same place of the light scale, null if the colour lies on none. */
function alongScales(color, page, light) {
  const wanted = channelsOf(color);
  for (const name of SCALES) {
    const place = placeOn(page[name].map(channelsOf), wanted);
    if (place !== null) return colorAt(light[name].map(channelsOf), place);
  }
  return null;
}

/** Where a colour lies between the stops of a scale, 0 at the first; null if it does not. */
function placeOn(stops, wanted) {
  for (let below = 0; below + 1 < stops.length; below += 1) {
    const way = stops[below + 1].map((value, at) => value - stops[below][at]);
    const length = way.reduce((sum, value) => sum + value * value, 0);
    const dot = way.reduce((sum, value, at) => sum + value * (wanted[at] - stops[below][at]), 0);
    const share = Math.min(Math.max(dot / length, 0), 1);
    const off = way.map((value, at) => stops[below][at] + share * value - wanted[at]);
    if (Math.hypot(...off) <= NEAR) return below + share;
  }
  return null;
}

function colorAt(stops, place) {
  const below = Math.min(Math.floor(place), stops.length - 2);
  const bytes = stops[below].map((value, at) => {
    return Math.round(value + (stops[below + 1][at] - value) * (place - below));
  });
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function channelsOf(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

/** A heat map is a picture, a pixel per cell. */
async function repaint(node, change) {
  const name = node.hasAttribute("href") ? "href" : "xlink:href";
  const picture = new Image();
  picture.src = node.getAttribute(name) ?? "";
  try {
    await picture.decode();
  } catch {
    return; // stays as it is
  }
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const found = new Map();
  for (let at = 0; at < pixels.data.length; at += 4) {
    const bytes = pixels.data.slice(at, at + 3);
    const color = `#${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    if (!found.has(color)) found.set(color, channelsOf(change(color)));
    pixels.data.set(found.get(color), at);
  }
  context.putImageData(pixels, 0, 0);
  node.setAttribute(name, canvas.toDataURL("image/png"));
}
