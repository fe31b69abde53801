import assert from "node:assert/strict";
import type { Fault } from "@switchyard/sandbox";
import type { MutationName } from "../../../automation/deploy/decide/mutations.ts";
import { eventually } from "../cloud.ts";
import type { Driver } from "./driver.ts";
import type { ReleaseSandbox } from "./sandbox.ts";
import { driverWrites, isRead, recognise, type Write } from "./writes.ts";

/** Before: the cloud has the call and does not carry it out. After: it has carried it out and does not answer. */
export type Moment = "before" | "after";

export interface Kill {
  readonly kind: MutationName;
  readonly name: string;
  readonly moment: Moment;
}

const everything: Fault = { service: "*", operation: "*", effect: "note" };

/** Kills drivers at their writes, each write of an operation once before it and once after it. */
export class Killer {
  readonly kills: Kill[] = [];
  /** What was run and where it was killed, for whoever has to find out why it went wrong. */
  readonly log: string[] = [];
  readonly #sandbox: ReleaseSandbox;
  readonly #writes: readonly (Write & { readonly kind: MutationName })[];
  readonly #seen = new Map<string, MutationName>();
  readonly #except: ReadonlySet<string>;
  #armed: readonly Kill[] = [];

  /** @param except Names of writes at which no driver is killed. */
  constructor(sandbox: ReleaseSandbox, except: readonly string[] = []) {
    this.#sandbox = sandbox;
    this.#except = new Set([...leftAlone, ...except]);
    this.#writes = Object.entries(driverWrites(sandbox.shape)).flatMap(([kind, writes]) =>
      writes.map((w) => ({ ...w, kind: kind as MutationName })),
    );
  }

  /** Forgets what was written so far: it was not the operation's whose writes are looked for. */
  async begin(): Promise<void> {
    await this.disarm();
    this.#seen.clear();
  }

  /** Holds the next write of each of these names, at the moment it was not yet held at; all names without any. */
  async arm(names?: readonly string[]): Promise<void> {
    await this.collect();
    const wanted = this.#writes.filter((w) => !this.#except.has(w.name) && (names?.includes(w.name) ?? true));
    const armed = wanted.flatMap((w) => {
      const done = this.kills.filter((k) => k.name === w.name).length;
      const moment: Moment | undefined = done === 0 ? "before" : done === 1 ? "after" : undefined;
      if (moment === undefined) return [];
      const { kind, name, service, operation, body } = w;
      const effect = moment === "before" ? "hang" : "hang-after-effect";
      return [{ kill: { kind, name, moment }, fault: { service, operation, body, nth: 1, effect } as Fault }];
    });
    this.#armed = armed.map(({ kill }) => kill);
    await this.#sandbox.fault(everything, ...armed.map(({ fault }) => fault));
  }

  /** Lets everything through and keeps noting it. */
  async disarm(): Promise<void> {
    await this.arm([]);
  }

  /**
   * Kills the driver when a write is held, or several made together.
   *
   * @param only The name of the write to wait for, where another process works as well.
   * @returns Where it was killed: nowhere when it ended first.
   */
  async killAtNextWrite(driver: Driver, only?: string): Promise<readonly Kill[]> {
    let last = 0;
    const held = await eventually(async () => {
      const found = (await this.#held()).filter((k) => only === undefined || k.name === only);
      // Writes made together arrive one after the other: a kill at the first would let the others through unseen.
      const settled = found.length > 0 && found.length === last;
      last = found.length;
      return settled || !driver.running ? found : undefined;
    }, 120_000);
    if (held.length > 0) await driver.kill();
    const names = held.map((k) => `${k.moment} ${k.name}`).join(", ");
    this.log.push(
      `${driver.command}: ${driver.age} s, ${names === "" ? "ended" : `killed ${names}`}\n${driver.output}`,
    );
    this.kills.push(...held);
    return held;
  }

  /** As `killAtNextWrite`. @throws AssertionError when the driver ended first. */
  async mustKill(driver: Driver, only?: string): Promise<void> {
    const kills = await this.killAtNextWrite(driver, only);
    assert.ok(kills.length > 0, `${driver.command} made no write to be killed at:\n${driver.output}`);
  }

  /** Runs a command again and again, killed each time at a write it was not killed at; the last run is let through. */
  async killAtEveryWrite(...args: readonly string[]): Promise<Driver> {
    for (;;) {
      await this.arm();
      const driver = this.#sandbox.drive(...args);
      if ((await this.killAtNextWrite(driver)).length === 0) return driver;
    }
  }

  /** Every AWS write that was seen is one of the driver's mutations or of the ledger, and was killed at, before and after. */
  async assertComplete(): Promise<void> {
    await this.collect();
    const missed = [...this.#seen].flatMap(([name, kind]) =>
      (["before", "after"] as const).flatMap((moment) =>
        this.#except.has(name) || this.kills.some((k) => k.name === name && k.moment === moment)
          ? []
          : [`${moment} ${name} (${kind})`],
      ),
    );
    assert.deepEqual(missed, [], "writes at which no driver was killed");
  }

  /** Kinds of mutation at which a driver was killed both before and after. */
  kinds(): readonly MutationName[] {
    const of = (moment: Moment) => this.kills.filter((k) => k.moment === moment).map((k) => k.kind);
    const after = new Set(of("after"));
    return of("before").filter((kind) => after.has(kind));
  }

  /** Reads what was noted since. */
  async collect(): Promise<void> {
    const [noted = []] = await this.#sandbox.hits("bodies");
    for (const call of noted.filter((c) => !isRead(c))) {
      const write = recognise(this.#writes, call);
      const body = call.body?.slice(0, 500);
      assert.ok(write, `a write that no mutation accounts for: ${call.service}:${call.operation} ${body}`);
      this.#seen.set(write.name, write.kind);
    }
  }

  async #held(): Promise<readonly Kill[]> {
    const [, ...hits] = await this.#sandbox.hits();
    return this.#armed.filter((kill, i) => (hits[i]?.length ?? 0) > 0 && !this.kills.includes(kill));
  }
}

/** Renewals come by the clock; without the result of staging all is as when the driver died before it could write it. */
const leftAlone = ["lease renewed", "result of staging"];
