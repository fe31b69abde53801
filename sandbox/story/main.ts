/** What `npm start` plays. Exit code 0 only when every step did what it should and no request failed. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { stopCloud } from "../cloud/lifecycle.ts";
import { takeOver } from "./identity.ts";
import { renderHtml } from "./report/html.ts";
import { buildReport, type StoryReport } from "./report/model.ts";
import { plainLines } from "./report/plain.ts";
import { renderTerminal } from "./report/terminal.ts";
import { Stage } from "./stage.ts";
import { playStory } from "./story.ts";

const usage =
  "usage: npm start -- [platform|delivery|runner] [--keep] [--engine embedded|pulumi] [--rate <requests a second>]";
/** Stories without load, beside the one that releases under it; each is loaded when it is played. */
const others = {
  platform: async (stage: Stage) => (await import("./platform.ts")).playPlatform(stage),
  delivery: async (stage: Stage) => (await import("./delivery/play.ts")).playDelivery(stage),
  runner: async (stage: Stage) => (await import("./runner/play.ts")).playRunner(stage),
};
const write = (text: string) => process.stdout.write(text);

async function main(): Promise<number> {
  const options = readFlags();
  const dir = resolve(process.env["SWITCHYARD_SANDBOX_DIR"] ?? join(import.meta.dirname, "../../.sandbox"));
  await mkdir(dir, { recursive: true });
  await takeOver(dir, write);
  const interruption = watchForEnd();
  const stage = new Stage({ ...options, dir, write, signal: interruption.signal });
  const startedAt = Date.now();
  if (options.other !== undefined) {
    const problem = await others[options.other](stage).then(
      () => undefined,
      (error: Error) => error.message,
    );
    write(`\n${plainLines(stage.played, startedAt, problem).join("\n")}\n`);
    if (!options.keep || interruption.signal.aborted) await stopSandbox(stage);
    if (interruption.signal.aborted) return interruption.exitCode();
    return problem === undefined ? 0 : 1;
  }
  let ending: Partial<Awaited<ReturnType<typeof playStory>>> & { problem?: string } = {};
  try {
    ending = await playStory(stage);
  } catch (error) {
    ending = { problem: error instanceof Error ? error.message : String(error), ...(await stage.endLoad()) };
  }
  const { load, url } = ending;
  const { engine } = options;
  const report = buildReport({
    ...{ startedAt, endedAt: Date.now(), engine, problem: ending.problem, commands: stage.played, load },
  });
  await writeReport(dir, report);
  if (options.keep && !interruption.signal.aborted) write(nextCommands(url));
  else await stopSandbox(stage);
  if (interruption.signal.aborted) return interruption.exitCode();
  return report.ok ? 0 : 1;
}

function readFlags() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        keep: { type: "boolean", default: false },
        engine: { type: "string", default: process.env["SWITCHYARD_ENGINE"] ?? "embedded" },
        rate: { type: "string", default: "100" },
      },
    });
    const { keep, engine } = values;
    const rate = Number(values.rate);
    if (engine !== "embedded" && engine !== "pulumi") throw new Error(`--engine: there is no engine "${engine}"`);
    if (!(rate >= 1 && rate <= 2_000)) throw new Error("--rate: expected a number from 1 to 2000");
    const [story, ...more] = positionals;
    const other = (Object.keys(others) as (keyof typeof others)[]).find((name) => name === story);
    if (more.length > 0 || other !== story) throw new Error(`there is no story "${positionals.join(" ")}"`);
    return { keep, engine, rate, other } as const;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`);
    process.exit(2);
  }
}

/** Ctrl-C, SIGTERM, or the end of the process that started this one (which a kill -9 does not announce). */
function watchForEnd(): { signal: AbortSignal; exitCode: () => number } {
  const controller = new AbortController();
  let exitCode = 1;
  const end = (why: string, code: number) => {
    if (controller.signal.aborted) return;
    exitCode = code;
    controller.abort(new Error(why));
  };
  process.on("SIGINT", () => end("interrupted", 130));
  process.on("SIGTERM", () => end("asked to end", 143));
  process.on("SIGHUP", () => end("the terminal was closed", 129));
  process.stdout.on("error", () => end("nobody reads the output any more", 1));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end("the process that started the story is gone", 1), 500).unref();
  return { signal: controller.signal, exitCode: () => exitCode };
}

async function stopSandbox(stage: Stage): Promise<void> {
  stage.say("\n$ switchyard sandbox stop");
  await stopCloud(stage.options.dir);
}

async function writeReport(dir: string, report: StoryReport): Promise<void> {
  await writeFile(join(dir, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(dir, "report.html"), renderHtml(report));
  write(`\n${renderTerminal(report, process.stdout.columns ?? 100).join("\n")}\n`);
  write(`\nThe whole report: ${join(dir, "report.html")} and report.json\n`);
}

function nextCommands(url: string | undefined): string {
  return `
The environment stays up${url === undefined ? "" : `: ${url} (web) and ${url}/api/notes (notes)`}. Try:
  export SWITCHYARD_SANDBOX=1
  npx switchyard status sandbox
  npx switchyard history sandbox
  npx switchyard deploy sandbox --tag v2 --strategy linear
  npx switchyard sandbox stop
`;
}

process.exitCode = await main();
