import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import program from "../../programs/index.ts";
import { run } from "./mocks.ts";

describe("the entry of `pulumi up`", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));

  it("runs the stack's program on the stack's configuration", async () => {
    const { outputs, resources } = await run("pipeline", {}, () => {
      pulumi.runtime.setAllConfig({ "switchyard:keepImages": "12", "other:keepImages": "13" });
      return program();
    });
    assert.ok("ledgerTableName" in outputs);
    const { inputs } = resources.one("aws:ecr/lifecyclePolicy:LifecyclePolicy", "web");
    assert.match(String(inputs["policy"]), /newest 12 images/);
  });

  it("says bad configuration in one line, before any resource", async () => {
    await assert.rejects(
      run("production", {}, () => {
        pulumi.runtime.setAllConfig({ "switchyard:tier": "big" });
        return program();
      }),
      (error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.match(error.message, /^switchyard:tier: "big" is not allowed\./);
        return true;
      },
    );
  });

  it("refuses a service's value that was encrypted: it would be in a task definition in plain", async () => {
    await assert.rejects(
      run("production", {}, () => {
        const services = JSON.stringify({ web: { path: "/", environment: { GREETING: "hush" } } });
        pulumi.runtime.setAllConfig({ "switchyard:services": services }, ["switchyard:services"]);
        return program();
      }),
      (error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.match(error.message, /^switchyard:services: it holds an encrypted value .*into Secrets Manager/);
        assert.ok(!error.message.includes("hush"));
        return true;
      },
    );
  });
});
