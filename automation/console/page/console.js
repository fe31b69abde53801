/** The page: its routes, the stream that keeps it as things are, and what it may ask the server to do. */
import { charts } from "./charts.js";
import { h, show } from "./dom.js";
import { overview, present } from "./environments.js";
import { audit, checks, executions, previews, release, releases } from "./records.js";

const { place, csrf, acts, environments } = JSON.parse(document.getElementById("begin").textContent);
const main = document.getElementById("main");
const known = new Map(environments.map((view) => [view.stack, view]));
const asked = new Map();
/** Releases shown of a stack. */
const shownOf = new Map();
let trouble = "";
let lastHeard = Date.now();
let found = environments.length > 0;

document.getElementById("place").textContent = place;

/** What the server answers to a question; kept for as long as its page is open. */
function answer(key, url, options) {
  if (!asked.has(key)) void ask(key, url, options);
  return asked.get(key);
}

async function ask(key, url, options) {
  if (!asked.has(key)) asked.set(key, undefined);
  const response = await fetch(url, options).catch(() => undefined);
  const body = await response?.json().catch(() => undefined);
  asked.set(key, body ?? { error: "The console does not answer: is it still running?" });
  render();
}

const post = (body = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", "x-switchyard-csrf": csrf },
  body: JSON.stringify(body),
});

const parts = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);

const tabs = [
  ["", "Now"],
  ["releases", "Releases"],
  ["audit", "Audit"],
  ["checks", "Drift and guardrails"],
];

function render() {
  const [stack, tab = "", operation] = parts();
  for (const link of document.querySelectorAll("nav[aria-label=Pages] a")) {
    if (link.getAttribute("href") === `#/${stack ?? ""}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = stack === undefined ? "Switchyard" : `${stack} · Switchyard`;
  show(main, trouble && h("p", { class: "notes" }, trouble), pageOf(stack, tab, operation));
}

function pageOf(stack, tab, operation) {
  if (stack === undefined) {
    if (!found && known.size === 0) return [h("h1", {}, "Environments"), h("p", { class: "soft" }, "Looking …")];
    return overview([...known.values()].sort((a, b) => (a.stack < b.stack ? -1 : 1)));
  }
  if (stack === "previews")
    return [h("div", { class: "head" }, h("h1", {}, "Previews")), previews(answer("previews", "/api/previews"))];
  if (stack === "executions")
    return [
      h("div", { class: "head" }, h("h1", {}, "Executions")),
      executions(answer("executions", "/api/executions")),
    ];
  const view = known.get(stack);
  if (view === undefined) return [h("h1", {}, stack), h("p", {}, "There is no such environment here.")];
  return [
    h("div", { class: "head" }, h("h1", {}, stack)),
    h(
      "nav",
      { class: "tabs", "aria-label": stack },
      tabs.map(([name, title]) =>
        h("a", { href: `#/${stack}${name && `/${name}`}`, "aria-current": name === tab ? "page" : undefined }, title),
      ),
    ),
    tabOf(view, tab, operation),
  ];
}

function tabOf(view, tab, operation) {
  const { stack } = view;
  const url = `/api/${encodeURIComponent(stack)}`;
  if (tab === "releases" && operation !== undefined)
    return release(stack, answer(`release ${stack} ${operation}`, `${url}/releases/${encodeURIComponent(operation)}`));
  if (tab === "releases") {
    const limit = shownOf.get(stack) ?? 50;
    const rows = answer(`releases ${stack}`, `${url}/releases?limit=${limit}`);
    const more = () => {
      shownOf.set(stack, limit * 2);
      void ask(`releases ${stack}`, `${url}/releases?limit=${limit * 2}`);
    };
    return releases(stack, rows, rows?.length === limit && limit < 1000 ? more : undefined);
  }
  if (tab === "audit") return audit(stack, answer(`audit ${stack}`, `${url}/audit`));
  if (tab === "checks") {
    const key = `check ${stack}`;
    return checks(asked.get(key), () => {
      asked.set(key, { busy: true });
      render();
      void ask(key, `${url}/check`, post());
    });
  }
  return present(view, charts(answer(`figures ${stack}`, `${url}/figures`)), actionsOf(view));
}

/** Figures come by the minute: they are asked for again while they are looked at, and only then. */
setInterval(() => {
  const [stack, tab] = parts();
  if (document.visibilityState !== "visible" || tab !== undefined || !known.has(stack)) return;
  const figures = asked.get(`figures ${stack}`);
  if (figures === undefined || Date.now() - (figures.askedAt ?? 0) < (figures.periodMs ?? 15_000) / 2) return;
  figures.askedAt = Date.now();
  void ask(`figures ${stack}`, `/api/${encodeURIComponent(stack)}/figures`);
}, 1000);

