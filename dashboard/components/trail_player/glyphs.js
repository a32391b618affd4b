// Signs for tokens and controls, drawn here so that they look alike with every system font.

import { svgNode } from "../dom.js";

const STROKES = {
  sos: ["M5 3.2v9.6l7.4-4.8z"],
  reset: ["M1.6 11.6C3.4 3.6 9.4 3 12.6 8.6", "M13.4 4.6v4.6H8.8"],
  eos: ["M4 4h8v8H4z"],
  single: ["M2.5 8h11"],
  double: ["M2.5 5.8h11", "M2.5 10.2h11"],
  triple: ["M2.5 4.4h11", "M2.5 8h11", "M2.5 11.6h11"],
  aromatic: ["M2.5 5.8h11", "M2.5 10.2h2.6M7 10.2h2.6M11.4 10.2h2.1"],
  ladj: ["M10 2.6H6.2v10.8H10"],
  radj: ["M6 2.6h3.8v10.8H6"],
  play: ["M4.6 2.8v10.4l8.6-5.2z"],
  pause: ["M4.6 3h2.4v10H4.6z", "M9 3h2.4v10H9z"],
  back: ["M11.6 3.2v9.6L5 8z"],
  forward: ["M4.4 3.2v9.6L11 8z"],
  first: ["M12.6 3.2v9.6L6.4 8z", "M3.2 3.2h1.8v9.6H3.2z"],
  last: ["M3.4 3.2v9.6L9.6 8z", "M11 3.2h1.8v9.6H11z"],
  zoomIn: ["M8 3.2v9.6", "M3.2 8h9.6"],
  zoomOut: ["M3.2 8h9.6"],
  fit: ["M2.8 6V2.8H6", "M10 2.8h3.2V6", "M13.2 10v3.2H10", "M6 13.2H2.8V10"],
};
const FILLED = new Set(["sos", "eos", "play", "pause", "back", "forward", "first", "last"]);

/** A 16 × 16 icon by name, hidden from screen readers. */
export function icon(name) {
  const style = FILLED.has(name) ? "icon filled" : "icon";
  const paths = STROKES[name].map((d) => svgNode("path", { d }));
  return svgNode("svg", { viewBox: "0 0 16 16", class: style, "aria-hidden": "true" }, ...paths);
}

/** What stands on a token's chip: an icon, or its glyph as text. */
export function tokenSign(token) {
  return token.kind !== "node_label" && token.name in STROKES ? icon(token.name) : token.glyph;
}

/** The class that tells the four token kinds apart. */
export function kindClass(token) {
  return `kind-${token.kind.replace("_", "-")}`;
}

/** What the parts of this graph are called. */
export function placesWord(layout) {
  return layout.isMolecule ? "atom and bond" : "node and edge";
}
