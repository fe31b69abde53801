/** What was done: releases, the audit, previews, and how the account differs. */

import { h, lasting, prose, time } from "./dom.js";
import { step } from "./environments.js";

const waiting = () => h("p", { class: "soft" }, "Reading …");
const failed = (why) => h("p", { class: "bad" }, why);

function table(caption, head, rows) {
  return h(
    "div",
    { class: "sheet scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h("tbody", {}, rows),
    ),
  );
}

export function releases(stack, rows, more) {
  if (rows === undefined) return waiting();
  if (rows.error !== undefined) return failed(rows.error);
  if (rows.length === 0) return h("p", { class: "soft" }, "Nothing was deployed here yet.");
  const head = ["When", "What", "Result", "Took", "By", "Commit", "Approved by", "Why"];
  return [
    table(
      `Releases of ${stack}, newest first`,
      head,
      rows.map((row) =>
        h(
          "tr",
          { "data-key": row.operation },
          h("td", {}, time(row.at)),
          h(
            "td",
            {},
            h("a", { href: `#/${stack}/releases/${encodeURIComponent(row.operation)}` }, `${row.kind} ${row.version}`),
          ),
          h("td", { class: row.outcome === "failed" ? "bad" : undefined }, row.outcome),
          h("td", {}, row.ms === undefined ? "–" : lasting(row.ms)),
          h("td", {}, row.actor),
          h("td", { class: "mono" }, row.commit?.slice(0, 8) ?? "–"),
          h("td", {}, row.approver ?? "–"),
          h("td", { class: "wide" }, row.why ?? ""),
        ),
      ),
    ),
    more && h("button", { type: "button", onclick: more }, "Show more"),
  ];
}

export function release(stack, told) {
  const back = h("p", { class: "back" }, h("a", { href: `#/${stack}/releases` }, "All releases"));
  if (told === undefined) return [back, waiting()];
  if (told.error !== undefined) return [back, failed(told.error)];
  const { row, strategy, lines } = told;
  return [
    back,
    h(
      "section",
      { class: "sheet pad", "aria-label": `${row.kind} ${row.version}` },
      h("h2", {}, `${row.kind} ${row.version}: ${row.outcome}`),
      h(
        "p",
        { class: "soft" },
        `by ${row.actor}, ${strategy}, `,
        time(row.at),
        row.ms === undefined ? "" : `, took ${lasting(row.ms)}`,
        row.approver ? `, approved by ${row.approver}` : "",
      ),
      row.why && h("p", { class: row.outcome === "failed" ? "bad" : undefined }, row.why),
      h("ol", { class: "steps" }, lines.map(step)),
    ),
  ];
}

export function audit(stack, told) {
  if (told === undefined) return waiting();
  if (told.error !== undefined) return failed(told.error);
  const { records, total, findings } = told;
  return [
    findings.length === 0
      ? h(
          "p",
          { class: "head" },
          `${total} records, each linked to the one before it: nothing was changed since it was written.`,
        )
      : h(
          "ul",
          { class: "notes" },
          findings.map(({ seq, problem }) => h("li", {}, `Record ${seq}: ${problem}`)),
        ),
    table(
      `What was done to ${stack}, newest first`,
      ["When", "What", "Version", "Result", "Actor", "From", "Why"],
      records.map((one) =>
        h(
          "tr",
          {},
          h("td", {}, time(one.at)),
          h("td", {}, one.kind),
          h("td", {}, one.version ?? "–"),
          h("td", { class: one.outcome === "failed" ? "bad" : undefined }, one.outcome),
          h("td", {}, one.actor),
          h("td", {}, one.from),
          h("td", { class: "wide" }, one.why ?? ""),
        ),
      ),
    ),
  ];
}

