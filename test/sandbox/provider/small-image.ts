/** Lets a suite push a small image: sets `images.push`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { images } from "./cases/case.ts";
import { type Served, serve } from "./provider.ts";

export function useSmallImage(): void {
  let docker: Served;
  let folder: string;
  before("prepare a small image", async () => {
    docker = await serve("docker");
    folder = mkdtempSync(join(tmpdir(), "switchyard-image-"));
    writeFileSync(
      join(folder, "Dockerfile"),
      'FROM scratch\nCOPY app.mjs /app/\nENTRYPOINT ["node", "/app/app.mjs"]\n',
    );
    writeFileSync(join(folder, "app.mjs"), "setInterval(() => {}, 1000);\n");
    images.push = async (repository) => {
      const inputs = { imageName: `${repository}:v1`, build: { context: folder } };
      return String((await docker.make("docker:index/image:Image", "app", inputs)).state["repoDigest"]);
    };
  });
  after(async () => {
    await docker?.close();
    if (folder) rmSync(folder, { recursive: true });
  });
}
