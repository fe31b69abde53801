/** What the console's page takes to be seen, and what its server holds after an hour of changes. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { systemClock } from "../automation/clock.ts";
import { Feed } from "../automation/console/feed.ts";
import { serve } from "../automation/console/server.ts";
import { releases } from "../automation/console/sources.ts";
import type { EnvironmentView } from "../automation/console/views/environment.ts";
import { answers, environment } from "../test/automation/console/views.ts";
import { goal } from "../test/automation/deploy/fixtures.ts";
import { openBrowser } from "../test/support/browser.ts";
import { MemoryTable } from "../test/support/memory-table.ts";
import { type BenchResult, median, type Row } from "./measure.ts";

const environments = 50;
const operations = 10_000;
const times = 9;
/** Looks of an hour at each environment, every five seconds. */
const looks = 720;

export async function console_(): Promise<BenchResult> {
  const names = Array.from({ length: environments }, (_, i) => `env-${String(i).padStart(2, "0")}`);
  const held = await growth(names);
  const browser = await openBrowser();
  const rows = browser === undefined ? [] : await painted(browser, names).finally(() => browser.close());
  return { bench: "console", rows: [...rows, held] };
}

function view(stack: string, turn: number): EnvironmentView {
  const one = environment({ stack, at: turn }, turn % 101);
  const services = ["web", "api", "notes"].map(
    (name) => ({ ...one.services[0], name }) as EnvironmentView["services"][0],
  );
  return { ...one, services };
}

/** A feed of them, each looked at again when its pause is over. */
function feedOf(names: readonly string[], pause: () => Promise<void>): Feed {
  let turn = 0;
  return new Feed({
    stacks: async () => names,
    look: async (stack) => view(stack, turn++),
    reason: String,
    clock: { now: () => systemClock.now(), sleep: pause },
    ...{ everyMs: 1, stacksEveryMs: 1 },
  });
}

async function painted(browser: Browser, names: readonly string[]): Promise<readonly Row[]> {
  const table = new MemoryTable();
  for (let i = 0; i < operations; i++) {
    const operation = `${String(i).padStart(8, "0")}-deploy-v${i}`;
    const asked = JSON.stringify(goal({ operation, version: `v${i}` }));
    table.put(`operation#${operation}`, { operation, goal: asked, at: i, outcome: "succeeded", endedAt: i + 1 });
  }
  const feed = feedOf(names, () => new Promise(() => undefined));
  const listed = (_stack: string, limit: number) => releases({ table }, limit);
  const served = await serve({ ...answers, feed, releases: listed }, 0);
  const context = await browser.newContext();
  try {
    await new Promise<void>((resolve) => feed.subscribe(() => feed.views.length === names.length && resolve()));
    const page = await context.newPage();
    await page.goto(served.url);
    const home = new URL(served.url).origin;
    const first = await repeated(() => paintOf(context, home));
    const all = await repeated(() => thereAfter(context, home, "heading", `env-${environments - 1}`));
    const newest = `deploy v${operations - 1}`;
    const list = await repeated(() => thereAfter(context, `${home}/#/${names[0]}/releases`, "link", newest));
    return [
      { what: `first paint, ${environments} environments`, value: median(first), unit: "ms", limit: 200 },
      { what: "the last of them is there, a new tab included", value: median(all), unit: "ms" },
      { what: `the newest of ${operations} releases is there, likewise`, value: median(list), unit: "ms" },
    ];
  } finally {
    await context.close();
    await served.close();
  }
}

async function repeated(once: () => Promise<number>): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) taken.push(await once());
  return taken;
}

/** First contentful paint, in milliseconds from the start of the navigation (W3C, "Paint Timing"). */
function paintOf(context: BrowserContext, url: string): Promise<number> {
  return visit(context, url, async (page) => {
    await page.getByRole("heading", { name: `env-${environments - 1}` }).waitFor();
    const [paint] = (await page.evaluate(
      `performance.getEntriesByName("first-contentful-paint").map(({ startTime }) => startTime)`,
    )) as number[];
    return paint ?? Number.NaN;
  });
}

/** From the start of the navigation until there is something of this role and name, as it is seen from here. */
function thereAfter(context: BrowserContext, url: string, role: "heading" | "link", name: string): Promise<number> {
  const begun = performance.now();
  return visit(context, url, async (page) => {
    await page.getByRole(role, { name }).waitFor();
    return performance.now() - begun;
  });
}

async function visit(context: BrowserContext, url: string, look: (page: Page) => Promise<number>): Promise<number> {
  const page = await context.newPage();
  try {
    await page.goto(url);
    return await look(page);
  } finally {
    await page.close();
  }
}

/** What is held more after an hour in which every environment changed with every look than after its first minute. */
async function growth(names: readonly string[]): Promise<Row> {
  let turns = 0;
  let minute = 0;
  const enough = looks * names.length;
  await new Promise<void>((done) => {
    const feed = feedOf(names, async () => {
      turns += 1;
      if (turns === enough / 60) minute = held();
      if (turns >= enough) {
        feed.stop();
        done();
      }
      await new Promise((resolve) => setImmediate(resolve));
    });
    feed.subscribe(() => undefined);
  });
  return { what: "held more after an hour of events", value: (held() - minute) / 2 ** 20, unit: "MB", limit: 5 };
}

function held(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
