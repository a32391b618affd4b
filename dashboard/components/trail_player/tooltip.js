// A small card beside whatever token or atom the pointer is over.

import { reachOf } from "./cursor.js";
import { formatNats, formatProbability, htmlNode } from "../dom.js";

/** The card; `linesOf(target)` fills it and it follows the pointer inside `root`. */
export function tooltip(root, linesOf) {
  const node = htmlNode("div", { class: "tip", role: "presentation" });
  root.addEventListener("pointermove", (event) => placeTip(root, node, event));
  root.addEventListener("pointerleave", () => node.classList.remove("on"));
  const point = (target) => {
    const lines = target ? linesOf(target) : [];
    node.classList.toggle("on", lines.length > 0);
    node.replaceChildren(...lines);
  };
  return { node, point };
}

/** What the card says of a token or atom of a trail. */
export function tipLines(target, trail) {
  if (target.token !== undefined) {
    const token = trail.tokens[target.token];
    const cost = token.nats === null ? "given"
      : `${formatNats(token.nats)} nats · p ${formatProbability(token.probability)}`;
    return [
      htmlNode("strong", {}, token.title),
      htmlNode("span", { class: "tip-cost" }, cost),
      htmlNode("span", {}, token.meaning),
    ];
  }
  const { tokens } = reachOf(target, trail);
  if (!tokens.length) return [htmlNode("span", {}, "Not visited by this trail")];
  const step = trail.tokens[tokens[0]].step;
  const nats = tokens.reduce((sum, at) => sum + (trail.tokens[at].nats ?? 0), 0);
  const label = trail.tokens.find((token) => token.step === step && token.kind === "node_label");
  return [
    htmlNode("strong", {}, `visit ${step}${label ? ` · ${label.name}` : ""}`),
    htmlNode("span", { class: "tip-cost" }, `${formatNats(nats)} nats`),
    htmlNode("span", {}, `${tokens.length} tokens, by ${trail.visits[step].arrival}`),
  ];
}

function placeTip(root, node, event) {
  const frame = root.getBoundingClientRect();
  const x = event.clientX - frame.left;
  const y = event.clientY - frame.top;
  const left = Math.min(Math.max(x + 14, 4), frame.width - node.offsetWidth - 4);
  const below = y + 18 + node.offsetHeight < frame.height;
  node.style.transform = `translate(${left}px, ${below ? y + 18 : y - node.offsetHeight - 10}px)`;
}
