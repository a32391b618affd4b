// The palette of the page's theme, as style properties, and the surprisal scale.

function parseHex(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

function relativeLuminance(rgb) {
  const [r, g, b] = rgb.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Black or white, whichever reads better on a colour: at least 4.5 to 1 on any. */
export function inkOn(color) {
  return relativeLuminance(parseHex(color)) > 0.179 ? "#000000" : "#ffffff";
}

/** Colour at a fraction (0 to 1, clamped) of a list of stops. */
export function scaleColor(stops, fraction) {
  const place = Math.min(Math.max(fraction, 0), 1) * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  const share = place - below;
  const low = parseHex(stops[below]);
  const high = parseHex(stops[below + 1]);
  const mixed = low.map((channel, i) => Math.round(channel + (high[i] - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** Whether the page behind `node` is dark, from streamlit's own theme property. */
function isDark(node) {
  const probe = document.createElement("span");
  probe.style.color = "var(--st-background-color, #ffffff)";
  node.append(probe);
  const channels = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  probe.remove();
  return relativeLuminance(channels) < 0.25;
}

/** Choose the palette that fits the page and hand it to the style sheet; returns it. */
export function applyPalette(root, palettes) {
  const palette = isDark(root) ? palettes.dark : palettes.light;
  root.dataset.theme = palette.name;
  for (const name of ["background", "surface", "border", "ink", "muted", "faint", "accent"]) {
    root.style.setProperty(`--ts-${name}`, palette[name]);
  }
  root.style.setProperty("--ts-on-accent", inkOn(palette.accent));
  root.style.setProperty("--ts-scale", `linear-gradient(90deg, ${palette.sequential.join(", ")})`);
  return palette;
}

/** Colour of a trail segment; colours repeat after the last. */
export function segmentColor(palette, segment) {
  return palette.segments[segment % palette.segments.length];
}

/** Set the colour of a segment on a node, and the ink that reads on it. */
export function paintSegment(node, palette, segment) {
  const color = segmentColor(palette, segment);
  node.style.setProperty("--segment", color);
  node.style.setProperty("--on-segment", inkOn(color));
}

/** Colour of a surprisal. */
export function surprisalColor(palette, nats, natsMax) {
  return scaleColor(palette.sequential, (nats ?? 0) / natsMax);
}
