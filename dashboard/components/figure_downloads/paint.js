// Computed colours and references as every SVG reader understands them.

const NO_PAINT = { color: "none", opacity: 1 };

/** A computed colour as `{color: "#rrggbb", opacity}`; what is invisible becomes `none`. */
export function paintOf(computed) {
  if (!computed || computed === "none" || computed === "transparent") return NO_PAINT;
  if (computed.startsWith("url(")) return { color: localReference(computed), opacity: 1 };
  const channels = computed.match(/-?[\d.]+(?:e-?\d+)?%?/g)?.map(Number);
  if (!channels || channels.length < 3 || channels.some(Number.isNaN)) {
    return { color: computed, opacity: 1 };
  }
  const largest = computed.startsWith("rgb") ? 255 : 1; // else color(srgb 0.1 0.2 0.3 / 0.5)
  const opacity = channels[3] ?? 1;
  if (opacity === 0) return NO_PAINT;
  const hex = channels.slice(0, 3).map((channel) => {
    const byte = Math.round(Math.min(Math.max(channel / largest, 0), 1) * 255);
    return byte.toString(16).padStart(2, "0");
  });
  return { color: `#${hex.join("")}`, opacity };
}

/** `url(http://page/#name)` as `url(#name)`: the file stands alone. */
export function localReference(computed) {
  return computed.replace(/url\(["']?[^"')]*#([^"')]+)["']?\)/g, "url(#$1)");
}

/** A number for an attribute. */
export function rounded(value) {
  return String(Number(value.toFixed(2)));
}

/** The colour that the page shows behind a node. */
export function backgroundBehind(node) {
  for (let at = node; at; at = at.parentNode ?? at.host) {
    if (!(at instanceof Element)) continue;
    const { color } = paintOf(getComputedStyle(at).backgroundColor);
    if (color !== "none") return color;
  }
  return "#ffffff";
}
