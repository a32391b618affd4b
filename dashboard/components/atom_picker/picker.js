// A fragment whose atoms are clicked open and closed.

import { htmlNode, svgNode } from "../dom.js";
import { applyPalette } from "../trail_player/colors.js";
import { badgePoint, drawMolecule } from "../trail_player/molecule.js";

const standing = new WeakMap(); // the drawing in a container, to be replaced by the next

/** Called by streamlit on mount and whenever data or theme change. */
export default function mountPicker({ parentElement, data, setTriggerValue }) {
  const root = htmlNode("div", { class: "trailscope-picker" });
  const before = standing.get(parentElement);
  const focused = before?.querySelector(".atom:focus")?.dataset.atom
    ?? parentElement.activeElement?.dataset?.atom;
  if (before) before.replaceWith(root);
  else parentElement.append(root);
  standing.set(parentElement, root);
  const palette = applyPalette(root, data.palettes);
  const drawing = drawMolecule(data.layout, palette, "The fragment, its atoms numbered");
  drawing.svg.setAttribute("role", "group");
  const chosen = new Set(data.chosen);
  drawing.atoms.forEach((group, atom) => {
    numberAtom(drawing, data.layout, atom);
    if (data.possible.includes(atom)) makeSwitch(group, data.layout, atom, chosen, setTriggerValue);
    else group.classList.add("full");
  });
  root.append(drawing.svg, key());
  if (focused !== undefined) drawing.atoms[focused]?.focus();
}

function numberAtom({ points, layers }, layout, atom) {
  const [x, y] = badgePoint(layout, points, atom);
  layers.top.append(svgNode("text", {
    class: "number", x: x.toFixed(1), y: y.toFixed(1), dy: "0.36em",
  }, String(atom)));
}

function makeSwitch(group, layout, atom, chosen, setTriggerValue) {
  const show = () => {
    group.classList.toggle("open", chosen.has(atom));
    group.setAttribute("aria-checked", String(chosen.has(atom)));
  };
  const toggle = () => {
    if (chosen.has(atom) && chosen.size === 1) return; // nothing could grow from none
    if (!chosen.delete(atom)) chosen.add(atom);
    show();
    setTriggerValue("chosen", [...chosen].sort((a, b) => a - b));
  };
  group.setAttribute("role", "checkbox");
  group.setAttribute("tabindex", "0");
  group.setAttribute("aria-label", `Atom ${atom}, ${layout.symbols[atom]}, open`);
  group.addEventListener("click", toggle);
  group.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    toggle();
  });
  show();
}

/** What the discs mean. */
function key() {
  const entry = (style, text) => htmlNode("span", { class: "entry" },
    htmlNode("span", { class: `sign ${style}`, "aria-hidden": "true" }), text);
  return htmlNode("p", { class: "meaning" },
    entry("open", "open: may get new bonds"), entry("", "closed"));
}
