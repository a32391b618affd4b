// A dialog that asks what a file of a figure is to be like.

import { htmlNode } from "../dom.js";
import { pngOfWidth, saveFile, svgFile, svgText } from "./save.js";
import { drawSized } from "./sized.js";

const FORMATS = ["SVG", "PDF", "PNG"];
const GROUNDS = ["White", "Transparent"];
const PATIENCE_MS = 60_000;
// What was chosen last, of whichever figure.
const chosen = { format: "SVG", widthMm: 85, fontPt: 8, ground: "White" };

let asked = 0; // PDFs

/** Ask, and save; `mounted` is the row of buttons, with its data and streamlit's way back. */
export function openDialog(mounted) {
  const { data } = mounted;
  const title = `Save ${data.name}`;
  const note = htmlNode("p", { class: "note", role: "status" });
  const format = choice("Format", FORMATS, chosen.format);
  const width = size("Width, mm", chosen.widthMm, { min: 20, max: 400, step: "any" });
  const font = size("Font size, pt", chosen.fontPt, { min: 4, max: 24, step: "any" });
  const ground = choice("Background", GROUNDS, chosen.ground);
  const isDrawn = data.svg !== null; // its letters are part of the drawing
  font.input.disabled = isDrawn;
  const save = htmlNode("button", { type: "submit", class: "primary" }, "Save");
  const cancel = htmlNode("button", { type: "button" }, "Cancel");
  const form = htmlNode("form", {}, htmlNode("h2", {}, title), format.row, width.row, font.row,
    isDrawn ? htmlNode("p", { class: "hint" }, "Letters scale with the drawing.") : null,
    ground.row, htmlNode("div", { class: "ends" }, cancel, save), note);
  const dialog = htmlNode("dialog", { class: "trailscope-figure-dialog", "aria-label": title },
    form);
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    Object.assign(chosen, {
      format: format.input.value, widthMm: Number(width.input.value),
      fontPt: Number(font.input.value), ground: ground.input.value,
    });
    note.textContent = "Drawing…";
    save.disabled = true;
    try {
      const said = await saveSized(mounted, chosen);
      if (said) note.textContent = said;
      else dialog.close();
    } catch (error) {
      note.textContent = "This figure could not be saved.";
      console.error(error);
    } finally {
      save.disabled = false;
    }
  });
  mounted.row.after(dialog);
  dialog.showModal();
}

/** Save the file; returns a sentence if there is something to say, or null. */
async function saveSized(mounted, { format, widthMm, fontPt, ground }) {
  const { data } = mounted;
  const found = await drawSized(data, {
    widthMm, fontPt, isTransparent: ground === "Transparent",
  });
  if (!found) return "This figure is not on the page yet.";
  const { svg } = found;
  const advice = found.isCrowded
    ? "Saved. Letters overlap at this size: make it wider, or the letters smaller." : null;
  if (format === "PDF") {
    const answer = await pdfOf(mounted, svgText(svg));
    if (answer.fault) return answer.fault;
    const bytes = Uint8Array.from(atob(answer.base64), (letter) => letter.charCodeAt(0));
    saveFile(new Blob([bytes], { type: "application/pdf" }), `${data.file}.pdf`);
    return advice;
  }
  saveFile(format === "SVG" ? svgFile(svg) : await pngOfWidth(svg, widthMm),
    `${data.file}.${format.toLowerCase()}`);
  return advice;
}

/** Browsers write no PDF, so the server makes it of the drawing. */
function pdfOf(mounted, svg) {
  asked += 1;
  const id = `${Date.now()}-${asked}`;
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve({
      fault: "The server did not answer; save SVG instead.",
    }), PATIENCE_MS);
    mounted.onPdf = (answer) => {
      if (answer.id !== id) return;
      clearTimeout(late);
      resolve(answer);
    };
    mounted.setTriggerValue("pdf", { id, svg });
  });
}

function choice(label, options, value) {
  const input = htmlNode("select", {}, ...options.map((option) => htmlNode("option", {
    selected: option === value,
  }, option)));
  return labelled(label, input);
}

function size(label, value, limits) {
  return labelled(label, htmlNode("input", { type: "number", value, required: true, ...limits }));
}

function labelled(label, input) {
  return { input, row: htmlNode("label", {}, htmlNode("span", {}, label), input) };
}
