/** Reads a Dockerfile: as much of it as packing an image without a Docker daemon needs. */
import { ProviderError } from "../errors.ts";

export interface Instruction {
  readonly keyword: string;
  /** `--chown=…` and the like. */
  readonly flags: Readonly<Record<string, string>>;
  /** The rest of the line, continuation lines joined, with nothing substituted. */
  readonly text: string;
  readonly line: number;
  /** The comment right above it. */
  readonly comment: string;
}

export interface Stage {
  readonly name: string | undefined;
  /** The image it starts from, substituted. */
  readonly base: string;
  /** Defaults of the ARGs before the first FROM, overridden by build arguments. */
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  readonly path: string;
  readonly stages: readonly Stage[];
  readonly globals: Readonly<Record<string, string>>;
}

const KNOWN =
  /^(FROM|ARG|ENV|WORKDIR|COPY|ADD|USER|EXPOSE|ENTRYPOINT|CMD|LABEL|RUN|STOPSIGNAL|HEALTHCHECK|SHELL|VOLUME|ONBUILD|MAINTAINER)$/;

export function refused(path: string, line: number, what: string, fix: string): ProviderError {
  return new ProviderError("not-covered", { where: `${path}:${line}`, what, fix });
}

export function parseDockerfile(path: string, source: string, buildArgs: Readonly<Record<string, string>>): Dockerfile {
  const globals: Record<string, string> = {};
  const stages: { name: string | undefined; base: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructions(path, source)) {
    const stage = stages.at(-1);
    if (instruction.keyword === "FROM") {
      const [base = "", as, name] = substitute(instruction.text, globals).split(/\s+/);
      stages.push({ base, name: as?.toUpperCase() === "AS" ? name : undefined, instructions: [] });
    } else if (stage) {
      stage.instructions.push(instruction);
    } else if (instruction.keyword === "ARG") {
      const [name = "", value = ""] = split(instruction.text, "=");
      globals[name] = buildArgs[name] ?? substitute(unquote(value), globals);
    }
  }
  if (stages.length === 0) throw refused(path, 1, "there is no FROM", "A Dockerfile starts with one");
  return { path, stages, globals };
}

function instructions(path: string, source: string): Instruction[] {
  const found: Instruction[] = [];
  const lines = source.split(/\r?\n/);
  let comment = "";
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let text = (lines[index] ?? "").trim();
    if (text === "" || text.startsWith("#")) {
      comment = text.replace(/^#+\s*/, "");
      continue;
    }
    while (text.endsWith("\\")) text = `${text.slice(0, -1).trim()} ${(lines[++index] ?? "").trim()}`;
    const [, keyword = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
    if (!KNOWN.test(keyword.toUpperCase())) throw refused(path, line, `unknown instruction ${keyword}`, "Correct it");
    found.push({ keyword: keyword.toUpperCase(), ...flagged(rest), line, comment });
    comment = "";
  }
  return found;
}

function flagged(rest: string): { flags: Record<string, string>; text: string } {
  const flags: Record<string, string> = {};
  let text = rest;
  for (let match = /^--([\w-]+)(?:=(\S*))?\s+/.exec(text); match; match = /^--([\w-]+)(?:=(\S*))?\s+/.exec(text)) {
    flags[match[1] ?? ""] = match[2] ?? "";
    text = text.slice(match[0].length);
  }
  return { flags, text };
}

/** `$NAME`, `${NAME}` and `${NAME:-default}`; what is not set is empty, as in Docker. */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g, (_, braced, fallback, bare) => {
    const value = values[braced ?? bare];
    return value === undefined || value === "" ? (fallback ?? "") : value;
  });
}

export function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

export const unquote = (text: string): string => text.replace(/^(["'])(.*)\1$/s, "$2");

/** `KEY=value KEY2="with spaces"`, or the older `KEY value`. */
export function pairs(text: string): [string, string][] {
  if (!/^[\w.-]+=/.test(text)) {
    const [key, value] = split(text, " ");
    return [[key, (value ?? "").trim()]];
  }
  return [...text.matchAll(/([\w.-]+)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)].map(([, key = "", value = ""]) => [
    key,
    unquote(value),
  ]);
}

/** `["a", "b"]` as it is; any other text is for a shell. */
export function command(text: string): string[] {
  if (text.startsWith("[")) return JSON.parse(text) as string[];
  return ["/bin/sh", "-c", text];
}
