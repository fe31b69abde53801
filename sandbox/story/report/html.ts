import type { PlayedCommand, StoryReport } from "./model.ts";
import { latencyPlot, sharePlot } from "./plots.ts";
import { escapeHtml } from "./text.ts";

/** The report as one file that refers to nothing outside itself. */
export function renderHtml(report: StoryReport): string {
  const verdict = report.problem === undefined ? "Every step did what it should" : `Failed: ${report.problem}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Switchyard: the release story of ${escapeHtml(report.startedAt)}</title>
<style>${style}</style>
<main>
<h1>A release under load</h1>
<p class="${report.ok ? "ok" : "bad"}">${escapeHtml(verdict)}.</p>
<dl>${[
    ["requests", report.requests],
    ["failed", report.failed],
    ["p50", `${report.p50Ms} ms`],
    ["p99", `${report.p99Ms} ms`],
    ["versions seen", report.versionsSeen.join(", ")],
    ["duration", `${report.seconds} s`],
    ["engine", report.engine],
  ]
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(String(value))}</dd></div>`)
    .join("")}</dl>
<h2>Share of each version's answers</h2>
${sharePlot(report)}
<h2>Latency</h2>
${latencyPlot(report)}
<h2>Commands</h2>
${commandTable(report.commands)}
${failureTable(report)}
</main>
</html>
`;
}

function commandTable(commands: readonly PlayedCommand[]): string {
  const longest = Math.max(1, ...commands.map(({ ms }) => ms));
  const rows = commands.map((played, index) => {
    const { release } = played;
    const steps = (release?.steps ?? []).map((step) => row("step", "", step.name, step, longest));
    const outcome = release === undefined ? "" : `${release.version} ${release.outcome}, ${release.strategy}`;
    return [row("command", String(index + 1), played.command, played, longest, outcome), ...steps].join("\n");
  });
  return `<table><thead><tr><th></th><th>command and its steps</th><th>time</th><th></th><th>AWS calls</th><th>release</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table>`;
}

function row(
  kind: string,
  number: string,
  name: string,
  cost: { ms: number; awsCalls: number },
  longest: number,
  outcome = "",
): string {
  const bar = `<span class="bar" style="width:${((cost.ms / longest) * 8).toFixed(2)}rem"></span>`;
  return `<tr class="${kind}"><td>${number}</td><td>${escapeHtml(name)}</td><td class="n">${(cost.ms / 1_000).toFixed(1)} s</td><td>${bar}</td><td class="n">${cost.awsCalls}</td><td>${escapeHtml(outcome)}</td></tr>`;
}

function failureTable({ load }: StoryReport): string {
  if (load === undefined || load.failures.length === 0) return "";
  const rows = load.failures.map(
    ({ at, request, failure, version }) =>
      `<tr><td class="n">${((at - load.startedAt) / 1_000).toFixed(1)} s</td><td>${escapeHtml(request)}</td><td>${escapeHtml(failure)}</td><td>${escapeHtml(version ?? "")}</td></tr>`,
  );
  return `<h2>Failed requests</h2><table><thead><tr><th>at</th><th>request</th><th>failure</th><th>version</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}

const style = `
:root { color-scheme: light dark; --ink: #1c1f23; --quiet: #5b6470; --line: #d5dae0; --ground: #fff; --ok: #13703b; --bad: #b3261e;
  --c0: #3b6fd4; --c1: #d9822b; --c2: #2e9e6b; --c3: #9a5bc4; --c4: #b8465f; --c5: #5f7a86; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --quiet: #9aa5b1; --line: #39424c; --ground: #14181d; --ok: #5fd08f; --bad: #ff8a80;
  --c0: #6f9cf0; --c1: #f0a65a; --c2: #58c793; --c3: #bd8be0; --c4: #e27f95; --c5: #93aab5; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.ok { color: var(--ok) } .bad { color: var(--bad) }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0 } dt { color: var(--quiet); font-size: .85rem } dd { margin: 0; font-weight: 600 }
svg { width: 100%; height: auto; display: block } svg text { fill: var(--quiet); font: 11px system-ui, sans-serif }
table { border-collapse: collapse; width: 100% } th { text-align: left; color: var(--quiet); font-weight: 500; font-size: .85rem }
td, th { padding: .15rem .75rem .15rem 0; vertical-align: middle } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.command td { border-top: 1px solid var(--line); font-weight: 600 } .step td { color: var(--quiet) } .step td:nth-child(2) { padding-left: 1rem }
.bar { display: inline-block; height: .6rem; background: var(--c0); border-radius: 2px; min-width: 1px } .step .bar { opacity: .5 }
`;
