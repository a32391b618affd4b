// The page's tree as it is shown, through shadow roots and slots.

import { paintBox } from "./boxes.js";

// Controls make no sense in a file, nor does what only shows under the pointer.
const LEFT_ON_PAGE = "button, select, input, textarea, style, script, template, .tip, "
  + ".modebar-container, .trailscope-downloads, "
  + "[data-testid='stElementToolbar'], [data-testid='stIconMaterial']";

/** The element with a streamlit key; null if it is not on the page. */
export function findTarget(key) {
  const name = `st-key-${key.trim().replace(/[^a-zA-Z0-9_-]/g, "-")}`;
  const found = [...document.getElementsByClassName(name)];
  return found.find((element) => element.getClientRects().length) ?? null;
}

/** Children as they are shown: those of the shadow root, or what a slot was given. */
export function contentOf(element) {
  if (element.localName === "slot") return element.assignedNodes({ flatten: true });
  return [...(element.shadowRoot ?? element).childNodes];
}

/** Whether an element belongs into a file. */
export function isShown(element, style) {
  return style.display !== "none" && style.opacity !== "0" && !element.matches(LEFT_ON_PAGE);
}

/** The smallest box on the page around all that an element shows; null if that is nothing. */
export function extentOf(element) {
  const style = getComputedStyle(element);
  if (!isShown(element, style)) return null;
  const box = element.getBoundingClientRect();
  if (element instanceof SVGElement) return box;
  const inner = around(contentOf(element).map(extentOfContent));
  const own = paintBox(box, style).length ? box : null;
  return around([own, style.overflow === "visible" ? inner : overlap(inner, box)]);
}

function extentOfContent(node) {
  if (node instanceof Element) return extentOf(node);
  if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) return null;
  const range = document.createRange();
  range.selectNode(node);
  return range.getBoundingClientRect();
}

function around(boxes) {
  const seen = boxes.filter((box) => box && box.width > 0 && box.height > 0);
  if (!seen.length) return null;
  return boxBetween(
    Math.min(...seen.map((box) => box.left)), Math.min(...seen.map((box) => box.top)),
    Math.max(...seen.map((box) => box.right)), Math.max(...seen.map((box) => box.bottom)),
  );
}

function overlap(one, other) {
  return one && boxBetween(
    Math.max(one.left, other.left), Math.max(one.top, other.top),
    Math.min(one.right, other.right), Math.min(one.bottom, other.bottom),
  );
}

function boxBetween(left, top, right, bottom) {
  return new DOMRect(left, top, Math.max(right - left, 0), Math.max(bottom - top, 0));
}

/**
 * Let nothing move while it is copied: transitions stand at their end, endless animations at
 * their start. Returns a function that lets them go on.
 */
export function holdAnimations(target) {
  const held = target.getAnimations({ subtree: true })
    .concat(shadowRootsIn(target).flatMap((root) => root.getAnimations()))
    .filter((animation) => animation.playState === "running");
  const times = held.map((animation) => animation.currentTime);
  for (const animation of held) {
    const { endTime } = animation.effect.getComputedTiming();
    animation.currentTime = Number.isFinite(endTime) ? endTime : 0;
  }
  return () => held.forEach((animation, at) => { animation.currentTime = times[at]; });
}

function shadowRootsIn(node) {
  const below = contentOf(node).filter((child) => child instanceof Element).flatMap(shadowRootsIn);
  return node.shadowRoot ? [node.shadowRoot, ...below] : below;
}
