import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleImages } from "../../../../images/build.ts";
import { makeCheckout } from "../../../../sandbox/story/checkouts.ts";
import { startPostgres, type TestPostgres } from "../../../images/postgres.ts";
import { bundleOnce, listening, startImage, until } from "../../../images/processes.ts";

describe("the story's checkouts", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-story-"));
  });
  after(() => rm(directory, { recursive: true }));

  it("are the same bytes as this repository's images where nothing was changed, wherever they lie", async () => {
    const [checkout] = await Promise.all([makeCheckout(directory, "v1"), bundleOnce()]);
    await bundleImages(checkout);
    for (const name of ["web", "api", "migrate"]) {
      const file = join("images", name, "dist", `${name}.mjs`);
      const own = await readFile(join(import.meta.dirname, "../../../..", file));
      assert.ok(own.equals(await readFile(join(checkout, file))), `${file} differs`);
    }
  });

  it("add to a version what the ones before it changed", async () => {
    const migrations = async (version: string) => readdir(join(await makeCheckout(directory, version), "migrations"));
    const [v1, v2, v3] = [await migrations("v1"), await migrations("v2"), await migrations("v3")];
    assert.deepEqual(v2.sort(), [...v1, "0003_add_note_author.expand.sql"].sort());
    assert.deepEqual(v3.sort(), v2);
  });

  describe("with a database", () => {
    let postgres: TestPostgres;
    let env: Record<string, string>;
    before(async () => {
      postgres = await startPostgres();
      env = {
        ...{ HOST: "127.0.0.1", PORT: "0", NODE_EXTRA_CA_CERTS: postgres.caFile },
        ...{ DATABASE_HOST: "127.0.0.1", DATABASE_PORT: String(postgres.port) },
        ...{ DATABASE_NAME: await postgres.createDatabase(), DATABASE_USER: "app", DATABASE_PASSWORD: "app's" },
        MASTER_SECRET: JSON.stringify({ username: "master", password: postgres.password }),
        APP_SECRET: JSON.stringify({ password: "app's" }),
      };
    });
    after(() => postgres.stop());

    async function build(version: string): Promise<string> {
      const checkout = await makeCheckout(directory, version);
      await bundleImages(checkout);
      return join(checkout, "images");
    }

    async function addNote(url: string, note: object): Promise<number> {
      const headers = { "content-type": "application/json" };
      return (await fetch(`${url}/api/notes`, { method: "POST", headers, body: JSON.stringify(note) })).status;
    }

    it("v1 and v2 read and write the same table after v2's migration, and v3 never becomes ready", async () => {
      const [v1, v2, v3] = [await build("v1"), await build("v2"), await build("v3")];
      const run = (images: string, name: string) => startImage(name, env, [], images);
      assert.equal((await run(v1, "migrate").exit).code, 0);
      const old = run(v1, "api");
      const oldUrl = await listening(old);
      assert.equal(await addNote(oldUrl, { text: "from v1" }), 201);

      assert.equal((await run(v2, "migrate").exit).code, 0);
      const current = run(v2, "api");
      const currentUrl = await listening(current);
      assert.equal(await addNote(currentUrl, { text: "from v2", author: "Ada" }), 201);
      assert.equal(await addNote(oldUrl, { text: "v1 again", author: "is ignored" }), 201);
      const { notes } = (await (await fetch(`${currentUrl}/api/notes`)).json()) as { notes: Record<string, unknown>[] };
      assert.deepEqual(
        notes.map(({ text, author }) => [text, author]),
        [
          ["v1 again", null],
          ["from v2", "Ada"],
          ["from v1", null],
        ],
      );

      const broken = run(v3, "api");
      const brokenUrl = await listening(broken);
      assert.equal((await fetch(`${brokenUrl}/api/healthz`)).status, 503);
      await until(() => (/not ready.*author_name/.test(broken.output()) ? true : undefined), broken.output);
      for (const image of [old, current, broken]) {
        image.child.kill("SIGTERM");
        assert.equal((await image.exit).code, 0);
      }
    });
  });
});
