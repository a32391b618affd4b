// Small helpers to build nodes. Data only ever becomes attributes and text nodes.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children (strings become text nodes). */
export function svgNode(tag, attributes = {}, ...children) {
  return fillNode(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

/** An HTML element with attributes and children (strings become text nodes). */
export function htmlNode(tag, attributes = {}, ...children) {
  return fillNode(document.createElement(tag), attributes, children);
}

function fillNode(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Nats as people read them: `0.48`. */
export function formatNats(nats, digits = 2) {
  if (nats === null || nats === undefined) return "–";
  const least = 10 ** -digits;
  return nats > 0 && nats < least / 2 ? `<${least}` : nats.toFixed(digits);
}

/** A probability: `62%`, `3.4%`, `<0.1%`. */
export function formatProbability(probability) {
  if (probability === null) return "–";
  const percent = probability * 100;
  if (percent >= 99.95) return ">99.9%";
  if (percent < 0.1) return "<0.1%";
  return `${percent.toFixed(percent < 10 ? 1 : 0)}%`;
}

/** Call `draw(width)` with the node's width now and whenever it changes; returns a stop. */
export function onWidth(node, draw) {
  let last = 0;
  const observer = new ResizeObserver(() => {
    const width = Math.floor(node.clientWidth);
    if (width > 0 && width !== last) {
      last = width;
      draw(width);
    }
  });
  observer.observe(node);
  return () => observer.disconnect();
}

/** The nearest ancestor (or self) that names a token or atom, as `{token}` or `{atom}`. */
export function targetOf(event) {
  const node = event.target.closest?.("[data-token], [data-atom]");
  if (!node) return null;
  if (node.dataset.token !== undefined) return { token: Number(node.dataset.token) };
  return { atom: Number(node.dataset.atom) };
}
