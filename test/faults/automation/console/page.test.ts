import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Action } from "../../../../automation/console/actions.ts";
import type { EnvironmentView } from "../../../../automation/console/views/environment.ts";
import { environment, flight, served } from "../../../automation/console/views.ts";
import { openBrowser } from "../../../support/browser.ts";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const kinds: readonly EnvironmentView[] = [
  environment(),
  environment({ stack: "staging", state: "releasing", flight: flight({ approvable: true }) }, 10),
  environment({
    ...{ stack: "broken", state: "attention", troubles: ["web blue: 0 of 2 tasks are healthy"] },
    flight: flight({ undo: "alarm", atWork: false }),
    lease: { holder: "ann@host#1.0123456789", purpose: "deploy v2", since: "2026-01-05T09:00:00Z" },
  }),
  environment({
    stack: "replaced",
    names: [
      {
        host: "www.example.com",
        leads: [
          { stack: "replaced", weight: 0, share: 0 },
          { stack: "next", weight: 255, share: 100 },
        ],
      },
      { host: "shop.example.com", leads: [] },
    ],
    upgrade: {
      ...{ stands: "its upgrade to v2 in next is under way", begunAt: Date.UTC(2026, 0, 5, 9) },
      steps: [
        { step: "freeze", why: "no deploy", state: "done", at: Date.UTC(2026, 0, 5, 9) },
        { step: "names", why: "the names both have lead to the new environment", state: "now" },
        { step: "open", why: "the new database takes writes", state: "ahead" },
      ],
    },
  }),
  environment({ stack: "pr-12", state: "unreadable", services: [], troubles: ["no credentials"] }),
];

const pages = [
  ...["/", "/previews", "/executions", "/staging", "/broken", "/replaced", "/nowhere"],
  ...["/production/releases", "/production/releases/1", "/production/audit", "/production/checks"],
];

const narrow = 360;
const wide = 1280;
/** What is written beyond its place, over what stands beside it; what scrolls or is for the ear alone is not. */
const overflowing = `[...document.querySelectorAll("main *:not(.quiet)")]
  .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === "visible")
  .map((one) => one.outerHTML)`;

