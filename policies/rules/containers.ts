import { parseJson } from "@switchyard/iam/document.ts";

import { elements, peek, unknown } from "../unknown.ts";

/** A container as ECS, Batch or a pod declares it, in one form: whatever case its keys have, text where text is meant. */
export interface Container {
  /** The property it stands in, with its name where it has one, for findings. */
  readonly at: string;
  readonly image: string | undefined;
  readonly privileged: boolean;
  readonly readOnlyRoot: boolean;
  readonly user: string | undefined;
  readonly environment: readonly Variable[];
  readonly secrets: readonly { readonly at: string; readonly valueFrom: string }[];
  /** Everything of it that a shell or a program reads: command, entry point, health check. */
  readonly commands: readonly { readonly at: string; readonly words: readonly string[] }[];
  /** Names with values beside the environment: labels, and options of the log driver. */
  readonly labels: readonly Variable[];
  readonly logDriver: string | undefined;
  readonly addedCapabilities: readonly string[];
  /** Docker's: what is switched off of its confinement, or asked beside it. */
  readonly securityOptions: readonly string[];
  /** Settings by which it shares the machine's own processes or memory: `pidMode`, `ipcMode`. */
  readonly sharedWithHost: readonly string[];
}

export interface Variable {
  /** Where it stands in the container. */
  readonly at: string;
  readonly name: string;
  /** Undefined while it is not known. */
  readonly value: string | undefined;
}

export interface Containers {
  readonly list: readonly Container[];
  /** Why they cannot be read. */
  readonly problem?: string;
}

/** Reads a task definition's `containerDefinitions`. An unknown value throws as any unknown does. */
export function readContainers(definitions: unknown): Containers {
  const parsed = typeof definitions === "string" ? parseJson(definitions) : definitions;
  if (!Array.isArray(parsed)) return { list: [], problem: "containerDefinitions is not a JSON list" };
  if (parsed.length === 0) return { list: [], problem: "containerDefinitions names no container" };
  return { list: parsed.map((one, index) => readContainer(one, `containerDefinitions[${index}]`)) };
}

/** Reads one container; what is not an object has nothing. */
export function readContainer(value: unknown, at: string): Container {
  const name = text(field(value, "name"));
  const log = field(value, "logConfiguration");
  const security = field(value, "securityContext");
  const capabilities = [field(field(value, "linuxParameters"), "capabilities"), field(security, "capabilities")];
  return {
    // A container's name is letters, digits, dashes and underscores; anything else could be anything.
    at: /^[\w-]{1,255}$/.test(name ?? "") ? `${at} (${name})` : at,
    image: text(field(value, "image")),
    privileged: isOn(field(value, "privileged")) || isOn(field(security, "privileged")),
    readOnlyRoot: isOn(field(value, "readonlyRootFilesystem")) || isOn(field(security, "readOnlyRootFilesystem")),
    user: text(field(value, "user")) ?? text(field(security, "runAsUser")),
    environment: [...pairs(field(value, "environment"), "environment"), ...pairs(field(value, "env"), "env")],
    secrets: [
      ...references(field(value, "secrets"), "secrets"),
      ...references(field(log, "secretOptions"), "logConfiguration.secretOptions"),
      ...credentials(field(value, "repositoryCredentials")),
    ],
    commands: ["command", "entryPoint", "args"]
      .map((key) => ({ at: key, words: words(field(value, key)) }))
      .concat([{ at: "healthCheck", words: words(field(field(value, "healthCheck"), "command")) }]),
    labels: [
      ...map(field(value, "dockerLabels"), "dockerLabels"),
      ...map(field(log, "options"), "logConfiguration.options"),
      ...map(field(field(value, "firelensConfiguration"), "options"), "firelensConfiguration.options"),
    ],
    logDriver: text(field(log, "logDriver")),
    securityOptions: words(field(value, "dockerSecurityOptions")),
    addedCapabilities: capabilities.flatMap((one) => words(field(one, "add"))),
    sharedWithHost: sharedWithHost(value),
  };
}

/** A task's or a container's settings that are `host`. */
export function sharedWithHost(value: unknown): readonly string[] {
  return ["pidMode", "ipcMode"].filter((key) => text(field(value, key))?.toLowerCase() === "host");
}

/** A field of an object in either case: `environment`, `Environment`. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const key = name in value ? name : `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return key in value ? peek(value, key) : undefined;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? elements(value) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function isOn(value: unknown): boolean {
  return value === true || value === "true";
}

function words(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return list(value).flatMap((one) => text(one) ?? []);
}

function pairs(value: unknown, at: string): readonly Variable[] {
  return list(value).map((one) => ({
    at,
    name: text(field(one, "name")) ?? "",
    value: given(field(one, "value")),
  }));
}

function map(value: unknown, at: string): readonly Variable[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).map((name) => ({ at, name, value: given(peek(value, name)) }));
}

function given(value: unknown): string | undefined {
  return value === unknown ? undefined : (text(value) ?? (typeof value === "boolean" ? String(value) : ""));
}

function references(value: unknown, at: string): Container["secrets"] {
  return list(value).flatMap((one, index) => {
    const valueFrom = text(field(one, "valueFrom"));
    return valueFrom === undefined ? [] : [{ at: `${at}[${index}].valueFrom`, valueFrom }];
  });
}

function credentials(value: unknown): Container["secrets"] {
  const valueFrom = text(field(value, "credentialsParameter"));
  return valueFrom === undefined ? [] : [{ at: "repositoryCredentials.credentialsParameter", valueFrom }];
}

/** Capabilities with which a container reaches the machine under it (Docker, "Runtime privilege and Linux capabilities"). */
const mighty =
  /^(CAP_)?(ALL|SYS_ADMIN|SYS_MODULE|SYS_PTRACE|SYS_RAWIO|SYS_BOOT|SYS_TIME|NET_ADMIN|DAC_READ_SEARCH|MAC_ADMIN|MAC_OVERRIDE|SYSLOG|BPF|PERFMON|MKNOD)$/i;

/** What gives a container the machine's privileges; undefined when nothing does. */
export function privilegesOf({ privileged, addedCapabilities, securityOptions }: Container): string | undefined {
  if (privileged) return "is privileged";
  if (securityOptions.some((one) => /^(seccomp|apparmor)[:=]unconfined$|^label[:=]disable$/i.test(one)))
    return "is not confined";
  return addedCapabilities.some((one) => mighty.test(one)) ? "is given capabilities over the machine" : undefined;
}

/** Whether a container's user is root, or is left to the image. */
export function runsAsRoot({ user }: Container): boolean {
  const [name = ""] = (user ?? "").split(":");
  return name === "" || name === "root" || /^[+-]?0+$/.test(name);
}

/** Findings of a test over every container of a task; definitions that cannot be read are one too. */
export function everyContainer(test: (container: Container) => string | undefined) {
  return function* ({ containerDefinitions }: { readonly containerDefinitions: string }): Iterable<string> {
    const { list: containers, problem } = readContainers(containerDefinitions);
    if (problem !== undefined) yield problem;
    for (const container of containers) {
      const what = test(container);
      if (what !== undefined) yield `${container.at} ${what}`;
    }
  };
}
