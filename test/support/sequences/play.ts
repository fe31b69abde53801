import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { type ErrorCode, errorCatalogue } from "../../../programs/error-catalogue.ts";
import { changed, describeTurn, type Turn, type Values } from "./changes.ts";
import { Users } from "./users.ts";

/** A path that each of the services can have, and one that none has at first. */
const paths = ["/", "/api/notes", "/healthz", "/api/healthz", "/docs"];

/** How a command may end: done, undone or refused; never by a fault of the driver's own, or in the middle of an update. */
const refusals: readonly ErrorCode[] = [
  ...(["invalid-config", "service-in-use", "policy-violation", "disruptive-change", "preflight-failed"] as const),
  ...(["deploy-failed", "too-late", "not-found"] as const),
];
const allowed: ReadonlySet<number | null> = new Set([0, ...refusals.map((code) => errorCatalogue[code].exitCode)]);

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** An environment that random changes are played in. */
export interface Scene {
  readonly stack: string;
  readonly url: string;
  /** The file in which values given on the command line are, and what is in it already. */
  readonly overrides: string;
  readonly given: string;
  /** Runs a command of the driver to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** Runs a plain `pulumi up`; absent where there is no official CLI. */
  readonly pulumi?: () => Promise<Ended>;
}

/** Values replace what the stack's file says, where a mapping would be laid over it: as text. */
export async function configure({ overrides, given }: Scene, values: Values): Promise<void> {
  const text = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : value);
  const line = Object.entries(values).map(([key, value]) => [`switchyard:${key}`, text(value)]);
  await writeFile(overrides, `${given}${JSON.stringify(Object.fromEntries(line))}\n`);
}

/** Goes to a configuration, without services that were added to another. */
export async function settle(scene: Scene, values: Values, added: readonly string[]): Promise<void> {
  for (const name of added) await scene.run("retire", scene.stack, "--service", name);
  await configure(scene, values);
  const { code, output } = await scene.run("deploy", scene.stack, "--tag", "v1", "--strategy", "all-at-once");
  assert.equal(code, 0, output);
}

/** What was played: each command, how it ended, and whether it did what it was asked for. */
export interface Played {
  readonly done: boolean;
  readonly told: string;
}

/**
 * Plays turns through the command line, one after the other, while users ask.
 *
 * @throws AssertionError when a path that was answered before a command and is after it was not in between, or a command
 * ended otherwise than it may.
 */
export async function play(scene: Scene, base: Values, turns: readonly Turn[]): Promise<readonly Played[]> {
  const played: Played[] = [];
  let values = base;
  for (const turn of turns) {
    const wanted = changed(values, turn);
    await configure(scene, wanted);
    const users = new Users(scene.url, paths);
    const { code, output } = await ran(scene, turn);
    const { failed, asked } = await users.end();
    const told = `${describeTurn(turn)}: exit ${code}, ${asked} requests, ${failed.length} failed\n${output}`;
    played.push({ done: code === 0, told });
    const all = () => played.map((each) => each.told).join("\n");
    assert.deepEqual(failed, [], all());
    assert.ok(allowed.has(code), all());
    // What was refused, and what a rollback left in the file, is taken back out of it, as a person would.
    if (code === 0 && turn.command !== "rollback") values = wanted;
  }
  return played;
}

/** Where there is the official CLI, an update that the guard lets through is a plain `pulumi up`, without the driver. */
async function ran({ stack, run, pulumi }: Scene, { command }: Turn): Promise<Ended> {
  const deploy = (tag: string) => run("deploy", stack, "--tag", tag, "--strategy", "all-at-once");
  if (command === "deploy") return deploy("v1");
  if (command === "deploy another version") return deploy("v2");
  if (command === "rollback" || !pulumi) return run(command, stack);
  const planned = await run("plan", stack);
  return planned.code !== 0 || planned.output.includes("disrupt") ? run("up", stack) : pulumi();
}
