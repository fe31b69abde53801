import assert from "node:assert/strict";
import { environment } from "../../programs/environment.ts";
import { config, release } from "./fixtures.ts";
import { run } from "./mocks.ts";

describe("environment program", () => {
  it("runs", async () => {
    const { outputs, resources } = await run("sandbox", { release: JSON.stringify(release) }, () =>
      environment(config()),
    );
    console.log(JSON.stringify(outputs, null, 1));
    console.log(resources.types().join("\n"));
    console.log(JSON.stringify(resources.one("aws:ecs/taskDefinition:TaskDefinition", "api"), null, 1));
    console.log(JSON.stringify(resources.all("aws:ecs/service:Service"), null, 1));
    console.log(resources.calls);
    assert.ok(outputs);
  });
});
