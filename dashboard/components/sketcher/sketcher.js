// A structure editor, JSME, and the button that hands over what was drawn.
//
// JSME comes with streamlit-jsme, whose own component changes how the whole page appends nodes and
// asks another server for JSME if that is slow to start. Here it runs in a frame of its own, out of
// the files that were sent along, and nothing is asked of anybody.

import { htmlNode } from "../dom.js";

const EDITOR_HEIGHT = 420; // pixels
const OPTIONS = "newlook,noquery,noreaction,nopaste";
const NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
// JSME paints pictures as backgrounds of an empty one, which is not among its files.
const EMPTY_PAGE = `<!doctype html><html lang="en"><head><title>Structure editor</title>
  <style>body { margin: 0 } img { content: url("${NOTHING}") }</style></head>
  <body><div id="editor"></div></body></html>`;

/** Called by streamlit on mount and whenever data change; a drawing stays as it is. */
export default function mountSketcher({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector(".trailscope-sketcher");
  if (!root) {
    root = sketcher(data.molecule);
    parentElement.append(root);
  }
  root.querySelector("button").onclick = () => {
    const { editor } = root.querySelector("iframe");
    if (editor) setTriggerValue("drawn", editor.molFile());
  };
}

function sketcher(molecule) {
  const frame = htmlNode("iframe", { title: "Structure editor", height: EDITOR_HEIGHT,
    srcdoc: EMPTY_PAGE });
  frame.addEventListener("load", () => startEditor(frame, molecule), { once: true });
  return htmlNode("div", { class: "trailscope-sketcher" }, frame,
    htmlNode("button", { type: "button", disabled: true }, "Use this molecule"));
}

/** Start JSME in a frame; its `editor` is there once it answers. */
function startEditor(frame, molecule) {
  const view = frame.contentWindow;
  const addresses = fileAddresses();
  const addressOf = (wanted) => {
    const name = Object.keys(addresses).find((file) => String(wanted).endsWith(file));
    return name === undefined ? wanted : addresses[name];
  };
  loadFrom(view, addressOf);
  view.$wnd = view; // or JSME would take the page around the frame for its own
  view.jsmeOnLoad = () => {
    const width = view.document.documentElement.clientWidth;
    const editor = new view.JSApplet.JSME("editor", `${width}px`, `${EDITOR_HEIGHT}px`,
      { options: OPTIONS });
    if (molecule) editor.readMolFile(molecule);
    frame.editor = editor;
    frame.nextElementSibling.disabled = false;
  };
  const script = view.document.createElement("script");
  script.textContent = JSME_FILES["jsme.nocache.js"];
  view.document.head.append(script);
  const timer = view.setInterval(() => { // parts that JSME loads when they are needed
    if (!view.jsme?.__startLoadingFragment) return;
    view.jsme.__startLoadingFragment = addressOf;
    view.clearInterval(timer);
  }, 10);
}

/** Addresses in this browser's memory, by the ends of those that JSME asks for. */
function fileAddresses() {
  return Object.fromEntries(Object.entries(JSME_FILES).map(([name, content]) => [
    name, name.endsWith(".png") ? `data:image/png;base64,${content}`
      : URL.createObjectURL(new Blob([content], { type: "text/javascript" }))])
    .concat([["clear.cache.gif", NOTHING]]));
}

/** Let scripts and pictures of a frame come from `addressOf`; its style sheets do not exist. */
function loadFrom(view, addressOf) {
  const { appendChild } = view.Node.prototype;
  view.Node.prototype.appendChild = function append(node) {
    if (node.tagName === "LINK") return node;
    if (node.tagName === "SCRIPT" && node.src) node.src = addressOf(node.src);
    return appendChild.call(this, node);
  };
  const { get, set } = Object.getOwnPropertyDescriptor(view.HTMLImageElement.prototype, "src");
  Object.defineProperty(view.HTMLImageElement.prototype, "src", {
    get, set(address) { set.call(this, addressOf(address)); }, configurable: true,
  });
  const { setAttribute } = view.Element.prototype;
  view.HTMLImageElement.prototype.setAttribute = function setSource(name, value) {
    setAttribute.call(this, name, name === "src" ? addressOf(value) : value);
  };
}