export function previews(told) {
  if (told === undefined) return waiting();
  if (told.error !== undefined) return failed(told.error);
  if (told.previews.length === 0) return h("p", { class: "soft" }, "There is no preview environment.");
  const row = ({ stack, record }) => {
    const known = record !== undefined && record !== "unreadable";
    const left = known ? Date.parse(record.expiresAt) - Date.now() : 0;
    return h(
      "tr",
      {},
      h("td", {}, h("a", { href: `#/${stack}` }, stack)),
      h("td", {}, known ? record.state : (record ?? "orphan")),
      h("td", {}, known ? record.version : "–"),
      h("td", {}, known ? record.by : "–"),
      h("td", {}, !known ? "–" : left > 0 ? `${lasting(left)} left` : "its time is over"),
      h("td", {}, known && record.url ? h("a", { href: record.url, rel: "noreferrer" }, record.url) : "–"),
    );
  };
  return [
    told.silent && h("p", { class: "notes" }, `Nobody can be sure that they end: ${told.silent}.`),
    table(
      "Preview environments",
      ["Stack", "State", "Version", "By", "Time to live", "Address"],
      told.previews.map(row),
    ),
  ];
}

export function executions(told) {
  if (told === undefined) return waiting();
  if (told.error !== undefined) return failed(told.error);
  if (told.length === 0) return h("p", { class: "soft" }, "Nothing was started yet.");
  return table(
    "Executions of the runner, newest first",
    ["Began", "Ended", "Machine", "State", "Execution"],
    told.map(({ execution, machine, status, started, ended }) =>
      h(
        "tr",
        {},
        h("td", {}, started ? time(started) : "–"),
        h("td", {}, ended ? time(ended) : "–"),
        h("td", {}, machine),
        h("td", { class: status === "FAILED" || status === "TIMED_OUT" ? "bad" : undefined }, words(status)),
        h("td", { class: "mono wide" }, execution),
      ),
    ),
  );
}

const words = (status) => status.toLowerCase().replaceAll("_", " ");

export function checks(told, ask) {
  const button = h(
    "button",
    { type: "button", onclick: ask, disabled: told?.busy },
    told?.busy ? "Comparing …" : "Compare now",
  );
  const about = h(
    "p",
    { class: "soft" },
    "Compares every resource with the account, and asks the guardrails about what an update would make. Changes nothing; takes up to some minutes.",
  );
  if (told === undefined || told.busy) return [about, h("p", { class: "buttons" }, button)];
  if (told.error !== undefined) return [about, h("p", { class: "buttons" }, button), failed(told.error)];
  const { differences, byHand, findings } = told;
  return [
    about,
    h("p", { class: "buttons" }, button),
    h("h2", { class: "head" }, differences.length + byHand.length === 0 ? "No drift" : "Drift"),
    byHand.length > 0 &&
      h(
        "ul",
        { class: "notes" },
        byHand.map(({ why, fix }) => h("li", {}, `${why}. `, prose(fix))),
      ),
    differences.length > 0 &&
      table(
        "Resources that differ",
        ["Resource", "Type", "What", "Properties"],
        differences.map(({ resource, type, deleted, properties }) =>
          h(
            "tr",
            {},
            h("td", {}, resource),
            h("td", { class: "mono" }, type),
            h("td", {}, deleted ? "deleted" : "changed"),
            h("td", { class: "wide" }, properties.join(", ")),
          ),
        ),
      ),
    h("h2", { class: "head" }, findings.length === 0 ? "No guardrail objects" : "Guardrails"),
    findings.length > 0 &&
      table(
        "What guardrails say of the next update",
        ["Rule", "Level", "What", "Resources"],
        findings.map(({ policy, level, title, fix, resources }) =>
          h(
            "tr",
            {},
            h("td", { class: "mono" }, policy),
            h("td", { class: level === "mandatory" ? "bad" : undefined }, level),
            h("td", { class: "wide" }, title, fix && h("div", { class: "soft small" }, prose(fix))),
            h("td", { class: "wide" }, resources.join(", ")),
          ),
        ),
      ),
  ];
}
