import assert from "node:assert/strict";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line: what a person's rights, hands or limits make AWS refuse is never a fault of our own. */
describe("what AWS refuses", function () {
  this.timeout(120_000);
  this.retries(0);
  const sandbox = useReleases();
  const denied = { effect: "error", code: "AccessDeniedException", status: 400, message: "not authorized" } as const;

  async function refused(args: readonly string[], says: RegExp): Promise<void> {
    const driver = sandbox().drive(...args);
    assert.equal(await driver.exitCode(), errorCatalogue["aws-refused"].exitCode, driver.output);
    assert.match(driver.output, says);
    assert.doesNotMatch(driver.output, /SWITCHYARD_DEBUG/);
  }

  it("is said of commands that only read", async () => {
    for (const [service, operation] of [
      ["ecs", "DescribeServices"],
      ["elasticloadbalancing", "DescribeRules"],
      ["dynamodb", "*"],
    ] as const) {
      await sandbox().fault({ service, operation, ...denied });
      await refused(["status", stack], /AWS does not let these credentials do it .*Let the role do it/);
    }
    await sandbox().fault();
  });

  it("is said of a deploy with what it leaves, and the same command goes on", async () => {
    await sandbox().fault({ service: "ecs", operation: "UpdateService", ...denied });
    const deploy = ["deploy", stack, "--tag", "v2", "--strategy", "all-at-once", "--keep-warm", "1s"] as const;
    await refused(deploy, /ecs\.UpdateService: AWS does not let .*nothing was undone, .*run the same command again/);
    await sandbox().fault();
    await sandbox()
      .drive(...deploy)
      .succeeds();
  });

  it("is said where what serves was deleted by a hand", async () => {
    const message = "Service was not ACTIVE.";
    await sandbox().isCold();
    await sandbox().drive("sweep", stack).succeeds();
    await sandbox().fault({
      ...{
        service: "ecs",
        operation: "UpdateService",
        effect: "error",
        code: "ServiceNotActiveException",
        status: 400,
      },
      message,
    });
    await refused(["rollback", stack], /what the environment stands on is gone .*Service was not ACTIVE.*--refresh/);
    await sandbox().fault();
    await sandbox().drive("rollback", stack).succeeds();
  });
});
