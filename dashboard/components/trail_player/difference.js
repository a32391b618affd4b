// Where on the graph one trail costs more nats than the other.

import { inkOn, scaleColor } from "./colors.js";
import { formatNats, htmlNode, svgNode } from "../dom.js";
import { placesWord } from "./glyphs.js";
import { atomRadius, drawMolecule } from "./molecule.js";
import { zoomDrawing } from "./zoom.js";

const CROWDED = 30; // atoms; beyond, only large values are written out

/** The map of `{atoms, bonds}`; returns `node`, `point(target)` and `stop()`. */
export function differenceMap(layout, { atoms, bonds }, labels, palette, zoom) {
  const known = [...atoms, ...bonds].filter((value) => value !== null);
  const reach = Math.max(0.1, ...known.map(Math.abs));
  const colorOf = (value) => scaleColor(palette.diverging, 0.5 + value / (2 * reach));
  const drawing = drawMolecule(layout, palette,
    `Nats by ${placesWord(layout)}, ${labels[0]} minus ${labels[1]}`);
  drawing.svg.classList.add("difference");
  drawing.canvas.classList.add("for-difference");
  drawing.bonds.forEach((bond) => bond.classList.add("written"));
  bonds.forEach((value, row) => {
    if (value !== null) {
      drawing.layers.under.append(bondValue(drawing, layout, row, value, colorOf(value)));
    }
  });
  atoms.forEach((value, atom) => {
    if (value === null) return;
    const color = colorOf(value);
    const node = drawing.atoms[atom];
    node.classList.add("valued");
    node.style.setProperty("--value", color);
    node.style.setProperty("--on-value", inkOn(color));
    drawing.layers.top.append(valueLabel(drawing, layout, value, atom, reach));
  });
  const stop = zoomDrawing(drawing, zoom);
  const node = htmlNode("figure", { class: "figure" }, drawing.canvas,
    differenceLegend(labels, palette, reach));
  return {
    node, stop,
    point(target) {
      drawing.atoms.forEach((atom, at) => atom.classList.toggle("pointed", at === target?.atom));
    },
  };
}

/** A broad line in the value's colour behind a bond; the browser shows the number on it. */
function bondValue({ points }, layout, row, value, color) {
  const [[x1, y1], [x2, y2]] = layout.bonds[row].map((atom) => points[atom]);
  const line = svgNode("line", { class: "bond-value", x1, y1, x2, y2 },
    svgNode("title", {}, `${signed(value)} nats`));
  line.style.setProperty("--value", color);
  return line;
}

/** The value beside its disc; small ones would only be noise. */
function valueLabel({ points }, layout, value, atom, reach) {
  const angle = layout.freeAngles[atom];
  const distance = atomRadius(layout, atom) + 6 + 9 * Math.abs(Math.cos(angle));
  const least = points.length > CROWDED ? 0.5 : 0.12;
  const text = Math.abs(value) < reach * least ? "" : signed(value, 1);
  return svgNode("text", {
    class: "value-label", x: (points[atom][0] + Math.cos(angle) * distance).toFixed(1),
    y: (points[atom][1] + Math.sin(angle) * distance).toFixed(1), dy: "0.36em",
  }, text);
}

/** A number with its sign, and a true minus. */
export function signed(value, digits = 2) {
  const size = formatNats(Math.abs(value), digits);
  if (Number(size) === 0) return size;
  return `${value < 0 ? "−" : "+"}${size}`;
}

function differenceLegend(labels, palette, reach) {
  const bar = htmlNode("span", { class: "scale-bar" });
  bar.style.background = `linear-gradient(90deg, ${palette.diverging.join(", ")})`;
  bar.style.width = "64px";
  return htmlNode("figcaption", { class: "key", title: "In which of the two it costs more" },
    htmlNode("span", {}, `← ${labels[1]}`),
    htmlNode("span", { class: "key-entry" },
      signed(-reach, 1), bar, `${signed(reach, 1)} nats`),
    htmlNode("span", {}, `${labels[0]} →`));
}
