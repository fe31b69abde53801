import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./lock.mjs";
import { run, step } from "./run.mjs";

const oldest = [3, 10];

function places(project) {
  const venv = join(project, ".sandbox", "venv");
  return { venv, stamp: join(venv, "installed"), requirements: join(project, "sandbox", "requirements.txt") };
}

function wanted({ requirements }) {
  return createHash("sha256").update(readFileSync(requirements)).digest("hex");
}

/** True when the virtual environment holds what sandbox/requirements.txt asks for. */
export function environmentCurrent(project) {
  const at = places(project);
  if (!existsSync(join(at.venv, "bin", "python")) || !existsSync(at.stamp)) return false;
  return readFileSync(at.stamp, "utf8") === wanted(at);
}

/** A Python that is new enough; throws a SetupError that says how to get one. */
export async function findPython(
  candidates = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"],
) {
  let found;
  for (const command of candidates) {
    const { code, output } = await run(command, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
    if (code !== 0) continue;
    const [major = 0, minor = 0] = output.trim().split(".").map(Number);
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return command;
    found ??= `${command} is Python ${output.trim()}`;
  }
  const how =
    "install Python 3.10 or later (for example `apt-get install python3 python3-venv`, or https://python.org)";
  throw new SetupError(found ? `${found}, which is too old: ${how}` : `Python is missing: ${how}`);
}

/** Creates `.sandbox/venv` with moto in it. The stamp is written last: an interrupted run begins again. */
export async function createEnvironment(project, python) {
  const at = places(project);
  rmSync(at.venv, { recursive: true, force: true });
  const install = [
    "install",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--require-hashes",
    "-r",
    at.requirements,
  ];
  const title = "Installing moto into .sandbox/venv";
  const made = await run(python, ["-m", "venv", at.venv]);
  if (made.code === 0) {
    await step(title, join(at.venv, "bin", "python"), ["-m", "pip", ...install], { cwd: project });
  } else {
    // Debian ships Python without ensurepip; a pip of the system's can fill a directory as well.
    await requirePip(python, made.output);
    rmSync(at.venv, { recursive: true, force: true });
    mkdirSync(join(at.venv, "bin"), { recursive: true });
    const target = join(at.venv, "packages");
    await step(title, python, ["-m", "pip", ...install, "--target", target], { cwd: project });
    const wrapper = join(at.venv, "bin", "python");
    writeFileSync(wrapper, `#!/bin/sh\nPYTHONPATH='${target.replaceAll("'", "'\\''")}' exec ${python} "$@"\n`);
    chmodSync(wrapper, 0o755);
  }
  writeFileSync(at.stamp, wanted(at));
}

async function requirePip(python, why) {
  const { code } = await run(python, ["-m", "pip", "--version"]);
  if (code === 0) return;
  if (/no space left/i.test(why))
    throw new SetupError("The disk is full: free about 1.5 GB, then run the same command again");
  const how = "install them (for example `apt-get install python3-venv`)";
  throw new SetupError(`${python} has neither a usable venv module nor pip: ${how}`);
}
