// The trail over the graph: what is written up to the cursor, and how the walk got there.

import { paintSegment } from "./colors.js";
import { reachOf } from "./cursor.js";
import { svgNode } from "../dom.js";
import {
  arcBetween, arrowHead, between, formatPoint, movePoint, trimmed, unitVector,
} from "./geometry.js";
import { atomRadius, badgePoint, bondTicks, isDot } from "./molecule.js";

/** Put a trail on a drawn graph; returns `show(position)` and `point(target)`. */
export function layTrail(drawing, layout, trail, palette) {
  const steps = trail.visits.map((visit, step) => stepMarks(drawing, layout, visit, step, palette));
  const closed = closedBonds(drawing, layout, trail, palette);
  const pulse = svgNode("circle", { class: "pulse", r: 10 });
  const ring = svgNode("circle", { class: "focus-ring", r: 10 });
  drawing.layers.over.append(pulse);
  drawing.layers.top.append(ring);
  const rowOf = new Map(layout.bonds.flatMap(([u, v], row) => [
    [`${u}-${v}`, row], [`${v}-${u}`, row],
  ]));
  const view = { drawing, layout, trail, palette, steps, closed, pulse, ring, rowOf };
  return {
    show: (position) => showPosition(view, position),
    point: (target) => pointAt(view, target),
  };
}

/** Route or jump into a visited atom, and the atom's number. */
function stepMarks(drawing, layout, visit, step, palette) {
  const marks = [];
  if (visit.arrival === "walk") marks.push(routeMark(drawing, layout, visit));
  if (visit.arrival === "jump") marks.push(jumpMark(drawing, layout, visit));
  marks.push(badgeMark(drawing, layout, visit, step));
  for (const mark of marks) {
    paintSegment(mark, palette, visit.segment);
    if (mark.twin) paintSegment(mark.twin, palette, visit.segment);
  }
  paintSegment(drawing.atoms[visit.node], palette, visit.segment);
  return marks;
}

