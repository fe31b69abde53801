import assert from "node:assert/strict";
import { join } from "node:path";
import { bundleOnce } from "../images/processes.ts";
import { useDockerNetworks } from "../support/docker.ts";
import { importNode, importPostgres } from "../support/docker-images.ts";

const root = join(import.meta.dirname, "../..");

/** As compose.yaml and the Dockerfiles name them. */
const nodeImage = "public.ecr.aws/docker/library/node:24.21.0-alpine";
const postgresImage = "postgres:18.4";

describe("docker compose up", function () {
  this.timeout(300_000);
  const { docker, node } = useDockerNetworks();
  const compose = (...args: readonly string[]) => docker("compose", "--project-directory", root, ...args);

  afterEach(async function () {
    if (this.currentTest?.state === "failed") console.error(await compose("logs"));
  });

  before("make the images that would be pulled", async () => {
    await bundleOnce();
    await importNode(docker, nodeImage);
    await importPostgres(docker, postgresImage);
  });

  it("answers on 3001, 3000 and 5432, and again after down", async () => {
    for (const round of [1, 2]) {
      await compose("up", "--build", "--detach", "--wait");
      const text = `note ${round}`;
      const post = `await fetch("http://127.0.0.1:3000/api/notes", { method: "POST", headers: { "content-type": "application/json" }, body: '{"text":"${text}"}' })`;
      assert.equal(await node(`const answer = ${post}; console.log(answer.status)`), "201");
      const page = await node(`console.log(await (await fetch("http://127.0.0.1:3001/")).text())`);
      for (let n = 1; n <= round; n++) assert.match(page, new RegExp(`note ${n}`));
      // What asks for TLS is answered S by PostgreSQL.
      const asks = `const s = (await import("node:net")).connect(5432, "127.0.0.1"); s.end(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])); s.once("data", (d) => console.log(String(d)))`;
      assert.equal(await node(asks), "S");
      await compose("down");
    }
  });

  it("publishes nothing beyond the loopback interface", async () => {
    await compose("up", "--detach", "--wait");
    const published = await docker("ps", "--format", "{{.Ports}}");
    assert.match(published, /127\.0\.0\.1:3001->/);
    assert.doesNotMatch(published, /0\.0\.0\.0|\[?::\]?:/);
    await compose("down", "--volumes");
    assert.equal(await docker("volume", "ls", "--quiet"), "");
  });
});
