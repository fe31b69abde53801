import assert from "node:assert/strict";
import type { Goal } from "../../../../automation/deploy/decide/goal.ts";
import type { ReleaseDocument, ServiceRelease } from "../../../../programs/release.ts";
import { ends, playInTurn } from "../../../support/world/in-turn.ts";
import { Parts } from "../../../support/world/parts.ts";
import type { Command, DriverPlan } from "../../../support/world/schedule.ts";
import { deployed, goal, goalFor } from "../fixtures.ts";

const deploy = (version: string, only?: number): Command => ({
  ...{ kind: "deploy", version, strategy: { kind: "all-at-once" }, approval: false },
  ...(only !== undefined && { only }),
});
const back: Command = { kind: "rollback" };
const ofApi = 1;

describe("a deploy of some services in a simulated world", () => {
  it("is all that a rollback takes back, and a second one brings again", async () => {
    const report = await playInTurn(deploy("v2"), deploy("v3", ofApi), back, back);
    assert.deepEqual(ends(report), ["succeeded v2", "succeeded v3", "succeeded v2", "succeeded v3"]);
  });

  it("leaves to a rollback to a version the services that do not serve it", async () => {
    const report = await playInTurn(deploy("v2"), deploy("v3", ofApi), { kind: "rollback-to", version: "v2" });
    assert.deepEqual(ends(report).at(-1), "succeeded v2");
  });

  it("is all that a rollback to its version brings back: what the version was released without stays", async () => {
    const report = await playInTurn(deploy("v3", ofApi), deploy("v2"), { kind: "rollback-to", version: "v3" }, back);
    assert.deepEqual(ends(report), ["succeeded v3", "succeeded v2", "succeeded v3", "succeeded v2"]);
    assert.ok(
      report.log.some((l) => /rollback-to .*api production/.test(l)),
      report.log.join("\n"),
    );
    assert.ok(!report.log.some((l) => /rollback-to .*web production/.test(l)), report.log.join("\n"));
  });

  it("is another operation than the deploy of all: who asks for that has it undone first", async () => {
    const kill = { call: 70, when: "before" as const };
    const report = await playInTurn({ command: deploy("v3", ofApi), kill } as DriverPlan, deploy("v2"));
    assert.deepEqual(ends(report), ["succeeded v2"]);
    assert.ok(
      report.log.some((l) => l.includes("ledger operation#00000001-deploy-v3-of-api")),
      report.log.join("\n"),
    );
  });

  it("goes on where it was killed, and so does the rollback of it", async () => {
    let finished = 0;
    for (let call = 8; call < 130; call += 27) {
      const killed = (command: Command) => ({ command, kill: { call, when: "during" } }) as DriverPlan;
      const again = await playInTurn(deploy("v2"), killed(deploy("v3", ofApi)), deploy("v3", ofApi), back);
      assert.deepEqual(ends(again).at(-1), "succeeded v2", `killed at ${call}\n${again.log.join("\n")}`);
      const rolled = await playInTurn(deploy("v2"), deploy("v3", ofApi), killed(back), back);
      if (ends(rolled).length < 4) {
        assert.deepEqual(ends(rolled).at(-1), "succeeded v2", `killed at ${call}\n${rolled.log.join("\n")}`);
        finished += 1;
      }
    }
    assert.ok(finished > 0);
  });
});

describe("the rules of which services move", () => {
  const services = ["web", "api", "docs"].map((name) => ({ name, order: 0, desiredCount: 1 }));
  const image = { digest: "d", version: "v2" };
  const api = { name: "2-deploy", goal: goal({ version: "v2", services, images: { api: image } }) as Goal };
  const plain = { name: "3-rollback", goal: goalFor("rollback", { services }) };
  const named = { name: "3-rollback-to-v1", goal: goalFor("rollback", { services }) };

  const on = (version: string, before?: string): ServiceRelease => ({
    ...{ live: "green", green: deployed(version) },
    ...(before !== undefined && { blue: deployed(before) }),
  });
  const back = ({ live: _, ...service }: ServiceRelease): ServiceRelease => ({ ...service, live: "blue" });
  const document = (change: Readonly<Record<string, ServiceRelease>>): ReleaseDocument => ({
    ...{ format: 1, revision: 1 },
    services: { web: on("v1", "v0"), api: on("v1", "v0"), docs: on("v1"), ...change },
  });
  const before = document({});
  const apiMoved = document({ api: on("v2", "v1") });

  const wrongs: readonly (readonly [
    what: string,
    wrong: readonly string[],
    of: (parts: Parts) => readonly string[],
  ])[] = [
    [
      "a deploy moves what it has images for",
      [],
      (p) => [...p.touches("2-deploy", "api"), ...p.succeeded("2-deploy", apiMoved)],
    ],
    ["and touches nothing else", ["2-deploy is of api and writes to web"], (p) => p.touches("2-deploy", "web")],
    [
      "nor changes it",
      ["web is none of its services and changed"],
      (p) => p.succeeded("2-deploy", document({ api: on("v2", "v1"), web: on("v2", "v1") })),
    ],
    ["it succeeds when that serves", ["api serves v1"], (p) => p.succeeded("2-deploy", before)],
    [
      "a rollback takes back what changed last",
      ["web is none of its services and changed", "api did not go back"],
      (p) => {
        p.written(apiMoved, plain);
        return p.succeeded("3-rollback", document({ api: on("v2", "v1"), web: back(on("v1", "v0")) }));
      },
    ],
    [
      "and that alone",
      [],
      (p) => {
        p.written(apiMoved, plain);
        return [
          ...p.touches("3-rollback", "api"),
          ...p.succeeded("3-rollback", document({ api: back(on("v2", "v1")) })),
        ];
      },
    ],
    [
      "one to a version takes back all, but what has no earlier release",
      ["api did not go back"],
      (p) => {
        p.written(apiMoved, named);
        return p.succeeded("3-rollback-to-v1", document({ api: on("v2", "v1"), web: back(on("v1", "v0")) }));
      },
    ],
    ["a repair may touch everything", [], (p) => p.touches("4-repair", "web")],
  ];
  for (const [what, wrong, of] of wrongs)
    it(what, () => {
      const parts = new Parts();
      parts.written(before);
      parts.written(before, api);
      assert.deepEqual(of(parts), wrong);
    });
});
