// Points, trims and curves in drawing units; a bond is UNIT long.

const UNIT = 60;
const HIDDEN_HYDROGEN_DISTANCE = 0.4;
const SMALLEST_BOX = [5.4, 4.4]; // keeps methanol from filling the screen
const BOX_MARGIN = 0.62;
const NARROW = 560; // pixels
const TURN_FROM = 1.25; // times as wide as high

/** Where atoms are drawn; hidden hydrogens move close to their heavy atom. */
export function placePoints(layout) {
  return layout.points.map(([x, y], atom) => {
    const owner = layout.owners[atom];
    if (layout.showHydrogens || owner === atom) return [x * UNIT, y * UNIT];
    const [ox, oy] = layout.points[owner];
    const reach = HIDDEN_HYDROGEN_DISTANCE / (Math.hypot(x - ox, y - oy) || 1);
    return [(ox + (x - ox) * reach) * UNIT, (oy + (y - oy) * reach) * UNIT];
  });
}

/** The layout turned by a right angle where that fits a narrow place `width` pixels wide better. */
export function turned(layout, width) {
  const [, , across, down] = viewBox(placePoints(layout));
  if (!layout.isMolecule || width > NARROW || across < TURN_FROM * down) return layout;
  return {
    ...layout,
    points: layout.points.map(([x, y]) => [-y, x]),
    freeAngles: layout.freeAngles.map((angle) => angle + Math.PI / 2),
  };
}

/** A view box around the points, at least as large as a small molecule needs. */
export function viewBox(points) {
  const spans = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    const low = Math.min(...values);
    const high = Math.max(...values);
    const size = Math.max(high - low + 2 * BOX_MARGIN * UNIT, SMALLEST_BOX[axis] * UNIT);
    return [(low + high - size) / 2, size];
  });
  return [spans[0][0], spans[1][0], spans[0][1], spans[1][1]];
}

/** Middle of the points. */
export function centreOf(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

export function unitVector([ax, ay], [bx, by]) {
  const length = Math.hypot(bx - ax, by - ay) || 1;
  return [(bx - ax) / length, (by - ay) / length];
}

export function movePoint([x, y], [dx, dy], distance) {
  return [x + dx * distance, y + dy * distance];
}

/** Point at a share of the way from a to b. */
export function between([ax, ay], [bx, by], share) {
  return [ax + (bx - ax) * share, ay + (by - ay) * share];
}

/** The stretch between two discs; null where they touch. */
export function trimmed(a, b, radiusA, radiusB) {
  const along = unitVector(a, b);
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  if (length <= radiusA + radiusB + 1) return null;
  return [movePoint(a, along, radiusA), movePoint(b, along, -radiusB)];
}

/** An arrowhead with its tip at `tip`, pointing along `along`. */
export function arrowHead(tip, along, size) {
  const across = [-along[1], along[0]];
  const tail = movePoint(tip, along, -size * 1.5);
  const notch = movePoint(tip, along, -size * 1.05);
  return [tip, movePoint(tail, across, size * 0.72), notch, movePoint(tail, across, -size * 0.72)]
    .map(formatPoint).join(" ");
}

/** A path between two discs, bent away from `centre`, and the direction in which it arrives. */
export function arcBetween(a, b, centre, radiusA, radiusB) {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const along = unitVector(a, b);
  const bend = Math.min(0.28 * length, UNIT * 1.1);
  const middle = between(a, b, 0.5);
  const outwards = (middle[0] - centre[0]) * along[1] - (middle[1] - centre[1]) * along[0];
  const side = outwards < 0 ? -1 : 1;
  const control = movePoint(middle, [along[1] * side, -along[0] * side], bend);
  const start = movePoint(a, unitVector(a, control), radiusA);
  const arrival = unitVector(control, b);
  const end = movePoint(b, arrival, -radiusB);
  const shaft = movePoint(end, arrival, -5);
  const d = `M${formatPoint(start)}Q${formatPoint(control)} ${formatPoint(shaft)}`;
  return { d, end, arrival };
}

export function formatPoint([x, y]) {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