describe("the console's page in Chromium", function () {
  this.timeout(180_000);
  let browser: Browser | undefined;
  before(async function () {
    browser = await openBrowser();
    if (browser === undefined) this.skip();
  });
  after(() => browser?.close());

  const views = new Map<string, EnvironmentView>();
  beforeEach(() => {
    views.clear();
    for (const view of kinds) views.set(view.stack, view);
  });

  /** Opens the page by its link, and closes everything after. */
  async function looking(
    work: (page: Page, origin: string, problems: string[]) => Promise<void>,
    options: BrowserContextOptions = {},
    acted?: Action[],
  ): Promise<void> {
    const act = acted && {
      act: async (action: Action) => {
        acted.push(action);
        return { command: `switchyard ${action.kind} ${action.stack}`, ended: true, ok: true, output: "done" };
      },
    };
    const one = await served(views, act);
    const context = await (browser as Browser).newContext(options);
    try {
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      page.on(
        "request",
        (asked) => new URL(asked.url()).origin !== new URL(one.url).origin && problems.push(asked.url()),
      );
      await page.goto(one.url);
      await page.locator("#stream", { hasText: "live" }).waitFor();
      await work(page, new URL(one.url).origin, problems);
      assert.deepEqual(problems, []);
    } finally {
      await context.close();
      await one.close();
    }
  }

  const go = async (page: Page, path: string) => {
    await page.evaluate(`location.hash = ${JSON.stringify(path)}`);
    await page.locator("main h1, main p").first().waitFor();
  };

  for (const colorScheme of ["light", "dark"] as const)
    it(`has nothing that axe objects to, in ${colorScheme}, and fits 360 px`, async () => {
      await looking(
        async (page) => {
          for (const path of pages) {
            await go(page, path);
            if (path.endsWith("checks")) {
              await page.getByRole("button", { name: "Compare now" }).click();
              await page.getByText("What guardrails say of the next update").waitFor();
            }
            await page.waitForFunction('!document.querySelector("main").textContent.includes("Reading")');
            await page.addScriptTag({ path: axe });
            const found = (await page.evaluate("axe.run()")) as AxeResults;
            const named = found.violations.map(
              ({ id, nodes }) => `${path}: ${id}: ${nodes.map((n) => n.html).join(" ")}`,
            );
            assert.deepEqual(named, []);
            for (const width of [narrow, wide]) {
              await page.setViewportSize({ width, height: 780 });
              const over = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
              assert.ok(over <= 0, `${path} is ${over} px too wide for ${width}`);
              assert.deepEqual(await page.evaluate(overflowing), [], `${path} at ${width} px`);
            }
            await page.setViewportSize({ width: narrow, height: 780 });
          }
        },
        { colorScheme, viewport: { width: narrow, height: 780 }, bypassCSP: true },
      );
    });

  it("moves weights as they move, and keeps the focus where it was", async () => {
    await looking(async (page) => {
      const bar = page.getByRole("img", { name: /^web/ }).first();
      views.set("broken", environment({ stack: "broken" }, 10));
      await page.getByRole("img", { name: "web: blue 90 %, green 10 %" }).first().waitFor();
      await page.getByRole("link", { name: "production", exact: true }).focus();
      views.set("broken", environment({ stack: "broken" }, 60));
      await page.getByRole("img", { name: "web: blue 40 %, green 60 %" }).waitFor();
      assert.equal(await page.evaluate("document.activeElement.textContent"), "production");
      assert.equal(await bar.locator(".green").getAttribute("style"), "width: 60%;");
    });
  });

  it("says where shared names lead, and how far an upgrade to the environment beside is", () =>
    looking(async (page) => {
      await go(page, "/replaced");
      await page.getByRole("img", { name: "www.example.com: replaced 0 %, next 100 %" }).waitFor();
      await page.getByRole("img", { name: "shop.example.com: no record" }).waitFor();
      const steps = page.getByRole("list", { name: "Steps of the upgrade" }).getByRole("listitem");
      assert.deepEqual(await steps.allTextContents(), ["freeze, done", "names", "open, ahead"]);
      assert.equal(await steps.nth(1).getAttribute("aria-current"), "step");
      await page.getByText("Next: the names both have lead to the new environment").waitFor();
    }));

  it("asks before it acts, naming the version, and with the keyboard alone", async () => {
    const acted: Action[] = [];
    await looking(
      async (page) => {
        await go(page, "/production");
        await page.getByRole("button", { name: "Roll back from v1" }).focus();
        await page.keyboard.press("Enter");
        const dialog = page.getByRole("dialog", { name: "Roll back from v1?" });
        await dialog.waitFor();
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "hidden" });
        assert.deepEqual(acted, []);
        await page.getByRole("button", { name: "Roll back from v1" }).press("Enter");
        await dialog.getByRole("button", { name: "Roll back from v1" }).press("Enter");
        await page.getByText("Done.").waitFor();
        assert.deepEqual(acted, [{ stack: "production", kind: "rollback", version: "v1" }]);
      },
      {},
      acted,
    );
  });

  it("has no button that acts where it only shows", async () => {
    await looking(async (page) => {
      await go(page, "/staging");
      assert.equal(await page.getByRole("button").count(), 0);
    });
  });

  it("says so when it is not told of changes any more", async () => {
    const one = await served(views);
    const context = await (browser as Browser).newContext();
    try {
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(one.url);
      await page.locator("#stream", { hasText: "live" }).waitFor();
      await one.close();
      await page.clock.runFor(20_000);
      await page.locator("#stream", { hasText: "not connected since" }).waitFor();
    } finally {
      await context.close();
    }
  });
});
