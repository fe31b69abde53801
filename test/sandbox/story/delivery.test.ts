import assert from "node:assert/strict";
import { mustTellOfBoth } from "../../../sandbox/story/delivery/audit.ts";
import { mustMake, untilOf } from "../../../sandbox/story/delivery/preview.ts";
import type { Stage } from "../../../sandbox/story/stage.ts";
import { listen } from "../../images/processes.ts";

/** A stage whose every command succeeds, and says this. */
const saying = (output: string) =>
  ({ run: async () => ({ exitCode: 0, output }), say: () => undefined }) as unknown as Stage;

describe("the story of delivery fails", () => {
  it("where a preview environment gives no address, or does not answer at it", async () => {
    const server = await listen((request, response) =>
      response.writeHead(request.url === "/api/notes" ? 503 : 200).end(),
    );
    const made = (text: string) => mustMake(saying(text), "preview", "create", "1", "--tag", "v1");
    await assert.rejects(made("pr-1 is made"), /preview create 1 --tag v1.*no address/);
    await assert.rejects(made(`pr-1 answers at http://${server.host} until x`), /\/api\/notes is answered with 503/);
    await server.close();
  });

  it("not where it answers at the address it gives", async () => {
    const server = await listen((_, response) => response.writeHead(200).end());
    const said = `v1 serves\npr-1 answers at http://${server.host} until 2026-01-01T00:00:00.000Z\n`;
    assert.equal(await mustMake(saying(said), "ci", "preview"), `http://${server.host}`);
    await server.close();
  });

  it("where nothing says until when an environment stays", async () => {
    const list = "STACK  STATE  UNTIL  URL\npr-12  ready  2026-01-02T00:00:00.000Z  http://x\n";
    assert.equal(await untilOf(saying(list), 12), "2026-01-02T00:00:00.000Z");
    await assert.rejects(untilOf(saying(list), 1), /does not say until when pr-1 stays/);
  });

  it("where the audit does not tell of the merge that failed and of what serves since", async () => {
    const line = (commit: string, outcome: string) => JSON.stringify({ commit, outcome });
    const told = (...lines: readonly string[]) =>
      mustTellOfBoth(saying(`${lines.join("\n")}\n`), "sandbox", { commit: "bad", good: "good" });
    await told(line("old", "succeeded"), line("bad", "failed"), line("good", "succeeded"));
    for (const lines of [
      [line("bad", "failed")],
      [line("bad", "succeeded"), line("good", "succeeded")],
      [line("good", "succeeded"), line("bad", "failed")],
    ])
      await assert.rejects(told(...lines), /audit list sandbox/);
  });
});
