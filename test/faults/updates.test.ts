import assert from "node:assert/strict";
import fc from "fast-check";
import { values } from "../programs/fixtures.ts";
import { changed, describeTurn, sequence, type Values } from "../support/sequences/changes.ts";
import { Environment } from "../support/sequences/environment.ts";

const sequences = 300;

/**
 * Random changes of a configuration against what the program itself plans for them. Proves of hundreds of sequences that no
 * update which the program and the guard let through changes or takes away what serves or is kept for a rollback: rules and
 * their places, target groups, ECS services, firewall, roles, secrets, database. The driver's shifts are taken for done as
 * they end: `schedules.test.ts` tries those, and `routes.test.ts` and others the whole way under load. The network is a component of
 * another package, of whose subnets the program's plan says nothing: `zones.test.ts` tries them.
 */
describe("updates of a configuration that changes at random", function () {
  this.timeout(300_000);
  const { stackTraceLimit } = Error;
  before("take no stack trace of every promise: they are a quarter of a program's time", () => {
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it(`touch nothing that serves, or are refused, in ${sequences} sequences`, async () => {
    const [done, refused] = [new Set<string>(), new Set<string>()];
    const property = fc.asyncProperty(sequence, async (turns) => {
      const environment = new Environment();
      let now = values() as unknown as Values;
      assert.equal(await environment.run("deploy", now), undefined);
      const told: string[] = [];
      for (const turn of turns) {
        const wanted = changed(now, turn);
        const why = await environment.run(turn.command, wanted);
        told.push(`${describeTurn(turn)}: ${why ?? "done"}`);
        (why === undefined ? done : refused).add(describeTurn(turn));
        if (why === undefined && turn.command !== "rollback") now = wanted;
        assert.deepEqual(environment.violations, [], told.join("\n"));
      }
      // What was let through once lets every later update through as well, whatever it had to keep at first.
      for (const command of ["deploy another version", "deploy", "up"] as const) {
        const why = await environment.run(command, now);
        told.push(`${command}, as it is: ${why ?? "done"}`);
        assert.equal(why, undefined, told.join("\n"));
      }
      assert.deepEqual(environment.violations, [], told.join("\n"));
    });
    await fc.assert(property, { numRuns: sequences, seed: Number(process.env["SEED"] ?? Date.now()) });
    // Neither is all refused, nor nothing.
    assert.ok(done.size > 100 && refused.size > 100, `${done.size} done, ${refused.size} refused`);
  });
});
