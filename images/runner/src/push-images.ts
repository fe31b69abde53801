#!/usr/bin/env node
/**
 * What a build of images runs (programs/components/runner/builds.ts): `switchyard images push` of the commit whose tree is
 * here, with the tag it is given.
 */
import { join } from "node:path";
import { SwitchyardError } from "../../../programs/errors.ts";
import { ending, install, run } from "./packages.ts";

async function push(): Promise<number> {
  const { SWITCHYARD_TAG: tag = "" } = process.env;
  if (tag === "")
    throw new SwitchyardError("invalid-flag", {
      what: "it is missing",
      where: "SWITCHYARD_TAG",
      fix: "start builds with `switchyard images push --remote --tag <tag>`, which gives it to them",
    });
  await install(process.cwd(), process.env);
  const driver = join("automation", "switchyard.mjs");
  return run(process.execPath, [driver, "images", "push", "--tag", tag], process.cwd(), process.env);
}

await ending(push);
