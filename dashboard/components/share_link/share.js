// A button that copies the whole link to what the page shows.

import { htmlNode, svgNode } from "../dom.js";

const SAID_FOR_MS = 2500;
const CHAIN = "M6.5 9.5l3-3M7.5 4.5l1.6-1.6a2.8 2.8 0 0 1 4 4L11.5 8.5M8.5 11.5l-1.6 1.6"
  + "a2.8 2.8 0 0 1-4-4L4.5 7.5";

/** Called by streamlit on mount and whenever data change. */
export default function mountShare({ parentElement, data }) {
  parentElement.querySelector(".trailscope-share")?.remove();
  const root = htmlNode("div", { class: "trailscope-share" });
  const button = htmlNode("button", { type: "button", title: "Copy the link to this view" });
  const icon = svgNode("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  icon.append(svgNode("path", { d: CHAIN }));
  const label = htmlNode("span", { "aria-live": "polite" }, "Share");
  button.append(icon, label);
  button.addEventListener("click", () => share(root, label, linkOf(data)));
  root.append(button);
  parentElement.append(root);
}

/** The address of the view: the browser's own, unless the server is known by another one. */
function linkOf({ base, path }) {
  const { origin, pathname, search } = window.location;
  return (base ? `${base}/${path}` : `${origin}${pathname}`) + search;
}

async function share(root, label, link) {
  const isCopied = await copyText(root, link);
  label.textContent = isCopied ? "Link copied" : "Copy it from here:";
  label.classList.add("news");
  root.querySelector("input")?.remove();
  if (!isCopied) {
    const field = htmlNode("input", { readonly: "", "aria-label": "Link to this view" });
    field.value = link;
    root.append(field);
    field.select();
    return;
  }
  setTimeout(() => {
    label.textContent = "Share";
    label.classList.remove("news");
  }, SAID_FOR_MS);
}

/** Browsers keep the clipboard from pages without encryption; those have the older way. */
async function copyText(root, text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = htmlNode("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    root.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}