function routeMark({ points, layers }, layout, visit) {
  const from = points[visit.origin];
  const to = points[visit.node];
  const group = svgNode("g", { class: "mark route" });
  const line = { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
  group.append(svgNode("line", line));
  layers.under.append(group);
  const ends = trimmed(from, to, atomRadius(layout, visit.origin), atomRadius(layout, visit.node));
  if (!ends || isDot(layout, visit.node) || isDot(layout, visit.origin)) return group;
  const along = unitVector(from, to);
  const tip = movePoint(between(...ends, 0.5), along, 5);
  group.twin = svgNode("g", { class: "mark route-arrow" },
    svgNode("polygon", { points: arrowHead(tip, along, 7) }));
  layers.over.append(group.twin);
  return group;
}

function jumpMark({ points, layers, centre }, layout, visit) {
  const { d, end, arrival } = arcBetween(
    points[visit.origin], points[visit.node], centre,
    atomRadius(layout, visit.origin) + 2, atomRadius(layout, visit.node) + 3,
  );
  const group = svgNode("g", { class: "mark jump" },
    svgNode("path", { d }), svgNode("polygon", { points: arrowHead(end, arrival, 7) }));
  layers.over.append(group);
  return group;
}

function badgeMark({ points, layers, atoms }, layout, visit, step) {
  const text = String(step);
  if (!layout.isMolecule) {
    const group = svgNode("g", { class: "mark node-number" },
      svgNode("text", { dy: "0.36em" }, text));
    atoms[visit.node].append(group);
    return group;
  }
  const dot = isDot(layout, visit.node);
  const width = 9 + 6 * text.length;
  const [x, y] = badgePoint(layout, points, visit.node);
  const group = svgNode("g", {
    class: dot ? "mark badge on-dot" : "mark badge", "data-atom": visit.node,
    transform: `translate(${formatPoint([x, y])})`,
  });
  const body = svgNode("g", { class: "badge-body" },
    svgNode("rect", { x: -width / 2, y: -7.5, width, height: 15, rx: 7.5 }),
    svgNode("text", { dy: "0.36em" }, text));
  const angle = layout.freeAngles[visit.node];
  body.style.setProperty("--away-x", Math.cos(angle).toFixed(2)); // where a larger one has room
  body.style.setProperty("--away-y", Math.sin(angle).toFixed(2));
  group.append(body);
  layers.top.append(group);
  return group;
}

/** Back-references: bond, position at which it is written, and its marks. */
function closedBonds({ points, layers }, layout, trail, palette) {
  return trail.tokens.flatMap((token, position) => {
    if (!token.listed || token.kind !== "node_index") return [];
    const [u, v] = token.bond;
    const halo = svgNode("line", {
      class: "halo", x1: points[u][0], y1: points[u][1], x2: points[v][0], y2: points[v][1],
    });
    const group = svgNode("g", { class: "mark closed" });
    const dot = isDot(layout, u) || isDot(layout, v);
    if (!dot && layout.isMolecule) group.append(...bondTicks(points, u, v));
    const under = svgNode("g", { class: "mark closed" }, halo);
    for (const mark of [group, under]) {
      paintSegment(mark, palette, trail.visits[token.step].segment);
    }
    layers.over.append(group);
    layers.under.append(under);
    return [{ u, v, position, marks: [group, under] }];
  });
}

function showPosition(view, position) {
  const { trail, drawing, steps, closed } = view;
  const token = trail.tokens[position];
  const written = trail.visits.filter((visit) => visit.position <= position);
  const current = written.length ? written[written.length - 1] : null;
  const bonds = new Set();
  trail.visits.forEach((visit, step) => {
    const isWritten = visit.position <= position;
    for (const mark of steps[step]) {
      toggleMark(mark, "written", isWritten);
      toggleMark(mark, "current", visit === current);
    }
    drawing.atoms[visit.node].classList.toggle("written", isWritten);
    drawing.atoms[visit.node].classList.toggle("current", visit === current);
    const isWalked = isWritten && visit.arrival === "walk";
    if (isWalked) bonds.add(rowBetween(view, visit.node, visit.origin));
  });
  for (const { u, v, position: at, marks } of closed) {
    marks.forEach((mark) => mark.classList.toggle("written", at <= position));
    marks.forEach((mark) => mark.classList.toggle("current", at === position));
    if (at <= position) bonds.add(rowBetween(view, u, v));
  }
  drawing.bonds.forEach((bond, row) => bond.classList.toggle("written", bonds.has(row)));
  focusToken(view, token, current);
}

function toggleMark(mark, name, on) {
  mark.classList.toggle(name, on);
  mark.twin?.classList.toggle(name, on);
}

function rowBetween({ rowOf }, u, v) {
  return rowOf.get(`${u}-${v}`);
}

/** The pulse rests where the walk is; the ring on what the token speaks of, if elsewhere. */
function focusToken(view, token, current) {
  const { pulse, ring, trail } = view;
  placeRing(view, pulse, current ? current.node : null, 5);
  if (current) paintSegment(pulse, view.palette, current.segment);
  const elsewhere = token.atom !== null && token.atom !== current?.node ? token.atom : null;
  placeRing(view, ring, elsewhere, 4);
  ring.classList.toggle("ahead", elsewhere !== null && !token.listed);
  const row = token.bond ? rowBetween(view, ...token.bond) : null;
  const segment = token.step === null ? 0 : trail.visits[token.step]?.segment ?? 0;
  view.drawing.bonds.forEach((bond, at) => bond.classList.toggle("focus", at === row));
  if (row !== null) paintSegment(view.drawing.bonds[row], view.palette, segment);
}

function placeRing({ layout, drawing }, ring, atom, room) {
  ring.classList.toggle("on", atom !== null);
  if (atom === null) return;
  ring.setAttribute("r", atomRadius(layout, atom) + room);
  const [x, y] = drawing.points[atom];
  ring.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
}

function pointAt(view, target) {
  const { atoms, bond } = reachOf(target, view.trail);
  const row = bond ? rowBetween(view, ...bond) : null;
  view.drawing.atoms.forEach((atom, at) => {
    atom.classList.toggle("pointed", atoms.includes(at));
  });
  view.drawing.bonds.forEach((node, at) => node.classList.toggle("pointed", at === row));
  view.steps.forEach((marks, step) => {
    const pointed = atoms.includes(view.trail.visits[step].node);
    marks.forEach((mark) => toggleMark(mark, "pointed", pointed));
  });
}
