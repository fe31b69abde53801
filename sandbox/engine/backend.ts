import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "./errors.ts";
import { writeAtomically } from "./files.ts";
import { type Crypter, encrypted, openCrypter, type SecretsProvider } from "./secrets.ts";
import {
  type Deployment,
  manifest,
  openResource,
  type PendingOperation,
  type Resource,
  sealResource,
} from "./state.ts";
import { engineVersion } from "./version.ts";

/** A stack's resources and unfinished operations, decrypted. */
export interface Checkpoint {
  readonly resources: readonly Resource[];
  readonly pending: readonly PendingOperation[];
  readonly crypter: Crypter;
}

export interface HistoryEntry {
  readonly kind: string;
  readonly startTime: number;
  readonly message: string;
  readonly environment: Record<string, string>;
  readonly config: Record<string, { string: string; secret: boolean; object: boolean }>;
  readonly version: number;
  readonly result: string;
  readonly endTime: number;
  readonly resourceChanges?: Record<string, number>;
}

/** A directory of stacks laid out like the official engine's file backend (`<directory>/.pulumi/…`). */
export class Backend {
  readonly directory: string;
  readonly url: string;
  private readonly passphrase: string;

  constructor(url: string, passphrase: string) {
    this.url = url;
    this.directory = join(fileURLToPath(url), ".pulumi");
    this.passphrase = passphrase;
  }

  stackPath(project: string, stack: string): string {
    return join(this.directory, "stacks", project, `${stack}.json`);
  }

  exists(project: string, stack: string): boolean {
    return existsSync(this.stackPath(project, stack));
  }

  stacks(project: string): string[] {
    const directory = join(this.directory, "stacks", project);
    if (!existsSync(directory)) return [];
    const names = readdirSync(directory).filter((name) => name.endsWith(".json"));
    return names.map((name) => name.slice(0, -".json".length)).sort();
  }

  projects(): string[] {
    const directory = join(this.directory, "stacks");
    return existsSync(directory) ? readdirSync(directory).sort() : [];
  }

  create(project: string, stack: string): void {
    if (this.exists(project, stack)) {
      const what = `stack 'organization/${project}/${stack}' already exists`;
      throw new EngineError("stack-exists", { where: "stack init", what, fix: "Select it instead" });
    }
    this.save(project, stack, { resources: [], pending: [], crypter: openCrypter(this.directory, this.passphrase) });
  }

  /** The deployment as stored, secrets encrypted. */
  read(project: string, stack: string): Deployment {
    if (!this.exists(project, stack)) {
      const what = `no stack named '${stack}' found`;
      throw new EngineError("stack-missing", { where: `project ${project}`, what, fix: "Create it with stack init" });
    }
    const path = this.stackPath(project, stack);
    try {
      const file = JSON.parse(readFileSync(path, "utf8")) as { checkpoint?: { latest?: Deployment } };
      return file.checkpoint?.latest ?? { manifest: manifest(engineVersion) };
    } catch (cause) {
      const what = "is not a readable checkpoint";
      throw new EngineError("invalid-state", { where: path, what, fix: "Restore it, or remove the stack", cause });
    }
  }

  load(project: string, stack: string): Checkpoint {
    return this.open(this.read(project, stack));
  }

  open(deployment: Deployment): Checkpoint {
    let crypter: Crypter | undefined;
    const get = () => {
      crypter ??= openCrypter(this.directory, this.passphrase, deployment.secrets_providers);
      return crypter;
    };
    const resources = (deployment.resources ?? []).map((resource) => openResource(resource, get));
    const pending = (deployment.pending_operations ?? []).map((operation) => ({
      ...operation,
      resource: openResource(operation.resource, get),
    }));
    return { resources, pending, crypter: get() };
  }

  crypterFor(provider: SecretsProvider | undefined): Crypter {
    return openCrypter(this.directory, this.passphrase, provider);
  }

  save(project: string, stack: string, { resources, pending, crypter }: Checkpoint): void {
    const sealing = encrypted(crypter);
    const sealed = pending.map((operation) => ({ ...operation, resource: sealResource(operation.resource, sealing) }));
    const head = { manifest: manifest(engineVersion), secrets_providers: crypter.provider };
    const tail = { ...(sealed.length > 0 && { pending_operations: sealed }), metadata: {} };
    const list = resources.map((resource) => sealedText(resource, crypter)).join(",\n");
    const latest = `${JSON.stringify(head).slice(0, -1)},"resources":[\n${list}\n],${JSON.stringify(tail).slice(1)}`;
    const name = JSON.stringify(`organization/${project}/${stack}`);
    writeAtomically(
      this.stackPath(project, stack),
      `{"version":3,"checkpoint":{"stack":${name},"latest":${latest}}}\n`,
    );
  }

  remove(project: string, stack: string): void {
    rmSync(this.stackPath(project, stack));
    rmSync(this.historyDirectory(project, stack), { recursive: true, force: true });
  }

  private historyDirectory(project: string, stack: string): string {
    return join(this.directory, "history", project, stack);
  }

  addHistory(project: string, stack: string, entry: Omit<HistoryEntry, "version">): void {
    const directory = this.historyDirectory(project, stack);
    const version = this.historyFiles(project, stack).length + 1;
    const path = join(directory, `${stack}-${String(version).padStart(8, "0")}.history.json`);
    writeAtomically(path, JSON.stringify({ ...entry, version }));
  }

  /** File names, newest first. */
  private historyFiles(project: string, stack: string): string[] {
    const directory = this.historyDirectory(project, stack);
    return existsSync(directory) ? readdirSync(directory).sort().reverse() : [];
  }

  history(project: string, stack: string, page: { size?: number; number: number }): HistoryEntry[] {
    const files = this.historyFiles(project, stack);
    const first = page.size === undefined ? 0 : (page.number - 1) * page.size;
    const last = page.size === undefined ? files.length : first + page.size;
    const directory = this.historyDirectory(project, stack);
    return files.slice(first, last).map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")));
  }

  /** The stack last selected in a working directory. */
  selected(workDirectory: string): string | undefined {
    return this.selections()[workDirectory];
  }

  select(workDirectory: string, stack: string | undefined): void {
    const { [workDirectory]: previous, ...others } = this.selections();
    if (previous === stack) return;
    const path = join(this.directory, "selected.json");
    writeAtomically(path, JSON.stringify(stack === undefined ? others : { ...others, [workDirectory]: stack }));
  }

  private selections(): Record<string, string> {
    const path = join(this.directory, "selected.json");
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, string>) : {};
  }
}

/** A resource's text in the checkpoint. Resources are immutable, so it is worked out once. */
function sealedText(resource: Resource, crypter: Crypter): string {
  const texts = sealedTexts.get(crypter) ?? new WeakMap<Resource, string>();
  sealedTexts.set(crypter, texts);
  const text = texts.get(resource) ?? JSON.stringify(sealResource(resource, encrypted(crypter)));
  texts.set(resource, text);
  return text;
}
const sealedTexts = new WeakMap<Crypter, WeakMap<Resource, string>>();
