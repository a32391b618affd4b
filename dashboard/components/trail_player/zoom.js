// Zoom and pan of a drawing: buttons, keys, wheel, two fingers, dragging.

import { htmlNode, onWidth } from "../dom.js";
import { icon } from "./glyphs.js";

const MOST = 6; // times as large as the whole drawing
const BUTTON_STEP = 1.5;
const KEY_SHIFT = 0.15; // of what is seen
const EDGE = 0.12; // of what is seen: nearer to it, the cursor's atom is brought to the middle
const DRAG_FROM = 4; // pixels; less is a click
const LEGIBLE = 9.5; // pixels of a visit's number, where there is room for that
const NUMBER_SIZE = 10; // of the same in drawing units
const MOST_MAGNIFIED = 1.7;

/** What is seen of a box `[x, y, width, height]`, for all drawings that show the same. */
export function createZoom(home) {
  let seen = [...home];
  const listeners = [];
  const see = ([x, y], factor) => {
    const size = [2, 3].map((axis) => home[axis] / factor);
    const place = [x, y].map((value, axis) => Math.min(Math.max(value, home[axis]),
      home[axis] + home[axis + 2] - size[axis]));
    const next = [...place, ...size];
    if (next.every((value, at) => Math.abs(value - seen[at]) < 1e-6)) return;
    seen = next;
    listeners.forEach((listener) => listener());
  };
  const zoom = {
    get box() { return seen; },
    get factor() { return home[2] / seen[2]; },
    get isWhole() { return zoom.factor < 1.001; },
    get isClosest() { return zoom.factor > MOST - 0.001; },
    middle: () => [seen[0] + seen[2] / 2, seen[1] + seen[3] / 2],
    fit: () => see([home[0], home[1]], 1),
    /** Grow by `times`; `fixed` stays where it is seen. */
    by(times, fixed = zoom.middle()) {
      const factor = Math.min(Math.max(zoom.factor * times, 1), MOST);
      const shrunk = zoom.factor / factor;
      see([0, 1].map((axis) => fixed[axis] - (fixed[axis] - seen[axis]) * shrunk), factor);
    },
    shift: (dx, dy) => see([seen[0] + dx, seen[1] + dy], zoom.factor),
    /** Bring a point to the middle unless it is well in sight. */
    follow([x, y]) {
      const isInSight = [x, y].every((value, axis) => {
        const share = (value - seen[axis]) / seen[axis + 2];
        return share > EDGE && share < 1 - EDGE;
      });
      if (!isInSight) see([x - seen[2] / 2, y - seen[3] / 2], zoom.factor);
    },
    onChange(listener) { listeners.push(listener); listener(); },
  };
  return zoom;
}

/** Let a drawing zoom; returns a stop. */
export function zoomDrawing({ svg, canvas }, zoom) {
  const buttons = zoomButtons(zoom);
  canvas.classList.add("zoomable");
  canvas.append(buttons.node);
  const measure = () => {
    const [, , width, height] = zoom.box;
    const scale = Math.min(svg.clientWidth / width, svg.clientHeight / height);
    if (!(scale > 0)) return;
    const needed = LEGIBLE / (NUMBER_SIZE * scale);
    svg.style.setProperty("--magnified", Math.min(Math.max(needed, 1), MOST_MAGNIFIED).toFixed(2));
  };
  zoom.onChange(() => {
    svg.setAttribute("viewBox", zoom.box.map((value) => value.toFixed(1)).join(" "));
    canvas.classList.toggle("zoomed", !zoom.isWhole);
    buttons.show();
    measure();
  });
  listenForWheel(svg, zoom);
  listenForFingers(svg, zoom);
  return onWidth(canvas, measure);
}

function zoomButtons(zoom) {
  const entries = [
    ["zoomIn", "Zoom in (+)", () => zoom.by(BUTTON_STEP), () => zoom.isClosest],
    ["zoomOut", "Zoom out (−)", () => zoom.by(1 / BUTTON_STEP), () => zoom.isWhole],
    ["fit", "Show all (0)", zoom.fit, () => zoom.isWhole],
  ].map(([name, label, action, isIdle]) => {
    const button = htmlNode("button", {
      type: "button", class: "control", "aria-label": label, title: label, "data-control": name,
    }, icon(name));
    button.addEventListener("click", action);
    return { button, isIdle };
  });
  const node = htmlNode("div", { class: "zoom", role: "group", "aria-label": "Zoom" },
    ...entries.map((entry) => entry.button));
  return {
    node, show: () => entries.forEach(({ button, isIdle }) => { button.disabled = isIdle(); }),
  };
}

/** `+`, `-` and `0` zoom, arrows with Shift pan, anywhere inside `root`; before other keys. */
export function listenForZoomKeys(root, zoom) {
  const pan = (x, y) => () => zoom.shift(x * KEY_SHIFT * zoom.box[2], y * KEY_SHIFT * zoom.box[3]);
  const moves = {
    ArrowLeft: pan(-1, 0), ArrowRight: pan(1, 0), ArrowUp: pan(0, -1), ArrowDown: pan(0, 1),
  };
  const zooms = {
    "+": () => zoom.by(BUTTON_STEP), "=": () => zoom.by(BUTTON_STEP),
    "-": () => zoom.by(1 / BUTTON_STEP), 0: zoom.fit,
  };
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.composedPath()[0].matches?.("select")) return;
    const action = event.shiftKey && event.key in moves ? moves[event.key] : zooms[event.key];
    if (!action) return;
    action();
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}

/** The wheel scrolls the page; with Ctrl or ⌘, as a trackpad's pinch is sent, it zooms. */
function listenForWheel(svg, zoom) {
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const turn = Math.min(Math.max(event.deltaY, -50), 50);
    zoom.by(Math.exp(-turn * 0.012), inDrawing(svg, event));
  }, { passive: false });
}

/** Two fingers zoom and pan; one, or the mouse, pans what is zoomed, else it scrolls the page. */
function listenForFingers(svg, zoom) {
  const down = new Map();
  let isDragging = false;
  const middleOf = (points) => ({
    clientX: points.reduce((sum, point) => sum + point.clientX, 0) / points.length,
    clientY: points.reduce((sum, point) => sum + point.clientY, 0) / points.length,
  });
  const spreadOf = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  svg.addEventListener("touchstart", (event) => {
    if (event.touches.length > 1) event.preventDefault(); // else the browser pinches the page
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (down.size === 0) isDragging = false;
    down.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
  });
  svg.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last) return;
    const isPinch = down.size === 2;
    if (!isPinch && zoom.isWhole) return;
    const far = Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY);
    if (!isDragging && !isPinch && far < DRAG_FROM) return;
    if (!isDragging) down.forEach((_, id) => svg.setPointerCapture(id));
    isDragging = true;
    const before = [...down.values()];
    down.set(event.pointerId, { clientX: event.clientX, clientY: event.clientY });
    const after = [...down.values()];
    const [from, to] = [before, after].map((points) => inDrawing(svg, middleOf(points)));
    if (isPinch) zoom.by(spreadOf(after) / (spreadOf(before) || 1), from);
    zoom.shift((from[0] - to[0]), (from[1] - to[1]));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, (event) => down.delete(event.pointerId));
  }
  svg.addEventListener("click", (event) => {
    if (isDragging) event.stopImmediatePropagation(); // the end of a drag chooses nothing
    isDragging = false;
  }, { capture: true });
}

/** Where an event happens, in drawing units. */
function inDrawing(svg, { clientX, clientY }) {
  const point = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
  return [point.x, point.y];
}
