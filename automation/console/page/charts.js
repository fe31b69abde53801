/** Both colours side by side over the last minutes. */
import { h } from "./dom.js";

const kinds = [
  { key: "requests", title: "Requests a minute", show: (value) => String(Math.round(value)) },
  { key: "errors", title: "5xx a minute", show: (value) => String(Math.round(value)) },
  { key: "p50", title: "Half answered within", show: (value) => `${value} ms` },
  { key: "p99", title: "99 % answered within", show: (value) => `${value} ms` },
];

export function charts(figures) {
  if (figures === undefined) return h("p", { class: "soft" }, "Reading figures …");
  if (figures.error !== undefined) return h("p", { class: "bad" }, figures.error);
  const minutes = Math.round((figures.times.length * figures.periodMs) / 60_000);
  const names = Object.keys(figures.services);
  const title = minutes >= 1 ? `The last ${minutes} minutes` : "The last minutes, at the sandbox's pace";
  return [
    h("h2", { class: "head" }, title),
    names.map((name) =>
      h(
        "section",
        { class: "sheet pad", "data-key": name, "aria-label": `Figures of ${name}` },
        h("h2", {}, name),
        isQuiet(figures.services[name])
          ? h("p", { class: "soft" }, "No requests in these minutes.")
          : h(
              "div",
              { class: "charts" },
              kinds.map((kind) => chart(kind, figures.services[name])),
            ),
      ),
    ),
  ];
}

function isQuiet(sides) {
  return Object.values(sides).every(({ requests }) => requests.every((count) => (count ?? 0) === 0));
}

function chart({ key, title, show }, sides) {
  const colours = Object.entries(sides).map(([colour, series]) => ({ colour, values: series[key] }));
  const most = Math.max(...colours.flatMap(({ values }) => values.map((value) => value ?? 0)), 0);
  const newest = (values) => values.findLast((value) => value !== null);
  const said = colours.map(({ colour, values }) => {
    const last = newest(values);
    return { colour, text: last === undefined ? "–" : show(last) };
  });
  const spoken = `${title}: ${said.map(({ colour, text }) => `${colour} ${text === "–" ? "none" : text}`).join(", ")}`;
  return h(
    "figure",
    {},
    h(
      "figcaption",
      {},
      h("span", { class: "soft" }, most > 0 ? `${title}, peak ${show(most)}` : title),
      said.map(({ colour, text }) =>
        h("span", {}, h("span", { class: `key ${colour}`, "aria-hidden": "true" }), `${colour} ${text}`),
      ),
    ),
    h(
      "svg",
      { class: "plot", viewBox: "0 0 300 84", preserveAspectRatio: "none", role: "img", "aria-label": spoken },
      h("line", { class: "axis", x1: 0, x2: 300, y1: 82, y2: 82 }),
      colours.map(({ colour, values }) => h("path", { class: colour, d: path(values, most) })),
    ),
  );
}

function path(values, most) {
  const x = (index) => (values.length < 2 ? 150 : (index * 300) / (values.length - 1));
  const y = (value) => 82 - (most === 0 ? 0 : (value / most) * 76);
  let isOpen = false;
  return values
    .flatMap((value, index) => {
      if (value === null) {
        isOpen = false;
        return [];
      }
      const at = `${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
      const part = isOpen ? `L${at}` : `M${at}h0.01`;
      isOpen = true;
      return [part];
    })
    .join("");
}