function actionsOf(view) {
  if (!acts) return undefined;
  const { stack, flight, services } = view;
  const live = services.flatMap(({ colours }) =>
    colours.filter(({ role }) => role === "live").map((c) => c.version ?? ""),
  );
  const serving = [...new Set(live)].sort().join(", ");
  const button = (kind, version, title, question) =>
    h("button", { type: "button", onclick: () => confirmed(stack, kind, version, title, question) }, title);
  return h(
    "div",
    { class: "buttons pad" },
    flight?.approvable &&
      button(
        "promote",
        flight.version,
        `Approve ${flight.version}`,
        `Traffic of ${stack} then moves to ${flight.version}.`,
      ),
    flight &&
      button(
        "abort",
        flight.version,
        `Abort ${flight.version}`,
        `What ${flight.kind} ${flight.version} has changed in ${stack} is undone.`,
      ),
    !flight &&
      serving &&
      button(
        "rollback",
        serving,
        `Roll back from ${serving}`,
        `Traffic of ${stack} leaves ${serving} for what served before it.`,
      ),
  );
}

const dialog = document.getElementById("ask");

/** Asks, naming the version; what is then done is the command's own. */
function confirmed(stack, kind, version, title, question) {
  const go = async () => {
    show(dialog, h("h2", { id: "ask-title" }, title), h("p", { role: "status" }, "Under way …"));
    const response = await fetch(`/api/${encodeURIComponent(stack)}/act`, post({ kind, version })).catch(
      () => undefined,
    );
    const told = (await response?.json().catch(() => undefined)) ?? { error: "The console does not answer." };
    const words = told.error ?? (told.ended ? (told.ok ? "Done." : "It failed.") : "It goes on: the page shows how.");
    show(
      dialog,
      h("h2", { id: "ask-title" }, title),
      h("p", { role: "status", class: told.error || (told.ended && !told.ok) ? "bad" : undefined }, words),
      told.output && h("pre", { tabindex: "0" }, `$ ${told.command}\n${told.output}`),
      h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => dialog.close() }, "Close")),
    );
  };
  show(
    dialog,
    h("h2", { id: "ask-title" }, `${title}?`),
    h("p", {}, question),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "main", onclick: go }, title),
      h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
    ),
  );
  dialog.showModal();
}

/** What a listener who does not look is told: the state and the stage, and not every count that changes. */
function say(before, view) {
  const stage = (one) => one?.flight?.stages.find(({ state }) => state === "now")?.phase;
  if (before === undefined || (before.state === view.state && stage(before) === stage(view))) return;
  const where = stage(view) ? `${view.flight.kind} ${view.flight.version}: ${stage(view)}` : view.state;
  document.getElementById("said").textContent = `${view.stack}: ${where}`;
}

function listen() {
  const source = new EventSource("/events");
  source.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    lastHeard = Date.now();
    heard();
    if (told.kind === "beat") return;
    if (told.kind === "trouble") trouble = told.why;
    if (told.kind === "all") for (const stack of known.keys()) if (!told.stacks.includes(stack)) known.delete(stack);
    if (told.kind === "gone") known.delete(told.stack);
    if (told.kind === "found") found = true;
    if (told.kind === "environment") {
      const before = known.get(told.view.stack);
      say(before, told.view);
      known.set(told.view.stack, told.view);
      if (before?.flight?.operation !== told.view.flight?.operation) asked.delete(`releases ${told.view.stack}`);
    }
    schedule();
  };
}

let scheduled = false;
function schedule() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    render();
  });
}

const quietMs = 12_000;

function heard() {
  const stream = document.getElementById("stream");
  const lost = Date.now() - lastHeard > quietMs;
  stream.classList.toggle("lost", lost);
  const words = lost ? `not connected since ${new Date(lastHeard).toLocaleTimeString()}` : "live";
  if (stream.textContent !== words) stream.textContent = words;
}

setInterval(heard, 2000);
addEventListener("hashchange", () => {
  const [stack, tab] = parts();
  // What is asked for once is asked for anew on the next visit.
  for (const key of asked.keys())
    if (!key.startsWith("check ") && !(tab === "releases" && key.includes(stack))) asked.delete(key);
  render();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});
heard();
render();
listen();
