import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { openBrowser } from "../support/browser.ts";
import { ConsolePage, shownIn } from "../support/console-page.ts";
import { useCanary } from "../support/release/canary.ts";
import type { Driver } from "../support/release/driver.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line, under load. */
describe("looking at an environment", function () {
  this.timeout(120_000);
  this.retries(0);
  const sandbox = useReleases();
  const drive = (...args: readonly string[]) => sandbox().drive(...args);
  const refused = async (code: number, says: RegExp, ...args: readonly string[]) => {
    const ended = await drive(...args).ended();
    assert.equal(ended.code, code, ended.output);
    assert.match(ended.output, says);
  };

  it("shows the last minute of the colour that serves", async () => {
    await sandbox().startLoad();
    const served = /web +(blue|green) \(live\) +v\d +100% +[1-9]\/[1-9] +[1-9]\d* +0 +\d+ ms +\d+ ms/;
    // The sandbox's minute is 1.2 s long: one has to be over in which web was asked, of which the load may ask api first.
    let text = "";
    for (let look = 0; look < 20 && !served.test(text); look++) text = await drive("top", stack, "--once").succeeds();
    await sandbox().stopLoad();
    assert.match(text, served);
  });

  it("follows what tasks write, and ends when it is interrupted", async () => {
    const logs = drive("logs", stack, "--service", "api", "--since", "1h", "--follow");
    await logs.shows('"level":"info"');
    logs.signal("SIGINT");
    assert.equal(await logs.exitCode(), 0, logs.output);
    assert.doesNotMatch(logs.output, /Z {2}web /);
    const lines = logs.output.split("\n").filter((line) => line.includes('"level"'));
    assert.equal(new Set(lines).size, lines.length, "a line was shown twice");
    assert.match(await drive("logs", stack, "--since", "0s").succeeds(), /^! nothing was written since 2\d{3}-\S+Z: /m);
    const document = JSON.parse(await drive("logs", stack, "--since", "1h", "--json").succeeds());
    const services = new Set(document.map(({ service }: { service: string }) => service));
    // Other suites may have added some.
    for (const name of ["api", "web"]) assert.ok(services.has(name), name);
  });

  it("says what a month costs, with what has no price", async () => {
    const text = await drive("cost", stack).succeeds();
    assert.match(text, /service web +fargate-arm-vcpu +\d+ hours +\$\d+\.\d\d/);
    assert.match(text, /all +at least \$\d+\.\d\d/);
    assert.match(text, /! no price of composite-alarm-month could be had/);
    // The lines for people are on standard error then, which the driver here gathers too.
    const [document = ""] = /^\{[\s\S]*^\}/m.exec(await drive("cost", stack, "--json").succeeds()) ?? [];
    const { estimate, difference } = JSON.parse(document);
    assert.ok(difference.before > 0);
    assert.equal(difference.after, estimate.usd);
  });

  it("refuses a plan whose month would cost more than it may, and says what is dear", async () => {
    const { exitCode } = errorCatalogue["policy-violation"];
    const says =
      /cost-within-maximum \(a month would cost at least \$\d+\.\d\d, and may cost \$1\.00: most of it \w.*not in the sum: .*flowLog/;
    await refused(exitCode, says, "plan", stack, "--set", "cost.maxMonthlyUsd=1");
    const advice = await drive("plan", stack, "--policies", "--set", "cost.maxMonthlyUsd=9999").succeeds();
    assert.match(advice, /advisory cost-known .*a month costs at least \$\d+\.\d\d of \$9999\.00/);
    assert.doesNotMatch(advice, /cost-within-maximum/);
  });

  it("refuses what it cannot show", async () => {
    await refused(2, /there is no service apo. Did you mean api/, "logs", stack, "--service", "apo");
    await refused(2, /one JSON document cannot hold/, "logs", stack, "--follow", "--json");
    await refused(2, /--since: 2999-01-01T00:00:00.000Z is still to come/, "logs", stack, "--since", "2999-01-01");
    await refused(11, /elsewhere has no services yet/, "logs", "elsewhere");
    await refused(2, /is the pipeline stack/, "cost", "pipeline");
  });

  describe("on a page", function () {
    this.timeout(360_000);
    const canary = useCanary(sandbox);
    const running: Driver[] = [];
    afterEach("end what was started", () => Promise.all(running.splice(0).map((one) => one.kill())));

    /** With the page as a browser shows it, where there is one. */
    async function onPage(work: (page: ConsolePage, shown: Page | undefined) => Promise<void>): Promise<void> {
      const console_ = drive("console", "--allow-actions", "--only", stack);
      running.push(console_);
      await console_.shows("opens once");
      const page = await ConsolePage.open(/http:\S+/.exec(console_.output)?.[0] ?? "");
      const browser = await openBrowser();
      try {
        await work(page, browser && (await shownIn(browser, page)));
      } finally {
        page.close();
        await browser?.close();
      }
    }

    it("moves weights as they move, says what is waited for, lets a release go on and undoes it", () =>
      onPage(async (page, shown) => {
        await page.until(({ services, flight }) => services.length > 0 && flight === undefined);
        const deploy = drive(...canary().args, "--approve");
        running.push(deploy);
        const asked = await page.until(({ flight }) => flight?.approvable === true);
        assert.ok(asked.services.every(({ colours }) => colours.every(({ weight }) => weight === 0 || weight === 100)));
        await page.act(stack, { kind: "promote", version: asked.flight?.version ?? "" });
        const moved = await page.until(({ services, flight }) => {
          const shares = services.flatMap(({ colours }) => colours.map(({ weight }) => weight));
          return shares.includes(10) && flight?.waits !== undefined && flight.atWork;
        });
        assert.match(moved.flight?.waits?.why ?? "", /10%/);
        assert.match(moved.lease?.purpose ?? "", /^deploy/);
        await shown
          ?.getByRole("img", { name: / 90 %,.* 10 %| 10 %,.* 90 %/ })
          .first()
          .waitFor();
        await page.act(stack, { kind: "abort", version: moved.flight?.version ?? "" });
        await page.until(({ services, flight }) => {
          const shares = services.flatMap(({ colours }) => colours.map(({ weight }) => weight));
          return flight === undefined && shares.every((share) => share === 0 || share === 100);
        });
        assert.notEqual(await deploy.exitCode(), 0, deploy.output);
        await shown?.getByText(/deploy v\d+ failed/).waitFor();
      }));

    it("goes back from the version that was confirmed, and from no other", () =>
      onPage(async (page, shown) => {
        const { live, other } = canary();
        const serves = (version: string) =>
          page.until(
            ({ services, flight }) =>
              flight === undefined &&
              services.length > 0 &&
              services.every(({ colours }) => colours.some((one) => one.version === version && one.weight === 100)),
          );
        await drive("deploy", stack, "--tag", other, "--strategy", "all-at-once").succeeds();
        await serves(other);
        const refused = await page.asks(stack, { kind: "rollback", version: live });
        assert.equal(refused.status, 409);
        assert.match(await refused.text(), new RegExp(`it was confirmed for ${live}, and now it is ${other}`));
        await serves(other);
        if (shown === undefined) await page.act(stack, { kind: "rollback", version: other });
        else {
          await shown.goto(`${page.origin}/#/${stack}`);
          await shown.getByRole("button", { name: `Roll back from ${other}` }).click();
          const asked = shown.getByRole("dialog", { name: `Roll back from ${other}?` });
          await asked.getByText(`Traffic of ${stack} leaves ${other} for what served before it.`).waitFor();
          await asked.getByRole("button", { name: `Roll back from ${other}` }).click();
        }
        const { last } = await serves(live);
        assert.deepEqual([last?.kind, last?.outcome], ["rollback", "succeeded"]);
        await shown?.locator("button", { hasText: `Roll back from ${live}` }).waitFor();
      }));
  });
});
