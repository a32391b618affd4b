// A quiet row of buttons that save a figure.

import { htmlNode, svgNode } from "../dom.js";
import { openDialog } from "./dialog.js";
import { drawFigure } from "./figure.js";
import { backgroundBehind } from "./paint.js";
import { csvFile, pngFile, saveFile, svgFile, withBackground } from "./save.js";
import { findTarget } from "./tree.js";

const mountedRows = new WeakMap(); // row and newest data, by container

/** Called by streamlit on mount and whenever data or theme change. */
export default function mountDownloads({ parentElement, data, setTriggerValue }) {
  const before = mountedRows.get(parentElement);
  if (before && signOf(before.data) === signOf(data)) {
    Object.assign(before, { data, setTriggerValue }); // it stays, with the keyboard's focus
    if (data.pdf) before.onPdf?.(data.pdf);
    return;
  }
  const mounted = { data, setTriggerValue };
  mounted.row = downloadRow(mounted);
  if (before) before.row.replaceWith(mounted.row);
  else parentElement.append(mounted.row);
  mountedRows.set(parentElement, mounted);
}

/** What the buttons depend on. */
function signOf(data) {
  return [data.name, ...formatsOf(data)].join();
}

function formatsOf({ svg, target, csv }) {
  const drawn = svg !== null || target !== null ? ["svg", "png"] : [];
  return csv === null ? drawn : [...drawn, "csv"];
}

function downloadRow(mounted) {
  const { data } = mounted;
  const note = htmlNode("span", { class: "note", role: "status" });
  return htmlNode("div", {
    class: "trailscope-downloads", role: "group", "aria-label": `Download ${data.name}`,
  }, arrow(), ...formatsOf(data).map((format) => formatButton(format, mounted, note)),
  data.svg !== null || data.target !== null ? dialogButton(mounted) : null, note);
}

/** For files of a size, and PDF. */
function dialogButton(mounted) {
  const label = `Save ${mounted.data.name} for print: format, width, font size, background`;
  const button = htmlNode("button", {
    type: "button", "aria-label": label, title: label, "aria-haspopup": "dialog",
  }, "Print…");
  button.addEventListener("click", () => openDialog(mounted));
  return button;
}

function arrow() {
  return svgNode("svg", { viewBox: "0 0 16 16", class: "arrow", "aria-hidden": "true" },
    svgNode("path", { d: "M8 2v8M4.6 6.9 8 10.3l3.4-3.4M2.8 13.5h10.4" }));
}

function formatButton(format, mounted, note) {
  const label = `Download ${mounted.data.name} as ${format.toUpperCase()}`;
  const button = htmlNode("button", { type: "button", "aria-label": label, title: label },
    format.toUpperCase());
  button.addEventListener("click", async () => {
    note.textContent = "";
    try {
      const { data } = mounted;
      const file = await fileOf(format, data, mounted.row);
      if (file) saveFile(file, `${data.file}.${format}`);
      else note.textContent = "This figure is not on the page yet.";
    } catch (error) {
      note.textContent = "This figure could not be saved.";
      console.error(error);
    }
  });
  return button;
}

/** The file; null if the figure cannot be found. */
async function fileOf(format, data, row) {
  if (format === "csv") return csvFile(data.csv);
  const drawing = data.svg === null ? await drawTarget(data)
    : withBackground(data.svg, backgroundBehind(row));
  if (!drawing) return null;
  return format === "svg" ? svgFile(drawing) : pngFile(drawing);
}

async function drawTarget({ target, name }) {
  await new Promise(requestAnimationFrame); // components move their marks once per frame
  const element = findTarget(target);
  return element && drawFigure(element, name);
}
