// The graph itself: bonds and atoms, without a trail.

import { htmlNode, svgNode } from "../dom.js";
import {
  between, centreOf, movePoint, placePoints, trimmed, unitVector, viewBox,
} from "./geometry.js";

const RADIUS = { atom: 13.5, hydrogen: 9.5, dot: 4.2, node: 12 };
const LINE_GAP = 6; // between the lines of a double bond
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** Radius of an atom's disc. */
export function atomRadius(layout, atom) {
  if (!layout.isMolecule) return RADIUS.node;
  if (!layout.hydrogen[atom]) return RADIUS.atom;
  return layout.showHydrogens ? RADIUS.hydrogen : RADIUS.dot;
}

/** Whether an atom is a hidden hydrogen, drawn as a dot. */
export function isDot(layout, atom) {
  return !layout.showHydrogens && layout.hydrogen[atom];
}

/**
 * Draw a graph.
 *
 * Returns the `svg` and the `canvas` around it, the `box` that it shows, the `points` of atoms and
 * their `centre`, one group per atom and bond, and empty groups for a trail (`under`: below the
 * bonds, `over`: between bonds and atoms, `top`: above the atoms).
 */
export function drawMolecule(layout, palette, label) {
  const points = placePoints(layout);
  const layers = {};
  for (const name of ["under", "bonds", "over", "atoms", "top"]) {
    layers[name] = svgNode("g", { class: `layer-${name}` });
  }
  const bonds = layout.bonds.map((_, row) => bondGroup(layout, points, row));
  const atoms = points.map((point, atom) => atomGroup(layout, palette, point, atom));
  layers.bonds.append(...bonds);
  layers.atoms.append(...atoms);
  const box = viewBox(points);
  const svg = svgNode("svg", {
    viewBox: box.map((value) => value.toFixed(1)).join(" "),
    class: layout.isMolecule ? "molecule" : "molecule graph", role: "img", "aria-label": label,
  }, ...Object.values(layers));
  const canvas = htmlNode("div", {
    class: layout.isMolecule ? "canvas" : "canvas for-graph",
  }, svg);
  canvas.style.setProperty("--aspect", (box[3] / box[2]).toFixed(3));
  return { svg, canvas, box, points, centre: centreOf(points), layers, bonds, atoms };
}

function bondGroup(layout, points, row) {
  const [u, v] = layout.bonds[row];
  const ends = trimmed(points[u], points[v], atomRadius(layout, u), atomRadius(layout, v));
  const group = svgNode("g", {
    class: isDot(layout, u) || isDot(layout, v) ? "bond to-dot" : "bond", "data-bond": row,
  });
  if (!ends) return group;
  for (const [from, to, style] of bondLines(ends, layout.orders[row], layout.sides[row])) {
    group.append(svgNode("line", {
      x1: from[0].toFixed(1), y1: from[1].toFixed(1), x2: to[0].toFixed(1), y2: to[1].toFixed(1),
      class: style,
    }));
  }
  return group;
}

function bondLines([a, b], order, side) {
  const along = unitVector(a, b);
  const across = [-along[1], along[0]];
  const shifted = (distance, inset = 0) => [
    movePoint(movePoint(a, across, distance), along, inset),
    movePoint(movePoint(b, across, distance), along, -inset),
  ];
  if (order === 3) return [-LINE_GAP, 0, LINE_GAP].map((gap) => [...shifted(gap), "line"]);
  if (order === 2 && side === 0) {
    return [-LINE_GAP / 2, LINE_GAP / 2].map((gap) => [...shifted(gap), "line"]);
  }
  if (order === 1.5 && side === 0) {
    return [[...shifted(-LINE_GAP / 2), "line"], [...shifted(LINE_GAP / 2), "line aromatic"]];
  }
  if (order === 2 || order === 1.5) {
    const second = order === 2 ? "line" : "line aromatic";
    return [[a, b, "line"], [...shifted(LINE_GAP * (side || 1), 3), second]];
  }
  return [[a, b, "line"]];
}

function atomGroup(layout, palette, point, atom) {
  const radius = atomRadius(layout, atom);
  const symbol = layout.symbols[atom];
  const style = ["atom", symbol ? "" : "node", layout.hydrogen[atom] ? "hydrogen" : ""].join(" ");
  const group = svgNode("g", {
    class: style.trim(), "data-atom": atom,
    transform: `translate(${point[0].toFixed(1)} ${point[1].toFixed(1)})`,
  });
  group.style.setProperty("--element", palette.elements[symbol] ?? palette.ink);
  group.append(svgNode("circle", { class: "reach", r: Math.max(radius + 3, 11) }));
  group.append(svgNode("circle", { class: "disc", r: radius }));
  if (symbol && radius > RADIUS.dot) {
    const text = atomText(layout, atom);
    const style = ["symbol", "symbol", "symbol pair"][text.length] ?? "symbol long";
    group.append(svgNode("text", { class: style, dy: "0.36em" }, text));
  }
  return group;
}

/** Symbol and charge; on other atoms than carbon also hydrogens that are no atoms of the graph. */
function atomText(layout, atom) {
  const symbol = layout.symbols[atom];
  const held = symbol === "C" ? 0 : layout.implicitHydrogens[atom];
  const hydrogens = held > 1 ? `H${SUBSCRIPTS[held]}` : held ? "H" : "";
  const charge = layout.charges[atom];
  return symbol + hydrogens + (charge > 0 ? "⁺" : charge < 0 ? "⁻" : "");
}

/** Two short strokes across the middle of a bond: it was listed, not walked. */
export function bondTicks(points, u, v) {
  const along = unitVector(points[u], points[v]);
  const across = [-along[1], along[0]];
  const middle = between(points[u], points[v], 0.5);
  return [-2.8, 2.8].map((shift) => {
    const centre = movePoint(middle, along, shift);
    const [a, b] = [movePoint(centre, across, -7), movePoint(centre, across, 7)];
    return svgNode("line", {
      x1: a[0].toFixed(1), y1: a[1].toFixed(1), x2: b[0].toFixed(1), y2: b[1].toFixed(1),
    });
  });
}

/** Where a visit number stands beside an atom. */
export function badgePoint(layout, points, atom) {
  const angle = layout.freeAngles[atom];
  const reach = atomRadius(layout, atom) + (layout.hydrogen[atom] ? 7.5 : 8.5);
  return movePoint(points[atom], [Math.cos(angle), Math.sin(angle)], reach);
}
