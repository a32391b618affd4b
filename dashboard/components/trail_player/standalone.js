// Every player of a page without Streamlit: its data stand beside it as JSON.

import mountPlayer from "./player.js";

function mountAll() {
  for (const place of document.querySelectorAll(".report-player")) {
    const data = JSON.parse(place.querySelector("script").textContent);
    mountPlayer({ parentElement: place, data, setStateValue() {} });
  }
}

mountAll();
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", mountAll); // the palette is chosen on mounting
}
