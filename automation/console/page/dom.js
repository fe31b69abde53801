/** Elements, and the change of what stands on the page into what shall: what stays the same keeps its focus and its motion. */

const svgElements = new Set(["svg", "path", "line", "g"]);

/** An element with attributes, `on…` listeners, and children: text, elements, or nothing. */
export function h(tag, attributes = {}, ...children) {
  const element = svgElements.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) element[name] = value;
    // Not an attribute: the page's policy takes no inline style.
    else if (name === "width%") element.style.width = `${value}%`;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(4).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Gives an element these children. */
export function show(parent, ...children) {
  const wanted = h("div", {}, ...children);
  patchChildren(parent, wanted);
}

const listeners = ["onclick", "onsubmit"];

function patch(now, then) {
  for (const { name } of [...now.attributes]) if (!then.hasAttribute(name)) now.removeAttribute(name);
  for (const { name, value } of then.attributes)
    if (name !== "style" && now.getAttribute(name) !== value) now.setAttribute(name, value);
  if (now.style?.width !== then.style?.width) now.style.width = then.style.width;
  for (const name of listeners) now[name] = then[name];
  patchChildren(now, then);
}

function isSame(now, then) {
  if (now === undefined || now.nodeType !== then.nodeType || now.nodeName !== then.nodeName) return false;
  return now.nodeType === Node.TEXT_NODE || now.getAttribute("data-key") === then.getAttribute("data-key");
}

function patchChildren(now, then) {
  const wanted = [...then.childNodes];
  wanted.forEach((child, index) => {
    const keyed = child.nodeType === Node.ELEMENT_NODE && child.getAttribute("data-key");
    const known = keyed ? [...now.childNodes].slice(index).find((one) => isSame(one, child)) : now.childNodes[index];
    if (!known || !isSame(known, child)) {
      now.insertBefore(child, now.childNodes[index] ?? null);
      return;
    }
    if (now.childNodes[index] !== known) now.insertBefore(known, now.childNodes[index]);
    if (known.nodeType !== Node.TEXT_NODE) patch(known, child);
    else if (known.data !== child.data) known.data = child.data;
  });
  while (now.childNodes.length > wanted.length) now.lastChild.remove();
}

/** Words with commands between backticks, as messages have them. */
export function prose(words) {
  return words.split("`").map((part, index) => (index % 2 === 0 ? part : h("code", { class: "mono" }, part)));
}

export function time(at) {
  const date = new Date(at);
  return h("time", { datetime: date.toISOString(), title: date.toISOString() }, shown(date));
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

function shown(date) {
  const today = new Date().toDateString() === date.toDateString();
  return today ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
}

/** A length of time in words: its two largest units. */
export function lasting(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
