// Where the reader is: a token position, and what the pointer is over.

import { targetOf } from "../dom.js";

/**
 * A cursor over `length` tokens, starting at `position`.
 *
 * `move(to)` and `point(target)` tell all listeners, at most once per animation frame; `target`
 * is `{token}`, `{atom}` or null.
 */
export function createCursor(length, position) {
  const state = { position, target: null };
  const listeners = { move: [], point: [] };
  const waiting = new Set();
  const announce = (event) => {
    if (waiting.size === 0) requestAnimationFrame(flush);
    waiting.add(event);
  };
  const flush = () => {
    const events = [...waiting];
    waiting.clear();
    for (const event of events) {
      const value = event === "move" ? state.position : state.target;
      listeners[event].forEach((listener) => listener(value));
    }
  };
  return {
    get position() { return state.position; },
    get atEnd() { return state.position === length - 1; },
    length,
    move(to) {
      const clamped = Math.min(Math.max(Math.round(to), 0), length - 1);
      if (clamped === state.position) return;
      state.position = clamped;
      announce("move");
    },
    point(target) {
      if (target?.token === state.target?.token && target?.atom === state.target?.atom) return;
      state.target = target;
      announce("point");
    },
    onMove(listener) { listeners.move.push(listener); listener(state.position); },
    onPoint(listener) { listeners.point.push(listener); },
  };
}

/** What a pointer target lights up: token positions, atoms, and the bond of a token. */
export function reachOf(target, trail) {
  if (!target) return { tokens: [], atoms: [], bond: null };
  if (target.token !== undefined) {
    const token = trail.tokens[target.token];
    return {
      tokens: [target.token], atoms: token.atom === null ? [] : [token.atom], bond: token.bond,
    };
  }
  const step = trail.visits.findIndex((visit) => visit.node === target.atom);
  const tokens = trail.tokens.flatMap((token, at) => (token.step === step ? [at] : []));
  return { tokens: step < 0 ? [] : tokens, atoms: [target.atom], bond: null };
}

/** Let a node tell the cursor what is pointed at, and move it on click. */
export function listenForPointer(node, cursor, trail) {
  node.addEventListener("pointerover", (event) => cursor.point(targetOf(event)));
  node.addEventListener("pointerleave", () => cursor.point(null));
  node.addEventListener("click", (event) => {
    const target = targetOf(event);
    if (target?.token !== undefined) cursor.move(target.token);
    const visit = target && trail.visits.find((candidate) => candidate.node === target.atom);
    if (visit) cursor.move(visit.position);
  });
}
